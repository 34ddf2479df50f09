"""What changes with a post: counts of its topic, its author and the post it answers; none by looking through posts."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from diramoja.core import Context, Put, Tell
from diramoja.plugins.member.contracts import RatePost
from diramoja.plugins.topic.scores import Tally, quality, spread_of
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Contribution, Participant, Post, Topic, quarter_of

__all__ = ["acted", "is_mature", "recounted"]


def is_mature(member_since: datetime | None, context: Context) -> bool:
    """Whether an account of this age moves a trend; one whose age is not said does not, unless all do."""
    days = context.settings(TopicSettings).trending_account_days
    return days == 0 or (member_since is not None and context.now - member_since >= timedelta(days=days))


def acted(state: Topic, person: Participant, context: Context) -> tuple[Topic, Participant]:
    """After this member did something that moves the trend."""
    now = quarter_of(context.now)
    if person.acted >= now:
        return state, person
    return state.but(pulse=state.pulse.with_act(now, person.acted)), person.but(acted=now)


def recounted(state: Topic, context: Context, before: Post | None, after: Post) -> tuple[Topic, tuple[Put | Tell, ...]]:
    """The topic after a post became another, with the rows that change with it and what its authors are told (F2)."""
    step = after.is_published - (before is not None and before.is_published)
    tally = _moved(state.tally, before, after)
    effects: list[Put | Tell] = [Put(after)]
    if before is not None and before.shown and before.thirds != after.thirds:
        effects.append(Tell("member", after.author, RatePost(after.id, after.thirds)))
    if step:
        state, tally, person = _author(state, tally, after, context, step=step)
        effects.append(Put(person))
        parent = context.row(Post, after.reply_to) if after.reply_to else None
        if parent:
            tally, more = _parent(tally, parent, after, context, step=step)
            effects += more
    effects += _contributed(context, before, after)
    pinned = state.pinned if after.is_published else tuple(pin for pin in state.pinned if pin != after.id)
    settings = context.settings(TopicSettings)
    counted = state.but(
        post_count=state.post_count + step, tally=tally, quality_score=quality(tally, settings), pinned=pinned
    )
    return counted, tuple(effects)


def _author(state: Topic, tally: Tally, post: Post, context: Context, *, step: int) -> tuple[Topic, Tally, Participant]:
    person = context.row(Participant, post.author) or Participant(post.author)
    posts = person.posts + step
    spread = tally.spread + spread_of(posts) - spread_of(person.posts)
    tally = replace(tally, authors=tally.authors + (posts > 0) - (person.posts > 0), spread=spread)
    counted = person.but(is_author=True, posts=posts)
    return state.but(participation_count=state.participation_count + (not person.is_author)), tally, counted


def _parent(tally: Tally, parent: Post, reply: Post, context: Context, *, step: int) -> tuple[Tally, list[Put | Tell]]:
    by_other = parent.author != reply.author
    after = parent.but(reply_count=parent.reply_count + step, answers=parent.answers + step * by_other)
    effects: list[Put | Tell] = [Put(after)]
    if after.thirds != parent.thirds:
        effects.append(Tell("member", parent.author, RatePost(parent.id, after.thirds)))
    return _moved(tally, parent, after), [*effects, *_contributed(context, parent, after)]


def _contributed(context: Context, before: Post | None, after: Post) -> list[Put]:
    """What this post adds to what its author contributed, or takes away; most posts do neither."""
    was, now = (_worth(before) if before is not None else (0, 0)), _worth(after)
    if was == now:
        return []
    known = context.row(Contribution, after.author) or Contribution(after.author, 0, 0)
    answered, sourced = known.answered + now[0] - was[0], known.sourced + now[1] - was[1]
    return [Put(Contribution(after.author, answered, sourced))]


def _worth(post: Post) -> tuple[int, int]:
    return (int(post.answers > 0), int(post.is_sourced)) if post.is_published else (0, 0)


def _moved(tally: Tally, before: Post | None, after: Post) -> Tally:
    """The tally without the post as it was, and with it as it is."""
    without = _with(tally, before, -1) if before is not None else tally
    return _with(without, after, 1)


def _with(tally: Tally, post: Post, times: int) -> Tally:
    if post.status == "removed":
        return replace(tally, removed=tally.removed + times)
    if not post.is_published:
        return tally
    is_root = post.reply_to is None
    return replace(
        tally,
        posts=tally.posts + times,
        roots=tally.roots + times * is_root,
        answered=tally.answered + times * (is_root and post.answers > 0),
        sourced=tally.sourced + times * post.is_sourced,
    )
