"""Posts: taken in, screened, shown, withdrawn, reported."""

from datetime import timedelta
from typing import Any

from diramoja.core import Cancel, Context, Decision, Put, Reject, Remove, Reply, Tell
from diramoja.plugins.moderator.contracts import Evidence, FileReport, Report
from diramoja.plugins.topic.contracts import (
    DeletePost,
    MarkFlagged,
    ModeratePost,
    PostPublished,
    PostStatus,
    ReportPost,
    TakePost,
    TakeVerdict,
)
from diramoja.plugins.topic.counting import acted, is_mature, recounted
from diramoja.plugins.topic.edits import after_edit, edit_verdict
from diramoja.plugins.topic.marks import CloseQuietTopic, armed
from diramoja.plugins.topic.news import changed, mentioning, missing, received_as, replied, screening_of
from diramoja.plugins.topic.review import alarmed
from diramoja.plugins.topic.scores import is_sourced
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import (
    ALL,
    LIVING,
    OPEN,
    Follower,
    Pace,
    Participant,
    Post,
    Revision,
    Topic,
    post_view,
    topic,
)
from diramoja.plugins.topic.wording import wording_decided, wording_judged

__all__ = ["taken_in", "withdrawn"]


@topic.on(*OPEN)
def take_post(state: Topic, message: TakePost, context: Context) -> Decision:
    known = context.row(Post, message.post_id)
    if known:
        is_own = known.author == message.author
        return Reply(post_view(context.id, known), status=201) if is_own else missing(message.post_id)
    if message.reply_to is not None:
        parent = context.row(Post, message.reply_to)
        if parent is None or not parent.is_published:
            return missing(message.reply_to)
    post = Post(
        id=message.post_id,
        author=message.author,
        body=message.body,
        status="pending",
        number=state.taken + 1,
        created_at=context.now,
        reply_to=message.reply_to,
        is_sourced=is_sourced(message.body, context.settings(TopicSettings)),
        is_mature=is_mature(message.member_since, context),
    )
    return taken_in(state, post, context)


def taken_in(state: Topic, post: Post, context: Context) -> tuple[Any, ...] | Reject:
    """The post waits for its screening; where nobody screens it is shown at once."""
    waiting = _waiting(state, post.author, context)
    if isinstance(waiting, Reject):
        return waiting
    taken = state.but(taken=post.number)
    screening = screening_of(post, post.body, context)
    if screening:
        return taken, Put(post), *waiting, *screening, Reply(post_view(context.id, post), status=201)
    received = received_as(post, post.body, context)
    view = post_view(context.id, post.but(status="published"))
    return received, *waiting, *_shown(taken, post, context), Reply(view, status=201)


def _waiting(state: Topic, author: str, context: Context) -> tuple[Put, ...] | Reject:
    """While moderation is raised, each author waits between two posts."""
    settings = context.settings(TopicSettings)
    minutes = {
        "open": 0,
        "moderated": settings.moderated_wait_minutes,
        "restricted": settings.restricted_wait_minutes,
    }[state.moderation_level]
    if not minutes:
        return ()
    pace = context.row(Pace, author)
    if pace and context.now - pace.at < timedelta(minutes=minutes):
        detail = f"Moderation of this topic is raised: between two posts of a member are {minutes} minutes."
        return Reject("topic_slowed", detail, 429)
    return (Put(Pace(author, context.now)),)


@topic.on(*LIVING)
def take_verdict(state: Topic, message: TakeVerdict, context: Context) -> Decision:
    if message.post_id == context.id:
        return wording_judged(state, message, context)
    post = context.row(Post, message.post_id)
    if post is None:
        return None
    if post.edit_status == "pending":
        return edit_verdict(state, post, message, context)
    if post.status != "pending":
        return None
    if message.outcome == "cleared":
        return _shown(state, post, context)
    return Put(post.but(status=message.outcome, reason=message.reason)), *alarmed(state, post.author, context)


@topic.on(*LIVING)
def moderate_post(state: Topic, message: ModeratePost, context: Context) -> Decision:
    if message.post_id == context.id:
        return wording_decided(state, message, context)
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted":
        return missing(message.post_id)
    if message.action == "publish":
        if not post.is_published:
            return _shown(state, post, context)
        return after_edit(state, post, context) if post.edit_status in ("held", "hidden") else None
    status: PostStatus = "hidden" if message.action == "hide" else "removed"
    return withdrawn(state, post, post.but(status=status, reason=message.reason), context)


