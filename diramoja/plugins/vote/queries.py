"""Reads of votes and rolls; each knows its reader. A draft is seen by its creator, leaders and officials."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import ConflictError, DeniedError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, Number, paged, place
from diramoja.plugins.vote.rules import station_of, terms_json
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote, Wording, seen_by, view_of
from diramoja.plugins.vote.views import (
    AuditView,
    LotView,
    ObjectionView,
    OwnRollView,
    ResultLine,
    ResultView,
    RollView,
    Tallied,
    TallyView,
    VoteView,
)
from diramoja.plugins.vote.words import VotePhase

__all__ = [
    "Voter", "audit_trail", "check_member", "next_votes", "objection_list", "one_lot", "one_result", "one_roll",
    "one_tally", "one_vote", "own_roll", "past_votes", "terms_of", "vote_list", "vote_of_objection", "voter_at",
]  # fmt: skip

_VOTE = "SELECT v.*, x.description, x.options FROM vote v JOIN vote_text x ON x.vote = v.id"
_SEEN = "(v.terms_hash <> '' OR v.created_by = $1 OR $2)"
"""A vote has the hash of its terms from its scheduling on; one that was called off before stays a draft."""


@attrs.frozen
class Voter:
    """A member at the station where they vote."""

    station: str
    vote: VoteView


async def vote_list(
    db: Database, reader: Reader, page: PageQuery, *, topic_id: str | None, phase: VotePhase | None
) -> Page[VoteView]:
    """The newest first; of a topic, in a phase."""
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_VOTE} WHERE {_SEEN} AND ($3::text IS NULL OR v.topic = $3) AND ($4::text IS NULL OR v.phase = $4)"
        " AND ($5::timestamptz IS NULL OR (v.created_at, v.id) < ($5, $6))"
        " ORDER BY v.created_at DESC, v.id DESC LIMIT $7",
        *seen_by(reader),
        topic_id,
        phase,
        at,
        id,
        page.limit + 1,
    )
    return paged(rows, page, _vote, "created_at", "id")


async def next_votes(db: Database, phases: Sequence[VotePhase], limit: int) -> list[VoteView]:
    """Votes that everybody may see in these phases, the next to open, or to close, first."""
    by = "opens_at" if "scheduled" in phases else "closes_at"
    rows = await db.fetch(f"{_VOTE} WHERE v.phase = ANY($1) ORDER BY v.{by}, v.id LIMIT $2", list(phases), limit)
    return [_vote(row) for row in rows]


async def past_votes(db: Database, page: PageQuery) -> Page[VoteView]:
    """Votes that are closed or were called off, the latest to close first; what was never scheduled is left out."""
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_VOTE} WHERE v.terms_hash <> '' AND v.closes_at IS NOT NULL"
        " AND v.phase IN ('closed', 'tallying', 'results_published', 'disputed', 'cancelled')"
        " AND ($1::timestamptz IS NULL OR (v.closes_at, v.id) < ($1, $2))"
        " ORDER BY v.closes_at DESC, v.id DESC LIMIT $3",
        at,
        id,
        page.limit + 1,
    )
    return paged(rows, page, _vote, "closes_at", "id")


async def one_vote(db: Database, reader: Reader, id: str) -> VoteView:
    """A vote.

    Raises:
        MissingError: there is none that the reader may see.
    """
    return _vote(await _row(db, reader, id))


async def _row(db: Database, reader: Reader, id: str) -> Mapping[str, Any]:
    row = await db.one(f"{_VOTE} WHERE {_SEEN} AND v.id = $3", *seen_by(reader), id)
    if row is None:
        raise MissingError(f"There is no vote {id}.", code="vote_missing")
    return row


async def terms_of(db: Database, reader: Reader, id: str) -> bytes:
    """What its `terms_hash` is of, as JSON; a member who was named in it and is gone is no more.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    state, wording = _stored(await _row(db, reader, id))
    return terms_json(state.title, wording.description, wording.options, state.terms)


