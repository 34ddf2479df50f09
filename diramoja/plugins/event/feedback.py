"""How it was: asked of who was there, answered once. Who answered is known, and what was said; not who said what."""

import hashlib
from datetime import timedelta
from typing import Any

from diramoja.core import Call, Context, Decision, Put, Reject, Reply
from diramoja.plugins.event.audiences import AskAttended, FindAttended, find_attended
from diramoja.plugins.event.contracts import FeedbackReceived, GiveFeedback
from diramoja.plugins.event.notices import survey_notice
from diramoja.plugins.event.rules import STEP, feedback_view, is_shown_at, with_rating
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import Answered, CheckedIn, Comment, Gathering, event
from diramoja.plugins.notification.contracts import notify

__all__ = ["asking"]


def asking(context: Context, after: str = "") -> Call[FindAttended]:
    """Ask all who were there, a page at a time."""
    return Call(find_attended, FindAttended(context.id, after), key=f"survey:{after}")


@event.on("completed")
def ask_attended(state: Gathering, message: AskAttended, context: Context) -> Decision:
    notice = survey_notice(state, context)
    told: list[Any] = [tell for member in message.members for tell in notify(context, member, notice)]
    return *told, *([asking(context, message.members[-1])] if message.has_more else [])


@event.on("completed")
def give_feedback(state: Gathering, message: GiveFeedback, context: Context) -> Decision:
    if refusal := _refusal(state, context):
        return refusal
    ratings = with_rating(state.ratings, message.rating)
    count = sum(ratings)
    is_shown = is_shown_at(count, context.settings(EventSettings).feedback_min)
    shown = ratings if is_shown else state.shown_ratings
    comment = Comment(_random_id(context), message.text, (count - 1) // STEP)
    return (
        state.but(ratings=ratings, shown_ratings=shown),
        Put(Answered(context.sender)),
        *([Put(comment)] if message.text.strip() else []),
        FeedbackReceived(context.id, count),
        Reply(feedback_view(shown), status=201),
    )


def _refusal(state: Gathering, context: Context) -> Reject | None:
    if context.row(CheckedIn, context.sender) is None:
        return Reject("not_attended", "Those who were there say how it was.", 403)
    if context.row(Answered, context.sender):
        return Reject("feedback_given", "You have said how it was.")
    if context.now > state.ends_at + timedelta(days=context.settings(EventSettings).feedback_days):
        return Reject("feedback_closed", "The time to say how it was is over.")
    return None


def _random_id(context: Context) -> str:
    """One that says nothing of the order in which members answered."""
    return "cmt_" + hashlib.blake2b(context.new_id("cmt").encode(), digest_size=10).hexdigest()
