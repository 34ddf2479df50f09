"""Decisions about a case: by people, by the lapse of time, and what software did before; with their sanctions."""

from datetime import datetime, timedelta
from typing import Literal

from diramoja.core import (
    Cancel,
    Command,
    Context,
    Decision,
    Event,
    Put,
    Reject,
    RemindAfter,
    RemindAt,
    Remove,
    Reply,
    Tell,
)
from diramoja.plugins.member.contracts import CountReport
from diramoja.plugins.moderator.case_contracts import (
    Action,
    ActionTaken,
    AppealDecided,
    CaseEscalated,
    CountDecision,
    CountRelease,
    DecideCase,
    ForgetSanction,
    LapseCase,
    MarkOverdue,
    PostAction,
    SanctionKind,
    TellReporters,
    WarningIssued,
)
from diramoja.plugins.moderator.case_state import (
    Appeal,
    Case,
    Exhibit,
    Reported,
    Reporters,
    Sanction,
    case,
    case_view,
    refusal,
)
from diramoja.plugins.moderator.contracts import EndCase
from diramoja.plugins.moderator.notices import (
    appeal_notice,
    decision_notice,
    publication_notice,
    report_notice,
)
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import By, ProposalView
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.topic.contracts import ModeratePost

__all__ = ["ForgetCase", "forgotten", "lapsed", "taken_by_software", "unknown_rule"]

LOOK_AGAIN = timedelta(days=30)
LAPSE_REASON = "Nobody reviewed it in time."
_WITH_TERM = ("restrict", "suspend")
_ABOUT_POST = ("publish", "hide", "remove")


class ForgetCase(Command):
    """It was decided long ago: who reported goes page by page, then the text and the names. Told by the case itself."""

    page: int = 0


@case.on("open", "claimed", "escalated")
def decide(state: Case, message: DecideCase, context: Context) -> Decision:
    refused = refusal(state, context, message.authority) or unfit(state, message, context)
    if refused:
        return refused
    if message.action == "ban" and not (state.proposal and state.proposal.action == "ban"):
        return _proposed(state, message, context)
    decided = state.but(
        phase="decided",
        claimed_by=context.sender,
        action=message.action,
        post_action=_post_action(state, message),
        rule=message.rule,
        guidelines_version=message.guidelines_version,
        decision_reason=message.reason,
        bad_faith=message.bad_faith,
        took_part=(*state.took_part, context.sender),
        decided_by=context.sender,
        decided_with=message.authority,
        decided_at=context.now,
    )
    seconds = (context.now - state.opened_at).total_seconds()
    counted = CountDecision(context.id, message.action, message.guidelines_version, seconds)
    decided, effects = _taken(decided, context, _ends_at(message, context))
    reply = Reply(case_view(decided, context))
    told = [Tell("moderator", context.sender, counted)]
    told += [Tell("case", context.id, TellReporters(0))] if state.report_count else []
    return decided, *effects, *_ended(decided, context), *told, reply


def _proposed(state: Case, message: DecideCase, context: Context) -> Decision:
    """The first official proposes the ban, and has no further part in it."""
    proposal = ProposalView(message.action, message.rule, message.guidelines_version, message.reason)
    proposed = state.but(
        phase="escalated",
        escalated=True,
        escalation_reason="A ban takes a second official.",
        claimed_by="",
        proposal=proposal,
        took_part=(*state.took_part, context.sender),
    )
    escalated = CaseEscalated(context.id, state.topic, state.post, state.authority, "person")
    told = [Tell("moderator", context.sender, CountRelease(context.id))] if state.claimed_by else []
    return proposed, escalated, *told, Reply(case_view(proposed, context))


@case.on("decided", "appealed", "confirmed", "overturned")
def tell_reporters(state: Case, message: TellReporters, context: Context) -> Decision:
    """A page of them; the next page follows as a message of its own."""
    page = context.row(Reporters, str(message.page))
    if page is None:
        return None
    outcome: Literal["confirmed", "unfounded", "bad_faith"] = "confirmed"
    if state.action == "publish":
        outcome = "bad_faith" if state.bad_faith else "unfounded"
    told = []
    for reporter, report in page.members:
        told.append(Tell("member", reporter, CountReport(report, outcome)))
        told += notify(context, reporter, report_notice(state.post, outcome, report))
    return *told, Tell("case", context.id, TellReporters(message.page + 1))


