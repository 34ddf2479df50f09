"""Polling stations: each takes the ballots of some voters, keeps them, and says in the end how many there are.

A large vote has many stations, so that its ballots are decided beside each other and the vote itself stays small.
"""

from datetime import datetime, timedelta
from operator import add, sub

from diramoja.core import (
    Call,
    Command,
    Context,
    Decision,
    Personal,
    Put,
    Reject,
    RemindAfter,
    Remove,
    Reply,
    Tell,
    View,
    job,
)
from diramoja.core.errors import InvalidError
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.ballot_box_state import BALLOT_BOX, Ballot, BallotBox, ballot_box, eligible
from diramoja.plugins.vote.ballot_queries import kept_ballots, sealed_stations
from diramoja.plugins.vote.choices import RECEIPTS, cleaned, counts_of, longest, read, receipt_of, written
from diramoja.plugins.vote.contracts import CastBallot, ResultsPublished
from diramoja.plugins.vote.messages import BoxCounted, ExtendBox, NoteTurnout, PrepareBox, SealBox
from diramoja.plugins.vote.sealing import sealed_length
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import ReceiptView

__all__ = ["EmptyBox", "FinishSeal", "ForgetBallots", "ForgetVoters", "TellTurnout", "find_ballots"]

TRIES = 8
"""How often a ballot is decided whose voter could not be looked up in time."""
EMPTIED_AT_ONCE = 400


class TellTurnout(Command):
    """Tell the vote how many ballots there are; a reminder."""


class FinishSeal(Command):
    """Ballots that waited for the roll were told before this one; told by the station to itself, `left` times more."""

    left: int


class EmptyBox(Command):
    """What the station holds was published, or the vote called off: keep it no longer."""


class ForgetVoters(Command):
    """The vote was settled long ago: keep neither ballots nor who cast them; told by the vote."""


class FindBallots(View):
    """Ballots of a station that still have their content. `all`: those without any, too."""

    box: str
    all: bool = False


class ForgetBallots(Command):
    """Forget what these members chose; told by the job that looked them up. `more`: of others, too."""

    members: Personal[tuple[str, ...]]
    more: bool


@ballot_box.on("absent")
def prepare(state: BallotBox, message: PrepareBox, context: Context) -> Decision:
    sums = () if message.is_sealed else (0,) * message.options
    return state.but(
        phase="open",
        vote=message.vote,
        station=message.station,
        form=message.form,
        options=message.options,
        grades=message.grades,
        revote=message.revote,
        is_sealed=message.is_sealed,
        shows_tally=message.shows_tally,
        opens_at=message.opens_at,
        closes_at=message.closes_at,
        sums=sums,
        told_sums=sums,
    )


@ballot_box.on("open")
def extend(state: BallotBox, message: ExtendBox, context: Context) -> Decision:
    return state.but(closes_at=message.closes_at)


# --- casting ---


@ballot_box.on("absent")
def cast_nowhere(state: BallotBox, message: CastBallot, context: Context) -> Decision:
    return Reject("vote_not_open", "This vote is not open yet.")


@ballot_box.on("sealed")
def cast_late(state: BallotBox, message: CastBallot, context: Context) -> Decision:
    return Reject("vote_closed", "This vote is closed.")


@ballot_box.on("open", "sealing")
def cast(state: BallotBox, message: CastBallot, context: Context) -> Decision:
    """Take it, if it came in time from somebody on the roll; a later one replaces it where the vote says so."""
    came_at = _came_at(state, message, context)
    if isinstance(came_at, Reject):
        return came_at
    if (found := context.fact(eligible)) == "unknown":
        return _ask_again(state, message, came_at, context)
    if found == "no":
        return Reject("not_on_roll", "You are not on the roll of this vote.", 403)
    earlier = context.row(Ballot, message.voter)
    if earlier and not state.revote:
        return Reject("revote_not_allowed", "You have voted; in this vote a ballot cannot be changed.")
    content = _content(state, message)
    if isinstance(content, Reject):
        return content
    revision = earlier.revision + 1 if earlier else 1
    receipt = receipt_of(state.vote, message.voter, revision, content)
    ballot = Ballot(message.voter, content, receipt, revision)
    taken, reminders = _telling(_counted(state, ballot, earlier), context)
    return taken, Put(ballot), *reminders, Reply(ReceiptView(state.vote, receipt, revision), status=201)


def _came_at(state: BallotBox, message: CastBallot, context: Context) -> datetime | Reject:
    """When the voter cast it: the station's own word on ballots that it told itself again."""
    if context.told_by == BALLOT_BOX and message.came_at is not None:
        return message.came_at
    if message.voter != context.sender or message.vote != state.vote:
        return Reject("not_yours", "A ballot is cast by its voter.", 403)
    if context.now < state.opens_at:
        return Reject("vote_not_open", "This vote is not open yet.")
    if context.now >= state.closes_at or state.phase != "open":
        return Reject("vote_closed", "This vote is closed.")
    return context.now


def _ask_again(state: BallotBox, message: CastBallot, came_at: datetime, context: Context) -> Decision:
    """The roll could not be read in time: decide this ballot once more, behind what waits already."""
    if message.tries >= TRIES:
        return Reject("roll_unavailable", "The roll cannot be read now: cast your ballot again in a moment.", 503)
    again = message.but(came_at=came_at, tries=message.tries + 1)
    return state.but(was_in_doubt=True), Tell(BALLOT_BOX, context.id, again, answers=True)


