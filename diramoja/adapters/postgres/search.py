"""The search port on PostgreSQL's full text.

Whatever is asked, the work is bounded: the newest 2,000 matches are ranked and counted, older ones are not looked at.
"""

import hashlib
import html
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from diramoja.adapters.postgres.client import Borrowed, PostgresClient
from diramoja.adapters.postgres.search_sql import (
    END_WORDS,
    INDEX,
    LANGUAGES_KNOWN,
    LOCK,
    RANKED,
    REMOVE,
    SUGGEST,
    UNDERSTOOD,
    find_sql,
    stands_sql,
)
from diramoja.core.errors import InvalidError
from diramoja.core.gateway import PageQuery
from diramoja.ports.search import Document, Found, Hit, SearchQuery

__all__ = ["PostgresSearch"]

LONGEST_QUERY = 1_000
LONGEST_PREFIX = 100
MOST_HITS = 100
LONGEST_CURSOR = 1_000

LANGUAGES: Mapping[str, str] = {
    "ar": "arabic",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "simple": "simple",
    "sw": "simple",  # PostgreSQL has no stemmer for Swahili.
}
"""Languages by ISO 639-1 or by PostgreSQL's name; every other one is `simple`: no stemming, no stop words."""

_NAMES = {**{name: name for name in LANGUAGES.values()}, **LANGUAGES}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SIGNS = re.compile(r"-(?![^\W_])")  # A minus excludes the word it stands before; a heap of them overflows a stack.
# Control characters are taken out of every text, so these can only come from ts_headline.
_BEGIN, _END = "\x02", "\x03"
_HEADLINE = (
    f"StartSel={_BEGIN}, StopSel={_END}, MaxFragments=2, MaxWords=24, MinWords=8, ShortWord=0, FragmentDelimiter=' … '"
)


class _Place(NamedTuple):
    """The last hit of the page before; all None on the first page."""

    score: float | None = None
    at: datetime | None = None
    id: str | None = None


class PostgresSearch:
    """See the port. Facets count the newest 2,000 matches."""

    def __init__(self, client: PostgresClient) -> None:
        self._queries = client.queries

    async def index(self, documents: Sequence[Document]) -> None:
        """See the port; of two with one id the last counts."""
        last = {document.id: document for document in documents}
        rows = [_row(last[id]) for id in sorted(last)]
        if rows:
            await self._write(INDEX, *zip(*rows, strict=True))

    async def remove(self, ids: Sequence[str]) -> None:
        """See the port."""
        if ids:
            await self._write(REMOVE, sorted(ids))

    async def _write(self, sql: str, *args: Any) -> None:
        """One writer at a time, so that words are counted once."""
        async with self._queries.use() as connection, connection.transaction():
            await connection.execute(LOCK)
            await connection.execute(sql, *args)
            await connection.execute(END_WORDS)

    async def find(self, query: SearchQuery) -> Found:
        """See the port."""
        if not 1 <= query.limit <= MOST_HITS:
            raise InvalidError(f"A page has 1 to {MOST_HITS} results.", code="limit_invalid")
        text = _SIGNS.sub(" ", _CONTROL.sub(" ", query.q))
        place = _read_cursor(query)
        async with self._queries.use() as connection:
            languages = await _understood(connection, text)
            rows = await connection.fetch(
                find_sql(languages),
                *(text, query.kind, query.category, query.since, query.until),
                *(query.limit + 1, *place, _HEADLINE, list(query.hidden)),
            )
        hits = [_hit(row) for row in rows if row["what"] == "hit"]
        page = hits[: query.limit]
        facets, more = _facets(rows), len(hits) > query.limit
        newest_only = sum(facets["type"].values()) >= RANKED
        return Found(page, facets, _cursor(query, page[-1]) if more else None, newest_only)

    async def suggest(self, prefix: str, limit: int, hidden: Sequence[str] = ()) -> Sequence[str]:
        """See the port. At most 500 titles are looked at."""
        asked = _CONTROL.sub(" ", prefix).strip()[:LONGEST_PREFIX]
        if not asked or limit < 1:
            return []
        pattern = re.sub(r"([\\%_])", r"\\\1", asked) + "%"
        rows = await self._queries.fetch(SUGGEST, pattern, 2 * min(limit, MOST_HITS), list(hidden))
        words = {row["text"] for row in rows if row["is_word"]}
        gone = words - await self._standing(words, hidden) if hidden and words else set()
        texts = [row["text"] for row in rows if not (row["is_word"] and row["text"] in gone)]
        first = {text.casefold(): text for text in reversed(texts)}  # A title of one word is a word too.
        return [text for text in texts if first[text.casefold()] is text][:limit]

    async def _standing(self, words: set[str], hidden: Sequence[str]) -> set[str]:
        """Those that stand in a document of an author who is not hidden."""
        languages = tuple(row["language"] for row in await self._queries.fetch(LANGUAGES_KNOWN))
        rows = await self._queries.fetch(stands_sql(languages), sorted(words), list(hidden)) if languages else ()
        return {row["word"] for row in rows}


def _row(document: Document) -> tuple[Any, ...]:
    return (
        document.id,
        document.kind,
        _CONTROL.sub(" ", document.title),
        _CONTROL.sub(" ", document.body),
        document.category,
        document.author,
        document.created_at,
        _NAMES.get(document.language.lower(), "simple"),
        document.visible,
    )


async def _understood(connection: Borrowed, text: str) -> tuple[str, ...]:
    """Languages in which the query holds a word that can be looked for."""
    if len(text) > LONGEST_QUERY:
        raise InvalidError(f"A query has at most {LONGEST_QUERY} characters.", code="query_too_long")
    rows = await connection.fetch(UNDERSTOOD, text)
    if not rows:
        raise InvalidError("The query holds no word to look for.", code="query_empty")
    return tuple(row[0] for row in rows)


def _hit(row: asyncpg.Record) -> Hit:
    snippet = html.escape(row["snippet"]).replace(_BEGIN, "<mark>").replace(_END, "</mark>")
    return Hit(row["id"], row["kind"], row["title"], snippet, row["score"], row["created_at"])


def _facets(rows: Sequence[asyncpg.Record]) -> dict[str, dict[str, int]]:
    facets: dict[str, dict[str, int]] = {"type": {}, "category": {}}
    for row in rows:
        if row["what"] != "hit":
            facets[row["what"]][row["id"]] = row["n"]
    return facets


def _digest(query: SearchQuery) -> str:
    """A cursor belongs to one query."""
    asked = msgspec.json.encode((query.q, query.kind, query.category, query.since, query.until))
    return hashlib.blake2b(asked, digest_size=8).hexdigest()


def _cursor(query: SearchQuery, last: Hit) -> str:
    return PageQuery.cursor(_digest(query), last.score, last.created_at.isoformat(), last.id)


def _read_cursor(query: SearchQuery) -> _Place:
    """A forged cursor that passes here leads to another place in the same results: there is nothing to gain."""
    if not query.cursor:
        return _Place()
    foreign = InvalidError("This cursor belongs to no page of this query.", code="cursor_invalid")
    if len(query.cursor) > LONGEST_CURSOR:
        raise foreign
    match PageQuery.read(1, query.cursor).after:
        case (str() as digest, int() | float() as score, str() as at, str() as id):
            moment = _moment(at)
            if digest == _digest(query) and math.isfinite(score) and moment is not None and "\x00" not in id:
                return _Place(float(score), moment, id)
    raise foreign


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
