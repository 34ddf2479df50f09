"""Lists in pages: where the page before ended, and this page with the cursor of the next one.

A query asks the database for one row more than the page has, sorted by columns that no two rows share:

    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(SQL, at, id, page.limit + 1)
    return paged(rows, page, _view, "created_at", "id")
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from diramoja.core import Holding, Page, PageQuery
from diramoja.core.errors import InvalidError
from diramoja.core.ports.database import Database

__all__ = ["Moment", "Number", "bind", "holding", "paged", "place"]

type Moment = Annotated[datetime, Meta(tz=True)]
type Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A bigint of the database."""


def place[T](page: PageQuery, shape: type[T]) -> T | None:
    """What the last item of the page before is sorted by, such as `tuple[Moment, str]`; None on the first page.

    Raises:
        InvalidError: the cursor is of another list.
    """
    if not page.after:
        return None
    try:
        return msgspec.convert(page.after, shape)
    except msgspec.ValidationError as error:
        raise InvalidError("This cursor is of another list.", code="cursor_invalid") from error


def paged[T](
    rows: Sequence[Mapping[str, Any]], page: PageQuery, view: Callable[[Mapping[str, Any]], T], *by: str
) -> Page[T]:
    """The rows of this page, each as a view. `rows` has one more if another page follows; `by`: what sorts them."""
    shown = rows[: page.limit]
    last = shown[-1] if len(rows) > page.limit else None
    cursor = PageQuery.cursor(*(_plain(last[column]) for column in by)) if last is not None else None
    return Page([view(row) for row in shown], cursor)


def bind(args: list[Any], value: object) -> int:
    """Append an argument of a query that is put together; its number, as in `$3`."""
    args.append(value)
    return len(args)


def holding(name: str, sql: str, by: str) -> Holding:
    """What a table holds of a member. The query takes the member, a place and how many, and sorts by the text `by`."""

    async def query(member: str, after: str, limit: int, db: Database) -> tuple[Sequence[Mapping[str, Any]], str]:
        rows = await db.fetch(sql, member, after, limit)
        return rows, str(rows[-1][by]) if len(rows) == limit else ""

    return Holding(name, query)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