@case.on("open", "claimed", "escalated", "decided", "appealed", "confirmed", "overturned")
def forget_sanction(state: Case, message: ForgetSanction, context: Context) -> Decision:
    """With what was said in an appeal; the log, which names nobody, stays."""
    sanction = context.row(Sanction, message.sanction)
    appeal = [Remove(Appeal, sanction.appeal)] if sanction and sanction.appeal else []
    return Remove(Sanction, message.sanction), *appeal


@case.on("decided", "confirmed", "overturned")
def forget_case(state: Case, message: ForgetCase, context: Context) -> Decision:
    """Kept while a sanction of it is; then what is left is a decision about nobody, by nobody."""
    if state.sanction and context.row(Sanction, state.sanction):
        return RemindAfter(LOOK_AGAIN, ForgetCase())
    page = context.row(Reporters, str(message.page))
    if page is not None:
        gone = [Remove(Reported, reporter) for reporter, _ in page.members]
        return *gone, Remove(Reporters, page.page), Tell("case", context.id, ForgetCase(message.page + 1))
    nobodys = state.but(author="", addressee="", claimed_by="", decided_by="", took_part=(), arrivals=())
    return nobodys, Remove(Exhibit, state.post)


@case.on("appealed")
def forget_case_later(state: Case, message: ForgetCase, context: Context) -> Decision:
    """People are still at it."""
    return RemindAfter(LOOK_AGAIN, ForgetCase())


def forgotten(sanction: Sanction, context: Context) -> list[RemindAt]:
    """When it is forgotten: a year after it ended or was taken back; a ban that stands never."""
    if sanction.action == "ban" and sanction.state == "standing":
        return []
    days = timedelta(days=context.settings(ModerationSettings).sanction_kept_days)
    over = context.now if sanction.state == "lifted" else sanction.ends_at or sanction.issued_at
    return [RemindAt(over + days, ForgetSanction(sanction.id), f"forget:{sanction.id}")]


# --- without people ---


def taken_by_software(state: Case, context: Context) -> tuple[Case | Put | RemindAt | Event, ...]:
    """The case of a post that software hid: an action with its reason, which may be appealed."""
    if state.origin != "hidden":
        return (state,)
    sanction = _sanction(state, context, "hide", by="software")
    return (
        state.but(sanction=sanction.id),
        Put(sanction),
        *forgotten(sanction, context),
        _action_taken(state, context, "hide", by="software", sanction=sanction),
    )


def lapsed(state: Case, context: Context) -> Decision:
    """Published, as nobody reviewed it; no rule is named, as nobody judged."""
    decided = state.but(phase="decided", action="publish", decision_reason=LAPSE_REASON, decided_at=context.now)
    told = notify(context, state.author, publication_notice(state))
    return decided, *_ended(decided, context), _action_taken(decided, context, "publish", by="software"), *told


# --- what a decision may be ---


def unfit(state: Case, message: DecideCase, context: Context) -> Reject | None:
    """Why this cannot be decided so."""
    settings = context.settings(ModerationSettings)
    if refused := unknown_rule(message.rule, message.guidelines_version, settings):
        return refused
    if clash := _clash(state, message):
        return Reject("action_unfit", clash, 400)
    if not _term_fits(message, context.now, settings):
        detail = (
            f"A restriction or a suspension ends at a time within {settings.term_days_max} days; nothing else does."
        )
        return Reject("term_invalid", detail, 400)
    if message.action == "ban" and "official" not in context.roles:
        return Reject("not_official", "A ban takes two officials.", 403)
    return None


def _clash(state: Case, message: DecideCase) -> str:
    """What of a decision does not go together; "" where all does."""
    if state.about == "member" and message.action in ("hide", "remove"):
        return "This case is about a member: the post is somebody else's."
    if message.post_action and (message.action in _ABOUT_POST or state.about == "member"):
        return "post_action goes with an action about the author of the post."
    if message.bad_faith and message.action != "publish":
        return "Reports that led to an action were not made in bad faith."
    return ""


def unknown_rule(rule: str, version: str, settings: ModerationSettings) -> Reject | None:
    """Why a decision cannot name this rule."""
    found = settings.guidelines.of(version)
    if found is None:
        return Reject("guidelines_version_unknown", f"There are no guidelines {version}.", 400)
    return None if found.has(rule) else Reject("rule_unknown", f"The guidelines {version} have no rule {rule}.", 400)


def _term_fits(message: DecideCase, now: datetime, settings: ModerationSettings) -> bool:
    if message.action not in _WITH_TERM:
        return message.term_ends is None
    return message.term_ends is not None and now < message.term_ends <= now + timedelta(days=settings.term_days_max)


