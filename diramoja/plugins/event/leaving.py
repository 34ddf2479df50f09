"""Who could only let a seat lapse waits for none: while suspended, or behind a block from the organizer.

A seat that somebody has stays theirs. Back again, they answer again.
"""

from datetime import datetime

from diramoja.core import Command, Context, Decision, Personal
from diramoja.plugins.event.notices import left_notice
from diramoja.plugins.event.queries import lines_of_suspended, lines_of_walled
from diramoja.plugins.event.seating import Seating
from diramoja.plugins.event.state import AHEAD, OVER, Gathering, Guest, event
from diramoja.plugins.member.contracts import MemberRestricted, StandingChanged, WallChanged

__all__ = ["LeaveLine"]


class LeaveLine(Command):
    """These members cannot take a seat until then, or for good. `is_told`: and hear that they wait no longer."""

    members: Personal[tuple[str, ...]]
    until: datetime | None = None
    is_told: bool = False


@event.on(*AHEAD, "in_progress", *OVER)
def leave_line(state: Gathering, message: LeaveLine, context: Context) -> Decision:
    """Told to the events where they wait; those after them keep their order."""
    seating = Seating(state, context)
    for member in message.members:
        guest = seating.guest(member)
        if guest is None or state.phase not in AHEAD or not _is_in_vain(guest, message, state):
            continue
        seating.vacate(guest)
        seating.put(seating.free_of(guest, "declined", "no"))
        if message.is_told:
            seating.tell(member, left_notice(state, context, guest.number))
    seating.fill()
    return seating.settled()


def _is_in_vain(guest: Guest, message: LeaveLine, state: Gathering) -> bool:
    """Whether they wait for what they could not take; an organizer does not block themselves."""
    if guest.member == state.organizer or guest.state not in ("waitlisted", "offered"):
        return False
    return message.until is None or message.until >= (guest.offer_until or state.starts_at)


def _suspended(event: MemberRestricted | StandingChanged) -> LeaveLine:
    until = event.until if isinstance(event, MemberRestricted) else None
    return LeaveLine((event.member,), until, is_told=True)


def _walled(event: WallChanged) -> LeaveLine:
    return LeaveLine((event.member, event.other))


event.hears(MemberRestricted, across=lines_of_suspended, tell=_suspended)
event.hears(StandingChanged, across=lines_of_suspended, tell=_suspended)
event.hears(WallChanged, across=lines_of_walled, tell=_walled)
