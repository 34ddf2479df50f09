"""A small platform as its members wrote it down, of which the audit finds nothing; and ways to make one thing wrong."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

from tests.chaos.asking import Done

__all__ = [
    "AGAIN",
    "EVENTS_DONE",
    "EVENTS_WRONG",
    "VOTES_DONE",
    "VOTES_WRONG",
    "Platform",
    "build_events",
    "build_votes",
]

EMPTY = {"ARRAY": [], "boolean": False, "bytea": b"", "text": "", "jsonb": "{}"}
"""What a column holds that nothing here is about, by its type; numbers 0, times now."""
AGAIN = (
    "INSERT INTO event_log (partition, seq, kind, agent, name, version, at, correlation, causation, body)"
    " SELECT partition, seq + 100, kind, agent, name, version, at, correlation, causation, body FROM event_log"
    " WHERE name = '{}'"
)


class Platform:
    """Rows of which only some columns matter."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self._database = database
        self._events = 0

    async def put(self, table: str, **columns: Any) -> None:
        sql = (
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1"
            " AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'"
        )
        wanted = await self._database.fetch(sql, table)
        row = {name: EMPTY.get(kind, 0) for name, kind in wanted} | columns
        times = {name for name, kind in wanted if kind.startswith("timestamp")} - columns.keys()
        names = [name for name in row if name not in times]
        places = ", ".join([f"${place}" for place in range(1, len(names) + 1)] + ["now()"] * len(times))
        listed = ", ".join(f'"{name}"' for name in (*names, *times))
        await self._database.execute(
            f"INSERT INTO {table} ({listed}) VALUES ({places})", *(row[name] for name in names)
        )

    async def event(self, kind: str, agent: str, name: str, /, **body: str | int) -> None:
        self._events += 1
        await self.put("event_log", seq=self._events, kind=kind, agent=agent, name=name, body=msgspec.json.encode(body))

    async def own(self, kind: str, agent: str, collection: str, /, **body: Any) -> None:
        key = body.get("id", body.get("member"))
        await self.put(
            "own_row", kind=kind, agent=agent, collection=collection, key=key, body=msgspec.json.encode(body)
        )


# --- an event with one seat: b has it, a waits; c was before both and went ---

EVENTS_DONE = [
    Done("a", "plan", 201, made="e", text="1"),
    Done("a", "rsvp", 200, about="e", text="yes", made="confirmed", begun=1, ended=2),
    Done("b", "rsvp", 200, about="e", text="yes", made="waitlisted", begun=3, ended=4),
    Done("a", "withdraw", 200, about="e", made="declined", begun=5, ended=6),
    Done("a", "rsvp", 200, about="e", text="yes", made="waitlisted", begun=7, ended=8),
    Done("a", "ask", 201, about="e", text="When?", made="q"),
    Done("b", "upvote", 204, about="q"),
]


async def build_events(at: Platform) -> None:
    """As EVENTS_DONE says."""
    await at.put("event", id="e", capacity=1, registered_count=1, waiting_count=1)
    for member, state, number, seat in (("b", "confirmed", 1, 2), ("a", "waitlisted", 2, 0)):
        await at.put("event_guest", event="e", member=member, state=state, number=number, seat=seat)
        await at.own("event", "e", "guest", member=member, state=state, number=number, seat=seat)
    await at.event("event", "e", "event.rsvp.confirmed", member="a")
    await at.event("event", "e", "event.waitlisted", member="b", number=1)
    await at.event("event", "e", "event.rsvp.withdrawn", member="a", was="confirmed")
    await at.event("event", "e", "event.rsvp.confirmed", member="b")
    await at.event("event", "e", "event.promoted", member="b")
    await at.event("event", "e", "event.waitlisted", member="a", number=2)
    await at.put("notice", member="b", id="n3", seq=2, kind="event.promoted", subject_id="e")
    await at.own("inbox", "b", "notice", id="n3")
    await at.put("event_question", id="q", event="e", author="a", number=1, body="When?", status="published", upvotes=1)
    await at.own("event", "e", "question", id="q")
    await at.own("event", "e", "voice", member="b", wanted=["q"])
    await at.event("event", "e", "event.question.asked", question="q")