def _vote(row: Mapping[str, Any]) -> VoteView:
    return view_of(row["id"], *_stored(row))


def _stored(row: Mapping[str, Any]) -> tuple[Vote, Wording]:
    fields = {name: row[name] for name in Vote.__struct_fields__ if name in row}
    state = msgspec.convert(fields, Vote)
    wording = {"id": "wording", "description": row["description"], "options": row["options"]}
    return state, msgspec.convert(wording, Wording)


async def one_roll(db: Database, reader: Reader, id: str, settings: VoteSettings) -> RollView:
    """The frozen roll of a vote; its size is 0 and its hash "" until it is written.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    row = await _row(db, reader, id)
    view = _vote(row)
    until = view.opens_at - timedelta(hours=settings.objections_until_hours) if view.opens_at else None
    return RollView(
        vote_id=id,
        size=view.roll_size,
        hash=row["roll_hash"],
        rule=view.roll,
        frozen_at=row["frozen_at"],
        objections_until=until if row["frozen_at"] else None,
    )


async def own_roll(db: Database, reader: Reader, id: str) -> OwnRollView:
    """Whether the reader may vote, and has.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    view = await one_vote(db, reader, id)
    if not view.stations:
        return OwnRollView(eligible=False, reason="The roll is not frozen yet.")
    row = await db.one(
        "SELECT EXISTS (SELECT 1 FROM vote_roll WHERE vote = $1 AND member = $2) AS eligible,"
        " EXISTS (SELECT 1 FROM vote_ballot WHERE vote = $1 AND member = $2) AS voted,"
        " coalesce((SELECT rows_dropped FROM vote_roll_frozen WHERE vote = $1), false) AS rows_dropped,"
        " coalesce((SELECT voters_dropped FROM vote_roll_frozen WHERE vote = $1), false) AS voters_dropped",
        id,
        reader.member,
    )
    assert row is not None
    if row["rows_dropped"]:
        return OwnRollView(eligible=False, reason="This vote is long over: who was on its roll is not kept any more.")
    reason = "You are on the roll." if row["eligible"] else "You were not eligible when the roll was frozen."
    if row["voters_dropped"]:
        reason += " Who voted is not kept any more."
    return OwnRollView(eligible=row["eligible"], reason=reason, voted=row["voted"])


async def voter_at(db: Database, reader: Reader, id: str) -> Voter:
    """The station of the reader, who is on the frozen roll.

    A roll does not change once its vote is open, so this holds when the ballot is decided.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it has no roll yet (`vote_not_open`).
        DeniedError: the reader is not on it (`not_on_roll`).
    """
    view = await one_vote(db, reader, id)
    if not view.stations:
        raise ConflictError("This vote is not open.", code="vote_not_open")
    on_roll = "SELECT 1 FROM vote_roll WHERE vote = $1 AND member = $2"
    if await db.one(on_roll, id, reader.member) is None:
        raise DeniedError("You are not on the roll of this vote.", code="not_on_roll")
    return Voter(f"{id}-{station_of(id, reader.member, view.stations)}", view)


async def one_tally(db: Database, reader: Reader, id: str) -> TallyView:
    """How a vote stands; while it is open only where that may be shown, whoever asks.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it is not open yet (`vote_not_open`), or it is not shown how it stands (`tally_hidden`).
    """
    row = await _row(db, reader, id)
    view = _vote(row)
    if view.phase in ("draft", "scheduled", "cancelled"):
        raise ConflictError("This vote is not open.", code="vote_not_open")
    if not view.live_tally:
        raise ConflictError("How this vote stands is not shown before its results.", code="tally_hidden")
    return TallyView(id, view.turnout, tuple(row["counts"]) or (0,) * len(view.options))


