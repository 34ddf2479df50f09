"""Good histories pass, and every kind of bad one is found."""

import math
from typing import Any

import attrs
import pytest

from tests.histories.checker import History, Post, Seen, findings
from tests.histories.order import Operation, explain

CHANNEL = "topic:top_1"


def did(what: str, invoked: float, returned: float, status: int, **more: Any) -> Operation:
    """`who` and `kind`; what else is given are the counts that a read showed."""
    who, kind = more.pop("who", "ann"), more.pop("kind", "")
    return Operation(who, what, invoked, returned, kind, status, more)


WRITTEN = did("write", 0, 1, 201)


def history(*operations: Operation, seen: dict[str, list[Seen]] | None = None) -> History:
    post = Post("pst_1", CHANNEL, "ann", [WRITTEN, *operations])
    return History({"pst_1": post}, {"bob": [published("pst_1", 1)]} if seen is None else seen)


def published(post: str, seq: int, at: float = 1.5) -> Seen:
    return Seen(CHANNEL, seq, "topic.post.published", post, at)


def test_an_overlapping_read_may_show_either() -> None:
    react = did("react", 2, 4, 204, kind="agree")
    for shown in ({}, {"agree": 1}):
        assert not list(findings(history(react, did("read", 3, 5, 200, who="bob", **shown))))


def test_one_opinion_replaces_another_and_a_like_stands_beside() -> None:
    operations = [
        did("react", 2, 3, 204, kind="agree"),
        did("react", 4, 5, 204, kind="like"),
        did("react", 6, 7, 204, kind="disagree"),
        did("read", 8, 9, 200, disagree=1, like=1, agree=0),
        did("unreact", 10, 11, 204, kind="disagree"),
        did("read", 12, 13, 200, like=1),
    ]
    assert not list(findings(history(*operations)))


def test_what_was_not_answered_may_have_happened_or_not() -> None:
    lost = did("react", 2, math.inf, 0, kind="agree")
    assert not list(findings(history(lost, did("read", 5, 6, 200))))
    assert not list(findings(history(lost, did("read", 5, 6, 200, agree=1))))
    assert list(findings(history(lost, did("read", 5, 6, 200, agree=1), did("read", 7, 8, 200))))


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([did("react", 2, 3, 204, kind="agree"), did("read", 4, 5, 200)], id="a write is not shown"),
        pytest.param([did("read", 2, 3, 404)], id="a post is not there after its answer"),
        pytest.param([did("read", 2, 3, 200, agree=1)], id="a reaction that nobody gave"),
        pytest.param([did("react", 2, 3, 204, kind="agree"), did("read", 4, 5, 200, agree=2)], id="counted twice"),
        pytest.param(
            [
                did("react", 2, 9, 204, kind="agree"),
                did("read", 3, 4, 200, agree=1),
                did("read", 5, 6, 200, who="bob"),
            ],
            id="reads go back",
        ),
        pytest.param([did("delete", 2, 3, 204), did("read", 4, 5, 200)], id="shown after it was deleted"),
        pytest.param([did("write", 2, 3, 201)], id="written twice"),
    ],
)
def test_what_no_order_explains_is_found(operations: list[Operation]) -> None:
    assert any("no order explains" in each for each in findings(history(*operations)))


def test_gaps_repeats_and_differences_of_a_channel_are_found() -> None:
    good = [published("pst_1", 1)]
    cases = {
        "after 1": [*good, Seen(CHANNEL, 3, "topic.closed", "", 2)],
        "saw topic:top_1 1 after 1": [*good, Seen(CHANNEL, 1, "topic.closed", "", 2)],
        "published twice": [*good, published("pst_1", 2)],
        "before it was sent": [attrs.evolve(good[0], at=-1.0)],
        "never saw post": [],
    }
    for words, events in cases.items():
        assert any(words in each for each in findings(history(seen={"bob": events}))), words
    other = [Seen(CHANNEL, 1, "topic.closed", "", 1.5), published("pst_1", 2)]
    assert any("another" in each for each in findings(history(seen={"bob": good, "cid": other})))


def test_posts_in_another_order_than_their_answers_are_found() -> None:
    second = Post("pst_2", CHANNEL, "bob", [did("write", 2, 3, 201, who="bob")])
    first = Post("pst_1", CHANNEL, "ann", [WRITTEN])
    posts = {"pst_1": first, "pst_2": second}
    right = [published("pst_1", 1), published("pst_2", 2, at=4)]
    assert not list(findings(History(posts, {"cid": right})))
    wrong = [published("pst_2", 1, at=4), published("pst_1", 2, at=4)]
    assert any("which was answered before" in each for each in findings(History(posts, {"cid": wrong})))


def test_an_order_is_given() -> None:
    operations = [did("react", 0, 3, 204, kind="agree"), did("read", 1, 2, 200)]
    step = lambda state, each: (*state, each.what)  # noqa: E731
    assert explain(operations, (), step) is not None
