"""Words and views of events; other plugins find them in contracts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Personal, View
from diramoja.fields import ID, LINE, MAYBE_LINE, MAYBE_TEXT, TEXT, Category
from diramoja.plugins.topic.contracts import HeldView

__all__ = [
    "AccessibleSeats",
    "Answer",
    "AttendeeView",
    "BatchView",
    "Capacity",
    "ChartsView",
    "CheckInView",
    "CheckInWay",
    "Code",
    "CommentView",
    "ConnectionView",
    "Count",
    "Description",
    "Duration",
    "EventId",
    "EventPhase",
    "EventType",
    "EventView",
    "FeedView",
    "FeedbackText",
    "FeedbackView",
    "GuestState",
    "InvitationsView",
    "Link",
    "Location",
    "MemberId",
    "QuestionState",
    "QuestionStatus",
    "QuestionText",
    "QuestionView",
    "Rating",
    "RatingBin",
    "Reason",
    "ReportView",
    "Resource",
    "Resources",
    "RsvpView",
    "ScanOutcome",
    "ScanRefusal",
    "ScannerId",
    "SpunOff",
    "TicketKeyView",
    "TicketView",
    "Title",
    "Topics",
    "VenueCodeView",
    "Visibility",
]  # fmt: skip

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
type ScanRefusal = Literal["ticket_invalid", "ticket_elsewhere", "seat_missing", "scan_time_invalid"]
type QuestionState = Literal["open", "answered", "dismissed"]
type QuestionStatus = Literal["pending", "published", "held", "hidden", "removed"]
"""Whether others see it: screened like a post."""

type EventId = Annotated[str, Meta(pattern=ID, examples=["evt_0mq3v8x1kz6b4w9t7n2c"])]
type MemberId = Annotated[str, Meta(pattern=ID, examples=["mem_0mq3v8x1kz6b4w9t7n2c"])]
type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=LINE, examples=["Clinics: a town hall"])]
type Description = Annotated[
    str, Meta(max_length=4_000, pattern=MAYBE_TEXT, examples=["Come and ask the health committee."])
]
type Location = Annotated[str, Meta(max_length=300, pattern=MAYBE_LINE, examples=["Community hall, Market Street 4"])]
type Link = Annotated[
    str,
    Meta(
        max_length=500, pattern=r"^(https://[^\s\x00-\x1f\x7f<>\"]+)?$(?!\n)", examples=["https://meet.example.org/a"]
    ),
]
type Duration = Annotated[int, Meta(ge=5, le=20_160, examples=[90])]
type Capacity = Annotated[int, Meta(ge=1, le=1_000_000, examples=[50])]
type AccessibleSeats = Annotated[int, Meta(ge=0, le=1_000_000, examples=[2])]
type Categories = Annotated[tuple[Category, ...], Meta(max_length=10)]
type Topics = Annotated[
    tuple[Annotated[str, Meta(pattern=ID, examples=["top_0mq3v8x1kz6b4w9t7n2c"])], ...], Meta(max_length=20)
]
type Staff = Annotated[tuple[Personal[MemberId], ...], Meta(max_length=50)]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=TEXT, examples=["The hall is flooded."])]
type Code = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[A-Za-z0-9._~=:-]+$(?!\n)")]
type ScannerId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)", examples=["door_2"])]
type QuestionText = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=TEXT, examples=["When does the clinic at the market open?"])
]
type Rating = Annotated[int, Meta(ge=1, le=5, examples=[4])]
type FeedbackText = Annotated[str, Meta(max_length=2_000, pattern=MAYBE_TEXT, examples=["More time for answers."])]


class Resource(View, forbid_unknown_fields=True):
    """Something to read or to bring, as a link."""

    title: Annotated[str, Meta(min_length=1, max_length=120, pattern=LINE, examples=["Agenda"])]
    url: Annotated[
        str,
        Meta(
            max_length=500, pattern=r"^https://[^\s\x00-\x1f\x7f<>\"]+$(?!\n)", examples=["https://example.org/a.pdf"]
        ),
    ]


class SpunOff(View):
    """A topic that came out of an event."""

    id: str
    title: str


type Resources = Annotated[tuple[Resource, ...], Meta(max_length=20)]


class EventView(View):
    """An event as its reader may see it.

    Attributes:
        virtual_link: for the organizer, and for who has a seat.
        capacity: seats; None for as many as come. `accessible_seats`: of them, kept for who needs one.
        registered_count: seats that are taken. `waiting_count`: members in line for one.
        attended_count: of those who checked in.
        feedback_score: 0 to 100; None below five answers.
        topics: that came out of it.
        staff: members who check in others; for the organizer alone.
        held: others do not see yet what its organizer just wrote; why.
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
    topics: tuple["SpunOff", ...] = ()
    virtual_link: str | UnsetType = UNSET
    staff: tuple[Personal[str], ...] | UnsetType = UNSET
    cancel_reason: str | UnsetType = UNSET
    held: HeldView | UnsetType = UNSET


