"""Words in which votes are asked and decided: kinds of votes, texts with their bounds, rules of the roll, terms."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Personal, View
from diramoja.fields import MAYBE_TEXT, TEXT
from diramoja.plugins.member.body_contracts import BodyRole, Region
from diramoja.plugins.member.contracts import MembershipLevel

__all__ = [
    "AnonymityLevel", "BallotForm", "BodyId", "BodySeat", "Choices", "DecisionText", "DelegationScope", "Description",
    "DisputeDecision", "DisputeText", "Majority", "ObjectionDecision", "ObjectionKind", "OptionText",
    "Options", "Outcome", "QuorumRatio", "Reason", "RollRule", "SealedBallot", "Seats", "Terms", "TieRule", "Title",
    "VoteOption", "VotePhase", "VoteType", "VotingMethod",
]  # fmt: skip

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

type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=TEXT, examples=["Opening hours of clinics"])]
type Description = Annotated[
    str, Meta(max_length=8_000, pattern=MAYBE_TEXT, examples=["Until when should clinics be open?"])
]
type OptionText = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT, examples=["Until eight"])]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=TEXT, examples=["The text has an error."])]
type DisputeText = Annotated[
    str, Meta(min_length=10, max_length=4_000, pattern=TEXT, examples=["My ballot is not in the record."])
]
type DecisionText = Annotated[
    str, Meta(min_length=1, max_length=2_000, pattern=TEXT, examples=["The ballot is in the record, on line 12."])
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


class RollRule(View, forbid_unknown_fields=True):
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
