"""The audit finds each kind of fault: a small platform that is as its members wrote it down, one thing made wrong."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from diramoja.adapters.postgres.migrations import migrate
from tests.chaos import community
from tests.chaos.asking import Done
from tests.chaos.audit import FAULTS, audit
from tests.chaos.sample import (
    AGAIN,
    EVENTS_DONE,
    EVENTS_WRONG,
    VOTES_DONE,
    VOTES_WRONG,
    Platform,
    build_events,
    build_votes,
)
from tests.support.postgres_server import fresh_database, shared_postgres

DONE = [
    Done("a", "join", 201, about="amina", made="a"),
    Done("b", "join", 201, about="baraka", made="b"),
    Done("a", "open", 201, text="Clinics", made="t"),
    Done("a", "write", 201, about="t", text="Here.", made="p1"),
    Done("b", "reply", 201, about="t", text="There.", made="p2"),
    Done("b", "react", 204, about="p1", text="like"),
    Done("b", "report", 201, about="p1", made="r"),
    Done("b", "follow", 204, about="t"),
    Done("b", "prefer", 200, text="UTC"),
    Done("a", "say", 201, about="c", text="Well?", made="m1"),
    *EVENTS_DONE,
    *VOTES_DONE,
]


async def build(at: Platform) -> None:
    """As DONE says."""
    for id, name, posts, comments in (("a", "amina", 1, 0), ("b", "baraka", 0, 1)):
        await at.put("member", id=id, username=name, posts=posts, comments=comments)
        await at.put("account", member=id, username=name)
    await at.put("topic", id="t", title="Clinics", post_count=2, participation_count=2, follower_count=1)
    await at.put("member_topic", id="t")
    await at.put("topic_follower", topic="t", member="b")
    await at.event("topic", "t", "topic.created", topic="t", title="Clinics")
    for number, id, author, body, parent in ((1, "p1", "a", "Here.", None), (2, "p2", "b", "There.", "p1")):
        more = {"reply_count": 1, "likes": 1} if parent is None else {}
        await at.put(
            "post",
            id=id,
            topic="t",
            number=number,
            author=author,
            body=body,
            status="published",
            reply_to=parent,
            **more,
        )
        await at.own("topic", "t", "post", id=id)
        await at.event("topic", "t", "topic.post.published", topic="t", post=id, author=author, reply_to=parent or "")
    await at.own("topic", "t", "reaction", id="p1:like:b", kind="like")
    await at.put("moderation_case", id="k", post="p1", report_count=1)
    await at.put("moderation_case_report", case="k", reporter="b")
    await at.put("notice", member="b", id="n1", seq=1, kind="topic.suggested", subject_id="t")
    await at.put("notice", member="a", id="n2", seq=1, kind="post.replied", subject_id="p2")
    await at.own("inbox", "b", "notice", id="n1")
    await at.own("inbox", "a", "notice", id="n2")
    await at.put("notice_preferences", member="b", time_zone="UTC")
    await at.put("conversation", id="c", last_number=1)
    await at.put("conversation_message", id="m1", conversation="c", number=1, sender="a")
    await at.own("conversation", "c", "message", id="m1")
    await at.event("conversation", "c", "conversation.message.sent", message="m1")


WRONG = {
    "DELETE FROM member WHERE id = 'b'": "account missing or twice",
    AGAIN.format("topic.created"): "topic missing or twice",
    "DELETE FROM post WHERE id = 'p2'": "post missing or twice",
    "UPDATE post SET body = 'Here.' WHERE id = 'p2'": "post missing or twice",
    "UPDATE post SET id = 'p3' WHERE id = 'p2'": "post that nobody wrote",
    "UPDATE post SET status = 'pending' WHERE id = 'p2'": "post not screened",
    AGAIN.format("topic.post.published"): "post published otherwise than once",
    "UPDATE post SET number = 3 WHERE id = 'p2'": "gap among posts or messages",
    "UPDATE topic SET post_count = 3": "count unlike its rows",
    "UPDATE topic SET participation_count = 1": "count unlike its rows",
    "UPDATE member SET posts = 2 WHERE id = 'a'": "count unlike its rows",
    "UPDATE post SET reply_count = 2 WHERE id = 'p1'": "count unlike its rows",
    "UPDATE post SET share_count = 1 WHERE id = 'p1'": "count unlike its rows",
    "UPDATE post SET likes = 2 WHERE id = 'p1'": "reaction lost or doubled",
    "DELETE FROM own_row WHERE collection = 'reaction'": "reaction lost or doubled",
    "DELETE FROM moderation_case_report": "report lost or doubled",
    "DELETE FROM notice WHERE id = 'n2'": "notice missing",
    "INSERT INTO notice SELECT member, 'n3', 2, kind, notice_class, subject_type, subject_id, text, values, channels,"
    " held, about, created_at FROM notice WHERE id = 'n2'": "notice twice",
    "DELETE FROM conversation_message": "message missing or twice",
    AGAIN.format("conversation.message.sent"): "message missing or twice",
    "INSERT INTO member_wall VALUES ('a', 'b', true, now())": "wall unlike what was asked",
    "UPDATE notice_preferences SET time_zone = 'Europe/Rome'": "choice unlike what was asked",
    "DELETE FROM topic_follower": "choice unlike what was asked",
    "UPDATE event_log SET channel_seq = 2 WHERE name = 'topic.created'": "live numbers with a gap",
    "DELETE FROM own_row WHERE collection = 'message'": "row without its own row",
    "DELETE FROM member_topic": "view without its rows",
    **EVENTS_WRONG,
    **VOTES_WRONG,
}


async def found_by(wrong: dict[str, str]) -> dict[str, set[str]]:
    """Statement → faults that the audit finds after it; "" for none."""
    settings = await fresh_database(shared_postgres())
    await migrate(settings, community.migrations())
    database = await asyncpg.connect(settings.url)
    found: dict[str, set[str]] = {}
    try:
        platform = Platform(database)
        for make in (build, build_events, build_votes):
            await make(platform)
        for statement in ("", *wrong):
            faults: Counter[str] = Counter()
            change = database.transaction()
            await change.start()
            if statement:
                await database.execute(statement.replace(" values,", ' "values",'))
            await audit(database, DONE, lambda fault, _what, faults=faults: faults.update([fault]))  # type: ignore[misc]
            await change.rollback()
            found[statement] = set(faults)
    finally:
        await database.close()
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    return asyncio.run(found_by(WRONG))


def test_nothing_is_found_where_all_is_right(found: dict[str, set[str]]) -> None:
    assert found[""] == set()


@pytest.mark.parametrize("statement", WRONG)
def test_each_fault_is_found(found: dict[str, set[str]], statement: str) -> None:
    assert WRONG[statement] in found[statement]


def test_there_is_a_wrong_for_each_fault_of_the_audit() -> None:
    assert set(WRONG.values()) == set(FAULTS)
