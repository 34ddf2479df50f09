"""HTTP of disputes about results."""

import msgspec
from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.contracts import DecideDispute, FileDispute
from diramoja.plugins.vote.dispute_queries import check_disputing, dispute_list, vote_of_dispute
from diramoja.plugins.vote.views import DisputeView
from diramoja.plugins.vote.words import DecisionText, DisputeDecision, DisputeText

__all__ = ["Disputes", "VoteDisputes"]


class NewDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with a result."""

    text: DisputeText


class NewOpinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of the committee decides."""

    decision: DisputeDecision
    reason: DecisionText


class VoteDisputes(Controller):
    """Disputes about the result of a vote."""

    path = "/votes/{vote_id:str}/disputes"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="vote.dispute", limit="posts", open_to="suspended", summary="Dispute a result")
    async def file_dispute(
        self, vote_id: str, data: NewDispute, *, db: Database, reader: Reader, send: Send
    ) -> DisputeView:
        """By anybody on the roll, once, for 72 hours after the results were published."""
        await check_disputing(db, reader, vote_id)
        view: DisputeView = await send("vote", vote_id, FileDispute(send.new_id("dsp"), data.text))
        return view

    @get("/", permission="vote.read", summary="Disputes about a result")
    async def list_disputes(self, vote_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[DisputeView]:
        """The newest first; who filed them is shown to themselves and to officials."""
        return await dispute_list(db, reader, vote_id, page)


class Disputes(Controller):
    """Single disputes."""

    path = "/disputes/{dispute_id:str}"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/decisions", permission="dispute.decide", status_code=HTTP_200_OK, summary="Decide a dispute")
    async def decide(self, dispute_id: str, data: NewOpinion, *, db: Database, send: Send) -> DisputeView:
        """One voice of at least three, none of whom stands, made the vote or disputes it; more than half agree."""
        command = DecideDispute(dispute_id, data.decision, data.reason)
        view: DisputeView = await send("vote", await vote_of_dispute(db, dispute_id), command)
        return view
