"""Notes and sources as rows of the read model."""

from datetime import datetime

from diramoja.core import Batch, Personal, Record, record, view
from diramoja.core.ports.database import Database
from diramoja.plugins.information.agent import Note
from diramoja.plugins.information.source import Source, source
from diramoja.plugins.topic.contracts import PostChanged, PostPublished

__all__ = ["NoteRecord", "SourceRecord", "note_rows", "note_visibility", "source_rows"]


class NoteRecord(Record):
    """A note; whether others see its post is a further column, written by `note_visibility`."""

    id: str
    topic: str
    post: str
    author: Personal[str]
    writer: Personal[str]
    text: str
    sources: tuple[str, ...]
    created_at: datetime


class SourceRecord(Record):
    """A source that somebody rated; in force while it is confirmed or disputed."""

    id: str
    domain: str
    phase: str
    rating: str
    reason: str
    evidence_url: str
    proposed_by: Personal[str]
    confirmed_by: Personal[str]
    objected_by: Personal[str]
    objection: str
    expires_at: datetime


@record("information_source", key="id", of=source)
def source_rows(agent: str, state: Source) -> SourceRecord | None:
    """One row a domain."""
    if state.phase == "absent":
        return None
    return SourceRecord(
        id=agent,
        domain=state.domain,
        phase=state.phase,
        rating=state.rating,
        reason=state.reason,
        evidence_url=state.evidence_url,
        proposed_by=state.proposed_by,
        confirmed_by=state.confirmed_by,
        objected_by=state.objected_by,
        objection=state.objection,
        expires_at=state.expires_at,
    )


@record("information_note", key="id", of=Note)
def note_rows(agent: str, row: Note) -> NoteRecord:
    """One row a note."""
    return NoteRecord(
        id=row.id,
        topic=agent,
        post=row.post,
        author=row.author,
        writer=row.writer,
        text=row.text,
        sources=row.sources,
        created_at=row.created_at,
    )


@view(on=[PostPublished, PostChanged])
async def note_visibility(events: Batch, db: Database) -> None:
    """Notes are seen where their post is seen."""
    seen: dict[str, bool] = {}
    for event, _ in events:
        if isinstance(event, PostPublished | PostChanged):
            seen[event.post] = isinstance(event, PostPublished) or event.status == "published"
    await db.execute(
        "UPDATE information_note n SET visible = u.visible FROM unnest($1::text[], $2::boolean[]) AS u (post, visible)"
        " WHERE n.post = u.post AND n.visible <> u.visible",
        list(seen),
        list(seen.values()),
    )
