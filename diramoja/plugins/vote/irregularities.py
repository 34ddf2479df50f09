"""What looks unusual about a vote, without a look at what anybody chose: noted and told to officials, who judge.

The rules: a minute with far more ballots than others; many ballots from accounts whose level is new; numbers that do
not agree; a roll that was changed late. Software decides nothing by them, and nothing here tells what one person did.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from diramoja.core import Call, Command, Context, Decision, Personal, Put, Remove, Tell, View, job
from diramoja.core.ports.database import Database
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import RUNNING, Pace, Vote, noted, vote
from diramoja.ports.texts import msgid
from diramoja.withholding import STEP

__all__ = [
    "FindIrregularities", "Irregularity", "NoteIrregularities", "burst_in", "find_irregularities", "is_recent",
    "is_turnout_odd", "looked_through", "looking_at_roll", "looking_at_stations", "paced",
]  # fmt: skip

type IrregularityKind = Literal["burst", "recent_levels", "stations", "turnout", "late_roll"]

OFFICIALS = 200
"""So many are told at most."""
MAD_TO_SD = 1.4826

TEXTS: dict[IrregularityKind, str] = {
    "burst": msgid(
        "In the vote {title} about {ballots} ballots came within one minute ({at}). Usual were {usual}. Software"
        " decides nothing by that: have a look at it."
    ),
    "recent_levels": msgid(
        "In the vote {title} about {ballots} of {of} ballots came from accounts whose level was set within {days} days"
        " before the roll was frozen. Software decides nothing by that: have a look at it."
    ),
    "stations": msgid(
        "In the vote {title} a polling station holds other ballots than it took. The count waits until that is seen to."
    ),
    "turnout": msgid(
        "In the vote {title} the polling stations told of another number of ballots while it was open than when they"
        " were sealed, or of more than are on the roll. Software decides nothing by that: have a look at it."
    ),
    "late_roll": msgid(
        "The roll of the vote {title} was changed within {hours} hours before it opens. Software decides nothing by"
        " that: have a look at it."
    ),
}


class Irregularity(View):
    """Something unusual; `values` are for its text."""

    kind: IrregularityKind
    values: Mapping[str, str] = msgspec.field(default_factory=dict)


class FindIrregularities(View):
    """Look through the stations and levels, if the vote `is_sealed`; `found`: what the vote saw itself."""

    vote: str
    frozen_at: datetime
    found: tuple[Irregularity, ...] = ()
    is_sealed: bool = False


class NoteIrregularities(Command):
    """What was found, and the officials there are; told by the job that looked. `code`: why it could not, else ""."""

    found: tuple[Irregularity, ...]
    officials: Personal[tuple[str, ...]] = ()
    code: str = ""


# --- rules, pure ---


def burst_in(pace: Pace, roll_size: int, settings: VoteSettings) -> Irregularity | None:
    """A minute with more ballots than the median, the median deviation and the size of the roll explain."""
    usual = _median(pace.minutes)
    deviations: dict[float, int] = {}
    for ballots, minutes in pace.minutes.items():
        off = abs(ballots - usual)
        deviations[off] = deviations.get(off, 0) + minutes
    spread = max(MAD_TO_SD * _median(deviations), math.sqrt(usual), 1.0)
    explained = max(
        usual + settings.burst_deviations * spread,
        settings.burst_roll_ratio * roll_size,
        settings.irregular_ballots_min - 1,
    )
    if pace.most <= explained:
        return None
    values = {"ballots": _told(pace.most), "usual": _told(usual), "at": f"{pace.most_at:%Y-%m-%d %H:%M} UTC"}
    return Irregularity("burst", values)


def _median(counted: Mapping[int, int] | Mapping[float, int]) -> float:
    """The lower median of values by how often they are there."""
    left = (sum(counted.values()) + 1) // 2
    for value, times in sorted(counted.items()):
        left -= times
        if left <= 0:
            return value
    return 0.0


def is_recent(recent: int, ballots: int, settings: VoteSettings) -> bool:
    """Whether so many of the ballots are from accounts whose level is new that people should know."""
    return recent >= settings.irregular_ballots_min and recent >= settings.recent_levels_ratio * ballots


def is_turnout_odd(told: int, sealed: int, roll_size: int) -> bool:
    """A station can take ballots after it told last, but lose none, and take none from outside of the roll."""
    return told > sealed or sealed > roll_size


def _told(number: float) -> str:
    return str(STEP * int(number // STEP)) if number >= STEP else f"< {STEP}"


# --- while it is open ---


def paced(state: Vote, ballots: int, context: Context) -> tuple[Vote, tuple[Put, ...]]:
    """With these ballots in their minute; a minute that is over is counted among the others."""
    minute = context.now.replace(second=0, microsecond=0)
    if minute == state.minute_at:
        return state.but(minute_ballots=state.minute_ballots + ballots), ()
    before = (Put(_pace(state, context)),) if state.minute_ballots else ()
    return state.but(minute_at=minute, minute_ballots=ballots), before


def _pace(state: Vote, context: Context) -> Pace:
    """With the minute that is in the state."""
    pace, ballots = context.row(Pace, "pace") or Pace("pace"), state.minute_ballots
    if not ballots or state.minute_at is None:
        return pace
    minutes = {**pace.minutes, ballots: pace.minutes.get(ballots, 0) + 1}
    if ballots <= pace.most:
        return pace.but(minutes=minutes)
    return pace.but(minutes=minutes, most=ballots, most_at=state.minute_at)


# --- looked for, by a job ---


def looking_at_roll(state: Vote, context: Context) -> tuple[Call[FindIrregularities], ...]:
    """Where an objection changed the roll late."""
    hours = context.settings(VoteSettings).late_roll_hours
    assert state.frozen_at is not None
    if context.now <= state.opens_at - timedelta(hours=hours):
        return ()
    late = Irregularity("late_roll", {"hours": str(hours)})
    return (Call(find_irregularities, FindIrregularities(context.id, state.frozen_at, (late,)), key="late_roll"),)


def looking_at_stations(state: Vote, context: Context) -> Call[FindIrregularities]:
    """Where the count found that a station holds other ballots than it took."""
    assert state.frozen_at is not None
    found = (Irregularity("stations"),)
    return Call(find_irregularities, FindIrregularities(context.id, state.frozen_at, found), key="stations")


def looked_through(state: Vote, context: Context) -> tuple[Vote, Call[FindIrregularities], Remove]:
    """All stations are sealed: the pace is judged and forgotten, the rest is for a job."""
    assert state.frozen_at is not None
    burst = burst_in(_pace(state, context), state.roll_size, context.settings(VoteSettings))
    odd = is_turnout_odd(state.told, state.votes_cast, state.roll_size)
    found = (*((burst,) if burst else ()), *((Irregularity("turnout"),) if odd else ()))
    wanted = FindIrregularities(context.id, state.frozen_at, found, is_sealed=True)
    over = state.but(minute_at=None, minute_ballots=0)
    return over, Call(find_irregularities, wanted, key="irregularities"), Remove(Pace, "pace")


def _unfound(payload: FindIrregularities, code: str) -> Command:
    return NoteIrregularities(payload.found, code=code)


@job(FindIrregularities, timeout_s=120, attempts=5, deadline_s=3_600, failed=_unfound)
async def find_irregularities(payload: FindIrregularities, db: Database, settings: VoteSettings) -> Command | None:
    """Nobody's choice is read."""
    found = payload.found
    if payload.is_sealed:
        found += await _of_stations(db, payload.vote) + await _of_levels(db, payload, settings)
    if not found:
        return None
    sql = "SELECT id FROM member WHERE membership_level = 'official' ORDER BY id LIMIT $1"
    return NoteIrregularities(found, tuple(row["id"] for row in await db.fetch(sql, OFFICIALS)))


