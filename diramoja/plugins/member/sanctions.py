"""What people in moderation decide about a member: restrictions and suspensions with a term, and what they weigh."""

from datetime import timedelta
from typing import Literal

from diramoja.core import Cancel, Command, Context, Decision, Put, RemindAt, Remove
from diramoja.plugins.member.contracts import (
    LiftSanction,
    MemberRestored,
    MemberRestricted,
    StateChanged,
    TakeSanction,
)
from diramoja.plugins.member.rules import decayed, sanction_weight
from diramoja.plugins.member.scores import weigh
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, InForce, Member, Sanction, be, in_force, member, phase_of
from diramoja.plugins.moderator.case_contracts import ActionTaken, AppealDecided, WarningIssued
from diramoja.plugins.notification.contracts import Notify, Subject, notify

__all__ = ["EndSanction", "ForgetSanction", "NoteFlag"]


class EndSanction(Command):
    """Its term is over."""

    sanction: str


class ForgetSanction(Command):
    """It ended long ago."""

    sanction: str


class NoteFlag(Command):
    """Software hid a post of this member."""


@member.on(*PRESENT)
def note_flag(state: Member, message: NoteFlag, context: Context) -> Decision:
    """Counted, and shown to the member and to moderators; no score knows it."""
    return state.but(flags=state.flags + 1)


@member.on(*PRESENT)
def take_sanction(state: Member, message: TakeSanction, context: Context) -> Decision:
    """A second time changes nothing. The case tells the member why; here it takes effect."""
    if context.row(Sanction, message.sanction):
        return None
    weight = sanction_weight(message.action, context.settings(MemberSettings))
    row = Sanction(message.sanction, message.action, message.reason, context.now, message.ends_at, weight)
    taken = weigh(state, 0.0, weight, context) if weight else state
    if message.action == "warn":
        taken = taken.but(warnings=taken.warnings + 1)
    events: tuple[Member | StateChanged | MemberRestricted, ...] = (taken,)
    if message.action in ("restrict", "suspend", "ban"):
        phase: Literal["restricted", "suspended"] = "restricted" if message.action == "restrict" else "suspended"
        force = InForce(message.sanction, phase, message.ends_at, message.reason)
        taken = taken.but(in_force=(*state.in_force, force))
        restricted = MemberRestricted(context.id, message.sanction, phase, message.ends_at, message.reason)
        events = (*_phased(taken, message.reason, context), restricted)
    end = EndSanction(message.sanction)
    ending = [RemindAt(message.ends_at, end, _end(row.id))] if message.ends_at else []
    return *events, Put(row), *ending, *([] if message.ends_at or message.action == "ban" else [_forget(row, context)])


@member.on(*PRESENT)
def end_sanction(state: Member, message: EndSanction, context: Context) -> Decision:
    """The member is told where something is allowed again."""
    row = context.row(Sanction, message.sanction)
    if row is None or row.status != "in_force":
        return None
    ended = Put(row.but(status="ended")), _forget(row, context)
    restored = _restored(_out_of_force(state, row), row, "term", context)
    if not _holds(state, row):
        return *restored, *ended
    told = Notify(
        kind="member.restored",
        notice_class="personal",
        subject=Subject("sanction", row.id),
        text="Your restriction of {since} has ended: you can take part again as before.",
        values={"since": f"{row.at:%Y-%m-%d}"},
    )
    still = in_force(_out_of_force(state, row), context.now) is not None
    return *restored, *ended, *(() if still else notify(context, context.id, told))


@member.on(*PRESENT)
def lift_sanction(state: Member, message: LiftSanction, context: Context) -> Decision:
    """An overturned decision takes its effects and its weight back."""
    row = context.row(Sanction, message.sanction)
    if row is None or row.status == "lifted":
        return None
    half_life = context.settings(MemberSettings).reputation_half_life_days
    back = decayed(row.weight, row.at, context.now, half_life)
    lifted = weigh(state, 0.0, -back, context) if row.weight else state
    put = Put(row.but(status="lifted", weight=0.0))
    if row.status == "ended":
        return lifted, put
    restored = _restored(_out_of_force(lifted, row), row, "appeal", context)
    return *restored, put, Cancel(_end(row.id)), _forget(row, context)


@member.on(*PRESENT)
def forget_sanction(state: Member, message: ForgetSanction, context: Context) -> Decision:
    """Sanctions are kept for a year after their term; what holds is not forgotten."""
    row = context.row(Sanction, message.sanction)
    if row is None or _holds(state, row):
        return None
    over = _out_of_force(state, row) if row.status == "in_force" else state
    return over, Remove(Sanction, message.sanction)


# --- parts of decisions ---


def _end(sanction: str) -> str:
    return f"end:{sanction}"


def _forget(row: Sanction, context: Context) -> RemindAt:
    kept = timedelta(days=context.settings(MemberSettings).sanction_kept_days)
    return RemindAt(context.now + kept, ForgetSanction(row.id), f"forget:{row.id}")


def _holds(state: Member, row: Sanction) -> bool:
    return any(each.sanction == row.id for each in state.in_force)


def _out_of_force(state: Member, row: Sanction) -> Member:
    warnings = state.warnings - (row.action == "warn")
    return state.but(in_force=tuple(each for each in state.in_force if each.sanction != row.id), warnings=warnings)


def _phased(state: Member, reason: str, context: Context) -> tuple[Member | StateChanged, ...]:
    return be(state, phase_of(state, context.now, context.settings(MemberSettings)), reason, context)


def _restored(
    state: Member, row: Sanction, cause: str, context: Context
) -> tuple[Member | StateChanged | MemberRestored, ...]:
    """The member in the phase that follows, and the news where nothing is in force any more."""
    reason = "The term ended." if cause == "term" else "The decision was overturned."
    phased = _phased(state, reason, context)
    if row.action not in ("restrict", "suspend", "ban") or in_force(state, context.now):
        return phased
    return *phased, MemberRestored(context.id, row.id, "term" if cause == "term" else "appeal")


# --- who is heard ---


def on_action(event: ActionTaken) -> list[tuple[str, TakeSanction | NoteFlag]]:
    """What people decided, and what software hid; a warning comes by its own event, with its end."""
    if event.by == "software":
        return [(event.author, NoteFlag())] if event.action == "hide" else []
    if event.action == "publish" or event.action == "warn":  # noqa: PLR1714  # the type narrows by it
        return []
    return [(event.author, TakeSanction(event.sanction or event.case, event.action, event.reason, event.ends_at))]


def on_warning(event: WarningIssued) -> list[tuple[str, TakeSanction]]:
    """In force until it lapses."""
    return [(event.member, TakeSanction(event.sanction, "warn", event.reason, event.lapses_at))]


def on_appeal(event: AppealDecided) -> list[tuple[str, LiftSanction]]:
    """A granted one takes the decision back."""
    return [(event.member, LiftSanction(event.sanction))] if event.granted else []


member.hears(ActionTaken, to=on_action)
member.hears(WarningIssued, to=on_warning)
member.hears(AppealDecided, to=on_appeal)
