"""What must be true of seats, lines and questions. No code of the core or a plugin: plain SQL, and the members' log.

The news of each event are played through once more with seats that are counted here.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import attrs

from tests.chaos.asking import Done
from tests.chaos.evidence import CREATED, Add, by_pair, happened, is_open, last_held, news_of, own_rows

__all__ = ["EVENT_FAULTS", "audit_events"]

EVENT_FAULTS = (
    "more seats given than there are",
    "seat left empty while somebody waits",
    "somebody twice at an event",
    "line out of order",
    "answer missing or otherwise",
    "promoted and told otherwise than once",
    "event unlike its rows",
    "upvote lost or doubled",
    "question missing or twice",
)
NEWS = ("event.rsvp.confirmed", "event.waitlisted", "event.promoted", "event.rsvp.withdrawn")
ANSWERED = ("rsvp", "withdraw")
STATES = {"maybe": ("maybe",), "no": ("declined",)}


@attrs.define
class _Hall:
    """An event as its news tell it. `numbers`: of each place in the line, by member, in order."""

    id: str
    seats: int
    seated: set[str] = attrs.field(factory=set)
    line: list[str] = attrs.field(factory=list)
    numbers: dict[str, list[int]] = attrs.field(factory=dict)
    promoted: Counter[str] = attrs.field(factory=Counter)
    last: int = 0

    def play(self, news: Mapping[str, Any], add: Add) -> None:
        """One more."""
        member, name = news["member"], news["name"]
        what = (self.id, member, name)
        if name == "event.rsvp.confirmed":
            self._confirm(member, add)
        elif name == "event.waitlisted":
            if member in self.seated or member in self.line:
                add("somebody twice at an event", what)
            if news["number"] <= self.last:
                add("line out of order", (*what, news["number"], self.last))
            self.last = max(self.last, news["number"])
            self.numbers.setdefault(member, []).append(news["number"])
            self.line.append(member)
        elif name == "event.promoted":
            self.promoted[member] += 1
        elif member in (self.line if news["was"] == "waitlisted" else self.seated):
            self.seated.discard(member)
            self.line = [each for each in self.line if each != member]
        else:
            add("somebody twice at an event", (*what, "withdrew what they did not have"))

    def _confirm(self, member: str, add: Add) -> None:
        if member in self.seated:
            add("somebody twice at an event", (self.id, member, "two seats"))
        if self.line and member != self.line[0]:
            add("line out of order", (self.id, member, "had a seat before", self.line[0]))
        self.line = [each for each in self.line if each != member]
        self.seated.add(member)
        if len(self.seated) > self.seats:
            add("more seats given than there are", (self.id, member, len(self.seated), self.seats))


async def audit_events(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Seats and lines by the news, by the rows and by the answers; then the questions."""
    halls = {each.made: _Hall(each.made, int(each.text)) for each in done if each.what == "plan" and happened(each)}
    for news in await news_of(database, *NEWS):
        if news["agent"] in halls:
            halls[news["agent"]].play(news, add)
    rows = await database.fetch("SELECT event, member, state, number, seat FROM event_guest")
    guests = Counter((row["event"], row["member"]) for row in rows)
    for guest, times in guests.items():
        if times > 1:
            add("somebody twice at an event", (guest, "rows", times))
    await _halls(database, halls, rows, add)
    await _own(database, rows, add)
    apart = _apart(done)
    _answers(done, {(row["event"], row["member"]): row["state"] for row in rows}, apart, add)
    _acceptance(done, halls, apart, add)
    await _upvotes(database, done, add)
    await _questions(database, done, add)


async def _halls(
    database: asyncpg.Connection, halls: Mapping[str, _Hall], rows: Sequence[asyncpg.Record], add: Add
) -> None:
    """In the end each is as its news say, and who was promoted was told so, each time once."""
    counts = {row["id"]: tuple(row) for row in await database.fetch(COUNTS)}
    for hall in halls.values():
        own = sorted((row for row in rows if row["event"] == hall.id), key=lambda row: row["number"])
        confirmed = [row["member"] for row in own if row["state"] in ("confirmed", "offered")]
        waiting = [row["member"] for row in own if row["state"] == "waitlisted"]
        if len(confirmed) > hall.seats:
            add("more seats given than there are", (hall.id, confirmed, hall.seats))
        if len(confirmed) < hall.seats and waiting:
            add("seat left empty while somebody waits", (hall.id, confirmed, waiting))
        if waiting != hall.line:
            add("line out of order", (hall.id, waiting, hall.line))
        if set(confirmed) != hall.seated:
            add("event unlike its rows", (hall.id, confirmed, hall.seated))
        if counts.get(hall.id) != (hall.id, hall.seats, len(confirmed), len(waiting)):
            add("event unlike its rows", (counts.get(hall.id), len(confirmed), len(waiting)))
        told = Counter(row["member"] for row in await database.fetch(TOLD, hall.id))
        if told != hall.promoted:
            add("promoted and told otherwise than once", (hall.id, told, hall.promoted))
    seats = Counter((row["event"], row["seat"]) for row in rows if row["state"] == "confirmed")
    for seat, times in seats.items():
        if times > 1:
            add("somebody twice at an event", (seat, "the same seat", times))


COUNTS = "SELECT id, capacity, registered_count, waiting_count FROM event"
TOLD = "SELECT member FROM notice WHERE kind = 'event.promoted' AND subject_id = $1"