class InvitationsView(View):
    """`selected`: how many are invited now. `suppressed`: how many matched and are not.

    They were invited before; among those of an interest or a region also for a block or a suspension. Of these no
    figure below five is shown (null), and `suppressed` is in fives, so that they say of nobody that they are there.
    """

    selected: int | None
    suppressed: int | None


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


class ConnectionView(View):
    """Somebody else who comes and agreed to be named to people with shared interests."""

    member_id: Personal[str]
    username: Personal[str]
    interests: tuple[str, ...]


class CheckInView(View):
    """What became of a check-in. `at` and `way`: of the one that counts; `reason`: why it is invalid."""

    outcome: ScanOutcome
    reason: ScanRefusal | UnsetType = UNSET
    seat: int | UnsetType = UNSET
    way: CheckInWay | UnsetType = UNSET
    at: datetime | UnsetType = UNSET


class BatchView(View):
    """What became of each scan, in the order in which they were sent."""

    items: tuple[CheckInView, ...]


class TicketView(View):
    """One's own ticket. `code` is what the QR code `qr_svg` holds; a scanner takes it between these times, once."""

    event_id: str
    seat: int
    code: Personal[str]
    qr_svg: Personal[str]
    valid_from: datetime
    valid_until: datetime
    checked_in_at: datetime | None


class TicketKeyView(View):
    """The public key of all tickets, as a JSON Web Key (RFC 8037): with it a scanner works without a connection."""

    kty: str
    crv: str
    use: str
    x: str


class VenueCodeView(View):
    """What is shown at the venue. It changes; the one before is taken a while longer."""

    venue_code: str
    changes_at: datetime


class FeedView(View):
    """The address of one's own calendar feed. Whoever has it reads which events one goes to, and nothing else."""

    url: Personal[str]


class QuestionView(View):
    """A question to those who speak. `upvotes`: of distinct members, the author not among them.

    `status`: other than published only of one's own.
    """

    id: str
    event_id: str
    author_id: Personal[str]
    body: str
    state: QuestionState
    upvotes: int
    created_at: datetime
    status: QuestionStatus = "published"


class RatingBin(View):
    """How many gave a rating from `low` to `high`; neighbours are merged until they are five, and rounded to five."""

    low: int
    high: int
    count: int


class FeedbackView(View):
    """All answers together, in steps of five; None below."""

    count: int | None
    feedback_score: int | None
    ratings: tuple[RatingBin, ...] | None


class CommentView(View):
    """What somebody said of the event; not who."""

    id: str
    text: str


class Count(View):
    """So many in the time that begins there."""

    at: datetime
    count: int


class ChartsView(View):
    """The figures as SVG images."""

    reach: str
    registrations: str
    check_ins: str
    feedback: str


class ReportView(View):
    """How an event went, for its organizer.

    Attributes:
        invited: members; null below five. `registered`, `attended`. `online`: of those who attended.
        registrations: of those who have a seat, by the day on which they answered.
        check_ins: by the quarter of an hour.
        questions: that were asked and shown; `answered`: of them.
        topics: that came out of it.
    """

    event_id: str
    invited: int | None
    registered: int
    attended: int
    online: int
    registrations: tuple[Count, ...]
    check_ins: tuple[Count, ...]
    questions: int
    answered: int
    feedback: FeedbackView
    topics: tuple[SpunOff, ...]
    charts: ChartsView
