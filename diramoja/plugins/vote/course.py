"""The course of a vote: opened, told about, extended after an outage, closed and sealed; each by a reminder.

An outage is found by a pulse: a job that writes down the computer's time every minute, and says when it last did.
"""

from datetime import datetime, timedelta
from typing import Any

from diramoja.core import (
    Call,
    Cancel,
    Command,
    Context,
    Decision,
    Put,
    Reject,
    RemindAfter,
    RemindAt,
    RemindEvery,
    Reply,
    Tell,
    View,
    job,
)
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.cancelling import CloseSoon, CloseVote, OpenVote, TakePulse, UrgeQuorum, cancelled
from diramoja.plugins.vote.contracts import (
    BallotAccepted,
    ExtendVote,
    QuorumMissing,
    TallyUpdated,
    VoteClosed,
    VoteClosingSoon,
    VoteExtended,
    VoteOpened,
)
from diramoja.plugins.vote.delegation_state import ALL, SettleDelegations
from diramoja.plugins.vote.irregularities import looked_through, paced
from diramoja.plugins.vote.messages import BoxCounted, ExtendBox, NoteTurnout, SealBox
from diramoja.plugins.vote.participation import reporting
from diramoja.plugins.vote.recusal import recused, recused_no_more
from diramoja.plugins.vote.roll import fixing, freezing, is_ready
from diramoja.plugins.vote.rules import closing_soon_at, urgent_at
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import (
    TAKING,
    BoxSeal,
    Vote,
    boxes_of,
    noted,
    vote,
    vote_view,
)
from diramoja.plugins.vote.tally import counting

__all__ = ["CloseSoon", "FeelPulse", "NotePulse", "TakePulse", "UrgeQuorum", "feel_pulse"]

RETRY_S = 10
"""A vote that cannot open yet, because its roll is being written, tries again after so long."""
PULSE = timedelta(minutes=1)
SILENCES = 10
"""Of the times without a ballot that are longer than an outage has to be, so many are remembered."""


class FeelPulse(View):
    """How long ago was the last pulse? `closing`: the vote closes unless there was an outage.

    The first one is compared with when the vote was to open; a time set ahead in a simulation is no outage.
    """

    vote: str
    opens_at: datetime
    closing: bool


class NotePulse(Command):
    """So long ago was the last pulse, by the computer's clock; told by the job that looked."""

    gap_s: int
    closing: bool


# --- open ---


@vote.on("scheduled")
def open_vote(state: Vote, message: OpenVote, context: Context) -> Decision:
    """Its stations take ballots by their own clock already."""
    if not is_ready(state):
        return RemindAfter(timedelta(seconds=RETRY_S), OpenVote()), *freezing(state, context)
    if not state.roll_size:
        return cancelled(state, "Nobody is on the roll.", context)
    opened, entry = noted(state.but(phase="open", told_at=state.opens_at), context, "opened")
    news = VoteOpened(
        vote=context.id,
        title=opened.title,
        vote_type=opened.terms.vote_type,
        anonymity_level=opened.terms.anonymity_level,
        topic=opened.terms.topic,
        opens_at=opened.opens_at,
        closes_at=opened.closes_at,
        roll_size=opened.roll_size,
    )
    pulse = RemindEvery(PULSE, TakePulse()), _pulse(state, context, closing=False)
    return opened, entry, news, fixing(state, context), *pulse, *_reminders(opened, context), *recused(opened, context)


def _reminders(state: Vote, context: Context) -> list[RemindAt]:
    """What is still ahead."""
    settings = context.settings(VoteSettings)
    ahead = [RemindAt(state.closes_at, CloseVote())]
    if state.phase == "open":
        ahead.append(RemindAt(closing_soon_at(state.opens_at, state.closes_at, settings), CloseSoon()))
    if not state.is_urged:
        ahead.append(RemindAt(urgent_at(state.opens_at, state.closes_at, settings), UrgeQuorum()))
    return ahead


# --- turnout ---


