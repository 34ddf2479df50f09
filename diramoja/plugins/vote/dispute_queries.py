"""Reads of disputes; who filed one is shown to themselves and to those who decide."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import DeniedError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, paged, place
from diramoja.plugins.vote.queries import one_vote
from diramoja.plugins.vote.views import DisputeView

__all__ = ["check_disputing", "dispute_list", "vote_of_dispute"]


REASONS = 20
"""So many are shown with a dispute at most."""


async def dispute_list(
    db: Database, reader: Reader, vote_id: str, page: PageQuery, *, decided: bool = False
) -> Page[DisputeView]:
    """Disputes about a result, the newest first; only those `decided`.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    await one_vote(db, reader, vote_id)
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT d.*, (SELECT count(*) FROM vote_dispute_opinion WHERE dispute = d.id) AS deciders,"
        " ARRAY(SELECT reason FROM vote_dispute_opinion WHERE dispute = d.id ORDER BY at, member LIMIT $5) AS reasons"
        " FROM vote_dispute d"
        " WHERE d.vote = $1 AND ($2::timestamptz IS NULL OR (d.filed_at, d.id) < ($2, $3))"
        " AND (NOT $6 OR d.decision IS NOT NULL)"
        " ORDER BY d.filed_at DESC, d.id DESC LIMIT $4",
        vote_id,
        at,
        id,
        page.limit + 1,
        REASONS,
        decided,
    )
    return paged(rows, page, partial(_dispute, reader=reader), "filed_at", "id")


def _dispute(row: Mapping[str, Any], reader: Reader) -> DisputeView:
    inside = reader.member == row["filed_by"] or reader.has("official")
    return DisputeView(
        id=row["id"],
        vote_id=row["vote"],
        text=row["text"],
        filed_at=row["filed_at"],
        decide_by=row["decide_by"],
        deciders=row["deciders"],
        filed_by=row["filed_by"] if inside else None,
        decision=row["decision"],
        reasons=tuple(row["reasons"]) if row["decision"] else (),
        decided_at=row["decided_at"],
    )


async def check_disputing(db: Database, reader: Reader, vote_id: str) -> None:
    """Before a dispute: whether the reader is on the frozen roll.

    Raises:
        MissingError: there is no such vote that the reader may see.
        DeniedError: they are not (`not_on_roll`).
    """
    await one_vote(db, reader, vote_id)
    if await db.one("SELECT 1 FROM vote_roll WHERE vote = $1 AND member = $2", vote_id, reader.member) is None:
        raise DeniedError("You are not on the roll of this vote.", code="not_on_roll")


async def vote_of_dispute(db: Database, id: str) -> str:
    """The vote whose result is disputed.

    Raises:
        MissingError: there is no such dispute.
    """
    row = await db.one("SELECT vote FROM vote_dispute WHERE id = $1", id)
    if row is None:
        raise MissingError(f"There is no dispute {id}.", code="dispute_missing")
    return str(row["vote"])