async def _own(database: asyncpg.Connection, rows: Sequence[asyncpg.Record], add: Add) -> None:
    """The agents' own rows say the same as those that are read."""
    kept = {
        (agent, row["member"], row["state"], row.get("number", 0), row.get("seat", 0))
        for agent, row in await own_rows(database, "event", "guest")
    }
    shown = {tuple(row) for row in rows}
    if kept != shown:
        add("event unlike its rows", (kept - shown, shown - kept))


def _apart(done: Sequence[Done]) -> set[tuple[str, str]]:
    """(event, member) where a block may have stood between the organizer and the member: it ends their waiting."""
    blocks = [(each.who, each.about) for each in done if each.what == "block" and (happened(each) or each.again)]
    sides = {*blocks, *((about, who) for who, about in blocks)}
    plans = [each for each in done if each.what == "plan"]
    return {(each.made, member) for each in plans for organizer, member in sides if organizer == each.who}


def _answers(
    done: Sequence[Done], states: Mapping[tuple[str, str], str], apart: Collection[tuple[str, str]], add: Add
) -> None:
    """What each answered last holds, unless a later answer may have been taken."""
    asked = by_pair(done, *ANSWERED)
    for pair, some in asked.items():
        taken = [place for place, each in enumerate(some) if happened(each)]
        if any(is_open(each) for each in some):
            continue
        wanted = _wanted(some[taken[-1]]) if taken else ("",)
        if pair in apart and "waitlisted" in wanted:
            wanted += ("declined",)
        if states.get(pair, "") not in wanted:
            add("answer missing or otherwise", (pair, states.get(pair, ""), wanted, some[-3:]))
    for pair in states.keys() - asked.keys():
        add("answer missing or otherwise", (pair, "nobody gave it"))


def _wanted(each: Done) -> tuple[str, ...]:
    """States that somebody may be in after this answer: who waited may have been promoted."""
    if each.what == "withdraw":
        return ("",)
    if each.text == "yes":
        return ("confirmed",) if each.made == "confirmed" else ("waitlisted", "confirmed")
    return STATES[each.text]


def _acceptance(done: Sequence[Done], halls: Mapping[str, _Hall], apart: Collection[tuple[str, str]], add: Add) -> None:
    """Whoever had a place in the line before another asked for one stands before them."""
    places: dict[str, list[tuple[float, float, int, str]]] = {}
    for (event, member), some in by_pair(done, *ANSWERED).items():
        if event not in halls or (event, member) in apart or any(is_open(each) for each in some):
            continue
        joined = _joined_line(some)
        numbers = halls[event].numbers.get(member, [])
        if len(joined) != len(numbers):
            add("answer missing or otherwise", (event, member, "times in the line", numbers, joined))
            continue
        line = places.setdefault(event, [])
        line += [(each.begun, each.ended, number, member) for each, number in zip(joined, numbers, strict=True)]
    for event, line in places.items():
        for _, ended, number, member in line:
            for begun, _, later, other in line:
                if ended < begun and number > later:
                    add("line out of order", (event, (member, number, ended), (other, later, begun)))


def _joined_line(some: Sequence[Done]) -> list[Done]:
    """Answers with which somebody came into the line; a repeated yes changes nothing."""
    taken = [each for each in some if happened(each)]
    before = ["", *(each.made if each.what == "rsvp" else "" for each in taken)]
    return [each for each, was in zip(taken, before, strict=False) if each.made == "waitlisted" != was]


async def _upvotes(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Each member counts once, and only while they want it."""
    held, unsure = last_held(done, "upvote", "unvote")
    asked = Counter(question for _, question in held)
    open_ = {question for _, question in unsure}
    kept = Counter[str]()
    for agent, row in await own_rows(database, "event", "voice"):
        kept.update(row["wanted"])
        if len(set(row["wanted"])) != len(row["wanted"]):
            add("upvote lost or doubled", (agent, row))
    for row in await database.fetch("SELECT id, upvotes FROM event_question"):
        if row["upvotes"] != kept[row["id"]]:
            add("upvote lost or doubled", (tuple(row), "kept", kept[row["id"]]))
        if row["id"] not in open_ and row["upvotes"] != asked[row["id"]]:
            add("upvote lost or doubled", (tuple(row), "asked for", asked[row["id"]]))


async def _questions(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """What was acknowledged is there once, screened, numbered without gap, and is news once."""
    rows = {row["id"]: row for row in await database.fetch("SELECT * FROM event_question")}
    asked = {each.made: each for each in done if each.what == "ask" and each.status == CREATED}
    unsure = {each.text for each in done if each.what == "ask" and is_open(each)}
    news = Counter(each["question"] for each in await news_of(database, "event.question.asked"))
    for id, each in asked.items():
        row = rows.get(id)
        if row is None or (row["event"], row["author"], row["body"]) != (each.about, each.who, each.text):
            add("question missing or twice", (each, row and tuple(row)))
    for id, row in rows.items():
        if (id not in asked and row["body"] not in unsure) or news[id] != 1 or row["status"] != "published":
            add("question missing or twice", (tuple(row), "news", news[id]))
    for event in {row["event"] for row in rows.values()}:
        numbers = sorted(row["number"] for row in rows.values() if row["event"] == event)
        if numbers != list(range(1, len(numbers) + 1)):
            add("question missing or twice", (event, numbers))
