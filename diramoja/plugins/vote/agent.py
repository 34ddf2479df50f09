"""The vote before it opens: drafted, changed, scheduled, called off; and whom it hears.

The roll, the course, the results and the disputes are handled in the modules beside this one, which are imported here.
"""

from typing import Any

from msgspec import UNSET

from diramoja.core import Context, Decision, Put, Reject, RemindAt, Reply
from diramoja.core.ids import derive_id
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import TopicEscalated
from diramoja.plugins.vote import (
    cancelling,
    course,
    disputes,
    forgetting,
    irregularities,
    results,
    retention,
    roll,
    tally,
    ties,
)
from diramoja.plugins.vote.cancelling import OpenVote
from diramoja.plugins.vote.contracts import CreateVote, EditVote, ScheduleVote, VoteCreated, VoteScheduled
from diramoja.plugins.vote.messages import PrepareRunOff, PrepareVote
from diramoja.plugins.vote.roll import freezing
from diramoja.plugins.vote.rules import (
    notice_refusal,
    office_refusal,
    terms_hash,
    terms_refusal,
    wording_refusal,
)
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import (
    RUNNING,
    Vote,
    Wording,
    draft_hash,
    has_office,
    is_in_charge,
    noted,
    view_of,
    vote,
    vote_view,
    wording_of,
)
from diramoja.plugins.vote.statutes import Motion, statutes_refusal
from diramoja.plugins.vote.words import OptionText, Terms, VoteOption

__all__ = ["HANDLED_IN", "options_of", "terms_with", "vote"]

HANDLED_IN = (cancelling, roll, course, tally, results, ties, disputes, irregularities, retention, forgetting)
"""The modules whose handlers belong to the kind."""

NOT_IN_TERMS = ("title", "description", "options", "topic_id")


@vote.on("absent")
def create_vote(state: Vote, message: CreateVote, context: Context) -> Decision:
    given = {name: getattr(message, name) for name in message.__struct_fields__}
    options = options_of(message.options)
    terms = _graded(terms_with(Terms(), given, options), context)
    unclear = wording_refusal((message.title, message.description), options)
    if refusal := terms_refusal(terms, context.now, context.settings(VoteSettings)) or unclear:
        return refusal
    drafted = state.but(
        phase="draft", title=message.title, terms=terms, created_by=context.sender, created_at=context.now
    )
    wording = Wording("wording", message.description, options)
    noted_, entry = noted(drafted, context, "created")
    view = view_of(context.id, noted_, wording)
    return noted_, Put(wording), entry, _created(noted_, context), Reply(view, status=201)


def options_of(options: tuple[OptionText | VoteOption, ...]) -> tuple[VoteOption, ...]:
    """As they are kept: with whoever stands, if anybody does."""
    return tuple(each if isinstance(each, VoteOption) else VoteOption(each) for each in options)


def terms_with(terms: Terms, given: dict[str, Any], options: tuple[VoteOption, ...] | None) -> Terms:
    """The terms with what is given; the candidates are those that the options name."""
    changes = {name: value for name, value in given.items() if name not in NOT_IN_TERMS}
    if "topic_id" in given:
        changes["topic"] = given["topic_id"]
    if options is not None:
        named = tuple(each.member_id for each in options)
        changes |= {"options": len(options), "candidates": named if any(named) else ()}
    return terms.but(**changes)


def _graded(terms: Terms, context: Context) -> Terms:
    """With the highest grade, where its ballots give grades."""
    return terms.but(grades=context.settings(VoteSettings).grades_max if terms.form == "grade" else 0)


def _created(state: Vote, context: Context) -> VoteCreated:
    return VoteCreated(
        vote=context.id,
        title=state.title,
        vote_type=state.terms.vote_type,
        topic=state.terms.topic,
        author=state.created_by,
        created_at=state.created_at,
    )


@vote.on("absent")
def prepare_vote(state: Vote, message: PrepareVote, context: Context) -> Decision:
    """What is asked and when is for people to say."""
    terms = Terms(vote_type="policy_vote" if message.policy_proposal else "poll", topic=message.topic)
    drafted = state.but(
        phase="draft", title=message.title, terms=terms, created_by=message.author, created_at=context.now
    )
    noted_, entry = noted(drafted, context, "drafted", "A discussion is ready for a vote.")
    return noted_, Put(Wording("wording", message.description)), entry, _created(noted_, context)


