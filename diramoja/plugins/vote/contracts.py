"""What members ask of votes, stations and disputes, and what all can hear of them: for other plugins."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal
from diramoja.fields import Moment
from diramoja.plugins.vote.words import (
    AnonymityLevel,
    BallotForm,
    BodySeat,
    Choices,
    DecisionText,
    DelegationScope,
    Description,
    DisputeDecision,
    DisputeText,
    Majority,
    ObjectionDecision,
    ObjectionKind,
    Options,
    Outcome,
    QuorumRatio,
    Reason,
    RollRule,
    SealedBallot,
    Seats,
    Terms,
    TieRule,
    Title,
    VoteType,
    VotingMethod,
)

__all__ = [
    "BallotAccepted", "CancelVote", "CastBallot", "CreateVote", "DecideDispute", "DecideObjection",
    "DelegationChanged", "DisputeDecided", "EditVote", "ExtendVote", "FileDispute", "FileObjection", "QuorumMissing",
    "ResultsPublished", "RollFrozen", "ScheduleVote", "TallyUpdated", "VoteCancelled", "VoteClosed",
    "VoteClosingSoon", "VoteCreated", "VoteDisputed", "VoteExtended", "VoteOpened", "VoteScheduled", "VoteTookEffect",
]  # fmt: skip

type Id = Annotated[str, Meta(max_length=128)]

# --- from members ---


class CreateVote(Command):
    """Draft a vote; its sender becomes the creator. Answers a VoteView.

    Attributes:
        on_persons: members stand in it; then it is public, or secret.
        revote: a later ballot replaces the earlier one of the same member.
        live_tally: all see how it stands while it is open; only in public polls.
        casting_member: decides a tie where the rule is casting_vote.
        form: of its ballots, as the method asks; the route sets it, whatever is given.
    """

    title: Title
    vote_type: VoteType
    options: Options
    opens_at: Moment
    closes_at: Moment
    description: Description = ""
    voting_method: VotingMethod = "simple_majority"
    anonymity_level: AnonymityLevel = "public"
    majority: Majority = "plurality"
    quorum_ratio: QuorumRatio = 0.0
    tie_rule: TieRule = "status_quo"
    seats: Seats = 1
    on_persons: bool = False
    revote: bool = False
    live_tally: bool = False
    delegation: bool = False
    casting_member: Personal[Id] = ""
    roll: RollRule = RollRule()
    topic_id: Id = ""
    form: BallotForm = "choose_one"


class EditVote(Command):
    """Change what is given, while it is a draft; by its creator, a leader or an official. Answers a VoteView.

    `form`: as in CreateVote, where another method is given.
    """

    title: Title | UnsetType = UNSET
    vote_type: VoteType | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    opens_at: Moment | UnsetType = UNSET
    closes_at: Moment | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    voting_method: VotingMethod | UnsetType = UNSET
    anonymity_level: AnonymityLevel | UnsetType = UNSET
    majority: Majority | UnsetType = UNSET
    quorum_ratio: QuorumRatio | UnsetType = UNSET
    tie_rule: TieRule | UnsetType = UNSET
    seats: Seats | UnsetType = UNSET
    on_persons: bool | UnsetType = UNSET
    revote: bool | UnsetType = UNSET
    live_tally: bool | UnsetType = UNSET
    delegation: bool | UnsetType = UNSET
    casting_member: Personal[Id] | UnsetType = UNSET
    roll: RollRule | UnsetType = UNSET
    topic_id: Id | UnsetType = UNSET
    form: BallotForm | UnsetType = UNSET


class ScheduleVote(Command):
    """Freeze what is asked and how, and who may vote; it opens by itself. Answers a VoteView.

    409 `against_statutes`, with each article that it would break. The route looks up what follows.

    Attributes:
        form: of its ballots, as the method says.
        category: of the topic it is about.
        seats: of whoever schedules it, in bodies; `casting_seats`: of the casting member.
        drafted: the terms that all this is of; 409 `draft_changed` where they are others by now.
        draft_hash: of the draft as its reader saw it, words and all, if they say so; 409 `draft_changed` likewise.
    """

    form: BallotForm = "choose_one"
    category: str = ""
    seats: Annotated[tuple[BodySeat, ...], Meta(max_length=100)] = ()
    casting_seats: Annotated[tuple[BodySeat, ...], Meta(max_length=100)] = ()
    drafted: Terms | None = None
    draft_hash: Annotated[str, Meta(max_length=64)] = ""


class CancelVote(Command):
    """Call it off before it is closed; the reason is published. By a leader or an official, a draft by its creator."""

    reason: Reason


class FileObjection(Command):
    """Say that somebody is missing on the roll, or should not be on it; until a day before it opens.

    Answers an ObjectionView.
    """

    objection_id: str
    kind: ObjectionKind
    member: Personal[Id]
    text: Reason


class DecideObjection(Command):
    """Answer an objection, as a membership officer who did not file it and whom it does not concern.

    Upheld, the member comes on the roll or goes from it, and its size and hash are published anew. An ObjectionView.
    """

    objection: str
    decision: ObjectionDecision
    reason: Reason


class ExtendVote(Command):
    """By an official: move the close by an outage of more than a quarter of an hour. Answers a VoteView."""

    outage_from: Moment
    outage_until: Moment
    reason: Reason


class FileDispute(Command):
    """Dispute the result, as somebody on the roll, while it may be disputed. Answers a DisputeView."""

    dispute_id: str
    text: DisputeText


class CastBallot(Command):
    """Cast a ballot at the station of the voter, who is its sender; again replaces it where the vote allows that.

    Answers a ReceiptView. 403 `not_on_roll`, 409 `vote_not_open`, `vote_closed` and `revote_not_allowed`.

    Attributes:
        choices: as a route has checked them; the empty ones are a blank ballot.
        sealed: where the vote is not public, the choices; then `choices` is empty.
        came_at: of a ballot that the station tells itself again, as the roll could not be read in time.
        tries: how often it did.
    """

    vote: Id
    voter: Personal[Id]
    choices: Personal[Choices] = ()
    sealed: Personal[SealedBallot | None] = None
    came_at: datetime | None = None
    tries: int = 0


class DecideDispute(Command):
    """Decide a dispute as one of its committee: an official who neither stands, made the vote nor disputes its result.

    To the vote, which knows both parties and judges, so that nobody is either. It is decided once three have decided
    and more than half of them agree. Answers a DisputeView.
    """

    dispute: Id
    decision: DisputeDecision
    reason: DecisionText


# --- events ---


class VoteCreated(Event, name="vote.created"):
    """A draft of a vote; seen by whoever drafted it, leaders and officials."""

    vote: str
    title: str
    vote_type: VoteType
    topic: str
    author: Personal[str]
    created_at: datetime


class VoteScheduled(Event, name="vote.scheduled", live=True):
    """What is asked, how and when is fixed; the roll is being frozen."""

    vote: str
    title: str
    vote_type: VoteType
    topic: str
    opens_at: datetime
    closes_at: datetime
    terms_hash: str


class RollFrozen(Event, name="vote.roll.frozen", live=True):
    """Who may vote is fixed; again after an objection that was upheld."""

    vote: str
    size: int
    sha256: str
    frozen_at: datetime
    objections_until: datetime


class VoteOpened(Event, name="vote.opened", live=True):
    """Ballots are taken."""

    vote: str
    title: str
    vote_type: VoteType
    anonymity_level: AnonymityLevel
    topic: str
    opens_at: datetime
    closes_at: datetime
    roll_size: int


class BallotAccepted(Event, name="vote.ballot.accepted", live=True):
    """Further ballots were taken, in batches; neither whose nor what."""

    vote: str
    ballots: int
    roll_size: int


class TallyUpdated(Event, name="vote.tally.updated", live=True):
    """How a public poll stands, where all may see that. `counts` by option number, from 1."""

    vote: str
    ballots: int
    counts: tuple[int, ...]


class VoteClosingSoon(Event, name="vote.closing_soon", live=True):
    """The last part of the time; whoever has not voted is reminded, where this `reminds`."""

    vote: str
    title: str
    topic: str
    closes_at: datetime
    ballots: int
    quorum_needed: int
    reminds: bool = True


class QuorumMissing(Event, name="vote.quorum.missing", live=True):
    """Late, and too few have voted; whoever has not is reminded for the last time."""

    vote: str
    title: str
    topic: str
    closes_at: datetime
    ballots: int
    quorum_needed: int


class VoteExtended(Event, name="vote.extended", live=True):
    """The close moved by as long as nobody could vote."""

    vote: str
    title: str
    closes_at: datetime
    outage_s: int
    reason: str


class VoteClosed(Event, name="vote.closed", live=True):
    """No more ballots."""

    vote: str
    title: str
    vote_type: VoteType
    anonymity_level: AnonymityLevel
    topic: str
    closed_at: datetime


class ResultsPublished(Event, name="vote.results.published", live=True):
    """What it came to; again after a recount. Not to be acted on before `effective_at`: it can be disputed."""

    vote: str
    title: str
    vote_type: VoteType
    topic: str
    author: Personal[str]
    outcome: Outcome
    winners: tuple[int, ...]
    ballots: int
    roll_size: int
    count_number: int
    published_at: datetime
    effective_at: datetime


class VoteTookEffect(Event, name="vote.took_effect", live=True):
    """The time for disputes is over and none is open: what was decided stands and may be acted on. Once."""

    vote: str
    title: str
    vote_type: VoteType
    topic: str
    author: Personal[str]
    outcome: Outcome
    winners: tuple[int, ...]
    winner_texts: tuple[str, ...]


class VoteDisputed(Event, name="vote.disputed", live=True):
    """Somebody on the roll disputes the result."""

    vote: str
    title: str
    dispute: str


class DisputeDecided(Event, name="vote.dispute.decided", live=True):
    """A committee decided a dispute."""

    vote: str
    title: str
    dispute: str
    decision: DisputeDecision
    reason: str


class VoteCancelled(Event, name="vote.cancelled", live=True):
    """It was called off after it had been scheduled."""

    vote: str
    title: str
    topic: str
    reason: str


class DelegationChanged(Event, name="vote.delegation.changed"):
    """A member lets another vote for them, or no more. Whom is not said."""

    delegation: str
    member: Personal[str]
    scope: str
    scope_kind: DelegationScope
    is_in_force: bool
