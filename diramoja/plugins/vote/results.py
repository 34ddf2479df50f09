"""The results of a vote: taken from the count, published, and in effect once they cannot be disputed any more."""

from datetime import timedelta
from typing import Any

from diramoja.core import Command, Context, Decision, RemindAt, Tell
from diramoja.core.ids import derive_id
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.contracts import ResultsPublished, VoteTookEffect
from diramoja.plugins.vote.messages import PrepareRunOff, TakeResult
from diramoja.plugins.vote.retention import keeping
from diramoja.plugins.vote.rules import outcome_of
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote, noted, vote, wording_of
from diramoja.plugins.vote.ties import tie_asked

__all__ = ["TakeEffect", "published", "took_effect"]


class TakeEffect(Command):
    """The time for disputes is over; a reminder."""


@vote.on("tallying")
def take_result(state: Vote, message: TakeResult, context: Context) -> Decision:
    """Of the count that was asked for last."""
    if message.number != state.count_number:
        return None
    outcome, winners = outcome_of(state.terms, message.tallied, state.roll_size)
    counted = state.but(
        tallied=message.tallied, votes_cast=message.tallied.ballots, outcome=outcome, winners=winners, verdict=None
    )
    return published(counted, context)


@vote.on("results_published", "disputed")
def take_no_result(state: Vote, message: TakeResult, context: Context) -> Decision:
    """It was told before."""
    return None


def published(state: Vote, context: Context) -> tuple[Any, ...]:
    """The results are public and can be disputed from now on."""
    assert state.outcome is not None
    effective_at = context.now + timedelta(hours=context.settings(VoteSettings).dispute_hours)
    shown = state.but(phase="results_published", published_at=context.now, effective_at=effective_at)
    shown, *asked = tie_asked(shown, context)
    marked, entry = noted(shown, context, "results_published", f"count {state.count_number}: {state.outcome}")
    news = ResultsPublished(
        vote=context.id,
        title=state.title,
        vote_type=state.terms.vote_type,
        topic=state.terms.topic,
        author=state.created_by,
        outcome=state.outcome,
        winners=state.winners,
        ballots=state.votes_cast,
        roll_size=state.roll_size,
        count_number=state.count_number,
        published_at=context.now,
        effective_at=effective_at,
    )
    reminders = RemindAt(effective_at, TakeEffect()), *keeping(marked, context)
    return marked, entry, news, *reminders, *asked


@vote.on("results_published")
def take_effect(state: Vote, message: TakeEffect, context: Context) -> Decision:
    return took_effect(state, context)


@vote.on("disputed", "tallying")
def take_effect_later(state: Vote, message: TakeEffect, context: Context) -> Decision:
    """What comes of the dispute decides."""
    return None


def took_effect(state: Vote, context: Context) -> tuple[Any, ...]:
    """Once nothing can change it any more; a vote that was annulled, or is still tied, has no effect."""
    over = state.effective_at is not None and context.now >= state.effective_at
    if state.is_effective or not over or state.outcome in (None, "annulled", "tied"):
        return (state,)
    assert state.outcome is not None
    effective, entry = noted(state.but(is_effective=True), context, "took_effect")
    options = wording_of(context).options
    news = VoteTookEffect(
        vote=context.id,
        title=state.title,
        vote_type=state.terms.vote_type,
        topic=state.terms.topic,
        author=state.created_by,
        outcome=state.outcome,
        winners=state.winners,
        winner_texts=tuple(options[number - 1].text for number in state.winners),
    )
    notice = Notify(
        kind="vote.effective",
        notice_class="personal",
        subject=Subject("vote", context.id),
        text="The result of your vote {title} stands: it was not disputed in time, or the disputes are decided.",
        values={"title": state.title},
    )
    return effective, entry, news, *notify(context, state.created_by, notice), *_run_off(state, context)


def _run_off(state: Vote, context: Context) -> tuple[Tell, ...]:
    """Prepare a draft of the run-off, where there has to be one; people schedule it."""
    if state.outcome != "run_off" or state.tallied is None:
        return ()
    wording = wording_of(context)
    between = tuple(wording.options[number - 1] for number in state.tallied.run_off)
    prepared = PrepareRunOff(
        of=context.id,
        title=state.title,
        description=wording.description,
        options=between,
        terms=state.terms,
        author=state.created_by,
    )
    return (Tell("vote", derive_id("vot", "run_off", context.id), prepared),)