def _content(state: BallotBox, message: CastBallot) -> str | Reject:
    """What is kept of it: sealed where the vote is not public."""
    if state.is_sealed:
        width = longest(state.form, options=state.options, grades=state.grades)
        if message.sealed is None or message.choices or len(message.sealed) != sealed_length(width):
            return Reject("ballot_not_sealed", "A ballot of this vote comes sealed, and all are equally long.", 400)
        return message.sealed
    if message.sealed is not None:
        return Reject("ballot_sealed", "This vote is public: its ballots are not sealed.", 400)
    try:
        return written(cleaned(state.form, message.choices, options=state.options, grades=state.grades))
    except InvalidError as error:
        return Reject(error.code, error.message, 400)


def _counted(state: BallotBox, ballot: Ballot, earlier: Ballot | None) -> BallotBox:
    checksum = int(state.checksum, 16) + int(ballot.receipt, 16) - (int(earlier.receipt, 16) if earlier else 0)
    sums = state.sums
    if not state.is_sealed:
        sums = tuple(map(add, sums, _counts(state, ballot)))
        sums = tuple(map(sub, sums, _counts(state, earlier))) if earlier else sums
    return state.but(ballots=state.ballots + (earlier is None), checksum=f"{checksum % RECEIPTS:x}", sums=sums)


def _counts(state: BallotBox, ballot: Ballot) -> list[int]:
    return counts_of(state.form, read(ballot.content), options=state.options)


# --- turnout ---


def _telling(state: BallotBox, context: Context) -> tuple[BallotBox, tuple[RemindAfter, ...]]:
    """Tell the vote of this ballot, and of those that come meanwhile, a little later."""
    if state.is_telling or state.told == state.ballots:
        return state, ()
    after = timedelta(seconds=context.settings(VoteSettings).turnout_every_s)
    return state.but(is_telling=True), (RemindAfter(after, TellTurnout()),)


@ballot_box.on("open", "sealing")
def tell_turnout(state: BallotBox, message: TellTurnout, context: Context) -> Decision:
    """What came since the last time."""
    more = tuple(map(sub, state.sums, state.told_sums)) if state.shows_tally else ()
    told = state.but(told=state.ballots, told_sums=state.sums, is_telling=False)
    return told, Tell("vote", state.vote, NoteTurnout(state.station, state.ballots - state.told, more))


@ballot_box.on("sealed")
def tell_no_turnout(state: BallotBox, message: TellTurnout, context: Context) -> Decision:
    """The vote has its final number."""
    return None


# --- sealed ---


@ballot_box.on("open")
def seal_box(state: BallotBox, message: SealBox, context: Context) -> Decision:
    """Ballots that wait for the roll are decided first."""
    if message.is_cancelled:
        return state.but(phase="sealed", is_cancelled=True), Call(find_ballots, FindBallots(context.id, all=True))
    if state.was_in_doubt:
        return state.but(phase="sealing"), Tell(BALLOT_BOX, context.id, FinishSeal(TRIES))
    return _sealed(state)


@ballot_box.on("sealing")
def finish_seal(state: BallotBox, message: FinishSeal, context: Context) -> Decision:
    """Each time, those that wait are decided once more; after as many times as a ballot is tried none is left."""
    return Tell(BALLOT_BOX, context.id, FinishSeal(message.left - 1)) if message.left else _sealed(state)


def _sealed(state: BallotBox) -> tuple[BallotBox, Tell]:
    counted = BoxCounted(state.station, state.ballots, f"{int(state.checksum, 16):064x}")
    return state.but(phase="sealed", told=state.ballots), Tell("vote", state.vote, counted)


@ballot_box.on("sealed")
def empty_box(state: BallotBox, message: EmptyBox, context: Context) -> Decision:
    """Sealed ballots were opened and published without their voters; here it remains who voted."""
    return Call(find_ballots, FindBallots(context.id)) if state.is_sealed else None


@job(FindBallots, timeout_s=30, attempts=20)
async def find_ballots(payload: FindBallots, db: Database) -> ForgetBallots | None:
    """Some at a time."""
    found = await kept_ballots(db, payload.box, EMPTIED_AT_ONCE + 1, blank=payload.all)
    return ForgetBallots(tuple(found[:EMPTIED_AT_ONCE]), more=len(found) > EMPTIED_AT_ONCE) if found else None


@ballot_box.on("sealed")
def forget_ballots(state: BallotBox, message: ForgetBallots, context: Context) -> Decision:
    """Of a vote that was called off nothing remains; else who voted, with the receipt."""
    kept = [ballot for member in message.members if (ballot := context.row(Ballot, member)) is not None]
    if state.is_cancelled or state.is_forgotten:
        gone: list[Put | Remove] = [Remove(Ballot, ballot.member) for ballot in kept]
    else:
        gone = [Put(ballot.but(content="")) for ballot in kept]
    everything = state.is_cancelled or state.is_forgotten
    return *gone, *((Call(find_ballots, FindBallots(context.id, all=everything)),) if message.more else ())


@ballot_box.on("sealed")
def forget_voters(state: BallotBox, message: ForgetVoters, context: Context) -> Decision:
    """Long after the time for disputes."""
    return state.but(is_forgotten=True), Call(find_ballots, FindBallots(context.id, all=True))


ballot_box.hears(ResultsPublished, across=sealed_stations, tell=lambda _event: EmptyBox())
