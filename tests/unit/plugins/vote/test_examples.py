"""What the reference shows as a body can be sent as it stands."""

import msgspec

from diramoja.plugins.vote.contracts import CreateVote
from diramoja.plugins.vote.routes import A_VOTE
from tests.support.vote_course import Course


def test_vote_that_is_shown_can_be_drafted_and_scheduled() -> None:
    command = msgspec.convert(A_VOTE, CreateVote)
    course = Course(**msgspec.structs.asdict(command))
    assert course.created.reject is None
    assert course.scheduled().state.phase == "scheduled"
