"""Reads of notes and sources; notes know their reader."""

from collections.abc import Mapping
from typing import Any

import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import InvalidError
from diramoja.core.ports.database import Database
from diramoja.plugins.information.contracts import NoteView, Rating, SourceView

__all__ = ["note_list", "source_list"]


async def note_list(db: Database, reader: Reader, post_id: str, page: PageQuery) -> Page[NoteView]:
    """Notes of a post, oldest first; empty where the reader may not see the post.

    Raises:
        InvalidError: the cursor is of another list.
    """
    rows = await db.fetch(
        "SELECT id, post AS post_id, nullif(writer, '') AS author_id, text, sources, created_at FROM information_note"
        " WHERE post = $1 AND (visible OR author = $2 OR $3) AND id > $4 ORDER BY id LIMIT $5",
        post_id,
        reader.member,
        reader.has("moderator"),
        _after(page),
        page.limit + 1,
    )
    items = [msgspec.convert(dict(row), NoteView) for row in rows[: page.limit]]
    return Page(items, PageQuery.cursor(items[-1].id) if len(rows) > page.limit else None)


def source_list(sources: Mapping[str, SourceView], page: PageQuery, *, rating: Rating | None) -> Page[SourceView]:
    """Flagged and trusted sources, by domain.

    Raises:
        InvalidError: the cursor is of another list.
    """
    after = _after(page)
    wanted = sorted(
        domain for domain, source in sources.items() if domain > after and (rating is None or source.rating == rating)
    )
    items = [sources[domain] for domain in wanted[: page.limit]]
    return Page(items, PageQuery.cursor(items[-1].domain) if len(wanted) > page.limit else None)


def _after(page: PageQuery) -> str:
    if not page.after:
        return ""
    values: tuple[Any, ...] = page.after
    if len(values) != 1 or not isinstance(values[0], str):
        raise InvalidError("This cursor is of another list.", code="cursor_invalid")
    return values[0]
