"""A member is gone: what they did here counts on, without them; their posts stay with no author, or go.

All former members of a topic count as one participant, so that no count or score has to be computed anew.
"""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from diramoja.core import Call, Command, Context, Decision, Personal, Put, RemindAfter, Remove, Tell, View, job
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, forgotten_rows, former
from diramoja.plugins.topic.contracts import TopicChanged
from diramoja.plugins.topic.draft_state import Draft, draft
from diramoja.plugins.topic.marks import ForgetReactions
from diramoja.plugins.topic.news import changed
from diramoja.plugins.topic.posts import withdrawn
from diramoja.plugins.topic.scores import quality, spread_of
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import ALL, Contribution, Opening, Participant, Post, Reaction, Topic, topic
from diramoja.ports.forgetting import Forgetting

__all__ = ["ErasePost", "FindReactions", "RemoveReactions", "find_reactions"]

REACTIONS_AT_ONCE = 400

GOING = ("follower", "supporter", "reaction", "mention", "pace")
"""Rows that say nothing without their member; what reactions counted stays counted."""


class ErasePost(Command):
    """A post of a member who is gone goes too. Told by the topic to itself: one after the other, as each is counted."""

    post_id: str
    member: Personal[str]


@topic.on("pending", *ALL)
def forget_member(state: Topic, message: ForgetMember, context: Context) -> Decision:
    """Told again it finds less, and changes nothing where nothing is left."""
    places = [each for each in message.rows if each[0] in topic.rows]
    rows = {each: context.row(topic.rows[each[0]], each[1]) for each in places}
    found = {each: row for each, row in rows.items() if row is not None}
    gone = [Remove(topic.rows[collection], key) for collection, key in found if collection in GOING]
    fewer = state.but(
        follower_count=state.follower_count - sum(collection == "follower" for collection, _ in found),
        supporters=state.supporters - sum(collection == "supporter" for collection, _ in found),
    )
    merged, effects = _merged(fewer, message.member, context)
    for place, row in found.items():
        if isinstance(row, Post):
            effects += _parted(merged, row, message, context)
        elif place[0] not in (*GOING, "participant", "contribution"):
            effects += forgotten_rows(topic, message.but(rows=(place,)), context)
    anonymous = former(merged, message.member)
    is_seen = state.phase != "pending"
    news = _reopened(anonymous, context) if merged.created_by == message.member and is_seen else []
    return anonymous, *gone, *effects, *news


def _parted(state: Topic, post: Post, message: ForgetMember, context: Context) -> list[Any]:
    """The post without its author; or told to go."""
    if post.author != message.member:
        return []
    if message.posts == "delete" and post.status != "deleted":
        return [Tell("topic", context.id, ErasePost(post.id, message.member))]
    kept = former(post, message.member)
    return [Put(kept), *([changed(state, kept, context)] if kept.is_published else [])]


def _reopened(state: Topic, context: Context) -> list[TopicChanged]:
    """The news that nobody is known to have opened it."""
    opening = context.row(Opening, "opening")
    return [
        TopicChanged(
            topic=context.id,
            title=state.title,
            description=opening.description if opening else "",
            category=state.category,
            tags=state.tags,
            author=FORMER,
            created_at=state.created_at,
            event_id=state.event_id,
        )
    ]


def _merged(state: Topic, member: str, context: Context) -> tuple[Topic, list[Any]]:
    """What the member counted for is counted for the former members."""
    effects: list[Any] = []
    if earlier := context.row(Contribution, member):
        known = context.row(Contribution, FORMER) or Contribution(FORMER, 0, 0)
        both = known.but(answered=known.answered + earlier.answered, sourced=known.sourced + earlier.sourced)
        effects += [Put(both), Remove(Contribution, member)]
    if (person := context.row(Participant, member)) is None:
        return state, effects
    all_former = context.row(Participant, FORMER) or Participant(FORMER)
    posts = all_former.posts + person.posts
    together = all_former.but(
        is_author=all_former.is_author or person.is_author, posts=posts, acted=max(all_former.acted, person.acted)
    )
    tally = replace(
        state.tally,
        authors=state.tally.authors + (posts > 0) - (all_former.posts > 0) - (person.posts > 0),
        spread=state.tally.spread + spread_of(posts) - spread_of(all_former.posts) - spread_of(person.posts),
    )
    score = quality(tally, context.settings(TopicSettings))
    return state.but(tally=tally, quality_score=score), [
        *effects, Put(together), Remove(Participant, member)
    ]  # fmt: skip


@topic.on("pending", *ALL)
def erase_post(state: Topic, message: ErasePost, context: Context) -> Decision:
    """As if its author had deleted it, whom nobody knows any more."""
    post = context.row(Post, message.post_id)
    if post is None or post.author != message.member or post.status == "deleted":
        return None
    nobodys = former(post, message.member)
    return withdrawn(state, nobodys, nobodys.but(status="deleted", body="", reason="", shared=None), context)


# --- reactions, when the topic is closed for long ---


class FindReactions(View):
    """Which reactions are there still."""

    topic: str


class RemoveReactions(Command):
    """Some of those that are there; told by the job that looked them up."""

    keys: Personal[tuple[str, ...]]
    more: bool


@topic.on("closed", "archived")
def forget_reactions(state: Topic, message: ForgetReactions, context: Context) -> Decision:
    return Call(find_reactions, FindReactions(context.id))


@topic.on("closed", "archived")
def remove_reactions(state: Topic, message: RemoveReactions, context: Context) -> Decision:
    """The posts keep the counts."""
    again = [RemindAfter(timedelta(0), ForgetReactions())] if message.more else []
    return *(Remove(Reaction, key) for key in message.keys), *again


@job(FindReactions, attempts=20, timeout_s=30, backoff_s=5, deadline_s=30 * 86_400)
async def find_reactions(payload: FindReactions, places: Forgetting) -> RemoveReactions:
    """The first of them."""
    keys = await places.rows_of(topic.name, payload.topic, Reaction.wire_name, REACTIONS_AT_ONCE + 1)
    return RemoveReactions(tuple(keys[:REACTIONS_AT_ONCE]), more=len(keys) > REACTIONS_AT_ONCE)


@draft.on("pending", "open")
def forget_drafter(state: Draft, message: ForgetMember, context: Context) -> Decision:
    """Its versions and amendments stay: others decided on them."""
    waiting = [each for each in message.rows if each[0] == "proposer"]
    others = message.but(rows=tuple(each for each in message.rows if each not in waiting))
    gone = [Remove(draft.rows[collection], key) for collection, key in waiting]
    return former(state, message.member), *gone, *forgotten_rows(draft, others, context)