RENUMBERED = (
    "UPDATE event_log SET body = convert_to(replace(convert_from(body, 'UTF8'), '\"number\":1', '\"number\":5'),"
    " 'UTF8') WHERE name = 'event.waitlisted'"
)
EVENTS_WRONG = {
    "UPDATE event_guest SET state = 'confirmed' WHERE member = 'a'": "more seats given than there are",
    "DELETE FROM event_log WHERE name = 'event.rsvp.withdrawn'": "more seats given than there are",
    "UPDATE event_guest SET state = 'declined' WHERE member = 'b'": "seat left empty while somebody waits",
    "ALTER TABLE event_guest DROP CONSTRAINT event_guest_pkey;"
    " INSERT INTO event_guest SELECT * FROM event_guest WHERE member = 'b'": "somebody twice at an event",
    AGAIN.format("event.rsvp.confirmed"): "somebody twice at an event",
    AGAIN.format("event.rsvp.withdrawn"): "somebody twice at an event",
    RENUMBERED: "line out of order",
    "UPDATE event_log SET seq = 1000 - seq WHERE name = 'event.waitlisted'": "line out of order",
    "UPDATE event_guest SET state = 'waitlisted', number = 3 WHERE member = 'b'": "line out of order",
    "DELETE FROM event_guest WHERE member = 'b'": "answer missing or otherwise",
    "UPDATE event_guest SET state = 'maybe' WHERE member = 'a'": "answer missing or otherwise",
    "INSERT INTO event_guest SELECT event, 'c', 'declined', answer, line, wants_accessible, 0, 0, NULL, answered_at"
    " FROM event_guest WHERE member = 'a'": "answer missing or otherwise",
    "DELETE FROM event_log WHERE name = 'event.waitlisted'": "answer missing or otherwise",
    "DELETE FROM notice WHERE id = 'n3'": "promoted and told otherwise than once",
    "UPDATE event SET registered_count = 2": "event unlike its rows",
    "UPDATE own_row SET body = convert_to(replace(convert_from(body, 'UTF8'), 'confirmed', 'maybe'), 'UTF8')"
    " WHERE collection = 'guest'": "event unlike its rows",
    "UPDATE event_question SET upvotes = 2": "upvote lost or doubled",
    "UPDATE own_row SET body = convert_to(replace(convert_from(body, 'UTF8'), '[\"q\"]', '[\"q\",\"q\"]'), 'UTF8')"
    " WHERE collection = 'voice'": "upvote lost or doubled",
    "DELETE FROM event_question": "question missing or twice",
    AGAIN.format("event.question.asked"): "question missing or twice",
}


# --- a vote in which a chose the second option at last, and b, who did not vote, by a ---

TERMS = {"options": 2, "revote": True, "delegation": True}
CLOSES = 2_000_000_000.0
VOTES_DONE = [
    Done("b", "admit member", 200, about="a"),
    Done("a", "admit member", 200, about="b"),
    Done("a", "schedule", 200, about="v", made="v", begun=CLOSES - 90, ended=CLOSES - 89),
    Done("a", "schedule", 200, about="s", made="s", begun=CLOSES - 90, ended=CLOSES - 89),
    Done("a", "cast", 201, about="v", text="1", made="r1"),
    Done("a", "cast", 201, about="v", text="2", made="r2"),
    Done("b", "delegate", 200, about="v", text="a", begun=CLOSES - 41, ended=CLOSES - 40),
    Done("a", "cast", 201, about="s", text="1", made="r3"),
]


async def build_votes(at: Platform) -> None:
    """As VOTES_DONE says: `v` is public; `s` is sealed, and only a voted there."""
    await _vote(at, "v", TERMS, choices="2", ballots=2)
    await at.put("vote_station", id="v-1", vote="v")
    await at.put("vote_ballot", box="v-1", vote="v", member="a", content="2", receipt="r2", revision=2)
    await at.put("vote_record", vote="v", ballots=2, delegated=1)
    made_at = _time(CLOSES - 40)
    await at.put("vote_delegation", id="d", member="b", delegate="a", scope="v", made_at=made_at)
    await at.put("vote_delegated", vote="v", member="b", caster="a")
    await _vote(at, "s", {"options": 2, "revote": True, "anonymity_level": "pseudonymous"}, choices="1", ballots=1)
    await at.put("vote_station", id="s-1", vote="s", is_sealed=True)
    await at.put("vote_ballot", box="s-1", vote="s", member="a", receipt="r3", revision=1)
    await at.put("vote_record", vote="s", ballots=1)


