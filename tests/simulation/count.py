"""What must be true of a world that has come to rest: pure functions over what is stored, sent and published."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from diramoja.core.ports.rows import EventRow
from diramoja.testing.memory import MemoryBroker, MemoryRecords
from diramoja.testing.runtime import Sent
from tests.chaos.plugin import RINGS, Note, Noted, is_hushed_late

__all__ = ["Finding", "findings"]

STATUS = {"reject": 409, "refuse": 500}
EFFECTS = {"tell": "told", "handover": "told", "remind": "reminded", "job": "landed", "hush": "hushed"}
PERIOD = {"every": timedelta(seconds=1), "cron": timedelta(minutes=1)}

type Notes = Mapping[str, tuple[str, Note]]
"""Token → agent and note."""


class Finding(AssertionError):  # noqa: N818  # what was found, not an error of ours
    """What a seed found."""


def findings(notes: Notes, sents: Mapping[str, Sent], records: MemoryRecords, broker: MemoryBroker) -> Iterator[str]:
    """All that did not happen, not once, not in order; all that is left."""
    for token, (_, note) in notes.items():
        status = sents[token].status
        if status != STATUS.get(note.how, 200):
            yield f"{token} answered with {status}"
    yield from _entries(notes, records)
    yield from _numbers(records)
    yield from _rings(notes, records)
    yield from _published(records, broker)
    if records.reminders or records.tells:
        yield f"left: {[*records.reminders, *records.tells]}"
    dead = sorted(letter.code for letter in records.dead.values())
    if dead != ["commit_refused" for _, note in notes.values() if note.how in {"refuse", "mishear"}]:
        yield f"dead letters: {dead}"


def _wanted(agent: str, note: Note) -> Iterator[tuple[str, str]]:
    """Keys of the rows that a note leaves, each with the agent that has it."""
    if note.how in STATUS:
        return
    yield f"put:{note.token}", agent
    if note.how in EFFECTS:
        what = EFFECTS[note.how]
        yield f"{what}:{note.token}", note.other if what == "told" else agent
    if note.how == "hush" and is_hushed_late(note.token):
        yield f"reminded:{note.token}", agent
    if note.how in PERIOD:
        yield from ((f"ring{nth + 1}:{note.token}", agent) for nth in range(RINGS))


def _entries(notes: Notes, records: MemoryRecords) -> Iterator[str]:
    wanted = dict(each for agent, note in notes.values() for each in _wanted(agent, note))
    entries = {key.key: row for key, row in records.own.items()}
    for key in sorted(entries.keys() ^ wanted.keys()):
        yield f"{key} {'happened' if key in entries else 'did not happen'}"
    for key in sorted(entries.keys() & wanted.keys()):
        row = entries[key]
        if row.agent != wanted[key] or msgspec.json.decode(row.body or b"")["times"] != 1:
            yield f"{key} not once, or not at its agent: {row}"


def _numbers(records: MemoryRecords) -> Iterator[str]:
    """Events numbered per agent without gaps, commands decided as accepted."""
    puts: dict[str, list[str]] = defaultdict(list)
    numbers: dict[str, int] = defaultdict(int)
    for row, event in _events(records):
        numbers[row.agent] += 1
        if (row.channel_seq, event.nth) != (numbers[row.agent],) * 2:
            yield f"a gap before {row}"
        if event.what == "put":
            puts[row.agent].append(event.token)
    for agent, tokens in puts.items():
        if tokens != sorted(tokens):
            yield f"{agent} decided out of order: {tokens}"


def _rings(notes: Notes, records: MemoryRecords) -> Iterator[str]:
    """Repeated reminders come each in a period of its own, the first after the command."""
    times: dict[str, list[int]] = defaultdict(list)
    begun = {event.token: row.at for row, event in _events(records) if event.what == "put"}
    for row, event in _events(records):
        how = notes[event.token][1].how
        if event.what.startswith("ring"):
            start = begun[event.token] if how == "every" else begun[event.token].replace(second=0, microsecond=0)
            times[event.token].append((row.at - start) // PERIOD[how])
    for token, periods in times.items():
        if periods[0] < 1 or periods != sorted(set(periods)):
            yield f"{token} rang in its periods {periods}"


def _published(records: MemoryRecords, broker: MemoryBroker) -> Iterator[str]:
    """All events, in order within their partition; those that come again are behind their first."""
    shown: dict[int, dict[int, None]] = defaultdict(dict)
    for message in broker.events:
        partition, seq = msgspec.msgpack.decode(message.data)[5:7]
        shown[partition][seq] = None
    for row in records.event_log:
        if row.seq not in shown[row.partition]:
            yield f"not published: {row}"
    for partition, numbers in shown.items():
        if list(numbers) != sorted(numbers):
            yield f"published out of order: {partition} {list(numbers)}"


def _events(records: MemoryRecords) -> Iterator[tuple[EventRow, Noted]]:
    for row in sorted(records.event_log, key=lambda each: (each.partition, each.seq)):
        yield row, msgspec.json.decode(row.body, type=Noted)
