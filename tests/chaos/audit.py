"""What must be true of members' doings. No code of the core or a plugin: plain SQL, and what the members wrote down.

What somebody asked for more than once and was refused in the end may have happened: nothing is expected of it. Events
and votes are looked at in modules beside this one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from tests.chaos.asking import Done
from tests.chaos.audit_events import EVENT_FAULTS, audit_events
from tests.chaos.audit_votes import VOTE_FAULTS, audit_votes
from tests.chaos.evidence import CREATED, OK, Add, happened, is_open, last_held, news_of, own_rows
from tests.chaos.queries import QUERIES

__all__ = ["FAULTS", "audit"]

WRITTEN = ("write", "reply", "share")
AXES = {"agree": "stance", "disagree": "stance", "pass": "stance", "like": "like"}
FAULTS = (
    "account missing or twice",
    "topic missing or twice",
    "post missing or twice",
    "post that nobody wrote",
    "post not screened",
    "post published otherwise than once",
    "gap among posts or messages",
    "count unlike its rows",
    "reaction lost or doubled",
    "report lost or doubled",
    "notice missing",
    "notice twice",
    "message missing or twice",
    "wall unlike what was asked",
    "choice unlike what was asked",
    "live numbers with a gap",
    "row without its own row",
    "view without its rows",
    *EVENT_FAULTS,
    *VOTE_FAULTS,
)


async def audit(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> dict[str, int]:
    """Say what is wrong; returns how much was looked at."""
    for check in CHECKS:
        await check(database, done, add)
    for fault, sql in QUERIES:
        for row in await database.fetch(sql):
            add(fault, tuple(row.values()))
    counted = Counter(f"{each.what} ({each.status})" for each in done)
    rows = {f"rows of {name}": await database.fetchval(f"SELECT count(*) FROM {name}") for name in TABLES}
    return {name: counted[name] for name in sorted(counted)} | rows


async def _accounts(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Who joined is there, and heard of each topic that was opened then."""
    joined = {each.about: each.made for each in done if each.what == "join"}
    for table in ("member", "account"):
        rows = [tuple(row) for row in await database.fetch(f"SELECT username, {_id(table)} FROM {table}")]
        if sorted(rows) != sorted(joined.items()):
            add("account missing or twice", (table, rows))
    opened = sorted((each.made, each.text) for each in done if each.what == "open")
    topics = sorted(tuple(row) for row in await database.fetch("SELECT id, title FROM topic"))
    created = sorted((each["topic"], each["title"]) for each in await news_of(database, "topic.created"))
    if not opened == topics == created:
        add("topic missing or twice", (opened, topics, created))


def _id(table: str) -> str:
    return "id" if table == "member" else "member"


