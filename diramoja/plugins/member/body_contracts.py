"""Bodies of the organisation and its regions: messages and words."""

from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal, View
from diramoja.fields import LINE, MAYBE_LINE

__all__ = ["BodyOpened", "BodyRole", "OpenBody", "Region", "Seat", "SeatChanged", "SeatMember", "UnseatMember"]

type Region = Annotated[str, Meta(max_length=80, pattern=MAYBE_LINE, description="An id of /v1/regions.")]
type BodyRole = Literal["member", "secretary", "chair"]


# --- to bodies ---


class OpenBody(Command):
    """Set up a body of the organisation, such as a board or a branch. Answers a BodyView."""

    name: Annotated[str, Meta(min_length=3, max_length=120, pattern=LINE, examples=["Board of the North"])]
    region: Region = ""
    parent_id: str | None = None


class SeatMember(Command):
    """Make a member one of the body; again changes the role."""

    member: Personal[str]
    role: BodyRole


class UnseatMember(Command):
    """One of the body no more; one who is not is no error."""

    member: Personal[str]


# --- events ---


class BodyOpened(Event, name="body.opened"):
    """The organisation has a body more."""

    body: str
    title: str
    region: str
    parent: str | None


class SeatChanged(Event, name="body.member.changed"):
    """A member came to a body, has another role there, or left it (role None)."""

    body: str
    member: Personal[str]
    role: BodyRole | None


# --- views ---


class Seat(View):
    """Where a member is one of a body."""

    body_id: str
    role: BodyRole