@topic.on("archived")
def moderate_archived(state: Topic, message: ModeratePost, context: Context) -> Decision:
    return moderate_post(state, message, context)


@topic.on(*ALL)
def delete_post(state: Topic, message: DeletePost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted":
        return missing(message.post_id)
    if post.author != context.sender:
        if not post.is_published:  # Others do not learn that it is there.
            return missing(message.post_id)
        return Reject("not_author", "Only its author deletes a post.", 403)
    gone = post.but(status="deleted", body="", reason="", shared=None)
    return withdrawn(state, post, gone, context)


@topic.on(*ALL)
def report_post(state: Topic, message: ReportPost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or not post.is_published:
        return missing(message.post_id)
    if not context.has("moderator"):
        return Reject("moderation_missing", "Nobody moderates here.", 404)
    report = Report(
        id=message.report_id,
        reporter=context.sender,
        reason=message.reason,
        text=message.text,
        weight=message.weight,
        region=message.region,
        takes_part=bool(context.row(Participant, context.sender) or context.row(Follower, context.sender)),
    )
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    evidence = Evidence(context.id, post.id, post.author, post.body, parent.author if parent else "")
    return Tell("screening", context.id, FileReport(report, evidence), answers=True)


@topic.on(*ALL)
def mark_flagged(state: Topic, message: MarkFlagged, context: Context) -> Decision:
    """It stays, with a reason by it; feeds, trends and recommendations pass it over, and its source counts for none."""
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted":
        return None
    long = len(post.body) >= context.settings(TopicSettings).source_min_chars
    counted, effects = recounted(state, context, post, post.but(flag_reason=message.reason, is_sourced=long))
    return counted, *effects


# --- parts of decisions ---


def _shown(state: Topic, post: Post, context: Context) -> tuple[Any, ...]:
    """The post becomes visible: counts, and the news of it."""
    shown = post.but(status="published", shown=True, reason="")
    counted, effects = recounted(state, context, post, shown)
    if post.shown:
        return counted, *effects, changed(state, shown, context)
    if post.is_mature and not post.flag_reason:
        counted, effects = _moving(counted, effects, post.author, context)
    woken, reminders = _woken(counted.but(last_post_at=context.now), post, context)
    news = PostPublished(
        topic=context.id,
        post=post.id,
        author=post.author,
        body=post.body,
        reply_to=post.reply_to,
        created_at=post.created_at,
        title=state.title,
        category=state.category,
        thirds=shown.thirds,
    )
    return woken, *effects, *reminders, news, *replied(state, post, context), *mentioning(post)


def _moving(state: Topic, effects: tuple[Any, ...], author: str, context: Context) -> tuple[Topic, tuple[Any, ...]]:
    """The author's own row among the effects, with this act."""
    at, person = next(
        (at, effect.row)
        for at, effect in enumerate(effects)
        if isinstance(effect, Put) and isinstance(effect.row, Participant) and effect.row.member == author
    )
    moved, person = acted(state, person, context)
    return moved, (*effects[:at], Put(person), *effects[at + 1 :])


def _woken(state: Topic, post: Post, context: Context) -> tuple[Topic, tuple[Any, ...]]:
    """The phase after a post: the first one of another than the creator makes a topic active, any one wakes it."""
    phase = state.resumes if state.phase == "flagged" else state.phase
    awake = "active" if phase == "cooling_down" or (phase == "new" and post.author != state.created_by) else phase
    if awake != phase:
        state = state.but(resumes=awake) if state.phase == "flagged" else state.but(phase=awake)
    marked, reminders = armed(state, context)
    return marked, (*reminders, *((Cancel(CloseQuietTopic.wire_name),) if phase == "cooling_down" else ()))


def withdrawn(state: Topic, post: Post, gone: Post, context: Context) -> Decision:
    """Others see the post no more; news only if they could. An edit goes with it, once its screening ended."""
    awaited = post.edit_status if post.edit_status == "pending" else None
    gone = gone.but(edit_body="", edit_status=awaited, edit_reason="")
    old = range(1, post.revision) if gone.status == "deleted" else ()
    removes = [Remove(Revision, f"{post.id}:{number}") for number in old]
    counted, effects = recounted(state, context, post, gone)
    news = (changed(state, gone, context),) if post.is_published else ()
    return counted, *effects, *removes, *news
