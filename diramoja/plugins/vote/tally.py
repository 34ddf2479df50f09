"""The count, done by a job: the ballots published, counted, each step kept; the vote takes what it came to."""

from diramoja.core import Call, Command, Context, View, job
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.contracts import TakeResult
from diramoja.plugins.vote.publishing import publish
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote
from diramoja.plugins.vote.views import Tallied, Terms

__all__ = ["CountBallots", "count_ballots", "counting"]


class CountBallots(View):
    """Count these ballots, for the `number`th time."""

    vote: str
    number: int
    terms: Terms
    roll_size: int


def counting(state: Vote, number: int, context: Context) -> Call[CountBallots]:
    """Have the ballots counted."""
    wanted = CountBallots(context.id, number, state.terms, state.roll_size)
    return Call(count_ballots, wanted, key=f"count:{number}")


@job(CountBallots, timeout_s=600, attempts=30)
async def count_ballots(payload: CountBallots, db: Database, keys: Keys, settings: VoteSettings) -> Command:
    """Once and again the same."""
    record = await publish(db, keys, settings, payload.vote)
    tallied = Tallied(
        ballots=record.ballots,
        valid=record.ballots - record.blank,
        blank=record.blank,
        delegated=record.delegated,
        record_hash=record.sha256,
    )
    return TakeResult(payload.number, tallied)