async def one_result(db: Database, reader: Reader, id: str) -> ResultView:
    """What a vote came to.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it is not over yet (`vote_open`), or was called off (`vote_cancelled`).
    """
    row = await _row(db, reader, id)
    view = _vote(row)
    if view.phase == "cancelled":
        raise ConflictError("This vote was cancelled.", code="vote_cancelled")
    if view.published_at is None or view.effective_at is None or view.outcome is None:
        raise ConflictError("This vote has no results yet.", code="vote_open")
    tallied = msgspec.convert(row["tallied"], Tallied)
    scale = 10**tallied.decimals
    lines = (
        ResultLine(option.number, option.text, n / scale)
        for option, n in zip(view.options, tallied.votes, strict=False)
    )
    return ResultView(
        vote_id=id,
        outcome=view.outcome,
        winners=view.winners,
        lines=tuple(lines),
        ballots=tallied.ballots,
        valid=tallied.valid,
        blank=tallied.blank,
        delegated=tallied.delegated,
        roll_size=view.roll_size,
        roll_hash=row["roll_hash"],
        quorum_needed=view.quorum_needed,
        quorum_met=tallied.ballots >= view.quorum_needed,
        majority_needed=tallied.needed,
        voting_method=view.voting_method,
        majority=view.majority,
        tie_rule=view.tie_rule,
        tied=tallied.tied,
        run_off=tallied.run_off,
        count_number=row["count_number"],
        record_hash=tallied.record_hash,
        published_at=view.published_at,
        effective_at=view.effective_at,
        effective=row["is_effective"],
        disputes_open=row["disputes_open"],
    )


async def objection_list(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[ObjectionView]:
    """Objections to a roll, the newest first: one's own, and those about oneself; all for membership officers."""
    at, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT * FROM vote_objection WHERE vote = $1 AND ($2 OR filed_by = $3 OR member = $3)"
        " AND ($4::timestamptz IS NULL OR (filed_at, id) < ($4, $5)) ORDER BY filed_at DESC, id DESC LIMIT $6",
        id,
        reader.has("membership_officer"),
        reader.member,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, partial(_objection, reader=reader), "filed_at", "id")


def _objection(row: Mapping[str, Any], reader: Reader) -> ObjectionView:
    """Whoever it is about, and nobody else, does not see who filed it."""
    inside = reader.member == row["filed_by"] or reader.member != row["member"]
    shared = {name: row[name] for name in ObjectionView.__struct_fields__ if name in row}
    more = {"vote_id": row["vote"], "member_id": row["member"], "filed_by": row["filed_by"] if inside else ""}
    return msgspec.convert({**shared, **more}, ObjectionView)


async def check_member(db: Database, id: str) -> None:
    """Raises MissingError where this is no member."""
    if await db.one("SELECT 1 FROM member WHERE id = $1", id) is None:
        raise MissingError(f"There is no member {id}.", code="member_missing")


async def vote_of_objection(db: Database, id: str) -> str:
    """The vote that an objection is about.

    Raises:
        MissingError: there is no such objection.
    """
    row = await db.one("SELECT vote FROM vote_objection WHERE id = $1", id)
    if row is None:
        raise MissingError(f"There is no objection {id}.", code="objection_missing")
    return str(row["vote"])


async def audit_trail(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[AuditView]:
    """What was done with a vote, from the beginning.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    await _row(db, reader, id)
    after = place(page, tuple[Number]) or (0,)
    rows = await db.fetch(
        "SELECT number, at, by, what, detail FROM vote_audit WHERE vote = $1 AND number > $2 ORDER BY number LIMIT $3",
        id,
        *after,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: msgspec.convert(dict(row), AuditView), "number")


async def one_lot(db: Database, reader: Reader, id: str) -> LotView:
    """What was published for the lot of a vote.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    await _row(db, reader, id)
    row = await db.one("SELECT * FROM vote_lot WHERE vote = $1", id)
    return msgspec.convert({**row, "vote_id": id}, LotView) if row else LotView(id)
