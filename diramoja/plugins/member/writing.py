"""What a member writes, on its way to topics: their own rules first, then the topic takes it and answers."""

from diramoja.core import Context, Decision, Reject, Tell
from diramoja.plugins.member.contracts import (
    ContentReported,
    ReportContent,
    SubmitEdit,
    SubmitPost,
    SubmitShare,
    SubmitTopic,
    WeighReport,
)
from diramoja.plugins.member.rules import day_of
from diramoja.plugins.member.scores import reputation_now, weight_of_reports
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, Member, in_force, member, only_oneself, wake
from diramoja.plugins.moderator.contracts import FileReport
from diramoja.plugins.topic.contracts import EditPost, OpenTopic, ReportPost, SharePost, TakePost

__all__ = ["may_write"]


def may_write(state: Member, context: Context) -> Reject | None:
    """The member's own rules for whatever they write: standing, sanctions."""
    if refusal := only_oneself(context):
        return refusal
    if state.erase_after:
        return Reject("leaving", "Your account is about to be deleted: take that back before you write.", 403)
    if state.standing == "suspended_by_body":
        return Reject("suspended", "Your membership is suspended: you cannot write.", 403)
    if (sanction := in_force(state, context.now)) is None:
        return None
    until = f"until {sanction.until:%d %B %Y, %H:%M} UTC" if sanction.until else "without a term"
    if sanction.phase == "suspended":
        return Reject("suspended", f"You are suspended {until}: {sanction.reason}", 403)
    return Reject("restricted", f"You are restricted {until}: {sanction.reason}", 403)


def _counted(state: Member, context: Context) -> tuple[Member, Reject | None]:
    """Posts of a day, of those whose reputation is low."""
    settings = context.settings(MemberSettings)
    if reputation_now(state, context.now, settings) >= settings.low_reputation_score:
        return state, None
    today, most = day_of(context.now), settings.low_reputation_posts_per_day
    written = state.written if state.written_on == today else 0
    if written >= most:
        return state, Reject("posts_limited", f"Your reputation is low: {most} posts a day are the limit.", 429)
    return state.but(written=written + 1, written_on=today), None


@member.on(*PRESENT)
def submit_topic(state: Member, message: SubmitTopic, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    if refusal := may_write(state, context):
        return refusal
    opened = OpenTopic(
        title=message.title,
        description=message.description,
        category=message.category,
        tags=message.tags,
        policy_proposal=message.policy_proposal,
        event_id=message.event_id,
    )
    awake, news = wake(state, context)
    return *_if_changed(state, awake), *news, Tell("topic", message.topic_id, opened, answers=True)


@member.on(*PRESENT)
def submit_post(state: Member, message: SubmitPost, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    if refusal := may_write(state, context):
        return refusal
    awake, news = wake(state, context)
    counted, refusal = _counted(awake, context)
    take = TakePost(message.post_id, context.id, message.body, message.reply_to, state.member_since)
    return refusal or (
        *_if_changed(state, counted),
        *news,
        Tell("topic", message.topic_id, take, answers=True),
    )


@member.on(*PRESENT)
def submit_share(state: Member, message: SubmitShare, context: Context) -> Decision:
    """The topic of the post takes it from here, and the one that it is shared into answers."""
    if refusal := may_write(state, context):
        return refusal
    awake, news = wake(state, context)
    counted, refusal = _counted(awake, context)
    share = SharePost(
        post_id=message.post_id,
        share_id=message.share_id,
        into=message.into,
        author=context.id,
        comment=message.comment,
        is_acknowledged=message.is_acknowledged,
        member_since=state.member_since,
    )
    return refusal or (
        *_if_changed(state, counted),
        *news,
        Tell("topic", message.topic_id, share, answers=True),
    )


@member.on(*PRESENT)
def submit_edit(state: Member, message: SubmitEdit, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    edit = EditPost(message.post_id, context.id, message.body)
    return may_write(state, context) or Tell("topic", message.topic_id, edit, answers=True)


@member.on(*PRESENT)
def report_content(state: Member, message: ReportContent, context: Context) -> Decision:
    """The topic hands it on with the weight (F4); whoever is restricted may report, whoever is suspended may not."""
    refusal = may_write(state, context)
    if refusal and refusal.code != "restricted":
        return refusal
    weight = weight_of_reports(state, context.now, context.settings(MemberSettings))
    report = ReportPost(message.report_id, message.post_id, message.reason, message.text, weight, state.region)
    awake, news = wake(state, context)
    return (
        *_if_changed(state, awake),
        *news,
        ContentReported(message.topic_id, message.post_id, message.reason),
        Tell("topic", message.topic_id, report, answers=True),
    )


@member.on(*PRESENT)
def weigh_report(state: Member, message: WeighReport, context: Context) -> Decision:
    """Of a message, whose conversation knows what is disclosed; it has no event of its own."""
    if not context.told_by or message.report.reporter != context.id:
        return Reject("denied", "This report is another's.", 403)
    weight = weight_of_reports(state, context.now, context.settings(MemberSettings))
    weighed = message.report.but(weight=weight, region=state.region)
    return Tell("screening", message.evidence.topic, FileReport(weighed, message.evidence), answers=True)


def _if_changed(before: Member, after: Member) -> tuple[Member, ...]:
    """Most posts of a day change nothing of their author: nothing is written then."""
    return () if after is before else (after,)
