"""A member is gone: their seat goes to the first in line, and nothing says any more where they were.

What they asked stays without them, or goes, as they said; figures of what is over stay.
"""

from typing import Any

from diramoja.core import Batch, Call, Context, Decision, Put, Reject, Remove, Reply
from diramoja.core import view as view_of
from diramoja.core.ports.database import Database
from diramoja.plugins.event.audiences import FindOfficials, TellOfficials, find_officials
from diramoja.plugins.event.contracts import EventChanged, QuestionChanged, RsvpWithdrawn, TakeOver
from diramoja.plugins.event.notices import orphan_notice
from diramoja.plugins.event.seating import Seating
from diramoja.plugins.event.state import OVER, TOLD, Gathering, Question, Wording, event
from diramoja.plugins.event.wording import news, opening_of, view
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, MemberErased, former
from diramoja.plugins.notification.contracts import notify

__all__ = ["drop_feeds"]

GOING = ("invitation", "checked_in", "voice", "answered")
"""Rows that say nothing without their member."""


@event.on("planning", *TOLD, *OVER)
def forget_member(state: Gathering, message: ForgetMember, context: Context) -> Decision:
    """What only its organizer knew of is called off with them; others may still come to the rest."""
    effects: list[Any] = []
    for collection, key in message.rows:
        row = context.row(event.rows[collection], key) if collection in event.rows else None
        if isinstance(row, Question) and row.author == message.member:
            effects += _asked(row, message, context)
        elif isinstance(row, Wording):
            effects.append(Put(former(row, message.member)))
        elif row is not None and collection in GOING:
            effects.append(Remove(type(row), key))
    left, *others = _left(state, message.member, context)
    if left.organizer == message.member and left.phase in TOLD:
        effects.append(Call(find_officials, FindOfficials(context.id)))
    if left.organizer == message.member and left.phase == "planning":
        left = left.but(phase="cancelled")
    return former(left, message.member), *others, *effects


def _left(state: Gathering, member: str, context: Context) -> tuple[Gathering, *tuple[Any, ...]]:
    """Without their seat, their offer or their place in the line; a seat at what is over stays counted."""
    seating = Seating(state, context)
    guest = seating.guest(member)
    if guest is None:
        return (state,)
    if state.phase not in OVER or guest.state != "confirmed":
        seating.vacate(guest)
    seating.forget(guest)
    seating.fill()
    left, *effects = seating.settled()
    return left, *(each for each in effects if not isinstance(each, RsvpWithdrawn))  # Who it was is not said again.


def _asked(row: Question, message: ForgetMember, context: Context) -> list[Any]:
    kept = former(row, message.member)
    if message.posts == "keep":
        return [Put(kept)]
    gone = kept.but(body="", status="removed")
    return [Put(gone), QuestionChanged(context.id, row.id, FORMER, "withdrawn", row.upvotes)]


# --- an event without an organizer ---


@event.on(*TOLD)
def tell_officials(state: Gathering, message: TellOfficials, context: Context) -> Decision:
    if state.organizer != FORMER:
        return None
    notice = orphan_notice(state, context)
    return tuple(tell for official in message.officials for tell in notify(context, official, notice))


@event.on(*TOLD)
def take_over(state: Gathering, message: TakeOver, context: Context) -> Decision:
    if "official" not in context.roles:
        return Reject("not_official", "An official takes over an event.", 403)
    if state.organizer != FORMER:
        return Reject("event_organized", "It has an organizer.")
    taken = state.but(organizer=context.sender)
    texts = opening_of(context)
    return taken, news(EventChanged, taken, texts, context), Reply(view(taken, texts, context))


@view_of(on=[MemberErased])
async def drop_feeds(events: Batch, db: Database) -> None:
    """The addresses of calendar feeds of members who are no more; whose these were need not be known."""
    await db.execute("DELETE FROM event_feed AS f WHERE NOT EXISTS (SELECT 1 FROM member AS m WHERE m.id = f.member)")
