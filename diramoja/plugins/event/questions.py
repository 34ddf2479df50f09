"""Questions to those who speak: asked, screened, wanted by others, answered; the most wanted go to the organizer."""

from typing import Any

from diramoja.core import Call, Command, Context, Decision, Event, Put, Reject, Reply, Tell
from diramoja.plugins.event.checkin import only_staff
from diramoja.plugins.event.contracts import (
    AnswerQuestion,
    AskQuestion,
    QuestionAsked,
    QuestionChanged,
    Upvote,
    WithdrawUpvote,
)
from diramoja.plugins.event.notices import questions_notice
from diramoja.plugins.event.question_queries import FindTopQuestions, TellTopQuestions, find_top_questions
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import OVER, TOLD, Gathering, Question, Voice, event
from diramoja.plugins.event.views import QuestionView
from diramoja.plugins.event.wording import wording_decided, wording_judged
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.topic.contracts import ModeratePost, TakeVerdict

__all__ = ["ShowTopQuestions"]

ALL = (*TOLD, "completed")
WANTED_MAX = 1_000
"""Questions of one event to which one member wants an answer."""


class ShowTopQuestions(Command):
    """It is time to show the organizer what most want to know. Told by the event to itself."""


@event.on(*TOLD)
def ask_question(state: Gathering, message: AskQuestion, context: Context) -> Decision:
    voice = _voice(context)
    if voice.asked >= context.settings(EventSettings).member_questions_max:
        return Reject("questions_full", "No more questions are taken of you for this event.", 429)
    question = Question(
        id=message.question_id,
        author=context.sender,
        number=state.asked + 1,
        body=message.body,
        status="pending",
        created_at=context.now,
    )
    effects: tuple[Any, ...] = (state.but(asked=question.number), Put(voice.but(asked=voice.asked + 1)))
    if context.has("moderator"):
        screen = ScreenText(question.id, question.author, question.body, addressee=state.organizer)
        return *effects, Put(question), Tell("screening", context.id, screen), _reply(question, context, 201)
    return *effects, *_shown(question, context), _reply(question.but(status="published"), context, 201)


@event.on(*TOLD, *OVER)
def take_verdict(state: Gathering, message: TakeVerdict, context: Context) -> Decision:
    """Of a question, or of the words of the event."""
    question = context.row(Question, message.post_id)
    if question is None:
        return wording_judged(state, message, context)
    if question.status != "pending":
        return None
    if message.outcome == "cleared":
        return _shown(question, context)
    return Put(question.but(status=message.outcome))


@event.on(*TOLD, *OVER)
def moderate_question(state: Gathering, message: ModeratePost, context: Context) -> Decision:
    """A decision of people, about a question or the words of the event; it outranks what software said."""
    question = context.row(Question, message.post_id)
    if question is None:
        return wording_decided(state, message, context)
    if message.action == "publish":
        return None if question.status == "published" else _shown(question, context)
    gone = question.but(status="hidden" if message.action == "hide" else "removed")
    return Put(gone), _changed(gone, context)


@event.on(*TOLD)
def upvote(state: Gathering, message: Upvote, context: Context) -> Decision:
    question = context.row(Question, message.question_id)
    if question is None or question.status != "published":
        return _missing(message.question_id)
    if question.author == context.sender:
        return Reject("own_question", "Your own question counts already.", 403)
    voice = _voice(context)
    if question.id in voice.wanted:
        return None
    if len(voice.wanted) >= WANTED_MAX:
        return Reject("upvotes_full", f"You want answers to {WANTED_MAX} questions: take one back first.", 429)
    wanted = question.but(upvotes=question.upvotes + 1)
    return Put(voice.but(wanted=(*voice.wanted, question.id))), Put(wanted), _changed(wanted, context)


@event.on(*TOLD)
def withdraw_upvote(state: Gathering, message: WithdrawUpvote, context: Context) -> Decision:
    question = context.row(Question, message.question_id)
    voice = _voice(context)
    if question is None or question.id not in voice.wanted:
        return None
    wanted = question.but(upvotes=question.upvotes - 1)
    left = tuple(each for each in voice.wanted if each != question.id)
    return Put(voice.but(wanted=left)), Put(wanted), _changed(wanted, context)


@event.on(*ALL)
def answer_question(state: Gathering, message: AnswerQuestion, context: Context) -> Decision:
    if refusal := only_staff(state, context):
        return refusal
    question = context.row(Question, message.question_id)
    if question is None or question.status != "published":
        return _missing(message.question_id)
    if question.state == message.state:
        return _reply(question, context)
    said = question.but(state=message.state)
    return Put(said), _changed(said, context), _reply(said, context)


# --- what most want to know ---


@event.on(*TOLD)
def show_top_questions(state: Gathering, message: ShowTopQuestions, context: Context) -> Decision:
    if not state.asked:
        return None
    return Call(find_top_questions, FindTopQuestions(context.id, context.settings(EventSettings).upvotes_shown))


@event.on(*TOLD)
def tell_top_questions(state: Gathering, message: TellTopQuestions, context: Context) -> Decision:
    listed = [f"{place}. {each.body} ({each.upvotes})" for place, each in enumerate(message.questions, start=1)]
    return notify(context, state.organizer, questions_notice(state, context, "\n".join(listed)))


# --- parts of decisions ---


def _voice(context: Context) -> Voice:
    return context.row(Voice, context.sender) or Voice(context.sender)


def _shown(question: Question, context: Context) -> tuple[Put, Event]:
    """For all to see; live as new the first time."""
    shown = question.but(status="published", is_told=True)
    if question.is_told:
        return Put(shown), _changed(shown, context)
    asked = QuestionAsked(context.id, shown.id, shown.author, shown.body, shown.created_at)
    return Put(shown), asked


def _changed(question: Question, context: Context) -> QuestionChanged:
    is_shown = question.status == "published"
    state = question.state if is_shown else "withdrawn"
    return QuestionChanged(context.id, question.id, question.author, state, question.upvotes)


def _reply(question: Question, context: Context, status: int = 200) -> Reply:
    view = QuestionView(
        id=question.id,
        event_id=context.id,
        author_id=question.author,
        body=question.body,
        state=question.state,
        upvotes=question.upvotes,
        created_at=question.created_at,
        status=question.status,
    )
    return Reply(view, status=status)


def _missing(question: str) -> Reject:
    return Reject("question_missing", f"There is no question {question}.", 404)
