"""What is wrong with what somebody sent, in words."""

import msgspec
import pytest

from diramoja.needed import complaint
from diramoja.plugins.vote.contracts import CreateVote

VOTE = {
    "title": "Tea or not",
    "vote_type": "poll",
    "options": ["Yes", "No"],
    "opens_at": "2031-06-10T09:00:00Z",
    "closes_at": "2031-06-17T09:00:00Z",
}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"quorum_ratio": 1.5}, "quorum_ratio", "Needed: a number, at least 0, at most 1"),
        ({"quorum_ratio": "150%"}, "quorum_ratio", "Needed: a number, at least 0, at most 1"),
        ({"vote_type": "policy"}, "vote_type", "Needed: one of binding_vote, policy_vote, poll, straw_poll, survey."),
        ({"opens_at": "10.06.2031"}, "opens_at", "Needed: a time with its zone, such as 2026-05-01T18:00:00Z."),
        ({"opens_at": "2031-06-10T09:00:00"}, "opens_at", "Needed: a time with its zone"),
        ({"title": "T"}, "title", "Needed: text, characters at least 3"),
        ({"options": ["", "No"]}, "options[0]", "Needed: text, characters at least 1"),
        ({"roll": {"levels": ["boss"]}}, "roll.levels[0]", "Needed: one of active_member, leader"),
        ({"roll": {"level": []}}, "roll.level", "There is no such field."),
        ({"qorum": 1}, "qorum", "There is no such field."),
        ({"title": msgspec.UNSET}, "title", "This is missing."),
        ({"revote": "yes"}, "revote", "Needed: true or false."),
        ({"roll": 1}, "roll", "Expected `object`"),
    ],
)
def test_the_field_and_what_it_takes(given: dict[str, object], field: str, words: str) -> None:
    sent = {name: value for name, value in (VOTE | given).items() if value is not msgspec.UNSET}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(msgspec.json.encode(sent), type=CreateVote)
    found = complaint(caught.value, CreateVote)
    assert found[0] == field
    assert found[1].startswith(words)
