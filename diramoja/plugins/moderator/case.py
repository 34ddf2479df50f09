"""A case: people look at a post, or at a member who shares it, and decide.

Here: how it is opened, joined, claimed, handed on and overdue. The kind's other handlers are imported with it.
"""

from datetime import timedelta
from typing import Literal

from diramoja.core import Context, Decision, Event, Put, RemindAfter, Remove, Reply, Tell
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, forgotten_rows
from diramoja.plugins.moderator import appeal, decision, review
from diramoja.plugins.moderator.case_contracts import (
    CaseClaimed,
    CaseEscalated,
    CaseOpened,
    CaseOrigin,
    CaseOverdue,
    CaseReleased,
    CaseRevised,
    ClaimCase,
    CountClaim,
    CountRelease,
    EscalateCase,
    JoinCase,
    LapseCase,
    MarkOverdue,
    OpenCase,
    ReleaseCase,
    ReviseCase,
)
from diramoja.plugins.moderator.case_state import (
    CLAIMED,
    Case,
    Exhibit,
    Reported,
    Reporters,
    case,
    case_view,
    exhibit_of,
    refusal,
    reported,
)
from diramoja.plugins.moderator.contracts import Evidence, FileReport, Report, ScreenPost
from diramoja.plugins.moderator.decision import lapsed, taken_by_software
from diramoja.plugins.moderator.rules import Arrival, authority_above, is_burst
from diramoja.plugins.moderator.settings import ModerationSettings

__all__ = ["HANDLED_IN", "case"]

HANDLED_IN = (appeal, decision, review)
"""The modules whose handlers belong to the kind."""

_LOOK_AGAIN = timedelta(hours=1)
ARRIVALS_KEPT = 64
PAGE = 100
_LEAST: dict[CaseOrigin, float] = {"held": 0.6, "hidden": 0.9, "report": 0.0, "information": 0.5, "sharing": 1.0}
"""Weight of what software found, where no toxicity says more; a report of a new member weighs 0.1 to 0.625 (F4)."""


@case.on("absent")
def open_case(state: Case, message: OpenCase, context: Context) -> Decision:
    settings, evidence = context.settings(ModerationSettings), message.evidence
    opened = _opened(message, context)
    overdue = RemindAfter(timedelta(minutes=settings.review_within_minutes), MarkOverdue())
    lapse = RemindAfter(timedelta(hours=settings.release_held_after_hours), LapseCase())
    return (
        *taken_by_software(opened, context),
        Put(Exhibit(evidence.post, evidence.body)),
        CaseOpened(context.id, evidence.topic, evidence.post, message.origin),
        *([_escalated(opened, context, "software")] if opened.escalated else []),
        overdue,
        *([lapse] if message.origin == "held" else []),
        *_filed(message.report, 0, context),
    )


def _opened(message: OpenCase, context: Context) -> Case:
    """Escalated by itself where software was not sure, or the matter is severe."""
    settings, evidence, report = context.settings(ModerationSettings), message.evidence, message.report
    severe = message.toxicity_ratio >= settings.hide_toxicity_ratio
    escalated = severe or message.confidence_ratio < settings.min_confidence_ratio
    return Case(
        phase="escalated" if escalated else "open",
        origin=message.origin,
        about="member" if message.origin == "sharing" else "post",
        matter=message.matter or evidence.post,
        place=evidence.place,
        topic=evidence.topic,
        post=evidence.post,
        author=evidence.author,
        addressee=evidence.addressee,
        reason=message.reason,
        toxicity_ratio=message.toxicity_ratio,
        confidence_ratio=message.confidence_ratio,
        severe=severe,
        weight=max(message.toxicity_ratio, _LEAST[message.origin]) + (report.weight if report else 0.0),
        report_count=int(report is not None),
        arrivals=(_arrival(report, context),) if report else (),
        opened_at=context.now,
        escalated=escalated,
    )


@case.on("open", "claimed", "escalated")
def join(state: Case, message: JoinCase, context: Context) -> Decision:
    report = message.report
    if context.row(Reported, report.reporter):
        return None
    arrivals = (*state.arrivals, _arrival(report, context))[-ARRIVALS_KEPT:]
    burst = is_burst(arrivals, context.now, context.settings(ModerationSettings))
    joined = state.but(
        report_count=state.report_count + 1,
        weight=state.weight + report.weight,
        arrivals=arrivals,
        tags=(*state.tags, "burst") if burst and "burst" not in state.tags else state.tags,
    )
    revised, *news = _revised(joined, message.body, context)
    return revised, *news, *_filed(report, state.report_count, context)


@case.on("open", "claimed", "escalated")
def revise(state: Case, message: ReviseCase, context: Context) -> Decision:
    """What software says of the new text adds to the case; nothing of the old one is taken back."""
    settings = context.settings(ModerationSettings)
    found = state.but(
        reason=message.reason,
        toxicity_ratio=max(state.toxicity_ratio, message.toxicity_ratio),
        confidence_ratio=min(state.confidence_ratio, message.confidence_ratio),
        severe=state.severe or message.toxicity_ratio >= settings.hide_toxicity_ratio,
        weight=state.weight + message.toxicity_ratio,
    )
    return _revised(found, message.body, context)


