"""Votes, their texts, objections, audit trail and disputes as rows of the read model."""

from datetime import datetime
from typing import Any

from diramoja.core import Batch, Personal, Record, record, view
from diramoja.core.ports.database import Database
from diramoja.plugins.topic.contracts import TopicChanged, TopicCreated
from diramoja.plugins.vote.ballot_box_state import Ballot, BallotBox, ballot_box
from diramoja.plugins.vote.delegation_state import Delegation
from diramoja.plugins.vote.dispute import Dispute, Opinion, dispute
from diramoja.plugins.vote.state import AuditEntry, Lot, Objection, Vote, Wording, vote
from diramoja.plugins.vote.views import LotDraw, LotSecret, Tallied
from diramoja.plugins.vote.words import Terms, VoteOption

__all__ = ["RECORDS", "topic_categories"]


class VoteRecord(Record):
    """A vote without its description and options."""

    id: str
    phase: str
    title: str
    terms: Terms
    topic: str
    created_by: Personal[str]
    created_at: datetime
    terms_hash: str
    frozen_at: datetime | None
    roll_size: int
    roll_hash: str
    ballot_key: str
    stations: int
    opens_at: datetime | None
    closes_at: datetime | None
    votes_cast: int
    counts: tuple[int, ...]
    extended_s: int
    is_effective: bool
    disputes_open: int
    tallied: Tallied | None
    count_number: int
    outcome: str | None
    winners: tuple[int, ...]
    published_at: datetime | None
    effective_at: datetime | None
    cancel_reason: str


class VoteTextRecord(Record):
    """The texts of a vote."""

    vote: str
    description: str
    options: tuple[VoteOption, ...]


class ObjectionRecord(Record):
    """An objection to a roll."""

    id: str
    vote: str
    kind: str
    member: Personal[str]
    text: str
    filed_by: Personal[str]
    filed_at: datetime
    decision: str | None
    reason: str
    decided_at: datetime | None


class AuditRecord(Record):
    """What was done with a vote."""

    vote: str
    id: str
    number: int
    at: datetime
    by: Personal[str]
    what: str
    detail: str


class StationRecord(Record):
    """A polling station."""

    id: str
    vote: str
    phase: str
    form: str
    options: int
    grades: int
    is_sealed: bool
    ballots: int
    checksum: str


class BallotRecord(Record):
    """That a member has voted; what, sealed where the vote is not public."""

    box: str
    member: Personal[str]
    vote: str
    content: Personal[str]
    receipt: str
    revision: int


class DisputeRecord(Record):
    """A dispute about a result."""

    id: str
    vote: str
    text: str
    filed_by: Personal[str]
    filed_at: datetime
    decide_by: datetime
    decision: str | None
    decided_at: datetime | None


class OpinionRecord(Record):
    """What one of a committee decided."""

    dispute: str
    member: Personal[str]
    decision: str
    reason: str
    at: datetime


def _same(record: type[Record], source: object) -> dict[str, Any]:
    """The fields that both have."""
    return {name: getattr(source, name) for name in record.__struct_fields__ if hasattr(source, name)}


@record("vote", key="id", of=vote)
def vote_rows(agent: str, state: Vote) -> VoteRecord | None:
    """One row a vote."""
    if state.phase == "absent":
        return None
    times = {
        "opens_at": state.terms.opens_at,
        "closes_at": state.closes_at if state.terms.closes_at else None,
    }
    return VoteRecord(**{**_same(VoteRecord, state), **times, "id": agent, "topic": state.terms.topic})


@record("vote_text", key="vote", of=Wording)
def vote_texts(agent: str, row: Wording) -> VoteTextRecord:
    """One row a vote."""
    return VoteTextRecord(agent, row.description, row.options)


@record("vote_objection", key="id", of=Objection)
def objection_rows(agent: str, row: Objection) -> ObjectionRecord:
    """One row an objection."""
    return ObjectionRecord(**{**_same(ObjectionRecord, row), "vote": agent})


@record("vote_audit", key=("vote", "id"), of=AuditEntry)
def audit_rows(agent: str, row: AuditEntry) -> AuditRecord:
    """One row an entry."""
    return AuditRecord(**{**_same(AuditRecord, row), "vote": agent})


class LotRecord(Record):
    """The lot of a vote."""

    vote: str
    secrets: tuple[LotSecret, ...]
    seed: str
    draws: tuple[LotDraw, ...]
    order: tuple[int, ...]
    drawn_at: datetime | None


@record("vote_lot", key="vote", of=Lot)
def lot_rows(agent: str, row: Lot) -> LotRecord:
    """One row a vote."""
    return LotRecord(**{**_same(LotRecord, row), "vote": agent})


class DelegationRecord(Record):
    """A delegation, until no count asks for it any more."""

    id: str
    member: Personal[str]
    delegate: Personal[str]
    scope: str
    scope_kind: str
    within: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    shows_name: bool


@record("vote_delegation", key="id", of=Delegation)
def delegation_rows(agent: str, row: Delegation) -> DelegationRecord:
    """One row a delegation."""
    return DelegationRecord(**_same(DelegationRecord, row))


@view(on=[TopicCreated, TopicChanged])
async def topic_categories(events: Batch, db: Database) -> None:
    """In which category each topic is: the widest scope of a delegation."""
    latest = {event.topic: event.category for event, _ in events if isinstance(event, TopicCreated | TopicChanged)}
    await db.execute(
        "INSERT INTO vote_topic_category (id, category) SELECT * FROM unnest($1::text[], $2::text[])"
        " ON CONFLICT (id) DO UPDATE SET category = excluded.category",
        list(latest),
        list(latest.values()),
    )


@record("vote_station", key="id", of=ballot_box)
def station_rows(agent: str, state: BallotBox) -> StationRecord | None:
    """One row a station."""
    return None if state.phase == "absent" else StationRecord(**{**_same(StationRecord, state), "id": agent})


@record("vote_ballot", key=("box", "member"), of=Ballot)
def ballot_rows(agent: str, row: Ballot) -> BallotRecord:
    """One row a voter."""
    vote_id = agent.rpartition("-")[0]
    return BallotRecord(agent, row.member, vote_id, row.content, row.receipt, row.revision)


@record("vote_dispute", key="id", of=dispute)
def dispute_rows(agent: str, state: Dispute) -> DisputeRecord | None:
    """One row a dispute."""
    return None if state.phase == "absent" else DisputeRecord(**{**_same(DisputeRecord, state), "id": agent})


@record("vote_dispute_opinion", key=("dispute", "member"), of=Opinion)
def opinion_rows(agent: str, row: Opinion) -> OpinionRecord:
    """One row a decision."""
    return OpinionRecord(**{**_same(OpinionRecord, row), "dispute": agent})


RECORDS = [
    vote_rows, vote_texts, objection_rows, audit_rows, station_rows, ballot_rows, dispute_rows, opinion_rows,
    delegation_rows, lot_rows,
]  # fmt: skip