@vote.on("scheduled", *TAKING)
def note_turnout(state: Vote, message: NoteTurnout, context: Context) -> Decision:
    silent = context.now - (state.told_at or state.opens_at)
    long = silent > timedelta(minutes=context.settings(VoteSettings).outage_min_minutes)
    silence = ((context.now - silent, context.now),) if long else ()
    minute, minutes = paced(state, message.ballots, context)
    counted = minute.but(
        votes_cast=state.votes_cast + message.ballots,
        told_at=context.now,
        silences=(*state.silences, *silence)[-SILENCES:],
    )
    accepted = BallotAccepted(context.id, counted.votes_cast, state.roll_size)
    if not state.terms.live_tally or not message.counts:
        return counted, accepted, *minutes
    before = state.counts or (0,) * len(message.counts)
    shown = counted.but(counts=tuple(map(sum, zip(before, message.counts, strict=True))))
    return shown, accepted, TallyUpdated(context.id, shown.votes_cast, shown.counts), *minutes


@vote.on("closed", "tallying", "results_published", "disputed", "cancelled")
def note_nothing(state: Vote, message: NoteTurnout, context: Context) -> Decision:
    """It is over: each station says in the end how many ballots it has in all."""
    return None


# --- the last part ---


@vote.on("open")
def close_soon(state: Vote, message: CloseSoon, context: Context) -> Decision:
    """Where the quorum is urgent in the same moment, that is the reminder."""
    settings = context.settings(VoteSettings)
    last = closing_soon_at(state.opens_at, state.closes_at, settings)
    if context.now < last:
        return None
    late = urgent_at(state.opens_at, state.closes_at, settings) <= last
    news = VoteClosingSoon(
        vote=context.id,
        title=state.title,
        topic=state.terms.topic,
        closes_at=state.closes_at,
        ballots=state.votes_cast,
        quorum_needed=state.quorum_needed,
        reminds=not late or state.votes_cast >= state.quorum_needed,
    )
    soon, entry = noted(state.but(phase="closing_soon"), context, "closing_soon")
    return soon, entry, news


@vote.on("closing_soon", "closed")
def close_no_sooner(state: Vote, message: CloseSoon, context: Context) -> Decision:
    """It is."""
    return None


@vote.on("closing_soon")
def urge_quorum(state: Vote, message: UrgeQuorum, context: Context) -> Decision:
    late = urgent_at(state.opens_at, state.closes_at, context.settings(VoteSettings))
    if state.is_urged or context.now < late or state.votes_cast >= state.quorum_needed:
        return None
    urged, entry = noted(state.but(is_urged=True), context, "quorum_missing")
    news = QuorumMissing(
        vote=context.id,
        title=state.title,
        topic=state.terms.topic,
        closes_at=state.closes_at,
        ballots=state.votes_cast,
        quorum_needed=state.quorum_needed,
    )
    return urged, entry, news


@vote.on("open")
def urge_in_a_moment(state: Vote, message: UrgeQuorum, context: Context) -> Decision:
    """Both reminders came in the same moment, this one first."""
    return RemindAfter(timedelta(seconds=1), UrgeQuorum())


# --- outages ---


def _pulse(state: Vote, context: Context, *, closing: bool) -> Call[FeelPulse]:
    wanted = FeelPulse(context.id, state.opens_at, closing)
    return Call(feel_pulse, wanted, key="closing" if closing else "pulse")


def _unfelt(payload: FeelPulse, code: str) -> Command:
    """An outage that cannot be looked for keeps no vote open."""
    return NotePulse(0, payload.closing)


@job(FeelPulse, timeout_s=10, deadline_s=600, failed=_unfelt)
async def feel_pulse(payload: FeelPulse, db: Database) -> Command:
    """By the clock of the database, which no simulation moves."""
    row = await db.one(
        "WITH before AS (SELECT at FROM vote_pulse WHERE vote = $1), now AS ("
        " INSERT INTO vote_pulse (vote, at) VALUES ($1, clock_timestamp())"
        " ON CONFLICT (vote) DO UPDATE SET at = excluded.at RETURNING at)"
        " SELECT extract(epoch FROM now.at - coalesce(before.at, least($2, now.at)))::integer AS gap_s"
        " FROM now LEFT JOIN before ON true",
        payload.vote,
        payload.opens_at,
    )
    return NotePulse(int(row["gap_s"]) if row else 0, payload.closing)


@vote.on(*TAKING)
def take_pulse(state: Vote, message: TakePulse, context: Context) -> Decision:
    return _pulse(state, context, closing=False)


