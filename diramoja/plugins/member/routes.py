"""HTTP of members, regions and bodies."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.registry import Ports, Registry
from diramoja.plugins.member.body_contracts import BodyRole, OpenBody, SeatMember, UnseatMember
from diramoja.plugins.member.contracts import (
    AnswerPromotion,
    BlockMember,
    FollowMember,
    MemberView,
    MuteMember,
    SetConsents,
    SetMembership,
    UnblockMember,
    UnfollowMember,
    UnmuteMember,
    UpdateProfile,
)
from diramoja.plugins.member.export_queries import export_page
from diramoja.plugins.member.leaving import AskExport, LeaveCommunity, ReturnToCommunity
from diramoja.plugins.member.organisation_queries import bodies, check_body, check_seats, region_tree, seats_of
from diramoja.plugins.member.queries import (
    check_member,
    consents_of,
    engagement_of,
    following_of,
    membership_history,
    network_of,
    one_member,
    walls_of,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.views import (
    BodyView,
    ConsentsView,
    EngagementView,
    ExportPage,
    ExportView,
    LeavingView,
    MembershipChangeView,
    NetworkView,
    RegionsView,
    SeatView,
    WallView,
)

__all__ = ["Bodies", "Me", "Members", "Regions"]


class NewSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member is in a body."""

    role: Annotated[BodyRole, msgspec.Meta(description="member, secretary or chair")] = "member"


