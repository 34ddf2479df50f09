"""What a polling station knows: its state, its own rows and its kind; the handlers are in ballot_box."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Personal, Row, State, fact
from diramoja.core.ports.database import Database
from diramoja.fields import NEVER
from diramoja.plugins.vote.ballot_queries import on_roll
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.words import BallotForm

__all__ = ["BALLOT_BOX", "Ballot", "BallotBox", "Eligible", "ballot_box", "eligible"]

BALLOT_BOX = "ballot_box"


class Ballot(Row, omit_defaults=True):
    """The ballot of a member; a later one replaces it.

    Attributes:
        content: what was chosen, as text; of votes that are not public it is sealed, and "" once it was published.
        revision: 1; 2 of the ballot that replaced it, ...
    """

    member: Personal[str]
    content: Personal[str]
    receipt: str
    revision: int = 1


class BallotBox(State, omit_defaults=True):
    """What a station knows beside its ballots, which are rows.

    Attributes:
        options: how many there are. `grades`: the highest grade.
        ballots: members whose ballot is here.
        checksum: sum of the receipts as numbers, modulo 2^256, in hexadecimal: whoever counts finds out whether one is
            missing or there twice. It does not guard against forgery.
        sums: what the ballots of a public vote add up to by option; see `counts_of`.
        told, told_sums: what the vote knows of. `is_telling`: a reminder for the next time is set.
        was_in_doubt: of some ballot it could not be seen at once whether its voter is on the roll; it may still wait.
        is_forgotten: who voted is kept no longer.
    """

    phase: Literal["absent", "open", "sealing", "sealed"] = "absent"
    vote: str = ""
    station: int = 0
    form: BallotForm = "choose_one"
    options: int = 0
    grades: int = 0
    revote: bool = False
    is_sealed: bool = False
    shows_tally: bool = False
    opens_at: datetime = NEVER
    closes_at: datetime = NEVER
    ballots: int = 0
    checksum: str = "0"
    sums: tuple[int, ...] = ()
    told: int = 0
    told_sums: tuple[int, ...] = ()
    is_telling: bool = False
    was_in_doubt: bool = False
    is_cancelled: bool = False
    is_forgotten: bool = False


type Eligible = Literal["yes", "no", "unknown"]
UNKNOWN: Eligible = "unknown"


@fact(CastBallot, fallback=UNKNOWN)
async def eligible(messages: Sequence[CastBallot], db: Database) -> Sequence[Eligible]:
    """Whether the voter is on the frozen roll, which does not change while a vote is open, if that is known in time."""
    found = await on_roll(db, [(message.vote, message.voter) for message in messages])
    return ["yes" if (message.vote, message.voter) in found else "no" for message in messages]


ballot_box = AgentKind(
    BALLOT_BOX, BallotBox, prefix="box", rows=[Ballot], facts=[eligible], codes={"sealed": "vote_closed"}
)
