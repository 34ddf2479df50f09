"""Reads of notes and sources; notes know their reader."""

import heapq
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.database import Database
from diramoja.pages import holding, paged, place
from diramoja.plugins.information.contracts import (
    NoteView,
    Rating,
    SourceState,
    SourceStateView,
    SourceView,
)
from diramoja.plugins.information.rules import source_id

__all__ = ["HOLDINGS", "note_list", "source_list", "sources_named"]


HOLDINGS = [
    holding("notes", "SELECT * FROM information_note WHERE writer = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
    holding(
        "sources",
        "SELECT id, domain, rating, reason, evidence_url, proposed_by = $1 AS proposed, confirmed_by = $1 AS confirmed,"
        " CASE WHEN objected_by = $1 THEN objection ELSE '' END AS objection FROM information_source"
        " WHERE $1 IN (proposed_by, confirmed_by, objected_by) AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
]


async def note_list(db: Database, reader: Reader, post_id: str, page: PageQuery) -> Page[NoteView]:
    """Notes of a post, oldest first; empty where the reader may not see the post.

    Raises:
        InvalidError: the cursor is of another list.
    """
    (after,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT id, post AS post_id, nullif(writer, '') AS author_id, text, sources, created_at FROM information_note"
        " WHERE post = $1 AND (visible OR author = $2 OR $3) AND id > $4 ORDER BY id LIMIT $5",
        post_id,
        reader.member,
        reader.has("moderator"),
        after,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: msgspec.convert(dict(row), NoteView), "id")


_SOURCE = "SELECT id, domain, rating, reason, evidence_url, phase AS state, expires_at FROM information_source"
IN_FORCE = ("confirmed", "disputed")


async def source_list(
    db: Database,
    listed: Mapping[str, SourceView],
    page: PageQuery,
    *,
    rating: Rating | None = None,
    state: SourceState | None = None,
) -> Page[SourceStateView]:
    """Flagged and trusted sources by domain: those of the file (`listed`), and those that people rated.

    Without a state: those in force; of a domain that is in both, what people said.

    Raises:
        InvalidError: the cursor is of another list.
    """
    (after,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        f"{_SOURCE} WHERE domain > $1 AND phase = ANY ($2) AND ($3::text IS NULL OR rating = $3)"
        " ORDER BY domain LIMIT $4",
        after,
        [state] if state else list(IN_FORCE),
        rating,
        page.limit + 1,
    )
    rated = [msgspec.convert(dict(row), SourceStateView) for row in rows]
    if state in (None, "listed"):
        known = {each.domain for each in rated}
        wanted = (each for domain, each in listed.items() if domain > after and domain not in known)
        first = heapq.nsmallest(page.limit + 1, (each for each in wanted if rating in (None, each.rating)), key=_domain)
        rated = sorted((*rated, *map(_listed, first)), key=_domain)
    items = rated[: page.limit]
    return Page(items, PageQuery.cursor(items[-1].domain) if len(rated) > page.limit else None)


async def sources_named(db: Database, candidates: Sequence[AbstractSet[str]]) -> list[tuple[SourceView, ...]]:
    """For each set of domains those that two people rated; one query for all, none where no domain is named."""
    wanted = set().union(*candidates)
    if not wanted:
        return [() for _ in candidates]
    rows = await db.fetch(
        "SELECT domain, rating, reason, evidence_url FROM information_source WHERE domain = ANY ($1)"
        " AND phase = ANY ($2)",
        sorted(wanted),
        list(IN_FORCE),
    )
    found = [msgspec.convert(dict(row), SourceView) for row in rows]
    return [tuple(each for each in found if each.domain in named) for named in candidates]


def _domain(source: SourceView | SourceStateView) -> str:
    return source.domain


def _listed(source: SourceView) -> SourceStateView:
    return SourceStateView(
        id=source_id(source.domain),
        domain=source.domain,
        rating=source.rating,
        reason=source.reason,
        evidence_url=source.evidence_url,
        state="listed",
    )
