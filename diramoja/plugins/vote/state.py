"""What a vote knows: its state, its own rows and its kind; the handlers are in agent and the modules beside it."""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from diramoja.core import AgentKind, Context, Personal, Put, Reader, Row, State
from diramoja.fields import NEVER
from diramoja.plugins.vote.rules import quorum_of, terms_hash
from diramoja.plugins.vote.views import LotDraw, LotSecret, OptionView, Tallied, VoteView
from diramoja.plugins.vote.words import DisputeDecision, ObjectionDecision, ObjectionKind, Outcome, Terms, VoteOption

__all__ = [
    "DECIDED", "DRAFTED", "OFFICERS", "RUNNING", "TAKING", "AuditEntry", "BoxSeal", "Disputer", "Judge", "Lot",
    "Objection", "Pace", "Vote", "Wording", "boxes_of", "draft_hash", "has_office", "is_in_charge", "noted", "seen_by",
    "view_of", "vote", "vote_view", "wording_of",
]  # fmt: skip

OFFICERS = ("leader", "official")
TAKING = ("open", "closing_soon")
"""Ballots are taken."""
RUNNING = ("scheduled", *TAKING)
"""Fixed, and not over."""
DECIDED = ("results_published", "disputed")
DRAFTED = ("draft", *RUNNING, "closed", "tallying", *DECIDED, "cancelled")
"""All phases of a vote that is there."""


class Wording(Row):
    """The texts of what is asked; apart from the state, which is written with every batch of ballots."""

    id: str
    description: str = ""
    options: tuple[VoteOption, ...] = ()


class AuditEntry(Row):
    """What was done with the vote; by "": software, or somebody who is not named."""

    id: str
    number: int
    at: datetime
    by: Personal[str]
    what: str
    detail: str = ""


class Objection(Row, omit_defaults=True):
    """An objection to the roll."""

    id: str
    kind: ObjectionKind
    member: Personal[str]
    text: str
    filed_by: Personal[str]
    filed_at: datetime
    decision: ObjectionDecision | None = None
    reason: str = ""
    decided_by: Personal[str] = ""
    decided_at: datetime | None = None


class BoxSeal(Row):
    """A station that is sealed; `station` is its number, 0 the delegations."""

    station: str
    ballots: int
    sha256: str


class Disputer(Row):
    """Who disputed the result; once each."""

    member: Personal[str]
    dispute: str


class Judge(Row):
    """Who decided on a dispute about the result, and so disputes nothing themselves."""

    member: Personal[str]


class Pace(Row):
    """How fast ballots came while it is open; forgotten when it is closed.

    Attributes:
        minutes: how many minutes had so many ballots, by that number; minutes without any are not counted.
        most: ballots in the fullest minute, which began at `most_at`.
    """

    id: str
    minutes: dict[int, int] = msgspec.field(default_factory=dict)
    most: int = 0
    most_at: datetime = NEVER


def _second(fields: dict[str, Any]) -> dict[str, Any]:
    """One officer alone said what was drawn, once."""
    member, minutes = fields.pop("drawn_by", ""), fields.pop("minutes", "")
    said = {"member": member, "order": fields.get("order", ()), "minutes": minutes, "at": fields.get("drawn_at")}
    return {**fields, "draws": [said] if member else []}


class Lot(Row, version=2, upcasts={1: _second}):
    """What was published for the lot; see `LotView`."""

    id: str = "lot"
    secrets: tuple[LotSecret, ...] = ()
    seed: str = ""
    draws: tuple[LotDraw, ...] = ()
    order: tuple[int, ...] = ()
    drawn_at: datetime | None = None


