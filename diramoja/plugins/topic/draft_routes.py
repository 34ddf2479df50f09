"""HTTP of drafts and their amendments."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.topic.draft_contracts import DecideAmendment, ProposeAmendment, StartDraft
from diramoja.plugins.topic.draft_queries import (
    amendment_list,
    check_draft,
    draft_list,
    draft_of_amendment,
    one_draft,
    version_list,
)
from diramoja.plugins.topic.queries import check_topic
from diramoja.plugins.topic.views import (
    AmendmentText,
    AmendmentView,
    DraftText,
    DraftView,
    Line,
    Reason,
    Title,
    VersionView,
)

__all__ = ["Amendments", "Drafts", "TopicDrafts"]


class NewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft to be begun."""

    title: Title
    text: DraftText


class NewAmendment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines `from` to `to` (from 1, both included) of `version`, 0 for the last one, become `text`.

    `to` = `from` - 1 inserts before the line `from`; an empty text takes the lines out.
    """

    text: AmendmentText
    reason: Reason
    from_line: Line = msgspec.field(name="from")
    to_line: Line = msgspec.field(name="to")
    version: Annotated[int, Meta(ge=0, le=100_000)] = 0


class NewDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an amendment is taken, and why."""

    accepted: bool
    reason: Reason


class TopicDrafts(Controller):
    """Drafts of a topic."""

    path = "/topics/{topic_id:str}/drafts"
    tags = ["Drafts"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="topic.read", summary="Drafts of a topic")
    async def list_drafts(self, topic_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[DraftView]:
        """The newest first."""
        return await draft_list(db, reader, topic_id, page)

    @post("/", permission="draft.begin", limit="posts", summary="Begin a draft of a policy")
    async def start_draft(
        self, topic_id: str, data: NewDraft, *, db: Database, reader: Reader, send: Send
    ) -> DraftView:
        """Of a policy proposal; by its creator, a leader or an official."""
        await check_topic(db, reader, topic_id)
        view: DraftView = await send("topic", topic_id, StartDraft(send.new_id("dft"), data.title, data.text))
        return view


class Drafts(Controller):
    """Single drafts."""

    path = "/drafts/{draft_id:str}"
    tags = ["Drafts"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="topic.read", summary="One draft")
    async def get_draft(self, draft_id: str, db: Database, reader: Reader) -> DraftView:
        """As it reads now, with the hash of its text."""
        return await one_draft(db, reader, draft_id)

    @get("/versions", permission="topic.read", summary="Versions of a draft")
    async def list_versions(self, draft_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[VersionView]:
        """The last one first, each with its hash and the difference to the one before."""
        return await version_list(db, reader, draft_id, page)

    @get("/amendments", permission="topic.read", summary="Amendments of a draft")
    async def list_amendments(
        self, draft_id: str, db: Database, reader: Reader, page: PageQuery
    ) -> Page[AmendmentView]:
        """The newest first."""
        return await amendment_list(db, reader, draft_id, page)

    @post(
        "/amendments",
        permission="draft.amend",
        limit="posts",
        example={"from": 1, "to": 1, "text": "Clinics stay open until nine.", "reason": "The council decided."},
        summary="Propose an amendment",
    )
    async def propose(
        self, draft_id: str, data: NewAmendment, *, db: Database, reader: Reader, send: Send
    ) -> AmendmentView:
        """Made to a version; it can be taken as long as other changes leave its lines alone."""
        await check_draft(db, reader, draft_id)
        command = ProposeAmendment(
            amendment_id=send.new_id("amd"),
            version=data.version,
            from_line=data.from_line,
            to_line=data.to_line,
            text=data.text,
            reason=data.reason,
        )
        view: AmendmentView = await send("draft", draft_id, command)
        return view


class Amendments(Controller):
    """Single amendments."""

    path = "/amendments/{amendment_id:str}"
    tags = ["Drafts"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/decision", permission="draft.decide", status_code=HTTP_200_OK, summary="Decide about an amendment")
    async def decide(self, amendment_id: str, data: NewDecision, db: Database, send: Send) -> AmendmentView:
        """By the draft's author, a leader or an official. 409 `amendment_outdated` where its lines were changed."""
        command = DecideAmendment(amendment_id, data.accepted, data.reason)
        view: AmendmentView = await send("draft", await draft_of_amendment(db, amendment_id), command)
        return view
