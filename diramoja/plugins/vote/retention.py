"""What a vote lets go in time: who voted, then who was on its roll, then the hash of the roll. The results stay."""

from datetime import timedelta

from diramoja.core import Call, Command, Context, Decision, RemindAfter, RemindAt, Tell, View, job
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.ballot_box import ForgetVoters
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote, boxes_of, noted, vote

__all__ = ["ForgetRoll", "ForgetRollHash", "LetVotersGo", "drop_roll", "keeping"]

LATER = timedelta(days=30)
"""A vote that is disputed or counted again is looked at again after so long."""
CHUNK = 10_000
"""Rows deleted at a time."""


class LetVotersGo(Command):
    """It was settled long ago: who voted is forgotten; a reminder."""


class ForgetRoll(Command):
    """It is long over: who was on the roll is forgotten; a reminder."""


class ForgetRollHash(Command):
    """Nobody asks for the hash of the roll any more; a reminder."""


class DropRoll(View):
    """Note that who voted is kept no longer; with the roll, delete its rows as well, page by page."""

    vote: str
    with_roll: bool = False


def keeping(state: Vote, context: Context) -> tuple[RemindAt, ...]:
    """The reminders of a vote that is published, from this time on, or called off after its roll was frozen."""
    settings = context.settings(VoteSettings)
    if not state.stations:
        return ()
    over = state.effective_at or context.now
    ahead = (
        RemindAt(context.now + timedelta(days=settings.roll_kept_days), ForgetRoll()),
        RemindAt(context.now + timedelta(days=settings.roll_hash_kept_days), ForgetRollHash()),
    )
    if state.phase == "cancelled":  # Its stations forget their ballots at once.
        return ahead
    return RemindAt(over + timedelta(days=settings.voters_kept_days), LetVotersGo()), *ahead


@vote.on("results_published")
def let_voters_go(state: Vote, message: LetVotersGo, context: Context) -> Decision:
    told = [Tell("ballot_box", each, ForgetVoters()) for each in boxes_of(context.id, state)]
    marked, entry = noted(state, context, "voters_forgotten")
    return marked, entry, *told, Call(drop_roll, DropRoll(context.id), key="voters")


@vote.on("results_published", "cancelled")
def forget_roll(state: Vote, message: ForgetRoll, context: Context) -> Decision:
    marked, entry = noted(state, context, "roll_forgotten")
    return marked, entry, Call(drop_roll, DropRoll(context.id, with_roll=True), key="roll_rows")


@vote.on("tallying", "disputed")
def let_voters_go_later(state: Vote, message: LetVotersGo, context: Context) -> Decision:
    """People are still at it."""
    return RemindAfter(LATER, message)


@vote.on("tallying", "disputed")
def forget_roll_later(state: Vote, message: ForgetRoll, context: Context) -> Decision:
    """People are still at it."""
    return RemindAfter(LATER, message)


@vote.on("tallying", "results_published", "disputed", "cancelled")
def forget_roll_hash(state: Vote, message: ForgetRollHash, context: Context) -> Decision:
    """Its size stays: the quorum of the result is of it."""
    return noted(state.but(roll_hash=""), context, "roll_hash_forgotten")


@job(DropRoll, timeout_s=120, attempts=100)
async def drop_roll(payload: DropRoll, db: Database) -> None:
    """However often it runs, it ends where nothing is left."""
    column = "rows_dropped" if payload.with_roll else "voters_dropped"
    await db.execute(f"UPDATE vote_roll_frozen SET {column} = true WHERE vote = $1", payload.vote)  # noqa: S608  # constants
    sql = (
        "DELETE FROM vote_roll WHERE vote = $1 AND member IN"
        " (SELECT member FROM vote_roll WHERE vote = $1 ORDER BY member LIMIT $2)"
    )
    while payload.with_roll and await db.execute(sql, payload.vote, CHUNK):
        pass
