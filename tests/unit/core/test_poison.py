"""What no agent can decide, or no dead letter hold: it is put aside alone, whatever it is."""

from datetime import timedelta
from typing import Any, Literal

import msgspec
import pytest

from diramoja.core import (
    AgentKind,
    Command,
    Context,
    Decision,
    Event,
    Plugin,
    Put,
    Record,
    RemindAfter,
    RemindEvery,
    Reply,
    Row,
    State,
    View,
    record,
)
from diramoja.core.envelope import Envelope, pack, unpack
from diramoja.core.errors import InvalidError
from diramoja.core.ports.broker import Outgoing
from diramoja.core.ports.rows import Writes
from diramoja.testing.memory import MemoryRecords
from diramoja.testing.runtime import Runtime


class Say(Command):
    word: str


class Hear(Command):
    word: str


class Wait(Command):
    rounds: int


class Swell(Command):
    size: int


class Said(Event, name="speaker.said"):
    word: str


class Count(View):
    count: int


class Speaker(State):
    phase: Literal["absent"] = "absent"
    count: int = 0


class Ear(State):
    phase: Literal["absent"] = "absent"
    words: tuple[str, ...] = ()


speaker = AgentKind("speaker", Speaker, prefix="spk")
ear = AgentKind("ear", Ear, prefix="ear")


@speaker.on("absent")
def say(state: Speaker, message: Say, context: Context) -> Decision:
    if message.word == "exit":
        raise SystemExit(3)
    return state.but(count=state.count + 1), Said(message.word), Reply(Count(state.count + 1))


@speaker.on("absent")
def wait(state: Speaker, message: Wait, context: Context) -> Decision:
    again = RemindAfter(timedelta(hours=1), Wait(message.rounds - 1))
    return (state.but(count=state.count + 1), again) if message.rounds else None


@speaker.on("absent")
def swell(state: Speaker, message: Swell, context: Context) -> Decision:
    return Said("x" * message.size)


@ear.on("absent")
def hear(state: Ear, message: Hear, context: Context) -> Decision:
    return state.but(words=(*state.words, message.word))


def badly(event: Said) -> Any:
    if event.word == "raise":
        raise RuntimeError("as asked")
    returned: dict[str, Any] = {
        "nonsense": 5,
        "no command": [("ear_1", "hello")],
        "bad id": [("a.b", Hear("x"))],
        "many": [("ear_1", Hear("x"))] * 17,
        "large": [("ear_1", Hear("x" * 70_000))],
    }
    return returned.get(event.word, [("ear_2", Hear(event.word))])


ear.hears(Said, to=lambda event: [("ear_1", Hear(event.word[:10]))])
ear.hears(Said, to=badly)


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(Plugin(name="poison", kinds=[speaker, ear]))
    return runtime


def put(stage: Runtime, subject: str, **fields: Any) -> None:
    envelope = msgspec.structs.replace(Envelope("x", 1, b'{"word": "forged"}'), **fields)
    stage._do(stage.broker.publish([Outgoing(subject, pack(envelope))]))
    stage.settle()


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2**63},
        {"version": -1},
        {"source": 64, "seq": 1},
        {"source": 2**40, "seq": 1},
        {"source": -2, "seq": 1},
        {"source": 1, "seq": 2**63},
        {"source": 1, "seq": -1},
        {"hops": -1},
        {"sender": "a\x00"},
        {"request": "a\x00"},
        {"causation": "\x00"},
        {"correlation": "c" * 700},
        {"roles": ("a\x00",)},
    ],
)
def test_envelope_beyond_its_bounds_is_a_dead_letter_alone(stage: Runtime, fields: dict[str, Any]) -> None:
    put(stage, "tell.speaker.spk_1.say", **fields)
    assert [letter.code for letter in stage.dead_letters()] == ["envelope_invalid"]
    assert stage.send(speaker, "spk_1", Say("well")).read(Count).count == 1


@pytest.mark.parametrize("agent", ["a\x00b", "x" * 700, "a\nb", "spk_é", "*", "a b", "x" * 129])
def test_address_of_nobody_is_a_dead_letter_alone(stage: Runtime, agent: str) -> None:
    put(stage, f"cmd.speaker.{agent}.say")
    assert [letter.code for letter in stage.dead_letters()] == ["address_invalid"]
    assert stage.broker.events == []


def test_dead_on_arrival_leaves_no_trace_of_the_agent(stage: Runtime) -> None:
    put(stage, "cmd.speaker.spk_new.nothing")
    put(stage, "cmd.nothing.x.y")
    assert len(stage.dead_letters()) == 2
    assert not [key for key in stage.records.snapshot if key[1] in ("spk_new", "x")]


