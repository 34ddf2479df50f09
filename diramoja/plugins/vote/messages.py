"""Messages among votes, their stations, disputes and jobs; nobody else sends them. The others are in contracts."""

from datetime import datetime

from diramoja.core import Command, Personal
from diramoja.plugins.vote.views import Tallied
from diramoja.plugins.vote.words import BallotForm, DecisionText, DisputeDecision, DisputeText, Terms, VoteOption

__all__ = [
    "BoxCounted", "ExtendBox", "NoteTurnout", "OpenDispute", "PrepareBox", "PrepareRunOff", "PrepareVote", "SealBox",
    "SettleDispute", "TakeKey", "TakeOpinion", "TakeResult", "TakeRoll",
]  # fmt: skip


class PrepareVote(Command):
    """A discussion is ready for a vote: become a draft of one, if there is none yet. Nobody is told but its creator."""

    topic: str
    title: str
    description: str
    category: str
    policy_proposal: bool
    author: Personal[str]


class PrepareRunOff(Command):
    """A vote came to a run-off: become a draft of it, between these options, with its terms, but without times."""

    of: str
    title: str
    description: str
    options: tuple[VoteOption, ...]
    terms: Terms
    author: Personal[str]


class TakeRoll(Command):
    """The roll was written to its rows; told by the job that did. `objection`: the one after which it was changed.

    `version`: how often it was, so that of two that come in another order the last one counts.
    """

    size: int
    sha256: str
    objection: str = ""
    version: int = 0


class TakeKey(Command):
    """What ballots of this vote are sealed to; told by the job that made it. Unpadded base64url."""

    key: str


class NoteTurnout(Command):
    """Ballots that a station took since it told last. `counts`: what they add by option, where all see how it stands.

    A ballot that replaces an earlier one adds none.
    """

    station: int
    ballots: int
    counts: tuple[int, ...] = ()


class BoxCounted(Command):
    """A station is sealed and takes no more. `ballots`: in all. `sha256`: the sum of their receipts, modulo 2^256."""

    station: int
    ballots: int
    sha256: str = ""


class TakeResult(Command):
    """The ballots were counted; told by the job that did. `number`: which count it is, from 1."""

    number: int
    tallied: Tallied


class OpenDispute(Command):
    """Become a dispute; told by its vote. `excluded`: who is too near to be asked. Answers a DisputeView."""

    vote: str
    title: str
    text: DisputeText
    filed_by: Personal[str]
    excluded: Personal[tuple[str, ...]]


class TakeOpinion(Command):
    """What one of the committee decided; told by its vote, which found them to be no party. Answers a DisputeView."""

    member: Personal[str]
    decision: DisputeDecision
    reason: DecisionText


class SettleDispute(Command):
    """A dispute was decided; told by it."""

    dispute: str
    decision: DisputeDecision
    reason: str


# --- to polling stations ---


class PrepareBox(Command):
    """Become a station: takes ballots from `opens_at` until `closes_at` by its own clock; told by the vote.

    Attributes:
        form: how a ballot is filled in; `options`: their number, `grades`: the highest one.
        is_sealed: ballots come sealed, and stay so until the close.
        shows_tally: how it stands is told with the turnout.
    """

    vote: str
    station: int
    form: BallotForm
    options: int
    grades: int
    seats: int
    revote: bool
    is_sealed: bool
    shows_tally: bool
    opens_at: datetime
    closes_at: datetime
    key: str = ""


class ExtendBox(Command):
    """Take ballots until then."""

    closes_at: datetime


class SealBox(Command):
    """Take no more; answer the vote with BoxCounted, unless it `is_cancelled`."""

    is_cancelled: bool = False