@vote.on(*TAKING)
def note_pulse(state: Vote, message: NotePulse, context: Context) -> Decision:
    """An outage moves the close; without one the vote closes, once it is time by the clock of the ballots."""
    settings = context.settings(VoteSettings)
    silent = context.now - (state.told_at or state.opens_at)
    outage = min(timedelta(seconds=message.gap_s) - PULSE, silent)
    if outage > timedelta(minutes=settings.outage_min_minutes):
        return _extended(state, outage, "Nobody could vote: the platform did not run.", context)
    if not message.closing:
        return None
    if context.now < state.closes_at:  # It was extended meanwhile, or reminded of by a clock that is ahead.
        return RemindAt(state.closes_at, CloseVote())
    return _closed(state, context)


@vote.on("closed", "tallying", "results_published", "disputed", "cancelled")
def note_no_pulse(state: Vote, message: NotePulse, context: Context) -> Decision:
    """It is over."""
    return None


@vote.on(*TAKING)
def extend_vote(state: Vote, message: ExtendVote, context: Context) -> Decision:
    """By an official, for what the pulse cannot see; no ballot was taken in that time."""
    if context.sender in state.terms.candidates:
        return Reject("recused", "Whoever stands does not move the close.", 403)
    least = timedelta(minutes=context.settings(VoteSettings).outage_min_minutes)
    outage = message.outage_until - message.outage_from
    if outage <= least:
        return Reject("outage_too_short", f"Only an outage of more than {least} moves the close.", 400)
    if message.outage_until > context.now:
        return Reject("outage_ahead", "An outage is over when a vote is extended for it.", 400)
    silences = (*state.silences, (state.told_at or state.opens_at, context.now))
    if not any(since <= message.outage_from and message.outage_until <= until for since, until in silences):
        return Reject("outage_unseen", "Ballots were taken in that time, or an extension was made for it before.")
    extended, *effects = _extended(state, outage, message.reason, context)
    return extended, *effects, Reply(vote_view(context, extended))


def _extended(state: Vote, outage: timedelta, reason: str, context: Context) -> tuple[Any, ...]:
    """Later by as long, and what was silent is accounted for."""
    outage_s = int(outage.total_seconds())
    longer = state.but(extended_s=state.extended_s + outage_s, told_at=context.now, silences=())
    extended, entry = noted(longer, context, "extended", f"{outage_s} s: {reason}")
    news = VoteExtended(context.id, state.title, extended.closes_at, outage_s, reason)
    boxes = [Tell("ballot_box", each, ExtendBox(extended.closes_at)) for each in boxes_of(context.id, state)]
    return extended, entry, news, *boxes, *_reminders(extended, context)


# --- closed ---


@vote.on(*TAKING)
def close_vote(state: Vote, message: CloseVote, context: Context) -> Decision:
    """The stations take no more by their own clock; it is over unless there was an outage just now."""
    return _pulse(state, context, closing=True) if context.now >= state.closes_at else None


def _closed(state: Vote, context: Context) -> tuple[Any, ...]:
    closed, entry = noted(state.but(phase="closed", votes_cast=0, told=state.votes_cast), context, "closed")
    terms = state.terms
    news = VoteClosed(
        vote=context.id,
        title=state.title,
        vote_type=terms.vote_type,
        anonymity_level=terms.anonymity_level,
        topic=terms.topic,
        closed_at=state.closes_at,
    )
    seals = [Tell("ballot_box", each, SealBox()) for each in boxes_of(context.id, state)]
    if terms.delegation:
        seals.append(Tell("delegation", ALL, SettleDelegations(context.id)))
    reminders = [Cancel(each.wire_name) for each in (TakePulse, CloseSoon, UrgeQuorum)]
    return closed, entry, news, *seals, *reminders, *recused_no_more(state, context)


@vote.on("closed")
def take_seal(state: Vote, message: BoxCounted, context: Context) -> Decision:
    """With the last one the count begins; where ballots are delegated, the delegations answer as station 0."""
    seal = BoxSeal(str(message.station), message.ballots, message.sha256)
    if context.row(BoxSeal, seal.station):
        return None
    sealed = state.but(sealed=state.sealed + 1, votes_cast=state.votes_cast + message.ballots)
    if sealed.sealed < state.stations + state.terms.delegation:
        return sealed, Put(seal)
    looked, look, forget = looked_through(sealed, context)
    tallying = looked.but(phase="tallying", count_number=1)
    return tallying, Put(seal), counting(tallying, context), look, forget, *reporting(tallying, context)


@vote.on("cancelled", "tallying", "results_published", "disputed")
def take_no_seal(state: Vote, message: BoxCounted, context: Context) -> Decision:
    """It was called off, or told before."""
    return None
