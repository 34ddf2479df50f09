"""Words and views of events; other plugins find them in contracts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Personal, View

__all__ = [
    "AccessibleSeats", "Answer", "AttendeeView", "Capacity", "Category", "CheckInView", "CheckInWay", "Code",
    "Description", "Duration", "EventId", "EventPhase", "EventType", "EventView", "FeedbackText", "FeedbackView",
    "GuestState", "InvitationsView", "Link", "Location", "MemberId", "Moment", "QuestionState", "QuestionText",
    "QuestionView", "Rating", "Reason", "Resource", "Resources", "RsvpView", "ScanOutcome", "ScannerId", "Title",
    "Topics", "Visibility",
]  # fmt: skip

_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TEXT = r"^(?=[\s\S]*\S)" + _NO_CONTROLS
"""Not blank; of the control characters only tab, line feed and carriage return."""
_ID = r"^[A-Za-z0-9][A-Za-z0-9_:@+=-]{0,127}$(?!\n)"

type EventType = Literal["rally", "town_hall", "meeting", "training", "fundraiser", "volunteer"]
type Visibility = Literal["public", "members_only", "invite_only"]
"""Who sees an event: everybody; members and whoever is invited; whoever is invited. Its organizer does in any case."""
type EventPhase = Literal[
    "absent", "planning", "open_registration", "registration_closed", "upcoming", "in_progress", "completed",
    "cancelled",
]  # fmt: skip
type Answer = Literal["yes", "no", "maybe"]
type GuestState = Literal["confirmed", "waitlisted", "offered", "maybe", "declined"]
"""`confirmed`: has a seat. `waitlisted`: is in the line for one. `offered`: may take the seat that is held for them.
`maybe` and `declined` have none and wait for none."""
type CheckInWay = Literal["ticket", "venue", "online"]
type ScanOutcome = Literal["accepted", "duplicate", "invalid"]
type QuestionState = Literal["open", "answered", "dismissed"]

type EventId = Annotated[str, Meta(pattern=_ID, examples=["evt_0mq3v8x1kz6b4w9t7n2c"])]
type MemberId = Annotated[str, Meta(pattern=_ID, examples=["mem_0mq3v8x1kz6b4w9t7n2c"])]
type Moment = Annotated[datetime, Meta(tz=True, examples=["2031-05-01T16:00:00Z"])]
type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=_TEXT, examples=["Clinics: a town hall"])]
type Description = Annotated[
    str, Meta(max_length=4_000, pattern="^" + _NO_CONTROLS, examples=["Come and ask the health committee."])
]
type Location = Annotated[
    str, Meta(max_length=300, pattern="^" + _NO_CONTROLS, examples=["Community hall, Market Street 4"])
]
type Link = Annotated[
    str,
    Meta(
        max_length=500, pattern=r"^(https://[^\s\x00-\x1f\x7f<>\"]+)?$(?!\n)", examples=["https://meet.example.org/a"]
    ),
]
type Duration = Annotated[int, Meta(ge=5, le=20_160, examples=[90])]
type Capacity = Annotated[int, Meta(ge=1, le=1_000_000, examples=[50])]
type AccessibleSeats = Annotated[int, Meta(ge=0, le=1_000_000, examples=[2])]
type Category = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)",
        description="healthcare, education, economy, environment, social_justice, ...",
        examples=["healthcare"],
    ),
]
type Categories = Annotated[tuple[Category, ...], Meta(max_length=10)]
type Topics = Annotated[
    tuple[Annotated[str, Meta(pattern=_ID, examples=["top_0mq3v8x1kz6b4w9t7n2c"])], ...], Meta(max_length=20)
]
type Staff = Annotated[tuple[Personal[MemberId], ...], Meta(max_length=50)]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=_TEXT, examples=["The hall is flooded."])]
type Code = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[A-Za-z0-9._~=:-]+$(?!\n)")]
type ScannerId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)", examples=["door_2"])]
type QuestionText = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=_TEXT, examples=["When does the clinic at the market open?"])
]
type Rating = Annotated[int, Meta(ge=1, le=5, examples=[4])]
type FeedbackText = Annotated[
    str, Meta(max_length=2_000, pattern="^" + _NO_CONTROLS, examples=["More time for answers."])
]


class Resource(View, forbid_unknown_fields=True):
    """Something to read or to bring, as a link."""

    title: Annotated[str, Meta(min_length=1, max_length=120, pattern=_TEXT, examples=["Agenda"])]
    url: Annotated[
        str,
        Meta(
            max_length=500, pattern=r"^https://[^\s\x00-\x1f\x7f<>\"]+$(?!\n)", examples=["https://example.org/a.pdf"]
        ),
    ]


type Resources = Annotated[tuple[Resource, ...], Meta(max_length=20)]


class EventView(View):
    """An event as its reader may see it.

    Attributes:
        virtual_link: for the organizer, and for who has a seat.
        capacity: seats; None for as many as come. `accessible_seats`: of them, kept for who needs one.
        registered_count: seats that are taken. `waiting_count`: members in line for one.
        attended_count: of those who checked in.
        feedback_score: 0 to 100; None below five answers.
        staff: members who check in others; for the organizer alone.
    """

    id: str
    event_type: EventType
    title: str
    description: str
    organizer_id: Personal[str]
    visibility: Visibility
    phase: EventPhase
    location: str
    starts_at: datetime
    duration_minutes: int
    capacity: int | None
    accessible_seats: int
    registered_count: int
    waiting_count: int
    attended_count: int
    categories: tuple[str, ...]
    related_topics: tuple[str, ...]
    resources: tuple[Resource, ...]
    feedback_score: int | None
    created_at: datetime
    virtual_link: str | UnsetType = UNSET
    staff: tuple[Personal[str], ...] | UnsetType = UNSET
    cancel_reason: str | UnsetType = UNSET


class InvitationsView(View):
    """`selected`: who is invited now. `suppressed`: who matched and is not: a block, a suspension, invited before."""

    selected: int
    suppressed: int


class RsvpView(View):
    """One's own answer. `position` in the line, from 1; `offer_until`: so long a seat is held."""

    state: GuestState
    position: int | None = None
    offer_until: datetime | None = None
    answer: Answer = "yes"
    accessible: bool = False


class AttendeeView(View):
    """Who answered, for the organizer alone. `accessible`: asked for an accessible seat."""

    member_id: Personal[str]
    username: Personal[str]
    state: GuestState
    answer: Answer
    accessible: Personal[bool]
    position: int | None
    answered_at: datetime
    checked_in_at: datetime | None


class CheckInView(View):
    """What became of a check-in."""

    outcome: ScanOutcome
    member_id: Personal[str] | UnsetType = UNSET
    way: CheckInWay | UnsetType = UNSET
    at: datetime | UnsetType = UNSET


class QuestionView(View):
    """A question to those who speak. `upvotes`: of distinct members, the author not among them."""

    id: str
    event_id: str
    author_id: Personal[str]
    body: str
    state: QuestionState
    upvotes: int
    created_at: datetime


class FeedbackView(View):
    """All answers together; None where fewer than five answered. `ratings`: how many gave 1 to 5."""

    count: int
    feedback_score: int | None
    ratings: tuple[int, ...] | None
    comments: tuple[str, ...] = msgspec.field(default=())