@vote.on("absent")
def prepare_run_off(state: Vote, message: PrepareRunOff, context: Context) -> Decision:
    """When it is held is for people to say."""
    named = tuple(each.member_id for each in message.options)
    terms = message.terms.but(
        options=len(named), candidates=named if any(named) else (), opens_at=None, closes_at=None, category=""
    )
    drafted = state.but(
        phase="draft", title=message.title, terms=terms, created_by=message.author, created_at=context.now
    )
    noted_, entry = noted(drafted, context, "drafted", f"The run-off of {message.of}.")
    notice = Notify(
        kind="vote.run_off",
        notice_class="personal",
        subject=Subject("vote", context.id),
        text="No option of {title} has the majority it needs: a draft of the run-off is ready. Say when it is held.",
        values={"title": message.title},
    )
    wording = Put(Wording("wording", message.description, message.options))
    return noted_, wording, entry, _created(noted_, context), *notify(context, message.author, notice)


@vote.on("draft")
def edit_vote(state: Vote, message: EditVote, context: Context) -> Decision:
    if not is_in_charge(state, context):
        return Reject("not_creator", "Its creator, a leader or an official changes a draft.", 403)
    given = {name: value for name in message.__struct_fields__ if (value := getattr(message, name)) is not UNSET}
    before = wording_of(context)
    options = options_of(given["options"]) if "options" in given else before.options
    terms = _graded(terms_with(state.terms, given, options), context)
    title, wording = given.get("title", state.title), before.but(options=options)
    wording = wording.but(description=given.get("description", before.description))
    unclear = wording_refusal((title, wording.description), options)
    if refusal := terms_refusal(terms, context.now, context.settings(VoteSettings), is_draft=True) or unclear:
        return refusal
    changed, entry = noted(state.but(title=title, terms=terms), context, "changed")
    return changed, Put(wording), entry, Reply(view_of(context.id, changed, wording))


@vote.on(*RUNNING, "closed", "tallying", "results_published", "disputed", "cancelled")
def edit_nothing(state: Vote, message: EditVote, context: Context) -> Decision:
    """What is fixed stays: cancel, and make another."""
    return Reject("vote_frozen", "What a scheduled vote asks cannot change: cancel it and make another.")


@vote.on("draft")
def schedule_vote(state: Vote, message: ScheduleVote, context: Context) -> Decision:
    terms = _graded(state.terms.but(form=message.form, category=message.category), context)
    wording = wording_of(context)
    if message.drafted not in (None, state.terms) or message.draft_hash not in ("", draft_hash(state, wording)):
        return Reject("draft_changed", "This draft was changed just now: look at it, and schedule it again.")
    if refusal := _schedule_refusal(state, context) or _against_statutes(terms, message, context):
        return refusal
    fixed = state.but(
        phase="scheduled",
        terms=terms,
        scheduled_by=context.sender,
        frozen_at=context.now,
        terms_hash=terms_hash(state.title, wording.description, wording.options, terms),
    )
    articles = sorted({each.article for each in context.settings(VoteSettings).statutes if each.speaks_of(terms)})
    kept = f"; keeps to {', '.join(articles)}" if articles else ""
    scheduled, entry = noted(fixed, context, "scheduled", f"{fixed.terms_hash}{kept}")
    news = VoteScheduled(
        vote=context.id,
        title=scheduled.title,
        vote_type=terms.vote_type,
        topic=terms.topic,
        opens_at=scheduled.opens_at,
        closes_at=scheduled.closes_at,
        terms_hash=scheduled.terms_hash,
    )
    opening = RemindAt(scheduled.opens_at, OpenVote())
    return scheduled, entry, news, opening, *freezing(scheduled, context), Reply(vote_view(context, scheduled))


def _schedule_refusal(state: Vote, context: Context) -> Reject | None:
    if refused := office_refusal(state.terms, has_office=has_office(context)):
        return refused
    if not is_in_charge(state, context):
        return Reject("not_creator", "Its creator, a leader or an official schedules a vote.", 403)
    settings = context.settings(VoteSettings)
    return terms_refusal(state.terms, context.now, settings) or notice_refusal(state.terms, context.now, settings)


def _against_statutes(terms: Terms, message: ScheduleVote, context: Context) -> Reject | None:
    motion = Motion(terms, context.now, context.roles, message.seats, message.casting_seats)
    return statutes_refusal(context.settings(VoteSettings).statutes, motion)


def after_escalation(event: TopicEscalated) -> list[tuple[str, PrepareVote]]:
    """One draft a topic."""
    prepared = PrepareVote(
        topic=event.topic,
        title=event.title,
        description=event.description,
        category=event.category,
        policy_proposal=event.policy_proposal,
        author=event.author,
    )
    return [(derive_id("vot", "topic", event.topic), prepared)]


vote.hears(TopicEscalated, to=after_escalation)