async def _vote(at: Platform, id: str, terms: dict[str, Any], *, choices: str, ballots: int) -> None:
    """Published, with one group of ballots."""
    winner = int(choices)
    tallied = {"ballots": ballots, "votes": [ballots if option == winner else 0 for option in (1, 2)]}
    await at.put(
        "vote",
        id=id,
        phase="results_published",
        terms=msgspec.json.encode(terms).decode(),
        roll_size=2,
        closes_at=_time(CLOSES),
        frozen_at=_time(CLOSES - 90),
        count_number=1,
        tallied=msgspec.json.encode(tallied).decode(),
        outcome="decided",
        winners=[winner],
    )
    await at.put("vote_ballot_group", vote=id, choices=choices, ballots=ballots)
    for name in ("scheduled", "opened", "closed", "results.published"):
        await at.event("vote", id, f"vote.{name}", vote=id)
    for place, member in enumerate("ab"):
        await at.put("vote_roll", vote=id, member=member)
        seq = 2 + (member == "b") + (id == "s")
        await at.put("notice", member=member, id=f"{id}{place}", seq=seq, kind="vote.results", subject_id=id)
        await at.own("inbox", member, "notice", id=f"{id}{place}")


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


VOTES_WRONG = {
    "DELETE FROM vote_roll WHERE vote = 'v' AND member = 'b'": "roll unlike its members",
    "DELETE FROM vote_ballot WHERE vote = 'v'": "ballot missing or twice",
    "DELETE FROM vote_ballot WHERE vote = 's'": "ballot missing or twice",
    "INSERT INTO vote_ballot SELECT 'v-2', member, vote, content, receipt, revision FROM vote_ballot"
    " WHERE vote = 'v'": "ballot missing or twice",
    "UPDATE vote_ballot SET content = '1' WHERE vote = 'v'": "ballot missing or twice",
    "UPDATE vote_ballot SET receipt = 'r1' WHERE vote = 'v'": "ballot missing or twice",
    "UPDATE vote_ballot SET revision = 3 WHERE vote = 'v'": "ballot missing or twice",
    "UPDATE vote SET terms = terms - 'revote' WHERE id = 'v'": "ballot missing or twice",
    "INSERT INTO vote_ballot VALUES ('s-1', 'b', 's', '', 'r9', 1)": "ballot that nobody cast",
    "UPDATE vote_ballot_group SET ballots = 3 WHERE vote = 'v'": "count unlike the ballots",
    "UPDATE vote_ballot_group SET choices = '1' WHERE vote = 'v'": "count unlike the ballots",
    "UPDATE vote_ballot_group SET choices = '2' WHERE vote = 's'": "count unlike the ballots",
    "DELETE FROM vote_ballot_group WHERE vote = 's'": "count unlike the ballots",
    "UPDATE vote_record SET ballots = 3 WHERE vote = 'v'": "count unlike the ballots",
    "UPDATE vote SET winners = '{1}' WHERE id = 'v'": "result unlike the count",
    "UPDATE vote SET outcome = 'no_quorum' WHERE id = 's'": "result unlike the count",
    "UPDATE vote SET tallied = jsonb_set(tallied, '{votes}', '[1, 2]') WHERE id = 'v'": "result unlike the count",
    AGAIN.format("vote.results.published"): "result published otherwise than once",
    "UPDATE vote SET count_number = 2 WHERE id = 'v'": "result published otherwise than once",
    "UPDATE vote SET phase = 'tallying' WHERE id = 'v'": "result published otherwise than once",
    "UPDATE vote SET phase = 'draft' WHERE id = 'v'": "result published otherwise than once",
    "DELETE FROM notice WHERE kind = 'vote.results' AND member = 'b'": "result published otherwise than once",
    "DELETE FROM vote_delegated": "delegated ballot otherwise",
    "UPDATE vote_delegated SET caster = '', uncast = 'no_ballot'": "delegated ballot otherwise",
    "UPDATE vote_delegated SET caster = '', uncast = 'over_limit'": "delegated ballot otherwise",
    "UPDATE vote_delegated SET caster = 'b'": "delegated ballot otherwise",
    "INSERT INTO vote_delegated VALUES ('v', 'a', 'a', '')": "delegated ballot otherwise",
    "UPDATE vote_ballot SET content = 'sealed' WHERE vote = 's'": "ballot kept after it was published",
    "INSERT INTO vote_key VALUES ('s', '', '', '')": "ballot kept after it was published",
}