def _post_action(state: Case, message: DecideCase) -> PostAction | None:
    if message.action in ("publish", "hide", "remove"):
        return message.action if state.about == "post" else None
    return message.post_action or ("remove" if state.origin in ("held", "hidden") else None)


def _ends_at(message: DecideCase, context: Context) -> datetime | None:
    if message.action == "warn":
        return context.now + timedelta(days=context.settings(ModerationSettings).warning_days)
    return message.term_ends


# --- parts of decisions ---


def _taken(
    decided: Case, context: Context, ends_at: datetime | None
) -> tuple[Case, list[Put | RemindAt | Event | Tell]]:
    """What people did: the sanction, the news of it, and whoever is told."""
    earlier = context.row(Sanction, decided.sanction) if decided.sanction else None
    effects: list[Put | RemindAt | Event | Tell] = []
    if decided.action is None or decided.action == "publish":
        effects.append(_action_taken(decided, context, "publish", by="person"))
        if decided.origin in ("held", "hidden"):
            effects += notify(context, decided.author, publication_notice(decided))
        taken = decided
    else:
        sanction = _sanction(decided, context, decided.action, by="person", ends_at=ends_at)
        taken = decided.but(sanction=sanction.id)
        effects += [
            Put(sanction),
            *forgotten(sanction, context),
            _action_taken(decided, context, decided.action, by="person", sanction=sanction),
        ]
        effects += [_warning(sanction)] if sanction.action == "warn" else []
        effects += notify(context, decided.author, decision_notice(sanction, context.settings(ModerationSettings)))
    if earlier:
        effects += _settled(earlier, decided, context)
    return taken.but(appeal=""), effects


def _settled(earlier: Sanction, decided: Case, context: Context) -> list[Put | Event | Tell]:
    """What software did is replaced by what people decided; that decides an appeal too."""
    granted = decided.action == "publish"
    effects: list[Put | Event | Tell] = [Put(earlier.but(state="lifted" if granted else "superseded"))]
    filed = context.row(Appeal, decided.appeal) if decided.appeal else None
    if filed:
        state: Literal["granted", "denied"] = "granted" if granted else "denied"
        effects.append(Put(filed.but(state=state, reason=decided.decision_reason, decided_at=context.now)))
        effects.append(
            AppealDecided(
                case=context.id,
                sanction=earlier.id,
                member=earlier.member,
                action=earlier.action,
                granted=granted,
                reason=decided.decision_reason,
                rule=decided.rule,
                guidelines_version=decided.guidelines_version,
            )
        )
        effects += notify(context, earlier.member, appeal_notice(filed.id, decided.decision_reason, granted=granted))
    return effects


def _ended(decided: Case, context: Context) -> list[Tell | Cancel | RemindAfter]:
    kept = timedelta(days=context.settings(ModerationSettings).sanction_kept_days)
    effects: list[Tell | Cancel | RemindAfter] = [RemindAfter(kept, ForgetCase())]
    if decided.post_action or decided.action == "publish":
        action = decided.post_action or "publish"
        if decided.about == "post":
            effects.append(
                Tell(decided.place, decided.topic, ModeratePost(decided.post, action, decided.decision_reason))
            )
    effects.append(Tell("screening", decided.topic, EndCase(decided.matter)))
    return [*effects, Cancel(MarkOverdue.wire_name), Cancel(LapseCase.wire_name)]


def _sanction(
    state: Case, context: Context, action: SanctionKind, *, by: By, ends_at: datetime | None = None
) -> Sanction:
    return Sanction(
        id=context.new_id("san"),
        member=state.author,
        action=action,
        rule=state.rule,
        guidelines_version=state.guidelines_version,
        reason=state.decision_reason or state.reason,
        by=by,
        post=state.post,
        issued_at=context.now,
        ends_at=ends_at,
        appeal_until=context.now + timedelta(days=context.settings(ModerationSettings).appeal_days),
    )


def _action_taken(
    state: Case, context: Context, action: Action, *, by: By, sanction: Sanction | None = None
) -> ActionTaken:
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
        sanction=sanction.id if sanction else "",
        ends_at=sanction.ends_at if sanction else None,
        appeal_until=sanction.appeal_until if sanction else None,
    )


def _warning(sanction: Sanction) -> WarningIssued:
    return WarningIssued(
        sanction=sanction.id,
        member=sanction.member,
        rule=sanction.rule,
        guidelines_version=sanction.guidelines_version,
        reason=sanction.reason,
        lapses_at=sanction.ends_at or sanction.appeal_until,
        appeal_until=sanction.appeal_until,
    )
