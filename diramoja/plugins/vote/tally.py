"""The count, done by a job: the ballots published, counted, each step kept; the vote takes what it came to."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import anyio
import msgspec

from diramoja.core import Call, Command, Context, Decision, RemindAfter, View, job
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.counting import Count, Majority, Methods, Profile, Ties
from diramoja.plugins.vote.ballot_queries import PublishedRecord, published_ballots
from diramoja.plugins.vote.irregularities import looking_at_stations
from diramoja.plugins.vote.messages import TakeResult
from diramoja.plugins.vote.methods import method_of
from diramoja.plugins.vote.publishing import publish
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote, noted, vote
from diramoja.plugins.vote.views import Tallied
from diramoja.plugins.vote.words import Terms

__all__ = ["CountAgain", "CountBallots", "NoteUncounted", "count_ballots", "counting", "tallied"]


RETRY = timedelta(hours=1)
"""After so long a count that failed is tried again."""


class CountBallots(View):
    """Count these ballots, for the `number`th time.

    Attributes:
        seed: of the lot, in hexadecimal; "" while none was drawn.
        casting: options as the casting member prefers them; none while they have not said.
    """

    vote: str
    number: int
    title: str
    terms: Terms
    roll_size: int
    seed: str = ""
    casting: tuple[int, ...] = ()


def counting(state: Vote, context: Context) -> Call[CountBallots]:
    """Have the ballots counted; the count has its number in the state."""
    wanted = CountBallots(
        vote=context.id,
        number=state.count_number,
        title=state.title,
        terms=state.terms,
        roll_size=state.roll_size,
        seed=state.lot_seed,
        casting=state.casting,
    )
    return Call(count_ballots, wanted, key=f"count:{state.count_number}")


class NoteUncounted(Command):
    """The ballots could not be counted; told by the job that tried."""

    number: int
    code: str


class CountAgain(Command):
    """Try to count once more; a reminder."""


@vote.on("tallying")
def note_uncounted(state: Vote, message: NoteUncounted, context: Context) -> Decision:
    """All can read that it failed; it is tried again, until somebody has seen to the cause."""
    if message.number != state.count_number:
        return None
    marked, entry = noted(state, context, "count_failed", message.code)
    look = (looking_at_stations(state, context),) if message.code == "ballots_incomplete" else ()
    return marked, entry, RemindAfter(RETRY, CountAgain()), *look


@vote.on("tallying")
def count_again(state: Vote, message: CountAgain, context: Context) -> Decision:
    return counting(state, context)


@vote.on("results_published", "disputed")
def count_no_more(state: Vote, message: CountAgain, context: Context) -> Decision:
    """It was counted meanwhile."""
    return None


def _uncounted(payload: CountBallots, code: str) -> Command:
    return NoteUncounted(payload.number, code)


@job(CountBallots, timeout_s=600, attempts=5, deadline_s=3_600, failed=_uncounted)
async def count_ballots(
    payload: CountBallots, db: Database, keys: Keys, *, settings: VoteSettings, methods: Methods
) -> Command:
    """However often it runs, the same ballots give the same count."""
    record = await publish(db, keys, settings, payload.vote)
    ballots = [each async for each in published_ballots(db, payload.vote)]
    row = await db.one("SELECT options FROM vote_text WHERE vote = $1", payload.vote)
    assert row is not None
    names = [option["text"] for option in row["options"]]
    count = await anyio.to_thread.run_sync(partial(counted, payload, methods, names, ballots))
    await db.execute(
        "INSERT INTO vote_count (vote, number, count) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        payload.vote,
        payload.number,
        msgspec.to_builtins(count),
    )
    return TakeResult(payload.number, tallied(count, record))


def counted(
    payload: CountBallots, methods: Methods, names: Sequence[str], ballots: Sequence[tuple[tuple[int, ...], int]]
) -> Count:
    """The count of these ballots by the terms of the vote."""
    terms = payload.terms
    method = method_of(terms, methods)
    profile = Profile.of(method.form, names, ballots, seats=terms.seats, title=payload.title)
    return method.count(
        profile,
        seats=terms.seats,
        ties=Ties(terms.tie_rule, bytes.fromhex(payload.seed), payload.casting),
        majority=Majority(terms.majority, payload.roll_size),
    )


def tallied(count: Count, record: PublishedRecord) -> Tallied:
    """What the vote keeps of its count."""
    test, tie = count.majority, count.tie
    return Tallied(
        outcome=count.outcome,
        ballots=record.ballots,
        valid=count.valid,
        blank=count.blank,
        delegated=record.delegated,
        votes=count.rounds[-1].votes if count.rounds else (),
        decimals=count.decimals,
        winners=count.winners if count.outcome == "decided" else (),
        tied=tie.contested or tie.options if tie and tie.settled in ("open", "status_quo", "run_off") else (),
        run_off=count.run_off,
        needed=test.needed if test else 0,
        whole=test.whole if test else 0,
        record_hash=record.sha256,
    )
