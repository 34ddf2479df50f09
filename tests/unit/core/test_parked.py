"""Commands that were parked: once their agent runs again they are decided, whoever has its partition by then."""

from collections.abc import AsyncIterator, Sequence

import pytest

from diramoja.core import Command
from diramoja.core.errors import InvalidError
from diramoja.core.ports.rows import Writes
from diramoja.testing.memory import MemoryRecords
from diramoja.testing.runtime import Runtime
from tests.support import talks
from tests.support.talks import AnnounceTalk, RateTalk, talk

MANY = 1_203


class Tones(talks.ToneOf):
    async def tones(self, stars: Sequence[int]) -> Sequence[str]:
        return ["warm" for _ in stars]


class Circle(talks.Circle):
    async def members(self) -> AsyncIterator[str]:
        yield "mem_1"


class Web(talks.Web):
    async def fetch(self, url: str) -> str:
        return url


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(
        talks.plugin,
        ports={talks.ToneOf: Tones(), talks.Circle: Circle(), talks.Web: Web(), talks.Board: talks.Board()},
    )
    runtime.send(talk, "tlk_1", AnnounceTalk("Clinics", ends_at=runtime.in_(hours=9)), sender="mem_speaker")
    return runtime


def test_kind_that_is_resumed_while_no_worker_lives_decides_what_was_parked(stage: Runtime) -> None:
    stage.records.modes["talk"] = "paused"
    sent = stage.send(talk, "tlk_new", AnnounceTalk("Roads", ends_at=stage.in_(hours=1)))
    assert not sent.answered
    stage.restart()
    del stage.records.modes["talk"]
    stage.settle()
    assert sent.status == 204
    assert stage.send(talk, "tlk_new", RateTalk(5)).status == 201


@pytest.mark.parametrize("seed", range(1, 6))
def test_worker_that_ends_among_parked_commands_leaves_the_rest_to_the_next(stage: Runtime, seed: int) -> None:
    stage.control(talk, "tlk_1", "_pause")
    sents = [stage.send(talk, "tlk_1", RateTalk(1 + n % 5), sender="mem_a", settle=False) for n in range(MANY)]
    stage.settle()
    stage.reseed(seed, 0.1)
    stage.control(talk, "tlk_1", "_resume")
    stage.reseed(seed, 0.0)
    stage.settle()
    assert stage.crashes and all(sent.status == 201 for sent in sents)
    assert [event.total for event in stage.events(talks.Rated)] == [1 + n % 5 for n in range(MANY)]


class Resume(Command, name="_resume"):
    """As an operator sends it."""


def test_agent_that_is_resumed_twice_at_once_decides_what_was_parked_once(stage: Runtime) -> None:
    stage.control(talk, "tlk_1", "_pause")
    sent = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a")
    stage.send(talk, "tlk_1", Resume(), settle=False)
    stage.send(talk, "tlk_1", Resume())
    assert sent.status == 201
    assert [event.total for event in stage.events(talks.Rated)] == [4]


def test_command_that_is_parked_in_the_turn_that_resumes_its_agent_is_decided(stage: Runtime) -> None:
    stage.control(talk, "tlk_1", "_pause")
    sent = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a", settle=False)
    stage.send(talk, "tlk_1", Resume())
    assert sent.status == 201


def test_parked_command_that_cannot_be_stored_stops_itself_alone(
    stage: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the resumption: it is not that which cannot be stored."""
    commit = MemoryRecords.commit

    async def picky(records: MemoryRecords, writes: Writes) -> None:
        if any(b'"stars":3' in (row.body or b"") for row in writes.own_rows):
            raise InvalidError("Not three.")
        await commit(records, writes)

    monkeypatch.setattr(MemoryRecords, "commit", picky)
    stage.control(talk, "tlk_1", "_pause")
    sents = [stage.send(talk, "tlk_1", RateTalk(n), sender=f"mem_{n}", settle=False) for n in (1, 2, 3, 4, 5)]
    stage.settle()
    resumed = stage.send(talk, "tlk_1", Resume())
    stage.settle()
    assert resumed.answered
    assert [sent.status for sent in sents] == [201, 201, 500, 201, 201]
    assert [letter.code for letter in stage.dead_letters()] == ["commit_refused"]
    assert [event.total for event in stage.events(talks.Rated)] == [1, 3, 7, 12]
