"""The count, done by a job: the ballots published, counted, each step kept; the vote takes what it came to."""

from diramoja.core import Call, Command, Context, View, job
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.contracts import TakeResult
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
async def count_ballots(payload: CountBallots, db: Database) -> Command:
    """Once and again the same."""
    return TakeResult(payload.number, Tallied())