async def _of_stations(db: Database, vote_id: str) -> tuple[Irregularity, ...]:
    row = await db.one(
        "SELECT EXISTS (SELECT 1 FROM vote_station s WHERE s.vote = $1"
        " AND s.ballots <> (SELECT count(*) FROM vote_ballot b WHERE b.box = s.id)) AS differs",
        vote_id,
    )
    return (Irregularity("stations"),) if row and row["differs"] else ()


async def _of_levels(db: Database, payload: FindIrregularities, settings: VoteSettings) -> tuple[Irregularity, ...]:
    days = settings.recent_levels_days
    row = await db.one(
        "SELECT count(*) AS ballots, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM member_history h"
        " WHERE h.member = b.member AND h.at > $2 AND h.at <= $3 AND h.level IS DISTINCT FROM"
        " (SELECT e.level FROM member_history e WHERE e.member = h.member AND (e.at, e.id) < (h.at, h.id)"
        " ORDER BY e.at DESC, e.id DESC LIMIT 1))) AS recent FROM vote_ballot b WHERE b.vote = $1",
        payload.vote,
        payload.frozen_at - timedelta(days=days),
        payload.frozen_at,
    )
    assert row is not None
    if not is_recent(row["recent"], row["ballots"], settings):
        return ()
    values = {"ballots": _told(row["recent"]), "of": _told(row["ballots"]), "days": str(days)}
    return (Irregularity("recent_levels", values),)


# --- noted, and told ---


@vote.on(*RUNNING, "closed", "tallying", "results_published", "disputed", "cancelled")
def note_irregularities(state: Vote, message: NoteIrregularities, context: Context) -> Decision:
    """Each kind once, for all to read; officials who are not near to the vote are told."""
    effects: list[Any] = []
    for each in message.found:
        if each.kind in state.irregular:
            continue
        values = {"title": state.title, **each.values}
        state, entry = noted(
            state.but(irregular=(*state.irregular, each.kind)),
            context,
            "irregularity",
            TEXTS[each.kind].format(**values),
        )
        effects += [entry, *_notices(state, each, message.officials, context)]
    if message.code:
        state, entry = noted(state, context, "irregularities_not_looked_for", message.code)
        effects.append(entry)
    return state, *effects


def _notices(state: Vote, found: Irregularity, officials: tuple[str, ...], context: Context) -> list[Tell]:
    notice = Notify(
        kind="vote.irregularity",
        notice_class="personal",
        subject=Subject("vote", context.id),
        text=TEXTS[found.kind],
        values={"title": state.title, **found.values},
        key=f"vote.irregularity:{context.id}:{found.kind}",
    )
    near = (*state.terms.candidates, state.created_by, state.scheduled_by)
    return [tell for each in officials if each not in near for tell in notify(context, each, notice)]
