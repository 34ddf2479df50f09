"""A member is gone: their seat goes to the first in line, and nothing says any more where they were.

What they asked stays without them, or goes, as they said; figures of what is over stay.
"""

from typing import Any

from diramoja.core import Batch, Context, Decision, Put, Remove, view
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import QuestionChanged, RsvpWithdrawn
from diramoja.plugins.event.seating import Seating
from diramoja.plugins.event.state import OVER, TOLD, Gathering, Question, event
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, MemberErased, former

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
        elif row is not None and collection in GOING:
            effects.append(Remove(type(row), key))
    left, *others = _left(state, message.member, context)
    if left.phase == "planning" and left.organizer == message.member:
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


@view(on=[MemberErased])
async def drop_feeds(events: Batch, db: Database) -> None:
    """The addresses of calendar feeds of members who are no more; whose these were need not be known."""
    await db.execute("DELETE FROM event_feed AS f WHERE NOT EXISTS (SELECT 1 FROM member AS m WHERE m.id = f.member)")