class Vote(State, version=1, omit_defaults=True):
    """What a vote knows.

    Attributes:
        frozen_at: whoever became eligible later is not on the roll.
        roll_size: 0 until it is frozen.
        roll_version: how often it was changed after objections.
        stations: polling stations, fixed with the roll; 0 before.
        votes_cast: as told in batches; exact once all stations are sealed.
        counts: how it stands, by option, where all may see that.
        sealed: stations that are.
        told_at: when a station last told of ballots, or an outage was accounted for.
        minute_at: the minute of the last ballots, `minute_ballots` so many.
        told: votes_cast as told until the close.
        silences: the last long times in which no ballot was told of.
        is_urged: the last reminder went out.
        extended_s: by how long its close moved.
        lot_until: so long the officers have time to reveal their secrets, unless the result is disputed before.
        lot_seed: in hexadecimal, once the lot is drawn. `casting`: options as the casting member prefers them.
        verdict: of the disputes decided since the last count, the one that weighs most.
        is_effective: it was told that the result stands.
        irregular: what was noted as unusual, by kind.
        entries: of the audit trail.
    """

    phase: Literal[
        "absent", "draft", "scheduled", "open", "closing_soon", "closed", "tallying", "results_published", "disputed",
        "cancelled",
    ] = "absent"  # fmt: skip
    title: str = ""
    terms: Terms = Terms()
    created_by: Personal[str] = ""
    created_at: datetime = NEVER
    scheduled_by: Personal[str] = ""
    terms_hash: str = ""
    frozen_at: datetime | None = None
    roll_size: int = 0
    roll_hash: str = ""
    roll_version: int = 0
    ballot_key: str = ""
    stations: int = 0
    votes_cast: int = 0
    counts: tuple[int, ...] = ()
    sealed: int = 0
    told_at: datetime | None = None
    minute_at: datetime | None = None
    minute_ballots: int = 0
    told: int = 0
    silences: tuple[tuple[datetime, datetime], ...] = ()
    is_urged: bool = False
    extended_s: int = 0
    tallied: Tallied | None = None
    count_number: int = 0
    lot_until: datetime | None = None
    lot_seed: str = ""
    casting: tuple[int, ...] = ()
    outcome: Outcome | None = None
    winners: tuple[int, ...] = ()
    published_at: datetime | None = None
    effective_at: datetime | None = None
    is_effective: bool = False
    disputes_open: int = 0
    verdict: DisputeDecision | None = None
    cancel_reason: str = ""
    irregular: tuple[str, ...] = ()
    entries: int = 0

    @property
    def opens_at(self) -> datetime:
        """Of a vote that has its times; drafts of software have none yet."""
        return self.terms.opens_at or NEVER

    @property
    def closes_at(self) -> datetime:
        """As extended."""
        return (self.terms.closes_at or NEVER) + timedelta(seconds=self.extended_s)

    @property
    def quorum_needed(self) -> int:
        """Ballots."""
        return quorum_of(self.terms.quorum_ratio, self.roll_size)


vote = AgentKind(
    "vote",
    Vote,
    prefix="vot",
    rows=[Wording, AuditEntry, Objection, BoxSeal, Disputer, Judge, Lot, Pace],
)


def boxes_of(id: str, state: Vote) -> list[str]:
    """Its polling stations."""
    return [f"{id}-{number}" for number in range(1, state.stations + 1)]


def has_office(context: Context) -> bool:
    """Whether a leader or an official sent this."""
    return not context.roles.isdisjoint(OFFICERS)


def seen_by(reader: Reader) -> tuple[str, bool]:
    """Whose drafts a reader sees: their own, and whether those of all."""
    return reader.member, any(map(reader.has, OFFICERS))


def is_in_charge(state: Vote, context: Context) -> bool:
    """Whether the sender may act on a draft."""
    return context.sender == state.created_by or has_office(context)


def noted(state: Vote, context: Context, what: str, detail: str = "", *, is_named: bool = True) -> tuple[Vote, Put]:
    """One more entry of the audit trail, which all can read: whoever objects or disputes is not named there."""
    number = state.entries + 1
    by = "" if context.told_by or not is_named else context.sender
    return state.but(entries=number), Put(AuditEntry(f"{number:06}", number, context.now, by, what, detail))


def wording_of(context: Context) -> Wording:
    """The texts of what is asked."""
    return context.row(Wording, "wording") or Wording("wording")


def draft_hash(state: Vote, wording: Wording) -> str:
    """What tells this draft from the same one with other words or terms."""
    return terms_hash(state.title, wording.description, wording.options, state.terms)


def vote_view(context: Context, state: Vote) -> VoteView:
    """A vote as all who may see it do."""
    return view_of(context.id, state, wording_of(context))


def view_of(id: str, state: Vote, wording: Wording) -> VoteView:
    """A vote with its texts."""
    terms = state.terms
    of_terms = {name: getattr(terms, name) for name in VoteView.__struct_fields__ if hasattr(terms, name)}
    of_vote = {name: getattr(state, name) for name in VoteView.__struct_fields__ if hasattr(state, name)}
    more = {
        "id": id,
        "description": wording.description,
        "options": tuple(OptionView(n, each.text, each.member_id) for n, each in enumerate(wording.options, 1)),
        "opens_at": terms.opens_at,
        "closes_at": state.closes_at if terms.closes_at else None,
        "topic_id": terms.topic,
        "turnout": state.votes_cast,
        "draft_hash": draft_hash(state, wording) if state.phase == "draft" else "",
        "cancel_reason": state.cancel_reason or UNSET,
    }
    return VoteView(**{**of_terms, **of_vote, **more})