@case.on("decided", "appealed", "confirmed", "overturned")
def screen_again(state: Case, message: ReviseCase, context: Context) -> Decision:
    """The edit came while the case was being decided: it needs another case."""
    return Tell("screening", state.topic, ScreenPost(state.post, state.author, message.body, state.addressee))


@case.on("decided", "appealed", "confirmed", "overturned")
def refile(state: Case, message: JoinCase, context: Context) -> Decision:
    """The report came while the case was being decided: it opens another."""
    body = message.body or exhibit_of(state, context).body
    evidence = Evidence(state.topic, state.post, state.author, body, state.addressee, state.place)
    return Tell("screening", state.topic, FileReport(message.report, evidence))


@case.on("open", "claimed", "escalated")
def claim(state: Case, message: ClaimCase, context: Context) -> Decision:
    if refused := refusal(state, context, message.authority):
        return refused
    claimed = state.but(phase="claimed", claimed_by=context.sender)
    reply = Reply(case_view(claimed, context))
    if state.claimed_by:
        return reply
    counted = Tell("moderator", context.sender, CountClaim(context.id, "official" in context.roles))
    return claimed, CaseClaimed(context.id), counted, reply


@case.on("claimed")
def release(state: Case, message: ReleaseCase, context: Context) -> Decision:
    if state.claimed_by != context.sender:
        return CLAIMED
    released = state.but(phase="escalated" if state.escalated else "open", claimed_by="")
    counted = Tell("moderator", context.sender, CountRelease(context.id))
    return released, CaseReleased(context.id), counted, Reply(case_view(released, context))


@case.on("open", "claimed", "escalated")
def escalate(state: Case, message: EscalateCase, context: Context) -> Decision:
    """To the next higher authority; the reports, the text and the reasons stay with the case."""
    if refused := refusal(state, context, message.authority):
        return refused
    handed_on = state.but(
        phase="escalated",
        escalated=True,
        escalation_reason=message.reason,
        authority=authority_above(message.authority),
        claimed_by="",
    )
    told = [Tell("moderator", context.sender, CountRelease(context.id))] if state.claimed_by else []
    return handed_on, *told, _escalated(handed_on, context, "person"), Reply(case_view(handed_on, context))


@case.on("open", "escalated")
def lapse(state: Case, message: LapseCase, context: Context) -> Decision:
    """Nobody reviewed a held post in time: it is published, unless it is severe."""
    return None if state.severe else lapsed(state, context)


@case.on("claimed")
def wait_for_reviewer(state: Case, message: LapseCase, context: Context) -> Decision:
    """Somebody is at it; look again later, as it may be released."""
    return RemindAfter(_LOOK_AGAIN, LapseCase())


@case.on("open", "claimed", "escalated")
def mark_overdue(state: Case, message: MarkOverdue, context: Context) -> Decision:
    return state.but(overdue=True), CaseOverdue(context.id, state.topic, state.post)


@case.on("open", "claimed", "escalated", "decided", "appealed", "confirmed", "overturned")
def forget_member(state: Case, message: ForgetMember, context: Context) -> Decision:
    """Reports stay without their reporter and the words; what was decided about a member stays for its own term."""
    own = context.row(Reported, message.member)
    wordless: list[Put | Remove] = []
    if own:
        wordless = [Put(own.but(reporter=FORMER, text="")), Remove(Reported, message.member)]
    pages = tuple(each for each in message.rows if each[0] == Reporters.wire_name)
    return *wordless, *forgotten_rows(case, message.but(rows=pages), context)


# --- parts of decisions ---


def _escalated(state: Case, context: Context, by: Literal["person", "software"]) -> Event:
    return CaseEscalated(context.id, state.topic, state.post, state.authority, by)


def _revised(state: Case, body: str, context: Context) -> tuple[Case | Put | Event, ...]:
    """With the text as it is now, if that is another one."""
    exhibit = exhibit_of(state, context)
    if not body or body in (exhibit.body, exhibit.revised):
        return (state,)
    changed = state.but(revisions=state.revisions + 1)
    event = CaseRevised(context.id, state.topic, state.post, changed.revisions)
    return changed, Put(exhibit.but(revised=body)), event


def _arrival(report: Report, context: Context) -> Arrival:
    return Arrival(context.now, report.region, report.takes_part)


def _filed(report: Report | None, earlier: int, context: Context) -> list[Put]:
    """The report, and its place among those who are told of the decision."""
    if report is None:
        return []
    key = str(earlier // PAGE)
    page = context.row(Reporters, key) if earlier % PAGE else None
    members = (*(page.members if page else ()), (report.reporter, report.id))
    return [Put(reported(report)), Put(Reporters(key, members))]