async def _posts(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """What was acknowledged is there once, of its author, with the last text that was taken."""
    rows = {row["id"]: row for row in await database.fetch("SELECT id, author, body, status FROM post")}
    wrote = {each.made: each for each in done if each.what in WRITTEN and each.status == CREATED}
    gone = {each.about for each in done if each.what == "delete" and happened(each)}
    unsure_gone = {each.about for each in done if each.what == "delete" and is_open(each)}
    edits: dict[str, list[Done]] = defaultdict(list)
    for each in done:
        if each.what == "edit":
            edits[each.about].append(each)
    for id, each in wrote.items():
        row = rows.get(id)
        if row is None or row["author"] != each.who:
            add("post missing or twice", (each, row and tuple(row)))
        elif row["status"] == "deleted":
            if id not in gone | unsure_gone:
                add("post missing or twice", ("deleted by nobody", tuple(row)))
        elif id in gone or row["body"] not in _texts(each, edits[id]):
            add("post missing or twice", (each, tuple(row), edits[id]))
    _unwritten(rows, wrote, done, add)


def _texts(wrote: Done, edits: Sequence[Done]) -> set[str]:
    """Those that a post may show in the end: its last one, and any that may have been taken."""
    taken = [each.text for each in edits if happened(each)]
    return {taken[-1] if taken else wrote.text, *(each.text for each in edits if is_open(each))}


def _unwritten(rows: Mapping[str, asyncpg.Record], wrote: Mapping[str, Done], done: Sequence[Done], add: Add) -> None:
    """Posts that nobody wrote, that are there twice, or that nobody screened."""
    for text, count in Counter(row["body"] for row in rows.values() if row["body"]).items():
        if count > 1:
            add("post missing or twice", (text, count))
    unsure = {each.text for each in done if each.what in WRITTEN and is_open(each)}
    for id, row in rows.items():
        if id not in wrote and row["body"] not in unsure:
            add("post that nobody wrote", tuple(row))
        if row["status"] not in ("published", "deleted"):
            add("post not screened", tuple(row))


async def _published(database: asyncpg.Connection, _done: Sequence[Done], add: Add) -> None:
    """Each post is news once, and counts once for its author and the topic's authors."""
    news = await news_of(database, "topic.post.published")
    times = Counter(each["post"] for each in news)
    for row in await database.fetch("SELECT id, status FROM post"):
        most = 1 if row["status"] == "published" else min(1, times[row["id"]])
        if times[row["id"]] != most:
            add("post published otherwise than once", (row["id"], row["status"], times[row["id"]]))
    own, replies = Counter[str](), Counter[str]()
    for each in news:
        (replies if each.get("reply_to") else own)[each["author"]] += 1
    for row in await database.fetch("SELECT id, posts, comments FROM member"):
        if (row["posts"], row["comments"]) != (own[row["id"]], replies[row["id"]]):
            add("count unlike its rows", (tuple(row), own[row["id"]], replies[row["id"]]))
    authors = Counter(topic for topic, _ in {(each["topic"], each["author"]) for each in news})
    for row in await database.fetch("SELECT id, participation_count FROM topic"):
        if row["participation_count"] != authors[row["id"]]:
            add("count unlike its rows", (tuple(row), authors[row["id"]]))
    shared = Counter(each["post"] for each in await news_of(database, "topic.post.shared"))
    for row in await database.fetch("SELECT id, share_count FROM post"):
        if row["share_count"] != shared[row["id"]]:
            add("count unlike its rows", (tuple(row), shared[row["id"]]))


async def _numbers(database: asyncpg.Connection, _done: Sequence[Done], add: Add) -> None:
    """Posts of a topic, messages of a conversation and notices of an inbox are numbered from 1."""
    for table, of, number in (
        ("post", "topic", "number"),
        ("conversation_message", "conversation", "number"),
        ("notice", "member", "seq"),
    ):
        found: dict[str, list[int]] = defaultdict(list)
        for row in await database.fetch(f"SELECT {of} AS place, {number} AS number FROM {table}"):
            found[row["place"]].append(row["number"])
        for place, numbers in found.items():
            if sorted(numbers) != list(range(1, len(numbers) + 1)):
                add("gap among posts or messages", (table, place, sorted(numbers)[-20:]))


async def _counts(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Shares by what was acknowledged; all posts that were shared are there still, or are deleted."""
    shared = Counter(each.about for each in done if each.what == "share" and each.status == CREATED)
    unsure = {each.about for each in done if each.what == "share" and is_open(each)}
    for row in await database.fetch("SELECT id, share_count FROM post"):
        if row["id"] not in unsure and row["share_count"] != shared[row["id"]]:
            add("count unlike its rows", ("shares", tuple(row), shared[row["id"]]))


async def _reactions(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """The counts of a post are those of its rows, and of a post that nobody edited what its readers asked for."""
    own = await own_rows(database, "topic", "reaction")
    rows: Counter[tuple[str, int, str]] = Counter()
    for _, each in own:
        rows[each["id"].split(":")[0], each.get("revision", 1), each["kind"]] += 1
    asked, unsure = _asked(done)
    kinds = {"agree": "agree", "disagree": "disagree", "passes": "pass", "likes": "like"}
    for row in await database.fetch("SELECT id, revision, agree, disagree, passes, likes FROM post"):
        for column, kind in kinds.items():
            if row[column] != rows[row["id"], row["revision"], kind]:
                add("reaction lost or doubled", (tuple(row), kind, rows[row["id"], row["revision"], kind]))
            if row["id"] not in unsure and row[column] != asked[row["id"], kind]:
                add("reaction lost or doubled", (tuple(row), kind, "asked for", asked[row["id"], kind]))


def _asked(done: Iterable[Done]) -> tuple[Counter[tuple[str, str]], set[str]]:
    """How many ended with which reaction to a post; and the posts of which that cannot be said."""
    held: dict[tuple[str, str, str], str] = {}
    unsure = {each.about for each in done if each.what == "edit" and (happened(each) or each.again)}
    for each in done:
        if each.what not in ("react", "unreact"):
            continue
        key = each.about, each.who, AXES[each.text]
        if not happened(each):
            unsure |= {each.about} if each.again else set()
        elif each.what == "react":
            held[key] = each.text
        elif held.get(key) == each.text:
            del held[key]
    return Counter((post, kind) for (post, _, _), kind in held.items()), unsure


async def _reports(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """A report is filed once, in the case about its post."""
    reported = {(each.about, each.who) for each in done if each.what == "report" and each.status in (OK, CREATED)}
    unsure = {(each.about, each.who) for each in done if each.what == "report" and is_open(each)}
    sql = 'SELECT c.post, r.reporter FROM moderation_case c JOIN moderation_case_report r ON r."case" = c.id'
    filed = Counter(tuple(row) for row in await database.fetch(sql))
    for pair in reported | set(filed):
        if filed[pair] != 1 or (pair not in reported and pair not in unsure):
            add("report lost or doubled", (pair, filed[pair]))
    new = Counter((each.about, each.who) for each in done if each.what == "report" and each.status == CREATED)
    for pair, times in new.items():
        if times > 1:
            add("report lost or doubled", (pair, "taken for new", times))


async def _notices(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Of each reply and each new topic everybody concerned hears once, unless a wall ever stood between the two."""
    sql = "SELECT member, kind, subject_id FROM notice WHERE kind IN ('post.replied', 'topic.suggested')"
    told = {tuple(row) for row in await database.fetch(sql)}
    walls = {frozenset((each.who, each.about)) for each in done if each.what == "block"}
    replies = await database.fetch(
        "SELECT p.author AS member, r.author AS by, r.id FROM post p JOIN post r ON r.reply_to = p.id"
        " WHERE r.status = 'published' AND p.author <> r.author"
    )
    wanted = [(row["member"], "post.replied", row["id"], row["by"]) for row in replies]
    members = [each.made for each in done if each.what == "join"]
    for topic in [each for each in done if each.what == "open"]:
        wanted += [(member, "topic.suggested", topic.made, topic.who) for member in members if member != topic.who]
    for member, kind, id, by in wanted:
        if (member, kind, id) not in told and frozenset((member, by)) not in walls:
            add("notice missing", (member, kind, id))
    kept = Counter(agent for agent, _ in await own_rows(database, "inbox", "notice"))
    shown = Counter(row["member"] for row in await database.fetch("SELECT member FROM notice"))
    if kept != shown:
        add("notice missing", ("rows unlike the inboxes", kept - shown, shown - kept))


async def _talks(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """A message that was acknowledged is there once, and news once."""
    said = {each.made: each for each in done if each.what == "say" and each.status == CREATED}
    unsure = any(each.what == "say" and is_open(each) for each in done)
    rows = {row["id"]: row for row in await database.fetch("SELECT id, conversation, sender FROM conversation_message")}
    for id, each in said.items():
        row = rows.get(id)
        if row is None or (row["conversation"], row["sender"]) != (each.about, each.who):
            add("message missing or twice", (each, row and tuple(row)))
    if not unsure and (more := set(rows) - set(said)):
        add("message missing or twice", ("nobody wrote", more))
    news = Counter(each["message"] for each in await news_of(database, "conversation.message.sent"))
    for id in rows.keys() | news.keys():
        if news[id] != 1:
            add("message missing or twice", (id, "news", news[id]))


async def _choices(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """What each member asked for last holds: walls, what they follow, how they are told."""
    walls, unsure_walls = last_held(done, "block", "unblock")
    own = {tuple(row) for row in await database.fetch("SELECT member, other FROM member_wall WHERE is_own")}
    for pair in (walls ^ own) - unsure_walls:
        add("wall unlike what was asked", pair)
    follows, unsure = last_held(done, "follow", "unfollow")
    rows = {tuple(row) for row in await database.fetch("SELECT member, topic FROM topic_follower")}
    for pair in (follows ^ rows) - unsure:
        add("choice unlike what was asked", pair)
    chosen = {each.who: each.text for each in done if each.what == "prefer" and happened(each)}
    sql = "SELECT member, time_zone FROM notice_preferences"
    zones = {row["member"]: row["time_zone"] for row in await database.fetch(sql)}
    if chosen != zones:
        add("choice unlike what was asked", (chosen, zones))


TABLES = (
    "post", "notice", "conversation_message", "moderation_case_report", "event_guest", "event_question", "vote",
    "vote_ballot", "vote_delegated",
)  # fmt: skip
CHECKS = (
    _accounts, _posts, _published, _numbers, _counts, _reactions, _reports, _notices, _talks, _choices, audit_events,
    audit_votes,
)  # fmt: skip
