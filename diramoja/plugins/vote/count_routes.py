"""HTTP of counts: each step as data and as a picture, the ballots as files that anyone can count again, the record."""

from functools import partial

import anyio
from litestar import Controller, MediaType, Response, get

from diramoja.core import Reader
from diramoja.core.ports.database import Database
from diramoja.counting import Count, Methods
from diramoja.counting.picture import picture
from diramoja.plugins.vote.count_queries import ballot_file, one_count
from diramoja.plugins.vote.participation import participation_of
from diramoja.plugins.vote.record_queries import election_record
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import ParticipationView

__all__ = ["Counts"]

FOREVER = "public, max-age=31536000, immutable"
SETTLED, UNSETTLED = "public, max-age=86400, immutable", "public, max-age=10"
"""Of what names people, or has receipts: the next day it may have to be without them."""


class Counts(Controller):
    """How the ballots of a vote were counted."""

    path = "/votes/{vote_id:str}"
    tags = ["Ballots"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/count", permission="vote.read", summary="The count of a vote", conflict="vote_open")
    async def get_count(self, vote_id: str, db: Database, reader: Reader) -> Count:
        """Every round, with transfers and, where the method has one, the pairwise table. 409 `vote_open` before."""
        return await one_count(db, reader, vote_id)

    @get(
        "/count.svg",
        permission="vote.read",
        media_type="image/svg+xml",
        summary="The count as a picture",
        conflict="vote_open",
    )
    async def get_picture(self, vote_id: str, db: Database, reader: Reader) -> Response[str]:
        """Bars for every round; what they show is in the picture as words, too. 409 `vote_open` before the count."""
        drawn = await anyio.to_thread.run_sync(partial(picture, await one_count(db, reader, vote_id)))
        return Response(drawn, media_type="image/svg+xml", headers={"cache-control": UNSETTLED})

    @get("/participation", permission="vote.read", summary="Who took part")
    async def get_participation(self, vote_id: str, db: Database, reader: Reader) -> ParticipationView:
        """By region, level and age group, in fives, without small cells. 404 `participation_missing` before."""
        return await participation_of(db, reader, vote_id)

    @get(
        "/ballots.csv",
        permission="vote.read",
        media_type="text/csv",
        summary="The ballots as CSV",
        conflict="vote_open",
    )
    async def get_csv(self, vote_id: str, *, db: Database, reader: Reader, methods: Methods) -> Response[str]:
        """For `diramoja count`: a column for each option, equal ballots in one line. 409 `vote_open` before."""
        return _file(await ballot_file(db, reader, methods, id=vote_id, ending="csv"), f"{vote_id}.csv", "text/csv")

    @get(
        "/ballots.blt",
        permission="vote.read",
        media_type=MediaType.TEXT,
        summary="The ballots as BLT",
        conflict="vote_open",
    )
    async def get_blt(self, vote_id: str, *, db: Database, reader: Reader, methods: Methods) -> Response[str]:
        """For `diramoja count` and other programs; 400 `ballots_invalid` of grades. 409 `vote_open` before."""
        return _file(await ballot_file(db, reader, methods, id=vote_id, ending="blt"), f"{vote_id}.blt", MediaType.TEXT)

    @get(
        "/record",
        permission="vote.read",
        media_type="application/x-tar",
        summary="The election record",
        conflict="vote_open",
    )
    async def get_record(
        self, vote_id: str, *, db: Database, reader: Reader, settings: VoteSettings, methods: Methods
    ) -> Response[bytes]:
        """All that is public, and how to check it; the same bytes for everybody. 409 `vote_open` before the count."""
        archive = await election_record(db, reader, settings, methods, id=vote_id)
        headers = _headers(f"{vote_id}-record.tar", SETTLED if archive.is_settled else UNSETTLED)
        return Response(archive.content, media_type="application/x-tar", headers=headers)


def _file(text: str, name: str, kind: str) -> Response[str]:
    """Published once, and never changed: not by a recount either."""
    return Response(text, media_type=kind, headers=_headers(name, FOREVER))


def _headers(name: str, kept: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": kept}
