"""A case: people look at a post and decide."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from diramoja.core import (
    AgentKind,
    Cancel,
    Context,
    Decision,
    Personal,
    Put,
    Reject,
    RemindAfter,
    Reply,
    Row,
    State,
    Tell,
)
from diramoja.plugins.moderator.contracts import (
    Action,
    ActionTaken,
    CaseOpened,
    CaseOrigin,
    CaseOverdue,
    CaseView,
    ClaimCase,
    DecideCase,
    EndCase,
    Evidence,
    FileReport,
    JoinCase,
    LapseCase,
    MarkOverdue,
    OpenCase,
    PostAction,
    ReleaseCase,
    Report,
)
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.topic.contracts import ModeratePost

__all__ = ["Case", "Exhibit", "Reported", "case"]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_RECUSED = Reject("recused", "You take no part in a case about a post that you wrote or reported.", 403)
_CLAIMED = Reject("claimed", "Another moderator has claimed this case.")
_LOOK_AGAIN = timedelta(hours=1)


class Exhibit(Row):
    """The text of the post as it was; apart from the state, which is kept small."""

    post: str
    body: str


class Reported(Row):
    """A report in the case."""

    reporter: Personal[str]
    id: str
    reason: str
    text: str


class Case(State, version=1):
    """What a case knows. `decided_by` is "" where software decided."""

    phase: Literal["absent", "open", "claimed", "decided"] = "absent"
    origin: CaseOrigin = "report"
    topic: str = ""
    post: str = ""
    author: Personal[str] = ""
    reason: str = ""
    toxicity_ratio: float = 0.0
    report_count: int = 0
    opened_at: datetime = _NEVER
    overdue: bool = False
    claimed_by: Personal[str] = ""
    action: PostAction | None = None
    rule: str = ""
    guidelines_version: str = ""
    decision_reason: str = ""
    decided_by: Personal[str] = ""
    decided_at: datetime | None = None


case = AgentKind("case", Case, prefix="cas", rows=[Exhibit, Reported])


@case.on("absent")
def open_case(state: Case, message: OpenCase, context: Context) -> Decision:
    settings, evidence = context.settings(ModerationSettings), message.evidence
    opened = state.but(
        phase="open",
        origin=message.origin,
        topic=evidence.topic,
        post=evidence.post,
        author=evidence.author,
        reason=message.reason,
        toxicity_ratio=message.toxicity_ratio,
        report_count=int(message.report is not None),
        opened_at=context.now,
    )
    overdue = RemindAfter(timedelta(minutes=settings.review_within_minutes), MarkOverdue())
    lapse = RemindAfter(timedelta(hours=settings.release_held_after_hours), LapseCase())
    return (
        opened,
        Put(Exhibit(evidence.post, evidence.body)),
        CaseOpened(context.id, evidence.topic, evidence.post, message.origin),
        overdue,
        *([lapse] if message.origin == "held" else []),
        *([Put(_reported(message.report))] if message.report else []),
        *([_taken(opened, context, "hide", "software")] if message.origin == "hidden" else []),
    )


@case.on("open", "claimed")
def join(state: Case, message: JoinCase, context: Context) -> Decision:
    if context.row(Reported, message.report.reporter):
        return None
    return state.but(report_count=state.report_count + 1), Put(_reported(message.report))


@case.on("decided")
def refile(state: Case, message: JoinCase, context: Context) -> Decision:
    """The report came while the case was being decided: it opens another."""
    evidence = Evidence(state.topic, state.post, state.author, _body(state, context))
    return Tell("screening", state.topic, FileReport(message.report, evidence))


@case.on("open", "claimed")
def claim(state: Case, message: ClaimCase, context: Context) -> Decision:
    if refusal := _refusal(state, context):
        return refusal
    claimed = state.but(phase="claimed", claimed_by=context.sender)
    return claimed, Reply(_view(claimed, context))


@case.on("claimed")
def release(state: Case, message: ReleaseCase, context: Context) -> Decision:
    if state.claimed_by != context.sender:
        return _CLAIMED
    released = state.but(phase="open", claimed_by="")
    return released, Reply(_view(released, context))


@case.on("open", "claimed")
def decide(state: Case, message: DecideCase, context: Context) -> Decision:
    if refusal := _refusal(state, context):
        return refusal
    decided = state.but(
        phase="decided",
        claimed_by=context.sender,
        action=message.action,
        rule=message.rule,
        guidelines_version=message.guidelines_version,
        decision_reason=message.reason,
        decided_by=context.sender,
        decided_at=context.now,
    )
    return *_ended(decided), _taken(decided, context, message.action, "person"), Reply(_view(decided, context))


@case.on("open")
def lapse(state: Case, message: LapseCase, context: Context) -> Decision:
    """Nobody reviewed a held post in time: it is published, unless it is severe."""
    if state.toxicity_ratio >= context.settings(ModerationSettings).hide_toxicity_ratio:
        return None
    reason = "Nobody reviewed it in time."
    decided = state.but(phase="decided", action="publish", decision_reason=reason, decided_at=context.now)
    return *_ended(decided), _taken(decided, context, "publish", "software")


@case.on("claimed")
def wait_for_reviewer(state: Case, message: LapseCase, context: Context) -> Decision:
    """Somebody is at it; look again later, as it may be released."""
    return RemindAfter(_LOOK_AGAIN, LapseCase())


@case.on("open", "claimed")
def mark_overdue(state: Case, message: MarkOverdue, context: Context) -> Decision:
    return state.but(overdue=True), CaseOverdue(context.id, state.topic, state.post)


# --- parts of decisions ---


def _refusal(state: Case, context: Context) -> Reject | None:
    if context.sender == state.author or context.row(Reported, context.sender):
        return _RECUSED
    return _CLAIMED if state.claimed_by not in ("", context.sender) else None


def _ended(decided: Case) -> tuple[Case, Tell, Tell, Cancel, Cancel]:
    assert decided.action is not None
    return (
        decided,
        Tell("topic", decided.topic, ModeratePost(decided.post, decided.action, decided.decision_reason)),
        Tell("screening", decided.topic, EndCase(decided.post)),
        Cancel(MarkOverdue.wire_name),
        Cancel(LapseCase.wire_name),
    )


def _taken(state: Case, context: Context, action: Action, by: Literal["person", "software"]) -> ActionTaken:
    return ActionTaken(
        case=context.id,
        topic=state.topic,
        post=state.post,
        author=state.author,
        action=action,
        rule=state.rule,
        guidelines_version=state.guidelines_version,
        reason=state.decision_reason or state.reason,
        by=by,
    )


def _reported(report: Report) -> Reported:
    return Reported(report.reporter, report.id, report.reason, report.text)


def _body(state: Case, context: Context) -> str:
    exhibit = context.row(Exhibit, state.post)
    return exhibit.body if exhibit else ""


def _view(state: Case, context: Context) -> CaseView:
    return CaseView(
        id=context.id,
        phase=state.phase,
        origin=state.origin,
        topic_id=state.topic,
        post_id=state.post,
        author_id=state.author,
        body=_body(state, context),
        reason=state.reason,
        toxicity_ratio=state.toxicity_ratio,
        report_count=state.report_count,
        claimed_by=state.claimed_by or None,
        opened_at=state.opened_at,
        overdue=state.overdue,
        action=state.action,
        rule=state.rule,
        guidelines_version=state.guidelines_version,
        decision_reason=state.decision_reason,
        decided_at=state.decided_at,
    )