class Members(Controller):
    """Members as others see them."""

    path = "/members/{member_id:str}"
    tags = ["Members"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="member.read", summary="One member")
    async def get_member(self, member_id: str, db: Database, reader: Reader) -> MemberView:
        """Never with an email address, and without what only the member and officers need to know."""
        return await one_member(db, reader, member_id)

    @put(
        "/follow",
        permission="member.follow",
        open_to="restricted",
        status_code=HTTP_204_NO_CONTENT,
        summary="Follow a member",
    )
    async def follow(self, member_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await one_member(db, reader, member_id)
        await send("member", reader.member, FollowMember(member_id))

    @delete("/follow", permission="member.follow", open_to="suspended", summary="Follow a member no more")
    async def unfollow(self, member_id: str, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await send("member", reader.member, UnfollowMember(member_id))

    @put(
        "/block",
        permission="member.wall",
        open_to="suspended",
        status_code=HTTP_204_NO_CONTENT,
        summary="Block a member",
    )
    async def block(self, member_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Neither sees, hears of or follows the other from now on. Not shown to the other."""
        await check_member(db, member_id)
        await send("member", reader.member, BlockMember(member_id))

    @delete("/block", permission="member.wall", open_to="suspended", summary="Block a member no more")
    async def unblock(self, member_id: str, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await send("member", reader.member, UnblockMember(member_id))

    @put(
        "/mute", permission="member.wall", open_to="suspended", status_code=HTTP_204_NO_CONTENT, summary="Mute a member"
    )
    async def mute(self, member_id: str, db: Database, reader: Reader, send: Send) -> None:
        """No notices about what they do. Not shown to the other."""
        await check_member(db, member_id)
        await send("member", reader.member, MuteMember(member_id))

    @delete("/mute", permission="member.wall", open_to="suspended", summary="Mute a member no more")
    async def unmute(self, member_id: str, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await send("member", reader.member, UnmuteMember(member_id))

    @patch("/membership", permission="member.officer", summary="Set level and standing")
    async def set_membership(self, member_id: str, data: SetMembership, send: Send) -> MemberView:
        """By a membership officer, with a reason, and never one's own."""
        view: MemberView = await send("member", member_id, data)
        return view

    @get("/membership/history", permission="member.history", summary="What officers set, and why")
    async def history(
        self, member_id: str, db: Database, reader: Reader, page: PageQuery
    ) -> Page[MembershipChangeView]:
        """Last change first; for membership officers and the member concerned."""
        return await membership_history(db, reader, member_id, page)


class Me(Controller):
    """Oneself."""

    path = "/me"
    tags = ["Members"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="member.own", summary="Oneself")
    async def me(self, db: Database, reader: Reader) -> MemberView:
        """As others see it, and what only oneself sees."""
        return await one_member(db, reader, reader.member)

    @patch("/", permission="member.own", open_to="suspended", summary="Change the own profile")
    async def update(self, data: UpdateProfile, reader: Reader, send: Send) -> MemberView:
        """What is not given stays; `privacy` says who sees region, interests, contributions and activity."""
        view: MemberView = await send("member", reader.member, data)
        return view

    @delete(
        "/",
        permission="member.own",
        open_to="suspended",
        status_code=HTTP_202_ACCEPTED,
        summary="Leave, and be forgotten after the term",
    )
    async def leave(self, reader: Reader, send: Send, posts: Literal["keep", "delete"] = "keep") -> LeavingView:
        """Until `erase_after` one may come back. `posts`: kept without their author, or deleted."""
        view: LeavingView = await send("member", reader.member, LeaveCommunity(posts))
        return view

    @post(
        "/restore",
        permission="member.own",
        open_to="suspended",
        status_code=HTTP_200_OK,
        summary="Stay after all",
    )
    async def restore(self, reader: Reader, send: Send) -> MemberView:
        """All is as it was. Who did not leave stays."""
        view: MemberView = await send("member", reader.member, ReturnToCommunity())
        return view

    @post(
        "/exports",
        permission="member.own",
        open_to="suspended",
        status_code=HTTP_202_ACCEPTED,
        summary="Ask for all that is held of oneself",
    )
    async def ask_export(self, reader: Reader, send: Send) -> ExportView:
        """To be read for some days under the id; one is told of it, so that nobody else does it unnoticed."""
        view: ExportView = await send("member", reader.member, AskExport(send.new_id("exp")))
        return view

    @get("/exports/{export_id:str}", permission="member.own", summary="All that is held of oneself")
    async def export(
        self,
        export_id: str,
        *,
        db: Database,
        reader: Reader,
        clock: Clock,
        page: PageQuery,
        registry: Registry,
        ports: Ports,
    ) -> ExportPage:
        """Of every plugin of the deployment, a page at a time, until `next_cursor` is null."""
        return await export_page(reader, export_id, page, db=db, clock=clock, registry=registry, ports=ports)

    @get("/following", permission="member.own", summary="Members that one follows")
    async def following(self, db: Database, reader: Reader, page: PageQuery) -> Page[MemberView]:
        """Last followed first."""
        return await following_of(db, reader, page)

    @get("/network", permission="member.own", summary="Whom one follows, and by how many one is followed")
    async def network(self, db: Database, reader: Reader) -> NetworkView:
        """Of the followers only their number."""
        return await network_of(db, reader)

    @get("/walls", permission="member.own", summary="Members that one blocked or muted")
    async def walls(self, db: Database, reader: Reader, page: PageQuery) -> Page[WallView]:
        """Last first."""
        return await walls_of(db, reader, page)

    @get("/engagement", permission="member.own", summary="The own scores and what they come from")
    async def engagement(self, db: Database, reader: Reader, clock: Clock, settings: MemberSettings) -> EngagementView:
        """Engagement, reputation, and what one's reports weigh; shown to nobody else."""
        return await engagement_of(db, reader, clock.now(), settings)

    @get("/consents", permission="member.own", summary="What one consented to, and when")
    async def consents(self, db: Database, reader: Reader) -> ConsentsView:
        """Nothing is consented to by default."""
        return await consents_of(db, reader)

    @put("/consents", permission="member.own", open_to="suspended", summary="Give or withdraw consents")
    async def set_consents(self, data: SetConsents, reader: Reader, send: Send) -> ConsentsView:
        """What is not given stays."""
        view: ConsentsView = await send("member", reader.member, data)
        return view

    @put(
        "/promotion",
        permission="member.own",
        open_to="suspended",
        status_code=HTTP_200_OK,
        summary="Be called an active member",
    )
    async def take_promotion(self, reader: Reader, send: Send) -> MemberView:
        """Where it was offered; no right comes with it."""
        view: MemberView = await send("member", reader.member, AnswerPromotion(accept=True))
        return view

    @delete(
        "/promotion",
        permission="member.own",
        open_to="suspended",
        status_code=HTTP_200_OK,
        summary="Decline to be called so",
    )
    async def decline_promotion(self, reader: Reader, send: Send) -> MemberView:
        """Or give it back."""
        view: MemberView = await send("member", reader.member, AnswerPromotion(accept=False))
        return view


class Regions(Controller):
    """The regions of the deployment."""

    path = "/regions"
    tags = ["Organisation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="region.read", summary="Regions as a tree")
    async def regions(self, settings: MemberSettings) -> RegionsView:
        """From the settings of the deployment."""
        return region_tree(settings)


class Bodies(Controller):
    """Bodies of the organisation, and who is in them."""

    path = "/bodies"
    tags = ["Organisation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="body.read", summary="Bodies")
    async def list_bodies(self, db: Database, page: PageQuery) -> Page[BodyView]:
        """By name; `parent_id` makes them a tree."""
        return await bodies(db, page)

    @post("/", permission="body.manage", summary="Set up a body")
    async def open_body(self, data: OpenBody, db: Database, send: Send) -> BodyView:
        """By a membership officer."""
        if data.parent_id is not None:
            await check_body(db, data.parent_id)
        view: BodyView = await send("body", send.new_id("bod"), data)
        return view

    @get("/{body_id:str}/members", permission="body.manage", summary="Who is in a body")
    async def list_seats(self, body_id: str, db: Database, page: PageQuery) -> Page[SeatView]:
        """For membership officers."""
        return await seats_of(db, body_id, page)

    @put(
        "/{body_id:str}/members/{member_id:str}",
        permission="body.manage",
        status_code=HTTP_204_NO_CONTENT,
        summary="Make a member one of a body",
    )
    async def seat(  # noqa: PLR0917  # each is a dependency by name
        self, body_id: str, member_id: str, data: NewSeat, db: Database, settings: MemberSettings, send: Send
    ) -> None:
        """Again changes the role."""
        await check_member(db, member_id)
        await check_seats(db, member_id, body_id, settings)
        await send("body", body_id, SeatMember(member_id, data.role))

    @delete("/{body_id:str}/members/{member_id:str}", permission="body.manage", summary="Take a member out of a body")
    async def unseat(self, body_id: str, member_id: str, send: Send) -> None:
        """One who is not in it is no error."""
        await send("body", body_id, UnseatMember(member_id))
