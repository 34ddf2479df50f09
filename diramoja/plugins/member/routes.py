"""HTTP of members."""

from litestar import Controller, delete, get, patch, put
from litestar.status_codes import HTTP_204_NO_CONTENT

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import (
    FollowMember,
    MemberView,
    SetMembership,
    UnfollowMember,
    UpdateProfile,
)
from diramoja.plugins.member.queries import following_of, one_member

__all__ = ["Me", "Members"]


class Members(Controller):
    """Members as others see them."""

    path = "/members/{member_id:str}"
    tags = ["Members"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="member.read", summary="One member")
    async def get_member(self, member_id: str, db: Database, reader: Reader) -> MemberView:
        """Never with an email address, and without what only the member and officers need to know."""
        return await one_member(db, reader, member_id)

    @put("/follow", permission="member.follow", status_code=HTTP_204_NO_CONTENT, summary="Follow a member")
    async def follow(self, member_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await one_member(db, reader, member_id)
        await send("member", reader.member, FollowMember(member_id))

    @delete("/follow", permission="member.follow", summary="Follow a member no more")
    async def unfollow(self, member_id: str, reader: Reader, send: Send) -> None:
        """Not shown to the other."""
        await send("member", reader.member, UnfollowMember(member_id))

    @patch("/membership", permission="member.officer", summary="Set level and standing")
    async def set_membership(self, member_id: str, data: SetMembership, send: Send) -> MemberView:
        """By a membership officer, with a reason."""
        view: MemberView = await send("member", member_id, data)
        return view


class Me(Controller):
    """Oneself."""

    path = "/me"
    tags = ["Members"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="member.own", summary="Oneself")
    async def me(self, db: Database, reader: Reader) -> MemberView:
        """As others see it, and standing and age group."""
        return await one_member(db, reader, reader.member)

    @patch("/", permission="member.own", summary="Change the own profile")
    async def update(self, data: UpdateProfile, reader: Reader, send: Send) -> MemberView:
        """What is not given stays."""
        view: MemberView = await send("member", reader.member, data)
        return view

    @get("/following", permission="member.own", summary="Members that one follows")
    async def following(self, db: Database, reader: Reader, page: PageQuery) -> Page[MemberView]:
        """Last followed first."""
        return await following_of(db, reader, page)
