"""Words and views of votes, rolls, ballots, disputes and delegations; other plugins find them in contracts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Personal, View
from diramoja.plugins.member.body_contracts import BodyRole, Region
from diramoja.plugins.member.contracts import MembershipLevel

__all__ = [
    "AnonymityLevel", "AuditView", "BallotForm", "BallotGroupView", "BodyId", "BodySeat", "Choices", "DecisionText",
    "DelegationScope", "DelegationView", "Description", "DisputeDecision", "DisputeText", "DisputeView", "EntryView",
    "LotSecret", "LotView", "Majority", "Moment", "ObjectionDecision", "ObjectionKind", "ObjectionView", "OptionText",
    "OptionView", "Options", "Outcome", "OwnRollView", "ParticipationView", "QuorumRatio", "Reason", "ReceiptView",
    "ResultLine", "ResultView", "RollRule", "RollView", "SealedBallot", "Seats", "Tallied", "TallyView", "Terms",
    "TieRule", "Title", "TurnoutCell", "VoteOption", "VotePhase", "VoteType", "VoteView", "VotingMethod",
]  # fmt: skip

_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TEXT = r"^(?=[\s\S]*\S)" + _NO_CONTROLS
"""Not blank; of the control characters only tab, line feed and carriage return."""

type Moment = Annotated[datetime, Meta(tz=True, examples=["2031-05-01T16:00:00Z"])]
type VotePhase = Literal[
    "absent", "draft", "scheduled", "open", "closing_soon", "closed", "tallying", "results_published", "disputed",
    "cancelled",
]  # fmt: skip
type VoteType = Literal["poll", "survey", "straw_poll", "policy_vote", "binding_vote"]
type VotingMethod = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)",
        description="simple_majority, approval, score, ranked_choice, scottish_stv, schulze, majority_judgement, ...",
        examples=["simple_majority"],
    ),
]
type Majority = Literal["plurality", "absolute", "two_thirds", "of_roll"]
"""`plurality`: more than any other. `absolute`: more than half of the valid ballots that are not blank. `two_thirds`:
at least so many of them. `of_roll`: more than half of all on the roll."""
type AnonymityLevel = Literal["public", "pseudonymous", "anonymous"]
type TieRule = Literal["status_quo", "run_off", "casting_vote", "lot"]
type BallotForm = Literal["choose_one", "approve", "rank", "grade"]
"""`choose_one`: at most one option number. `approve`: any of them. `rank`: the best first. `grade`: one grade an
option, in their order."""
type Outcome = Literal[
    "decided", "tied", "status_quo", "run_off", "no_majority", "no_votes", "no_quorum", "annulled"
]  # fmt: skip
"""`decided`: there are winners. `tied`: the lot or the casting vote is still to come. `status_quo`: a tie, so that all
stays as it is. `run_off`: between the options named. `annulled`: by the committee that decided a dispute."""
type ObjectionKind = Literal["missing", "not_eligible"]
type ObjectionDecision = Literal["uphold", "reject"]
type DisputeDecision = Literal["reject", "recount", "annul"]
type DelegationScope = Literal["vote", "topic", "category"]

type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=_TEXT, examples=["Opening hours of clinics"])]
type Description = Annotated[
    str, Meta(max_length=8_000, pattern="^" + _NO_CONTROLS, examples=["Until when should clinics be open?"])
]
type OptionText = Annotated[str, Meta(min_length=1, max_length=200, pattern=_TEXT, examples=["Until eight"])]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=_TEXT, examples=["The text has an error."])]
type DisputeText = Annotated[
    str, Meta(min_length=10, max_length=4_000, pattern=_TEXT, examples=["My ballot is not in the record."])
]
type DecisionText = Annotated[
    str, Meta(min_length=1, max_length=2_000, pattern=_TEXT, examples=["The ballot is in the record, on line 12."])
]
type QuorumRatio = Annotated[float, Meta(ge=0, le=1, description="ballots over the roll", examples=[0.3])]
type Seats = Annotated[int, Meta(ge=1, le=50)]
type Choices = Annotated[
    tuple[Annotated[int, Meta(ge=0, le=1_000)], ...],
    Meta(max_length=100, description="option numbers from 1, or grades; none: a blank ballot", examples=[[2]]),
]
type SealedBallot = Annotated[
    str, Meta(min_length=1, max_length=4_000, pattern=r"^[A-Za-z0-9_-]+$(?!\n)", description="unpadded base64url")
]


class VoteOption(View, forbid_unknown_fields=True):
    """What can be chosen. `member_id`: who stands, in a vote on persons."""

    text: OptionText
    member_id: Annotated[str, Meta(max_length=128)] = ""


type Options = Annotated[tuple[OptionText | VoteOption, ...], Meta(min_length=2, max_length=100)]


class OptionView(View):
    """An option with its number, from 1, in the order in which they were given."""

    number: int
    text: str
    member_id: str = ""


class RollRule(View, forbid_unknown_fields=True, omit_defaults=True):
    """Who is on the roll: all of these levels and in good standing who are in one of these regions and bodies.

    Attributes:
        levels: of membership; supporters of the platform are no members.
        standings: good alone, unless the statutes say otherwise.
        regions: each with all that it contains; none: everywhere.
        bodies: none: whoever is in none, too.
        member_days: for how many days one has been a member, without a break, when the roll is frozen.
    """

    levels: Annotated[tuple[MembershipLevel, ...], Meta(min_length=1, max_length=5)] = (
        "member", "active_member", "leader", "official",
    )  # fmt: skip
    standings: Annotated[tuple[Literal["good", "arrears"], ...], Meta(min_length=1, max_length=2)] = ("good",)
    regions: Annotated[tuple[Region, ...], Meta(max_length=100)] = ()
    bodies: Annotated[tuple[Annotated[str, Meta(max_length=128)], ...], Meta(max_length=20)] = ()
    member_days: Annotated[int, Meta(ge=0, le=3_650)] = 0


type BodyId = Annotated[str, Meta(min_length=1, max_length=128)]


class BodySeat(View, forbid_unknown_fields=True):
    """A seat in a body of the organisation, such as the chair of its board."""

    body: BodyId
    role: BodyRole = "chair"


class Terms(View, omit_defaults=True):
    """What cannot change once the vote is scheduled, without its texts.

    Attributes:
        form: how a ballot is filled in; of the method, set when it is scheduled.
        grades: the highest grade of an option, the lowest is 0; 0 where none are given.
        candidates: members who stand, by option number; "" for an option that is no person.
        casting_member: whose choice decides a tie, where the rule is casting_vote.
    """

    vote_type: VoteType = "poll"
    voting_method: VotingMethod = "simple_majority"
    form: BallotForm = "choose_one"
    grades: int = 0
    anonymity_level: AnonymityLevel = "public"
    majority: Majority = "plurality"
    quorum_ratio: float = 0.0
    tie_rule: TieRule = "status_quo"
    seats: int = 1
    options: int = 0
    candidates: Personal[tuple[str, ...]] = ()
    on_persons: bool = False
    revote: bool = False
    live_tally: bool = False
    delegation: bool = False
    casting_member: Personal[str] = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    roll: RollRule = RollRule()
    topic: str = ""
    category: str = ""


class VoteView(View):
    """A vote. `votes_cast`: ballots so far, in batches while it is open. `terms_hash`: SHA-256 of what is asked.

    `form`: how a ballot is filled in, as the method asks; certain once it is scheduled. `ballot_key`: what ballots that
    are not public are sealed to, unpadded base64url. `effective_at`: when what was decided may be acted on, once the
    time for disputes is over.
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
    terms_hash: str = ""
    roll_size: int = 0
    votes_cast: int = 0
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


class LotView(View):
    """The lot of a vote: its seed, in hexadecimal, once all secrets are revealed; or what was drawn in public."""

    vote_id: str
    secrets: tuple[LotSecret, ...] = ()
    seed: str = ""
    order: tuple[int, ...] = ()
    minutes: str = ""
    drawn_by: Personal[str] = ""
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
