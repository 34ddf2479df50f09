"""What the people of a run saw, and what of it cannot be: pure functions over a history."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import attrs

from tests.histories.order import Operation, explain

__all__ = ["History", "Post", "Seen", "findings", "post_step"]

OPINIONS = frozenset({"agree", "disagree", "pass"})
OK, CREATED, NO_CONTENT = 200, 201, 204
REFUSED = frozenset({404, 409})


@attrs.frozen
class Seen:
    """A live event as it came to a watcher."""

    channel: str
    seq: int
    name: str
    post: str
    at: float


@attrs.define
class Post:
    """A post with all that was done to it, its writing included; `topic` is its channel."""

    id: str
    topic: str
    author: str
    operations: list[Operation] = attrs.field(factory=list)

    @property
    def written(self) -> Operation:
        """Its writing."""
        return next(each for each in self.operations if each.what == "write")


@attrs.define
class History:
    """All posts, and what each watcher saw in the order in which it came."""

    posts: dict[str, Post] = attrs.field(factory=dict)
    seen: dict[str, list[Seen]] = attrs.field(factory=dict)


type State = tuple[str, frozenset[tuple[str, str]]]
"""absent, there or deleted; and who reacted how."""


def post_step(state: State, did: Operation) -> State | None:
    """A post as its topic keeps it: one opinion a person, a like beside it; reads show the counts of that moment."""
    phase, reactions = state
    status = did.status if did.answered else CREATED if did.what == "write" else NO_CONTENT
    if did.what == "write":
        return ("there", reactions) if (phase, status) == ("absent", CREATED) else None
    if status in REFUSED:
        return state if phase != "there" else None
    return _on_a_post(reactions, did) if phase == "there" and status in {OK, NO_CONTENT} else None


def _on_a_post(reactions: frozenset[tuple[str, str]], did: Operation) -> State | None:
    match did.what:
        case "delete":
            return "deleted", frozenset()
        case "react":
            replaced = OPINIONS if did.kind in OPINIONS else {did.kind}
            kept = {each for each in reactions if each[0] != did.who or each[1] not in replaced}
            return "there", frozenset(kept | {(did.who, did.kind)})
        case "unreact":
            return "there", reactions - {(did.who, did.kind)}
        case _:
            counts = Counter(kind for _, kind in reactions)
            return ("there", reactions) if did.shown is None or Counter(did.shown) == counts else None


def findings(history: History) -> Iterator[str]:
    """All that no order explains."""
    absent: State = "absent", frozenset()
    for post in history.posts.values():
        if explain(post.operations, absent, post_step) is None:
            yield f"no order explains post {post.id}: {_told(post.operations)}"
    yield from _channels(history.seen)
    yield from _published(history)


def _told(operations: Sequence[Operation]) -> str:
    first = min(each.invoked for each in operations)
    return "; ".join(
        f"{each.what} {each.kind} by {each.who} {each.invoked - first:.3f}-{each.returned - first:.3f}: {each.status}"
        f" {each.shown or ''}"
        for each in sorted(operations, key=lambda each: each.invoked)
    )


def _channels(seen: Mapping[str, Sequence[Seen]]) -> Iterator[str]:
    """Every watcher sees a channel from 1 on without a gap, once, and all see the same."""
    known: dict[tuple[str, int], tuple[str, str]] = {}
    for watcher, events in seen.items():
        last: dict[str, int] = defaultdict(int)
        for each in events:
            if each.seq != last[each.channel] + 1:
                yield f"{watcher} saw {each.channel} {each.seq} after {last[each.channel]}"
            last[each.channel] = each.seq
            if known.setdefault((each.channel, each.seq), (each.name, each.post)) != (each.name, each.post):
                yield f"{watcher} saw another {each.channel} {each.seq} than others: {each.name} {each.post}"


def _published(history: History) -> Iterator[str]:
    """Every post that was answered is published once, after it was sent, and in the order of the answers."""
    for watcher, events in history.seen.items():
        places: dict[str, Seen] = {}
        for each in events:
            if each.name == "topic.post.published":
                if each.post in places:
                    yield f"{watcher} saw post {each.post} published twice"
                places[each.post] = each
        for post in history.posts.values():
            found = places.get(post.id)
            if found is None and post.written.answered:
                yield f"{watcher} never saw post {post.id}"
            elif found is not None and found.at < post.written.invoked:
                yield f"{watcher} saw post {post.id} before it was sent"
        yield from _in_order(watcher, history.posts, places)


def _in_order(watcher: str, posts: Mapping[str, Post], places: Mapping[str, Seen]) -> Iterator[str]:
    latest: dict[str, tuple[float, str]] = defaultdict(lambda: (-math.inf, ""))
    for each in sorted(places.values(), key=lambda seen: (seen.channel, seen.seq)):
        post = posts.get(each.post)
        if post is None:
            continue
        sent, before = latest[each.channel]
        if post.written.returned < sent:
            yield f"{watcher} saw post {before} before {post.id}, which was answered before the other was sent"
        latest[each.channel] = max(latest[each.channel], (post.written.invoked, post.id))
