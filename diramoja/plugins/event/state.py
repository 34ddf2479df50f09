"""What an event knows: its state, its own rows and its kind; the handlers are in agent and the modules beside it."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import UNSET

from diramoja.core import AgentKind, Context, Personal, Reject, Row, State, View
from diramoja.plugins.event.rules import feedback_score
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.views import (
    Answer,
    CheckInWay,
    EventType,
    EventView,
    GuestState,
    QuestionState,
    Resource,
    Visibility,
)

__all__ = [
    "AHEAD",
    "NEVER",
    "NO_LIMIT",
    "OPEN",
    "OVER",
    "TOLD",
    "CheckedIn",
    "Feedback",
    "Gathering",
    "Guest",
    "Invitation",
    "Line",
    "Opening",
    "Question",
    "Vote",
    "event",
    "event_view",
    "only_organizer",
]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NO_LIMIT = 1_000_000
"""Seats where no capacity was set."""
OPEN = ("open_registration", "registration_closed")
AHEAD = (*OPEN, "upcoming")
"""Phases in which seats are given, before the start."""
TOLD = (*AHEAD, "in_progress")
OVER = ("completed", "cancelled")


# --- own rows ---


class Opening(Row):
    """The longer texts; apart from the state, which is written with every answer."""

    id: str
    description: str
    location: str
    virtual_link: str
    related_topics: tuple[str, ...]
    resources: tuple[Resource, ...]


class Invitation(Row):
    """A member who is invited."""

    member: Personal[str]
    at: datetime


class Guest(Row, omit_defaults=True):
    """A member who answered.

    Attributes:
        wants_accessible: asked for an accessible seat. `line`: where the seat is from, or waited for.
        number: of those who waited, in order of acceptance; 0: never did.
        ahead, behind: neighbours in the line, while `waitlisted`; "" at its ends.
        seat: of those who have one, a number that no other had; tickets carry it. 0: none.
    """

    member: Personal[str]
    state: GuestState
    answer: Answer
    answered_at: datetime
    wants_accessible: Personal[bool] = False
    line: Literal["general", "accessible"] = "general"
    number: int = 0
    ahead: Personal[str] = ""
    behind: Personal[str] = ""
    seat: int = 0
    offer_until: datetime | None = None


class CheckedIn(Row):
    """A member who is there. `scanned_at` and `scanner`: of the scan that counts, the earliest."""

    member: Personal[str]
    way: CheckInWay
    at: datetime
    scanned_at: datetime | None = None
    scanner: str = ""


class Question(Row):
    """A question. `number` counts from 1."""

    id: str
    author: Personal[str]
    number: int
    body: str
    state: QuestionState
    upvotes: int
    created_at: datetime


class Vote(Row):
    """A member who wants an answer to a question of somebody else; the key is `<question>:<member>`."""

    id: str
    question: str
    member: Personal[str]


class Feedback(Row):
    """How it was for a member; shown with others only."""

    member: Personal[str]
    rating: int
    text: str
    at: datetime


# --- the state ---


class Line(View, array_like=True):
    """Seats of one sort, and the line for them: a list that is linked through the guests in it.

    Attributes:
        seats: that there are. `taken`: by who is confirmed. `offered`: held for who may take them.
        head, tail: first and last member in the line; "" where nobody waits.
        waiting: members in the line.
    """

    seats: int = 0
    taken: int = 0
    offered: int = 0
    waiting: int = 0
    head: Personal[str] = ""
    tail: Personal[str] = ""

    @property
    def free(self) -> int:
        """Seats that nobody has or is offered; negative where the capacity was lowered below them."""
        return self.seats - self.taken - self.offered


class Gathering(State, omit_defaults=True):
    """What an event knows, beside the texts and the guests, which are rows.

    Attributes:
        capacity: None: as many as come. `accessible_seats`: of them, kept for who needs one until they are released.
        waited: members who ever came into a line. `seated`: who ever had a seat.
        opened_at: when members were let answer; before that nobody else sees it.
        is_near_told: the organizer knows that most seats are taken.
        attended, feedback_count, feedback_sum, asked: of check-ins, feedback and questions.
    """

    phase: Literal[
        "absent", "planning", "open_registration", "registration_closed", "upcoming", "in_progress", "completed",
        "cancelled",
    ] = "absent"  # fmt: skip
    event_type: EventType = "meeting"
    title: str = ""
    organizer: Personal[str] = ""
    visibility: Visibility = "public"
    starts_at: datetime = NEVER
    duration_minutes: int = 0
    capacity: int | None = None
    accessible_seats: int = 0
    categories: tuple[str, ...] = ()
    staff: tuple[Personal[str], ...] = ()
    created_at: datetime = NEVER
    opened_at: datetime | None = None
    cancel_reason: str = ""
    general: Line = Line()
    accessible: Line = Line()
    is_released: bool = False
    is_near_told: bool = False
    waited: int = 0
    seated: int = 0
    attended: int = 0
    asked: int = 0
    feedback_count: int = 0
    feedback_sum: int = 0

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def registered(self) -> int:
        """Seats that are taken."""
        return self.general.taken + self.accessible.taken

    @property
    def is_full(self) -> bool:
        """Whether no seat of any sort is free."""
        return self.general.free <= 0 and self.accessible.free <= 0

    def is_staff(self, member: str) -> bool:
        """Whether this member checks in others."""
        return member == self.organizer or member in self.staff


event = AgentKind(
    "event",
    Gathering,
    prefix="evt",
    rows=[Opening, Invitation, Guest, CheckedIn, Question, Vote, Feedback],
    codes={"planning": "event_not_open"},
)


def only_organizer(state: Gathering, context: Context) -> Reject | None:
    """A refusal where somebody else asks; whoever may not see the event learns nothing of it."""
    if context.sender == state.organizer:
        return None
    if state.phase == "planning":
        return Reject("event_missing", f"There is no event {context.id}.", 404)
    return Reject("not_organizer", "Only its organizer does this.", 403)


def event_view(context: Context, state: Gathering) -> EventView:
    """An event as its organizer sees it."""
    texts = context.row(Opening, "opening")
    return EventView(
        id=context.id,
        event_type=state.event_type,
        title=state.title,
        description=texts.description if texts else "",
        organizer_id=state.organizer,
        visibility=state.visibility,
        phase=state.phase,
        location=texts.location if texts else "",
        starts_at=state.starts_at,
        duration_minutes=state.duration_minutes,
        capacity=state.capacity,
        accessible_seats=state.accessible_seats,
        registered_count=state.registered,
        waiting_count=state.general.waiting + state.accessible.waiting,
        attended_count=state.attended,
        categories=state.categories,
        related_topics=texts.related_topics if texts else (),
        resources=texts.resources if texts else (),
        feedback_score=feedback_score(state.feedback_count, state.feedback_sum, context.settings(EventSettings)),
        created_at=state.created_at,
        virtual_link=texts.virtual_link if texts else "",
        staff=state.staff,
        cancel_reason=state.cancel_reason or UNSET,
    )
