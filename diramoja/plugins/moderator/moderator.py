"""A moderator: on duty or not, with what authority, what they did and how often others would have decided so."""

from typing import Literal

import msgspec

from diramoja.core import AgentKind, Context, Decision, Put, Reject, Remove, Reply, Row, State, Tell
from diramoja.plugins.member.forgetting_contracts import ForgetMember, forgotten_rows
from diramoja.plugins.moderator.case_contracts import (
    AlertModerator,
    AppealFiled,
    AskReview,
    AssignModerator,
    AuthorityLevel,
    CaseEscalated,
    CaseOpened,
    CaseOverdue,
    CaseRevised,
    CountAppeal,
    CountClaim,
    CountDecision,
    CountRelease,
    CountReview,
    GoOffDuty,
    GoOnDuty,
    ModeratorType,
    ReleaseCase,
)
from diramoja.plugins.moderator.contracts import ClassifierAway
from diramoja.plugins.moderator.notices import alert_notice
from diramoja.plugins.moderator.queries import on_duty, on_duty_for_report, on_duty_for_topic
from diramoja.plugins.moderator.rules import accuracy, reviewed
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import ModeratorView
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.topic.contracts import ModerationChanged, TopicFlagged

__all__ = ["Moderator", "Undertaken", "moderator", "moderator_view"]


class Undertaken(Row):
    """A case that this moderator has claimed."""

    case: str


class Moderator(State, version=1):
    """What is known of a moderator. `month`: of the counts for the second reviews, such as 2026-01."""

    phase: Literal["absent", "on_duty", "offline"] = "absent"
    moderator_type: ModeratorType = "human_volunteer"
    authority_level: AuthorityLevel = "topic"
    topics: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    active_cases: int = 0
    decided: int = 0
    actions: dict[str, int] = msgspec.field(default_factory=dict)
    response_s: float = 0.0
    guidelines_version: str = ""
    month: str = ""
    reviews_in_month: int = 0
    reviews_done: int = 0
    reviews_differed: int = 0
    appealed: int = 0
    appeals_decided: int = 0
    appeals_overturned: int = 0


moderator = AgentKind("moderator", Moderator, prefix="mod", rows=[Undertaken])


@moderator.on("absent", "on_duty", "offline")
def go_on_duty(state: Moderator, message: GoOnDuty, context: Context) -> Decision:
    kind: ModeratorType = "human_official" if "official" in context.roles else "human_volunteer"
    return _own(state.but(phase="on_duty", moderator_type=kind), context)


@moderator.on("absent", "on_duty", "offline")
def go_off_duty(state: Moderator, message: GoOffDuty, context: Context) -> Decision:
    return _own(state.but(phase="offline"), context)


def _own(changed: Moderator, context: Context) -> Decision:
    if context.sender != context.id:
        return Reject("denied", "Moderators say for themselves whether they are on duty.", 403)
    return changed, Reply(moderator_view(context.id, changed))


@moderator.on("absent", "on_duty", "offline")
def assign(state: Moderator, message: AssignModerator, context: Context) -> Decision:
    if context.sender == context.id:
        return Reject("own_assignment", "Another official sets this.", 403)
    assigned = state.but(
        phase="offline" if state.phase == "absent" else state.phase,
        authority_level=message.authority_level,
        topics=message.topics,
        regions=message.regions,
    )
    return assigned, Reply(moderator_view(context.id, assigned))


# --- what they do; told by the cases ---


@moderator.on("absent", "on_duty", "offline")
def count_claim(state: Moderator, message: CountClaim, context: Context) -> Decision:
    """Whoever takes a case on without having said so is on duty."""
    kind: ModeratorType = "human_official" if message.is_official else "human_volunteer"
    working = state.but(phase="on_duty" if state.phase == "absent" else state.phase, moderator_type=kind)
    if context.row(Undertaken, message.case):
        return working
    return working.but(active_cases=state.active_cases + 1), Put(Undertaken(message.case))


@moderator.on("absent", "on_duty", "offline")
def count_release(state: Moderator, message: CountRelease, context: Context) -> Decision:
    if not context.row(Undertaken, message.case):
        return None
    return state.but(active_cases=state.active_cases - 1), Remove(Undertaken, message.case)