def test_what_not_even_a_dead_letter_can_hold_is_passed_over(stage: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = MemoryRecords.commit

    async def choosy(records: MemoryRecords, writes: Writes) -> None:
        if any(b"forged" in letter.payload for letter in writes.dead_letters) or any(
            b"forged" in event.body for event in writes.events
        ):
            raise InvalidError("It holds what I do not take.")
        await commit(records, writes)

    monkeypatch.setattr(MemoryRecords, "commit", choosy)
    put(stage, "cmd.speaker.spk_1.say")
    assert [letter.code for letter in stage.dead_letters()] == ["message_unstorable"]
    assert stage.send(speaker, "spk_1", Say("well")).read(Count).count == 1


@pytest.mark.parametrize("word", ["raise", "nonsense", "no command", "bad id", "many", "large"])
def test_hearing_that_fails_stops_neither_who_speaks_nor_others_who_hear(stage: Runtime, word: str) -> None:
    assert stage.send(speaker, "spk_1", Say(word)).read(Count).count == 1
    assert [event.word for event in stage.events(Said)] == [word]
    assert stage.state(ear, "ear_1").words == (word,)
    [letter] = stage.dead_letters()
    assert (letter.kind, letter.verb, letter.code) == ("ear", "speaker.said", "hearing_failed")
    stage.send(speaker, "spk_1", Say("well"))
    assert stage.state(ear, "ear_2").words == ("well",)


def test_handler_that_wants_to_exit_stops_its_own_command(stage: Runtime) -> None:
    assert stage.send(speaker, "spk_1", Say("exit")).status == 500
    assert stage.send(speaker, "spk_1", Say("well")).status == 200


def test_ids_do_not_grow_with_every_reminder_that_sets_the_next(stage: Runtime) -> None:
    stage.send(speaker, "spk_1", Wait(50))
    sizes = set()
    for _ in range(49):
        stage.advance(hours=1)
        sizes |= {len(unpack(Envelope, row.envelope).id) for row in stage.records.reminders.values()}
    assert len(sizes) == 1
    stage.advance(hours=2)
    assert stage.state(speaker, "spk_1").count == 50


def test_a_reminder_comes_at_most_once_a_second() -> None:
    with pytest.raises(ValueError, match="once a second"):
        RemindEvery(timedelta(milliseconds=999), Wait(1))


@pytest.mark.parametrize("repeat", ["every:0.0", "every:soon", "cron:never"])
def test_a_reminder_whose_next_time_cannot_be_told_ends_and_stops_nobody(stage: Runtime, repeat: str) -> None:
    stage.send(speaker, "spk_1", Wait(1))
    ((key, row),) = stage.records.reminders.items()
    stage.records.reminders[key] = row._replace(repeat=repeat)
    stage.advance(hours=1)
    assert stage.records.reminders == {}
    assert [letter.code for letter in stage.dead_letters()] == ["message_unstorable"]
    stage.send(speaker, "spk_1", Say("on"))
    assert stage.state(speaker, "spk_1").count == 2


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_what_is_larger_than_the_broker_takes_is_refused_before_it_is_stored(stage: Runtime, size: int) -> None:
    sent = stage.send(speaker, "spk_1", Swell(size))
    assert sent.status == 500
    (letter,) = stage.dead_letters()
    assert (letter.code, letter.detail) == ("commit_refused", "What was decided cannot be stored: message_too_large.")
    stage.send(speaker, "spk_1", Say("on"))
    assert stage.state(speaker, "spk_1").count == 1
    assert len(stage.broker.events) == 1


# --- records ---


class Note(Row):
    id: str


class NoteRecord(Record):
    speaker: str
    id: str


class Keep(Command):
    id: str


class Keeper(State):
    phase: Literal["absent"] = "absent"


keeper = AgentKind("keeper", Keeper, prefix="kee", rows=[Note])


@keeper.on("absent")
def keep(state: Keeper, message: Keep, context: Context) -> Decision:
    return Put(Note(message.id))


@record("keeper_note", key=("speaker", "id"), of=Note)
def note_rows(agent: str, row: Note) -> NoteRecord:
    return NoteRecord(agent, row.id.removeprefix("odd_"))


def test_record_that_would_outlive_its_row_is_refused_alone(runtime: Runtime) -> None:
    runtime.deploy(Plugin(name="keeper", kinds=[keeper], records=[note_rows]))
    assert runtime.send(keeper, "kee_1", Keep("odd_1")).status == 500
    assert runtime.send(keeper, "kee_1", Keep("not_2")).status in (None, 200, 204)
    assert [row.id for row in runtime.table("keeper_note", NoteRecord)] == ["not_2"]
