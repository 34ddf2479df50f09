"""HTTP of ballots: casting one, one's own receipt, what was published."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.ballot_box_state import BALLOT_BOX
from diramoja.plugins.vote.ballot_queries import Casting, ballot_page, casting_of, entry_page, own_receipt
from diramoja.plugins.vote.choices import cleaned, longest, written
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.rules import station_of
from diramoja.plugins.vote.sealing import seal
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import BallotGroupView, EntryView, ReceiptView
from diramoja.plugins.vote.words import Choices, SealedBallot

__all__ = ["Ballots", "Receipts"]

type Receipt = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)", description="only the entry of this receipt")]


class NewBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot: either `choices`, or what was `sealed` at home to the vote's `ballot_key`.

    Choices are option numbers from 1: one, any of them, or the best first; or a grade for each option, in their order,
    as the voting method asks. None at all is a blank ballot.
    """

    choices: Choices | UnsetType = UNSET
    sealed: SealedBallot | UnsetType = UNSET


class Ballots(Controller):
    """Ballots of a vote."""

    path = "/votes/{vote_id:str}/ballots"
    tags = ["Ballots"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/",
        permission="vote.cast",
        limit="votes",
        open_to="suspended",
        example={"choices": [2]},
        summary="Cast a ballot",
    )
    async def cast(  # noqa: PLR0917  # each is a dependency by name
        self,
        vote_id: str,
        data: NewBallot,
        db: Database,
        reader: Reader,
        send: Send,
        keys: Keys,
        settings: VoteSettings,
        clock: Clock,
    ) -> ReceiptView:
        """Once, or again where the vote allows that. 403 `not_on_roll`, 409 `vote_not_open`, `vote_closed`."""
        casting = await casting_of(db, keys, settings, vote_id, reader=reader, at=clock.now())
        station = station_of(vote_id, reader.member, casting.stations)
        sending = send.keyed(casting.repeats) if casting.repeats else send
        ballot = _ballot(vote_id, reader.member, data, casting)
        view: ReceiptView = await sending(BALLOT_BOX, f"{vote_id}-{station}", ballot)
        return view

    @get("/me", permission="vote.cast", summary="One's own receipt")
    async def own(self, vote_id: str, db: Database, reader: Reader) -> ReceiptView:
        """Of the ballot that counts; never what was chosen. 404 `ballot_missing` where one has not voted."""
        return await own_receipt(db, vote_id, reader.member)

    @get("/", permission="vote.read", summary="The published ballots", conflict="vote_open")
    async def list_ballots(self, vote_id: str, db: Database, page: PageQuery) -> Page[BallotGroupView]:
        """Equal ones together, sorted by their choices, without voters or times. 409 `vote_open` before the count."""
        return await ballot_page(db, vote_id, page)


class Receipts(Controller):
    """Receipts of the ballots that were counted."""

    path = "/votes/{vote_id:str}/receipts"
    tags = ["Ballots"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="vote.read", summary="Receipts of all counted ballots", conflict="vote_open")
    async def list_receipts(
        self, vote_id: str, db: Database, page: PageQuery, receipt: Annotated[Receipt, QueryParameter()] = ""
    ) -> Page[EntryView]:
        """In ascending order; in public votes with voter and choices. 409 `vote_open` before the count."""
        return await entry_page(db, vote_id, page, receipt)


def _ballot(vote: str, voter: str, data: NewBallot, casting: Casting) -> CastBallot:
    """The ballot as it travels: what is not public leaves the gateway sealed.

    Raises:
        InvalidError: it is none of this vote.
    """
    if isinstance(data.choices, UnsetType):
        if isinstance(data.sealed, UnsetType):
            raise InvalidError("Give choices; [] is a blank ballot.", code="choices_invalid")
        return CastBallot(vote=vote, voter=voter, sealed=data.sealed)
    if not isinstance(data.sealed, UnsetType):
        raise InvalidError("Give either choices or a sealed ballot.", code="choices_invalid")
    choices = cleaned(casting.form, data.choices, options=casting.options, grades=casting.grades)
    if not casting.key:
        return CastBallot(vote=vote, voter=voter, choices=choices)
    width = longest(casting.form, options=casting.options, grades=casting.grades)
    return CastBallot(vote=vote, voter=voter, sealed=seal(casting.key, vote, voter, written(choices), width=width))
