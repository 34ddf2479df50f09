"""A short run of the API's fuzzer; longer ones with `python -m tests.fuzz.api`."""

from pathlib import Path

from tests.fuzz.api import fuzz, people
from tests.support.community import community


def test_no_route_answers_what_its_description_does_not_say(tmp_path: Path) -> None:
    with community(tmp_path) as platform:
        everybody = people(platform)
        for role in ("guest", "moderator"):
            outcome = fuzz(platform, role, everybody[role], seconds=0, seed=5, folder=tmp_path)
            assert not outcome.failed, outcome.report
            assert outcome.requests > 0
