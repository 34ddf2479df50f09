"""What an event knows: its state, its own rows and its kind; the handlers are in agent and the modules beside it."""

from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import UNSET

from diramoja.core import AgentKind, Context, Personal, Reject, Row, State, View
from diramoja.fields import NEVER, one_line
from diramoja.plugins.event.rules import NO_RATINGS, Ratings, score_of
from diramoja.plugins.event.views import (
    Answer,
    CheckInWay,
    EventType,
    EventView,
    GuestState,
    QuestionState,
    QuestionStatus,
    Resource,
    SpunOff,
    Visibility,
)
from diramoja.plugins.topic.contracts import HeldView

__all__ = [
    "AHEAD",
    "NO_LIMIT",
    "OPEN",
    "OVER",
    "TOLD",
    "Answered",
    "CheckedIn",
    "Comment",
    "Gathering",
    "Guest",
    "Invitation",
    "Line",
    "Opening",
    "Question",
    "Voice",
    "Wording",
    "event",
    "event_view",
    "only_organizer",
]

NO_LIMIT = 1_000_000
"""Seats where no capacity was set."""
OPEN = ("open_registration", "registration_closed")
AHEAD = (*OPEN, "upcoming")
"""Phases in which seats are given, before the start."""
TOLD = (*AHEAD, "in_progress")
OVER = ("completed", "cancelled")


# --- own rows ---


def _second(fields: dict[str, Any]) -> dict[str, Any]:
    """Titles of what there is to read had line breaks once."""
    titled = [{**each, "title": one_line(each["title"]) or each["url"][:120]} for each in fields["resources"]]
    return {**fields, "resources": titled}


class Opening(Row, version=2, upcasts={1: _second}):
    """The longer texts; apart from the state, which is written with every answer."""

    id: str
    description: str
    location: str
    virtual_link: str
    related_topics: tuple[str, ...]
    resources: tuple[Resource, ...]


class Wording(Row, omit_defaults=True):
    """Words of the event that others do not see.

    Attributes:
        id: as what they are screened. The event's own: of a plan that is to be opened; later, those that people took
            away. Any other: the next words.
        held: None: people have decided.
    """

    id: str
    author: Personal[str]
    title: str
    description: str = ""
    location: str = ""
    categories: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    held: HeldView | None = HeldView("pending")

    @property
    def text(self) -> str:
        """For those who judge it."""
        linked = (f"{each.title} {each.url}" for each in self.resources)
        texts = (self.title, self.description, self.location, " ".join(self.categories), *linked)
        return "\n\n".join(filter(None, texts))


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
    """A member who is there. `at` and `scanner`: of the scan that counts, the earliest; "": they did it themselves."""

    member: Personal[str]
    way: CheckInWay
    at: datetime
    scanner: str = ""


class Question(Row):
    """A question. `number` counts from 1. `is_told`: it was announced as new."""

    id: str
    author: Personal[str]
    number: int
    body: str
    status: QuestionStatus
    created_at: datetime
    state: QuestionState = "open"
    upvotes: int = 0
    is_told: bool = False


class Voice(Row):
    """How many questions a member asked, and to which of others they want an answer."""

    member: Personal[str]
    asked: int = 0
    wanted: tuple[str, ...] = ()


class Answered(Row):
    """A member who said how it was; not what."""

    member: Personal[str]


class Comment(Row):
    """What somebody said of the event. `five`: with which five answers it is shown, from 0."""

    id: str
    text: str
    five: int


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
        attended, asked: of check-ins and questions.
        ratings: how many gave 1 to 5; `shown_ratings`: of whole fives of answers.
        topics: that came out of it.
        wording: the id of the next words, while they are looked at.
        sequence: rises with each change of time, place or words, for calendars; `changed_at`: the last one.
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
    ratings: Ratings = NO_RATINGS
    shown_ratings: Ratings = NO_RATINGS
    topics: tuple[SpunOff, ...] = ()
    wording: str = ""
    sequence: int = 0
    changed_at: datetime = NEVER

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
    rows=[Opening, Wording, Invitation, Guest, CheckedIn, Question, Voice, Answered, Comment],
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
        feedback_score=score_of(state.shown_ratings),
        created_at=state.created_at,
        topics=state.topics,
        virtual_link=texts.virtual_link if texts else "",
        staff=state.staff,
        cancel_reason=state.cancel_reason or UNSET,
    )