@moderator.on("absent", "on_duty", "offline")
def count_decision(state: Moderator, message: CountDecision, context: Context) -> Decision:
    """Some of the decisions are looked at by a second moderator, who does not see them."""
    month = f"{context.now:%Y-%m}"
    reviews = state.reviews_in_month if state.month == month else 0
    chosen = reviewed(message.case, context.now, reviews, context.settings(ModerationSettings))
    held = context.row(Undertaken, message.case)
    counted = state.but(
        phase="on_duty" if state.phase == "absent" else state.phase,
        active_cases=state.active_cases - (held is not None),
        decided=state.decided + 1,
        actions={**state.actions, message.action: state.actions.get(message.action, 0) + 1},
        response_s=state.response_s + message.response_s,
        guidelines_version=message.guidelines_version,
        month=month,
        reviews_in_month=reviews + chosen,
    )
    return (
        counted,
        *([Remove(Undertaken, message.case)] if held else []),
        *([Tell("case", message.case, AskReview())] if chosen else []),
    )


@moderator.on("on_duty", "offline")
def count_review(state: Moderator, message: CountReview, context: Context) -> Decision:
    return state.but(
        reviews_done=state.reviews_done + 1, reviews_differed=state.reviews_differed + (not message.agreed)
    )


@moderator.on("on_duty", "offline")
def count_appeal(state: Moderator, message: CountAppeal, context: Context) -> Decision:
    if message.overturned is None:
        return state.but(appealed=state.appealed + 1)
    return state.but(
        appeals_decided=state.appeals_decided + 1,
        appeals_overturned=state.appeals_overturned + message.overturned,
    )


@moderator.on("absent", "on_duty", "offline")
def forget_member(state: Moderator, message: ForgetMember, context: Context) -> Decision:
    """The cases that somebody who is gone had claimed are open to others."""
    if context.id != message.member:
        return None
    held = [key for collection, key in message.rows if collection == Undertaken.wire_name]
    released = [Tell("case", key, ReleaseCase()) for key in held]
    return Moderator(), *forgotten_rows(moderator, message, context), *released


# --- what waits for them ---


@moderator.on("on_duty", "offline")
def alert(state: Moderator, message: AlertModerator, context: Context) -> Decision:
    return notify(context, context.id, alert_notice(message)) or None


moderator.hears(CaseOverdue, across=on_duty, tell=lambda event: AlertModerator("overdue", event.case))
moderator.hears(
    CaseEscalated,
    across=on_duty,
    tell=lambda event: AlertModerator("escalated", event.case, f"escalated:{event.case}:{event.authority}:{event.by}"),
)
moderator.hears(AppealFiled, across=on_duty, tell=lambda event: AlertModerator("appeal", event.appeal))
moderator.hears(
    CaseOpened, across=on_duty_for_report, tell=lambda event: AlertModerator("reported", event.case)
)  # Of a post with an open case nobody is told again before it is changed.
moderator.hears(
    CaseRevised,
    across=on_duty,
    tell=lambda event: AlertModerator("reported", event.case, f"reported:{event.case}:{event.revision}"),
)
moderator.hears(
    ClassifierAway,
    across=on_duty,
    tell=lambda event: AlertModerator("classifier_away", event.topic, f"classifier_away:{event.since}"),
)
moderator.hears(
    TopicFlagged,
    across=on_duty_for_topic,
    tell=lambda event: AlertModerator("topic_flagged", event.topic, f"topic_flagged:{event.topic}:{event.at}"),
)
moderator.hears(
    ModerationChanged,
    across=on_duty_for_topic,
    tell=lambda event: AlertModerator("topic_raised", event.topic, f"topic_raised:{event.topic}:{event.at}"),
)


def moderator_view(id: str, state: Moderator) -> ModeratorView:
    """A moderator as moderators and officials see them."""
    return ModeratorView(
        id=id,
        phase="offline" if state.phase != "on_duty" else "on_duty",
        moderator_type=state.moderator_type,
        authority_level=state.authority_level,
        topics=state.topics,
        regions=state.regions,
        active_cases=state.active_cases,
        decided=state.decided,
        actions=state.actions,
        response_s=round(state.response_s / state.decided, 1) if state.decided else None,
        accuracy=accuracy(
            decided=state.decided,
            appealed=state.appealed,
            appeals=(state.appeals_decided, state.appeals_overturned),
            reviews=(state.reviews_done, state.reviews_differed),
        ),
        guidelines_version=state.guidelines_version,
    )
