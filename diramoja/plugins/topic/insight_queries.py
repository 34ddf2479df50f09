"""Reads about a topic as a whole: related topics, contributors, a summary."""

from diramoja.core import Page, Reader
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.topic.queries import one_topic
from diramoja.plugins.topic.summary import subtopics_of, summarised
from diramoja.plugins.topic.views import ContributorView, RelatedView, SummaryView

__all__ = ["contributors", "related_topics", "summary_of"]

COMMON = 1_000
"""A term of more topics says nothing of any; so many are looked at for each term."""
SUMMARY_POSTS, SUMMARY_OF_ONE, SUMMARY_CHARS = 100, 3, 1_000

_RELATED = f"""
WITH shared AS (
    SELECT other.topic, mine.term, mine.weight * other.weight AS weight, count(*) OVER (PARTITION BY mine.term) AS df
    FROM topic_term mine JOIN LATERAL (
        SELECT topic, weight FROM topic_term WHERE term = mine.term AND topic <> $2 LIMIT {COMMON}
    ) other ON true WHERE mine.topic = $2
), scored AS (
    SELECT topic, sum(weight / (1 + ln(df))) AS score,
        array_agg(term ORDER BY weight / (1 + ln(df)) DESC, term) AS terms
    FROM shared WHERE df < {COMMON} GROUP BY topic ORDER BY score DESC, topic LIMIT 200
)
SELECT t.id, t.title, t.category, t.phase, s.terms, s.score FROM scored s JOIN topic t ON t.id = s.topic
WHERE t.phase NOT IN ('flagged', 'archived') AND {not_walled("$1", "t.created_by")}
ORDER BY s.score DESC, t.id LIMIT $3
"""  # noqa: S608  # put together from constants
"""Weights of tf-idf: a term that few topics have counts more."""


async def related_topics(db: Database, reader: Reader, id: str, limit: int) -> Page[RelatedView]:
    """Topics with keywords in common, the closest first; one page.

    Raises:
        MissingError: there is no such topic.
    """
    rows = await db.fetch(_RELATED, reader.member, id, limit)
    if not rows:
        await one_topic(db, reader, id)
    return Page(
        [
            RelatedView(
                row["id"], row["title"], row["category"], row["phase"], tuple(row["terms"]), round(row["score"], 3)
            )
            for row in rows
        ]
    )


async def contributors(db: Database, reader: Reader, id: str, limit: int) -> Page[ContributorView]:
    """Authors whose posts others answered, the most first, then those with posts that have a source or the length.

    How much one wrote counts for nothing. One page.

    Raises:
        MissingError: there is no such topic.
    """
    rows = await db.fetch(
        "SELECT p.member, m.username, p.answered, p.sourced, (SELECT count(*) FROM post WHERE post.author = p.member"  # noqa: S608  # put together from constants
        " AND post.topic = $2 AND post.status = 'published') AS posts FROM topic_contribution p"
        " JOIN member m ON m.id = p.member WHERE p.topic = $2 AND p.answered + p.sourced > 0"
        f" AND {not_walled('$1', 'p.member')}"
        " ORDER BY p.answered DESC, p.sourced DESC, p.member LIMIT $3",
        reader.member,
        id,
        limit,
    )
    if not rows:
        await one_topic(db, reader, id)
    views = [
        ContributorView(row["member"], row["username"], row["posts"], row["answered"], row["sourced"]) for row in rows
    ]
    return Page(views)


async def summary_of(db: Database, reader: Reader, id: str) -> SummaryView:
    """What many posts say, in sentences of theirs.

    Raises:
        MissingError: there is no such topic.
    """
    await one_topic(db, reader, id)
    rows = await db.fetch(
        "SELECT id, author, left(body, $3) AS body FROM (SELECT *, row_number() OVER (PARTITION BY author"  # noqa: S608  # put together from constants
        " ORDER BY top DESC, number DESC) AS of_author FROM (SELECT * FROM post WHERE topic = $2"
        f" AND status = 'published' AND flag_reason = '' AND {not_walled('$1', 'post.author')}"
        " ORDER BY top DESC, number DESC LIMIT 1000) AS best) AS ranked WHERE of_author <= $4"
        " ORDER BY top DESC, number DESC LIMIT $5",
        reader.member,
        id,
        SUMMARY_CHARS,
        SUMMARY_OF_ONE,
        SUMMARY_POSTS,
    )
    posts = [(row["id"], row["author"], row["body"]) for row in rows]
    terms = await db.fetch("SELECT term FROM topic_term WHERE topic = $1", id)
    known = frozenset(row["term"] for row in terms)
    return SummaryView(id, len(posts), summarised(posts), subtopics_of(posts, known))
