"""HTTP of delegations: each member's own, by scope."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, put
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.delegation_queries import (
    check_delegate,
    check_roll,
    delegation_list,
    one_delegation,
    scope_of,
)
from diramoja.plugins.vote.delegation_state import ALL, EndDelegation, SetDelegation
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DelegationView

__all__ = ["OwnDelegations"]

type ScopeName = Annotated[
    str,
    PathParameter(
        description="id of a vote or topic, or a category", max_length=128, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$(?!\n)"
    ),
]


class NewDelegation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who votes for one where one does not. `shows_name`: they may see whose ballot it is."""

    delegate: Annotated[str, Meta(min_length=1, max_length=128, examples=["mem_7k2p9x"])]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    shows_name: bool = False


class OwnDelegations(Controller):
    """One's own delegations."""

    path = "/me/delegations"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="delegation.own", summary="One's delegations")
    async def list_delegations(
        self, db: Database, reader: Reader, clock: Clock, page: PageQuery
    ) -> Page[DelegationView]:
        """Those in force, by scope. The chain of each is in the delegation itself."""
        return await delegation_list(db, reader, clock.now(), page)

    @get("/{scope_id:str}", permission="delegation.own", summary="The delegation in a scope")
    async def get_delegation(
        self, *, scope_id: ScopeName, db: Database, reader: Reader, clock: Clock, settings: VoteSettings
    ) -> DelegationView:
        """With its chain and, in a public vote, the choice; and how many delegate to oneself there."""
        return await one_delegation(db, reader, await scope_of(db, scope_id), at=clock.now(), settings=settings)

    @put(
        "/{scope_id:str}",
        permission="delegation.own",
        limit="votes",
        open_to="suspended",
        status_code=HTTP_200_OK,
        summary="Delegate",
    )
    async def delegate(
        self, *, scope_id: ScopeName, data: NewDelegation, db: Database, reader: Reader, send: Send
    ) -> DelegationView:
        """In place of an earlier one in this scope. Voting oneself overrides it; 409 `delegation_cycle`."""
        found = await scope_of(db, scope_id)
        found.check_open()
        await check_delegate(db, reader, data.delegate)
        await check_roll(db, found, reader.member, data.delegate)
        command = SetDelegation(
            scope=found.name,
            scope_kind=found.kind,
            delegate=data.delegate,
            within=found.within,
            expires_at=data.expires_at or found.ends_at,
            shows_name=data.shows_name,
        )
        view: DelegationView = await send("delegation", ALL, command)
        return view

    @delete(
        "/{scope_id:str}",
        permission="delegation.own",
        limit="votes",
        open_to="suspended",
        summary="Delegate no more",
    )
    async def end(self, scope_id: ScopeName, send: Send) -> None:
        """None is no error."""
        await send("delegation", ALL, EndDelegation(scope_id))
