"""Reads of drafts, their versions and amendments; of nobody between whom and the reader a wall stands."""

from collections.abc import Mapping
from typing import Any

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, Number, paged, place
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.topic.draft_state import amendment_view, draft_view
from diramoja.plugins.topic.queries import one_topic
from diramoja.plugins.topic.views import AmendmentView, DraftView, VersionView

__all__ = ["amendment_list", "check_draft", "draft_list", "draft_of_amendment", "one_draft", "version_list"]

_DRAFT = (
    "SELECT d.*, v.text, v.sha256 FROM topic_draft d JOIN draft_version v ON v.draft = d.id AND v.number = d.version"
)


async def draft_list(db: Database, reader: Reader, topic_id: str, page: PageQuery) -> Page[DraftView]:
    """Drafts of a topic, the newest first.

    Raises:
        MissingError: there is no such topic.
    """
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_DRAFT} WHERE d.topic = $2 AND {not_walled('$1', 'd.created_by')}"
        " AND ($3::timestamptz IS NULL OR (d.created_at, d.id) < ($3, $4))"
        " ORDER BY d.created_at DESC, d.id DESC LIMIT $5",
        reader.member,
        topic_id,
        at,
        id,
        page.limit + 1,
    )
    if not rows:
        await one_topic(db, reader, topic_id)
    return paged(rows, page, _draft, "created_at", "id")


async def one_draft(db: Database, reader: Reader, id: str) -> DraftView:
    """A draft as it reads now.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_DRAFT} WHERE d.id = $2 AND {not_walled('$1', 'd.created_by')}", reader.member, id)
    if row is None:
        raise MissingError(f"There is no draft {id}.", code="draft_missing")
    return _draft(row)


async def check_draft(db: Database, reader: Reader, id: str) -> None:
    """Before an amendment: whether there is such a draft, it says itself; here a wall looks as if not.

    Raises:
        MissingError: a wall stands between the reader and who began it.
    """
    walled = f"SELECT 1 FROM topic_draft d WHERE d.id = $2 AND NOT {not_walled('$1', 'd.created_by')}"  # noqa: S608  # constants
    if await db.one(walled, reader.member, id) is not None:
        raise MissingError(f"There is no draft {id}.", code="draft_missing")


async def version_list(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[VersionView]:
    """Versions of a draft, the last one first.

    Raises:
        InvalidError: the cursor is of another list.
        MissingError: there is no such draft.
    """
    await one_draft(db, reader, id)
    (before,) = place(page, tuple[Number]) or (None,)
    rows = await db.fetch(
        "SELECT * FROM draft_version WHERE draft = $1 AND ($2::bigint IS NULL OR number < $2)"
        " ORDER BY number DESC LIMIT $3",
        id,
        before,
        page.limit + 1,
    )
    return paged(rows, page, _version, "number")


async def amendment_list(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[AmendmentView]:
    """Amendments of a draft, the newest first.

    Raises:
        MissingError: there is no such draft.
    """
    await one_draft(db, reader, id)
    at, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"SELECT a.* FROM draft_amendment a WHERE a.draft = $2 AND {not_walled('$1', 'a.author')}"  # noqa: S608  # put together from constants
        " AND ($3::timestamptz IS NULL OR (a.created_at, a.id) < ($3, $4))"
        " ORDER BY a.created_at DESC, a.id DESC LIMIT $5",
        reader.member,
        id,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, _amendment, "created_at", "id")


async def draft_of_amendment(db: Database, id: str) -> str:
    """The draft that an amendment is to.

    Raises:
        MissingError: there is none.
    """
    row = await db.one("SELECT draft FROM draft_amendment WHERE id = $1", id)
    if row is None:
        raise MissingError(f"There is no amendment {id}.", code="amendment_missing")
    return str(row["draft"])


def _draft(row: Mapping[str, Any]) -> DraftView:
    return draft_view(row["id"], row)


def _version(row: Mapping[str, Any]) -> VersionView:
    return VersionView(
        number=row["number"],
        text=row["text"],
        sha256=row["sha256"],
        diff=row["diff"],
        author_id=row["author"],
        created_at=row["created_at"],
        amendment_id=row["amendment"],
    )


def _amendment(row: Mapping[str, Any]) -> AmendmentView:
    return amendment_view(row["draft"], row)
