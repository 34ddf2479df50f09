"""What people are shown of votes, rolls, ballots, counts, disputes and delegations."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from diramoja.core import Personal, View
from diramoja.plugins.vote.words import (
    AnonymityLevel,
    BallotForm,
    DelegationScope,
    DisputeDecision,
    Majority,
    ObjectionDecision,
    ObjectionKind,
    Outcome,
    RollRule,
    TieRule,
    VotePhase,
    VoteType,
)

__all__ = [
    "AuditView", "BallotGroupView", "DelegationView", "DisputeView", "EntryView", "LotDraw", "LotSecret", "LotView",
    "ObjectionView", "OptionView", "OwnRollView", "ParticipationView", "ReceiptView", "ResultLine", "ResultView",
    "RollView", "Tallied", "TallyView", "TurnoutCell", "VoteView",
]  # fmt: skip


class OptionView(View):
    """An option with its number, from 1, in the order in which they were given."""

    number: int
    text: str
    member_id: str = ""


class VoteView(View):
    """A vote. `turnout`: ballots so far, in batches while it is open. `terms_hash`: SHA-256 of what is asked.

    `draft_hash`: SHA-256 of what a draft says now, by which whoever schedules it names what they read. `form`: how a
    ballot is filled in, as the method asks. `ballot_key`: what ballots that are not public are sealed to, unpadded
    base64url. `effective_at`: when what was decided may be acted on, once the time for disputes is over.
    """

    id: str
    title: str
    description: str
    vote_type: VoteType
    options: tuple[OptionView, ...]
    voting_method: str
    form: BallotForm
    anonymity_level: AnonymityLevel
    majority: Majority
    quorum_ratio: float
    tie_rule: TieRule
    seats: int
    on_persons: bool
    revote: bool
    live_tally: bool
    delegation: bool
    opens_at: datetime | None
    closes_at: datetime | None
    roll: RollRule
    topic_id: str
    phase: VotePhase
    created_by: Personal[str]
    created_at: datetime
    casting_member: Personal[str] = ""
    grades: int = 0
    draft_hash: str = ""
    terms_hash: str = ""
    roll_size: int = 0
    turnout: int = 0
    quorum_needed: int = 0
    ballot_key: str = ""
    stations: int = 0
    extended_s: int = 0
    outcome: Outcome | None = None
    winners: tuple[int, ...] = ()
    published_at: datetime | None = None
    effective_at: datetime | None = None
    cancel_reason: str | UnsetType = UNSET


# --- the roll ---


class RollView(View):
    """The frozen roll. `hash`: SHA-256 over the rule as JSON and the sorted ids of the members, one a line."""

    vote_id: str
    size: int
    hash: str
    rule: RollRule
    frozen_at: datetime | None
    objections_until: datetime | None


class OwnRollView(View):
    """Whether one may vote, and why (not)."""

    eligible: bool
    reason: str
    voted: bool = False
    delegated_to: Personal[str | None] = None


class ObjectionView(View):
    """An objection to the roll, as whoever filed it and officers see it; `filed_by` is "" to whom it is about."""

    id: str
    vote_id: str
    kind: ObjectionKind
    member_id: Personal[str]
    text: str
    filed_by: Personal[str]
    filed_at: datetime
    decision: ObjectionDecision | None = None
    reason: str = ""
    decided_at: datetime | None = None


# --- ballots and counts ---


class ReceiptView(View):
    """That a ballot was taken. `receipt`: SHA-256 in hexadecimal, found again in the record; never the choice."""

    vote_id: str
    receipt: str
    revision: int = 1


class BallotGroupView(View):
    """Published ballots that are equal, and how many they are, with those cast for others. No choices: blank."""

    choices: tuple[int, ...]
    ballots: int


class EntryView(View):
    """A ballot that was counted, by its receipt; in public votes with whose it is and what it says."""

    receipt: str
    member_id: Personal[str | UnsetType] = UNSET
    choices: tuple[int, ...] | UnsetType = UNSET


class TallyView(View):
    """How an open vote stands, where all may see that; `counts` by option number, from 1."""

    vote_id: str
    ballots: int
    counts: tuple[int, ...]
    provisional: bool = True


class Tallied(View, omit_defaults=True):
    """What a count came to, small enough for the state; its steps are rows. Votes are weighted, blank ones included.

    Attributes:
        votes: by option number, after the last round, in units of 10^-`decimals`.
        winners: option numbers, in the order of election.
        tied: option numbers on which the votes alone did not decide, and no rule did.
        run_off: between which a run-off has to decide.
        needed: votes that the majority asked for takes, of `whole`; 0 where none was asked for.
    """

    outcome: Outcome = "no_votes"
    ballots: int = 0
    valid: int = 0
    blank: int = 0
    delegated: int = 0
    votes: tuple[int, ...] = ()
    decimals: int = 0
    winners: tuple[int, ...] = ()
    tied: tuple[int, ...] = ()
    run_off: tuple[int, ...] = ()
    needed: int = 0
    whole: int = 0
    record_hash: str = ""


class TurnoutCell(View):
    """A part of the roll. None: too few people to tell, or others could be told from it. In fives."""

    name: str
    roll: int | None = None
    voted: int | None = None


class ParticipationView(View):
    """Who took part in a vote, when it was closed; `voted`: themselves, without those for whom a delegate did.

    The name "" is whoever did not say so, or is gone.
    """

    vote_id: str
    roll: int
    voted: int
    by_region: tuple[TurnoutCell, ...] = ()
    by_level: tuple[TurnoutCell, ...] = ()
    by_age_group: tuple[TurnoutCell, ...] = ()


class ResultLine(View):
    """What an option has in the end, as its method counts."""

    number: int
    text: str
    votes: float


class ResultView(View):
    """What a vote came to.

    Attributes:
        ballots: cast, blank and delegated ones included.
        valid: of these not blank.
        quorum_needed: ballots. `majority_needed`: votes, where a majority was asked for; else 0.
        tied: options on which the votes did not decide. `run_off`: between which there has to be one.
        count_number: 1; 2 after a recount, ...
        record_hash: SHA-256 of the published ballots.
        effective: it stands: the time for disputes is over, and none is open.
    """

    vote_id: str
    outcome: Outcome
    winners: tuple[int, ...]
    lines: tuple[ResultLine, ...]
    ballots: int
    valid: int
    blank: int
    delegated: int
    roll_size: int
    roll_hash: str
    quorum_needed: int
    quorum_met: bool
    majority_needed: int
    voting_method: str
    majority: Majority
    tie_rule: TieRule
    tied: tuple[int, ...]
    run_off: tuple[int, ...]
    count_number: int
    record_hash: str
    published_at: datetime
    effective_at: datetime
    effective: bool
    disputes_open: int


class LotSecret(View):
    """A secret of an officer for the lot: its SHA-256 first, itself once the result is tied; in hexadecimal."""

    member: Personal[str]
    commitment: str
    secret: str = ""


class LotDraw(View):
    """What was drawn in public, as one of those who were there says: the options, the first favoured, and minutes."""

    member: Personal[str]
    order: tuple[int, ...]
    minutes: str
    at: datetime


class LotView(View):
    """The lot of a vote: its seed, in hexadecimal, once all secrets are revealed; or what was drawn in public.

    `draws`: what officers said was drawn. `order`: what two of them said alike, and so decides.
    """

    vote_id: str
    secrets: tuple[LotSecret, ...] = ()
    seed: str = ""
    draws: tuple[LotDraw, ...] = ()
    order: tuple[int, ...] = ()
    drawn_at: datetime | None = None


# --- disputes and what was done ---


class DisputeView(View):
    """A dispute about a result; who filed it is shown to themselves and to those who decide. `deciders`: so far."""

    id: str
    vote_id: str
    text: str
    filed_at: datetime
    decide_by: datetime
    deciders: int
    filed_by: Personal[str | None] = None
    decision: DisputeDecision | None = None
    reasons: tuple[str, ...] = ()
    decided_at: datetime | None = None


class AuditView(View):
    """What was done with a vote, by whom; "" for software, and for whoever objects or disputes."""

    number: int
    at: datetime
    by: Personal[str]
    what: str
    detail: str = ""


class DelegationView(View):
    """Who votes for one where one does not.

    Attributes:
        delegate: None where one delegates nothing in this scope.
        chain: from the delegate on, as far as it goes now.
        effective: whether one's ballot would be cast along it, if somebody of the chain votes.
        reason: why not.
        caster: who cast it, once the vote is closed.
        choices: what they chose, in public votes: before the results only along delegations from before the opening.
        delegators: how many delegate to oneself in this scope.
        names: of these, those who show theirs.
    """

    scope: str
    scope_kind: DelegationScope
    delegate: Personal[str | None] = None
    expires_at: datetime | None = None
    chain: Personal[tuple[str, ...]] = ()
    effective: bool = False
    reason: str = ""
    shows_name: bool = False
    caster: Personal[str | None] = None
    choices: Personal[tuple[int, ...] | None] = None
    delegators: int = 0
    names: Personal[tuple[str, ...]] = ()
