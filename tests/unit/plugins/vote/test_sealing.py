"""Sealed ballots: they open for their vote and voter alone, and look alike."""

import base64

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from diramoja.plugins.vote.choices import longest, written
from diramoja.plugins.vote.sealing import Opener, seal, sealed_length

PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = base64.urlsafe_b64encode(PRIVATE.public_key().public_bytes_raw()).decode().rstrip("=")
OPENER = Opener("vot_1", PRIVATE.private_bytes_raw())
WIDTH = longest("rank", options=12, grades=0)


@given(some.lists(some.integers(1, 12), unique=True))
def test_a_ballot_opens_as_it_was_sealed_and_all_are_equally_long(choices: list[int]) -> None:
    text = written(choices)
    sealed = seal(KEY, "vot_1", "mem_a", text, width=WIDTH)
    assert OPENER.open("mem_a", sealed) == text
    assert len(sealed) == sealed_length(WIDTH)


def test_the_same_choice_is_never_sealed_to_the_same_text() -> None:
    assert len({seal(KEY, "vot_1", "mem_a", "1", width=WIDTH) for _ in range(20)}) == 20


def test_a_ballot_of_another_voter_vote_or_key_does_not_open() -> None:
    sealed = seal(KEY, "vot_1", "mem_a", "1", width=WIDTH)
    assert OPENER.open("mem_b", sealed) is None
    assert Opener("vot_2", PRIVATE.private_bytes_raw()).open("mem_a", sealed) is None
    assert Opener("vot_1", bytes(32)).open("mem_a", sealed) is None


@given(some.text(alphabet="ABCDabcd0189-_", max_size=200))
def test_what_nobody_sealed_does_not_open(text: str) -> None:
    assert OPENER.open("mem_a", text) is None


def test_a_changed_ballot_does_not_open() -> None:
    sealed = seal(KEY, "vot_1", "mem_a", "1", width=WIDTH)
    for place in range(len(sealed)):
        other = "A" if sealed[place] != "A" else "B"
        changed = sealed[:place] + other + sealed[place + 1 :]
        assert OPENER.open("mem_a", changed) != "1" or _same_bytes(changed, sealed)


def _same_bytes(one: str, other: str) -> bool:
    """The last character of base64 may hold bits that mean nothing."""
    return len({base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in (one, other)}) == 1
