"""HTTP of ties: secrets for the lot, a public draw, the casting vote."""

import hashlib

from litestar import Controller, get, post, put
from litestar.status_codes import HTTP_200_OK

from diramoja.core import Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.queries import one_lot
from diramoja.plugins.vote.ties import CommitSecret, DecideTie, DrawLot, RevealSecret
from diramoja.plugins.vote.views import LotView, VoteView

__all__ = ["Ties"]

A_SECRET = "6f1a" * 16
"""For the examples only."""


class Ties(Controller):
    """How the tie of a vote is decided."""

    path = "/votes/{vote_id:str}"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/lot", permission="vote.read", summary="The lot of a vote")
    async def get_lot(self, vote_id: str, db: Database, reader: Reader) -> LotView:
        """Hashes and secrets as far as they are published, and what was drawn."""
        return await one_lot(db, reader, vote_id)

    @put(
        "/lot/secrets/me",
        permission="vote.draw",
        status_code=HTTP_200_OK,
        example={"commitment": hashlib.sha256(bytes.fromhex(A_SECRET)).hexdigest()},
        summary="Publish the hash of a secret",
    )
    async def commit(self, vote_id: str, data: CommitSecret, send: Send) -> LotView:
        """Before the close; a later one replaces it."""
        view: LotView = await send("vote", vote_id, data)
        return view

    @post(
        "/lot/reveals",
        permission="vote.draw",
        status_code=HTTP_200_OK,
        example={"secret": A_SECRET},
        summary="Reveal one's secret",
    )
    async def reveal(self, vote_id: str, data: RevealSecret, send: Send) -> LotView:
        """Once the result is tied. With the last one the lot is drawn, and the ballots are counted again."""
        view: LotView = await send("vote", vote_id, data)
        return view

    @post(
        "/lot/draws",
        permission="vote.draw",
        status_code=HTTP_200_OK,
        example={"order": [2, 1], "minutes": "Drawn from a hat in front of all who were there."},
        summary="Enter a public draw",
    )
    async def draw(self, vote_id: str, data: DrawLot, send: Send) -> LotView:
        """Where the secrets were not revealed within a day, or fewer than two were published; with minutes.

        The ballots are counted again once a second officer has entered the same order.
        """
        view: LotView = await send("vote", vote_id, data)
        return view

    @post(
        "/casting-vote",
        permission="vote.create",
        status_code=HTTP_200_OK,
        example={"order": [2, 1]},
        summary="Give the casting vote",
    )
    async def decide(self, vote_id: str, data: DecideTie, send: Send) -> VoteView:
        """By the member who was named for it; the ballots are counted again with it."""
        view: VoteView = await send("vote", vote_id, data)
        return view
