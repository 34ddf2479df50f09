"""Tells that a turn decides itself, seen through the in-memory runtime."""

from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from diramoja.core.errors import InvalidError
from diramoja.core.ports.rows import Writes
from diramoja.testing.memory import MemoryRecords
from diramoja.testing.runtime import Runtime
from tests.support import talks
from tests.support.talks import AnnounceTalk, Rated, RateThrough, rater, talk


class Tones(talks.ToneOf):
    async def tones(self, stars: Sequence[int]) -> Sequence[str]:
        return ["cool" for _ in stars]


class Circle(talks.Circle):
    async def members(self) -> AsyncIterator[str]:
        for member in list[str]():
            yield member


class Choosy(MemoryRecords):
    """Refuses the state of one talk once it has a rating."""

    async def commit(self, writes: Writes) -> None:
        if any(row.agent == "tlk_1" and b'"count":1' in row.body for row in writes.snapshots):
            raise InvalidError("A number too large.", code="number_invalid")
        await super().commit(writes)


def prepared(runtime: Runtime) -> Runtime:
    ports: dict[type, object] = {
        talks.ToneOf: Tones(),
        talks.Circle: Circle(),
        talks.Web: talks.Web(),
        talks.Board: talks.Board(),
    }
    runtime.deploy(talks.plugin, ports=ports)
    runtime.send(talk, "tlk_1", AnnounceTalk("Clinics", ends_at=runtime.in_(hours=1)), sender="mem_speaker")
    return runtime


def test_a_tell_is_decided_in_the_turn_that_makes_it(runtime: Runtime) -> None:
    prepared(runtime)
    before = runtime.broker.last_seq
    assert runtime.send(rater, "mem_a", RateThrough("tlk_1", 4)).status == 201
    assert runtime.state(talk, "tlk_1").count == 1
    assert (runtime.broker.last_seq, runtime.records.tells) == (before + 1, {})


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_tells_beyond_the_room_of_a_turn_go_over_the_stream_and_those_behind_them_too(
    runtime: Runtime, most: int
) -> None:
    runtime.runtime_settings = msgspec.structs.replace(runtime.runtime_settings, onward_messages=most)
    prepared(runtime)
    stars = [1, 4, 2, 5, 3, 1, 5, 2, 4, 3, 5, 1]
    for number, each in enumerate(stars):
        runtime.send(rater, "mem_a", RateThrough("tlk_1", each), settle=number % 3 == 2)
    assert [event.total for event in runtime.events(Rated)] == stars
    assert not runtime.records.tells and not runtime.dead_letters()


def test_what_the_records_refuse_of_a_told_agent_is_no_fault_of_its_cause(runtime: Runtime) -> None:
    runtime.use(Choosy(runtime.clock))
    prepared(runtime)
    through = runtime.send(rater, "mem_a", RateThrough("tlk_1", 4), settle=False)
    beside = runtime.send(talk, "tlk_2", AnnounceTalk("Roads", ends_at=runtime.in_(hours=1)), settle=False)
    runtime.settle()
    assert (through.status, beside.status) == (500, 204)
    (letter,) = runtime.dead_letters()
    assert (letter.kind, letter.agent, letter.code) == ("talk", "tlk_1", "commit_refused")
    assert runtime.state(rater, "mem_a").rated == 1
