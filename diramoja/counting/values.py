"""What a count says: who was chosen, and each step on the way there, in whole numbers.

Options are named by their numbers, from 1, as on the ballot. Votes are integers in units of 10^-decimals: 1 234 500 000
at five decimals are 12 345 votes.
"""

from typing import Literal, get_args

from msgspec import Struct

__all__ = [
    "TIE_RULES",
    "By",
    "Count",
    "Form",
    "Grading",
    "MajorityTest",
    "Option",
    "Outcome",
    "Pairwise",
    "Purpose",
    "Round",
    "Step",
    "Tie",
    "TieBreak",
    "TieRule",
    "Transfer",
]

type Form = Literal["ranking", "marks", "grades"]
"""What a ballot holds: options in order of preference; options that are approved; a grade for each option."""

type By = Literal["round", "nothing", "lot", "casting_vote", "open"]
"""What chose among equal options: see `TieBreak`."""

type Purpose = Literal["seat", "surplus", "exclusion"]

type TieRule = Literal["status_quo", "run_off", "casting_vote", "lot"]
TIE_RULES: tuple[TieRule, ...] = get_args(TieRule.__value__)

type Outcome = Literal["decided", "tied", "status_quo", "run_off", "no_majority", "no_votes"]
"""decided: all seats are filled. tied: a lot or the casting vote is missing. status_quo: a tie, and so nothing changes.
run_off: between the options named. no_majority: the majority asked for was not reached. no_votes: all are blank."""

type Step = Literal["first", "surplus", "exclusion", "keep", "rest", "total", "grade", "paths"]
"""What a round does: counts first choices; transfers a surplus; excludes; reckons keep values; fills the seats that are
left; adds up; compares median grades; compares paths."""


class Option(Struct, frozen=True):
    """One of the things to choose between."""

    number: int
    name: str


class Transfer(Struct, frozen=True):
    """Votes that go from one option to another in a round; to 0: to none, as no further preference is given."""

    origin: int
    target: int
    votes: int


class TieBreak(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Options that were equal where one had to go first.

    Attributes:
        purpose: what was to be decided: who is elected, whose surplus goes first, who is excluded.
        options: those that were equal.
        chosen: who is elected, goes first or is excluded.
        by: "round": their votes in an earlier round; "nothing": all of them go in turn, and in any order alike;
            "lot" and "casting_vote": as drawn or cast; "open": neither was given, this is one of the ways to go on.
        round: number of the earlier round.
    """

    purpose: Purpose
    options: tuple[int, ...]
    chosen: int
    by: By
    round: int = 0


class Round(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a count.

    Attributes:
        number: from 1.
        step: what was done.
        option: whose surplus or votes are transferred, or 0.
        votes: of each option after the step, in the order of the options. Of "grade": the median grades, -1 for those
            that are out. Of "paths": how many others each option is at least as strong as.
        exhausted: votes with no further preference, so far. `lost`: what rounding took, so far.
        quota: votes that suffice for a seat, or 0.
        elected: chosen in this round, in order. `excluded`: out from here on.
        transfers: votes that moved.
        keep: of Meek's method: the share of each vote that each option keeps. `iterations`: until they were still.
        removed: of majority judgement: how many of its median grades each option laid down before.
        ties: equal options, and how it went on.
    """

    number: int
    step: Step
    option: int = 0
    votes: tuple[int, ...] = ()
    exhausted: int = 0
    lost: int = 0
    quota: int = 0
    elected: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    keep: tuple[int, ...] = ()
    iterations: int = 0
    removed: int = 0
    ties: tuple[TieBreak, ...] = ()


class Pairwise(Struct, frozen=True):
    """Every two options against each other: `wins[a][b]` ballots prefer a to b; `paths[a][b]`: the strongest path."""

    wins: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]


class Grading(Struct, frozen=True):
    """How often each option got each grade: `counts[option][grade]`, the lowest grade first."""

    counts: tuple[tuple[int, ...], ...]


class Tie(Struct, frozen=True, kw_only=True):
    """What was left open by the votes alone.

    Attributes:
        options: those that were equal, where it first happened.
        rule: how this vote decides ties.
        settled: "alike": however it is decided, the same are elected; "decided": by lot or casting vote; "open":
            not yet; "status_quo" and "run_off": as the rule says.
        contested: those whose election hangs on it, as long as it is not decided.
        order: the drawn or cast order, the favoured first.
        seed: of the lot, in hexadecimal digits.
    """

    options: tuple[int, ...]
    rule: TieRule
    settled: Literal["alike", "decided", "open", "status_quo", "run_off"]
    contested: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    seed: str = ""


class MajorityTest(Struct, frozen=True):
    """Whether the first option has the majority asked for: `votes` of `whole`, at least `needed`."""

    majority: str
    option: int
    votes: int
    whole: int
    needed: int
    met: bool


class Count(Struct, frozen=True, kw_only=True):
    """A count from ballots to winners.

    Attributes:
        method: its name. `title`: what was asked.
        ballots: how many, blank ones included; a ballot of weight three is three. `blank`: how many of them.
        decimals: of all votes in rounds.
        winners: option numbers in the order of election.
        tie: what the votes left open, or None.
        run_off: the options of the run-off, where one has to follow.
        support: votes of the winner in the last round, for majorities; -1 where the method has no such figure.
    """

    method: str
    title: str = ""
    options: tuple[Option, ...]
    seats: int
    ballots: int
    blank: int
    decimals: int
    outcome: Outcome = "decided"
    winners: tuple[int, ...]
    tie: Tie | None = None
    run_off: tuple[int, ...] = ()
    support: int = -1
    majority: MajorityTest | None = None
    rounds: tuple[Round, ...]
    pairwise: Pairwise | None = None
    grading: Grading | None = None

    @property
    def valid(self) -> int:
        """Ballots that are not blank."""
        return self.ballots - self.blank

    def name(self, option: int) -> str:
        """Of an option, by its number."""
        return next((each.name for each in self.options if each.number == option), "")
