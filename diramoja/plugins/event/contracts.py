"""Events: messages; the views and words are in views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal, View
from diramoja.fields import Moment
from diramoja.plugins.event.views import (
    AccessibleSeats,
    Answer,
    Capacity,
    Categories,
    CheckInWay,
    Description,
    Duration,
    EventPhase,
    EventType,
    EventView,
    FeedbackText,
    GuestState,
    Link,
    Location,
    MemberId,
    QuestionState,
    QuestionText,
    Rating,
    Reason,
    Resources,
    RsvpView,
    ScannerId,
    ScanRefusal,
    SpunOff,
    Staff,
    Title,
    Topics,
    Visibility,
)
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.topic.contracts import ReportReason, ReportText

__all__ = [
    "AnswerQuestion", "AskQuestion", "CancelEvent", "CapacityNear", "CheckIn", "CheckInBatch", "CreateEvent",
    "EditEvent", "EventCancelled", "EventChanged", "EventCheckin", "EventCompleted", "EventCreated", "EventInvited",
    "EventOpened", "EventPhase", "EventPromoted", "EventRescheduled", "EventStarted", "EventType", "EventView",
    "EventWaitlisted", "FeedbackReceived", "GiveFeedback", "Invite", "OpenRegistration", "QuestionAsked",
    "QuestionChanged", "RegistrationChanged", "ReportEvent", "Rsvp", "RsvpConfirmed", "RsvpView", "RsvpWithdrawn",
    "Scan", "TakeOver", "TopicSpunOff", "Upvote", "Visibility", "WithdrawRsvp", "WithdrawUpvote", "attending",
    "unanswered",
]  # fmt: skip

# --- from the organizer ---


class CreateEvent(Command):
    """Plan an event; its sender is the organizer. Nobody else sees it before registration opens. An EventView.

    `capacity` None: as many as come. `accessible_seats` are among the capacity.
    """

    event_type: EventType
    title: Title
    starts_at: Moment
    duration_minutes: Duration
    description: Description = ""
    location: Location = ""
    virtual_link: Link = ""
    capacity: Capacity | None = None
    accessible_seats: AccessibleSeats = 0
    visibility: Visibility = "public"
    categories: Categories = ()
    related_topics: Topics = ()
    resources: Resources = ()
    staff: Staff = ()


class EditEvent(Command):
    """Change what is given; by the organizer. Other words are shown once they are screened. Answers an EventView.

    Another time is told to all who answered or are invited. The visibility is changed only while the event is planned.
    With a lower capacity nobody loses a seat.
    """

    event_type: EventType | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    duration_minutes: Duration | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    virtual_link: Link | UnsetType = UNSET
    capacity: Capacity | UnsetType | None = UNSET
    accessible_seats: AccessibleSeats | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    categories: Categories | UnsetType = UNSET
    related_topics: Topics | UnsetType = UNSET
    resources: Resources | UnsetType = UNSET
    staff: Staff | UnsetType = UNSET


class OpenRegistration(Command):
    """Let members answer; by the organizer. 409 `event_past` where it would have begun. Answers an EventView."""


class CancelEvent(Command):
    """Call it off; by the organizer or an official. Answers an EventView.

    All who answered, or are invited and have not, are told why.
    """

    reason: Reason


class TakeOver(Command):
    """Organize an event whose organizer is no more; by an official. 409 `event_organized`. Answers an EventView."""


class Invite(Command):
    """Invite members with one of these interests in these regions, and these members; by the organizer.

    By interest or region: a leader or an official. The gateway looked up how many these are (`selected`), and how many
    of them are not told (`suppressed`), None below five; `regions` come with all that lie in them. An InvitationsView.
    """

    interests: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    regions: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    members: Annotated[tuple[Personal[MemberId], ...], Meta(max_length=100)] = ()
    selected: int | None = 0
    suppressed: int | None = 0


# --- from members ---


class Rsvp(Command):
    """Answer as the sender; the last answer counts. `yes` takes a seat, or a place in the line. Answers a RsvpView.

    A seat that is offered is taken with `yes`. 409 `event_full` where nobody more can wait.
    """

    answer: Answer
    accessible: bool = False


class WithdrawRsvp(Command):
    """Take the answer back; the seat goes to the first in line. None is no error. Answers a RsvpView."""


class AskQuestion(Command):
    """Ask those who will speak. Answers a QuestionView."""

    question_id: str
    body: QuestionText


class Upvote(Command):
    """Want an answer to somebody else's question; again changes nothing. 403 `own_question`."""

    question_id: str


class WithdrawUpvote(Command):
    """Want it no more; none is no error."""

    question_id: str


class AnswerQuestion(Command):
    """Say that a question was answered or will not be; by the organizer or the staff. Answers a QuestionView."""

    question_id: str
    state: QuestionState


class ReportEvent(Command):
    """Have moderators look at the words of an event. Answers a ReportView of moderation."""

    report_id: str
    reason: ReportReason
    text: ReportText = ""


class GiveFeedback(Command):
    """Say how it was, once; by who checked in. 409 `feedback_given`, 403 `not_attended`. Answers a FeedbackView."""

    rating: Rating
    text: FeedbackText = ""


# --- check-ins ---


class Scan(View, forbid_unknown_fields=True):
    """A ticket that was scanned. The gateway read its code: whose seat it is, or why it is none (`refusal`)."""

    member: Personal[str]
    seat: int
    scanned_at: Moment
    scanner: ScannerId
    refusal: ScanRefusal | None = None


class CheckIn(Command):
    """Somebody is there: by a scan of the staff, the code at the venue, or online. 409 `code_used`. A CheckInView."""

    way: CheckInWay
    scan: Scan | None = None


class CheckInBatch(Command):
    """What a scanner read while it was offline; of two scans of a ticket the earlier counts. By the staff.

    Answers a BatchView.
    """

    scans: Annotated[tuple[Scan, ...], Meta(max_length=100)]


# --- events ---


class EventCreated(Event, name="event.created"):
    """An event is planned; nobody but its organizer sees it yet."""

    event: str
    organizer: Personal[str]
    event_type: EventType
    title: str
    visibility: Visibility
    starts_at: datetime


class EventOpened(Event, name="event.opened", live=True):
    """Members may answer now."""

    event: str
    event_type: EventType
    title: str
    description: str
    visibility: Visibility
    organizer: Personal[str]
    starts_at: datetime
    categories: tuple[str, ...]
    created_at: datetime


class EventChanged(Event, name="event.changed", live=True):
    """Words, place or seats of an event that members may answer to are others now."""

    event: str
    event_type: EventType
    title: str
    description: str
    visibility: Visibility
    organizer: Personal[str]
    starts_at: datetime
    categories: tuple[str, ...]
    created_at: datetime


class EventInvited(Event, name="event.invited"):
    """A member is invited."""

    event: str
    member: Personal[str]
    organizer: Personal[str]
    title: str
    starts_at: datetime


class RsvpConfirmed(Event, name="event.rsvp.confirmed"):
    """A member has a seat."""

    event: str
    member: Personal[str]


class RsvpWithdrawn(Event, name="event.rsvp.withdrawn"):
    """A member who had a seat, an offer of one or a place in the line has it no more. `was`: which."""

    event: str
    member: Personal[str]
    was: GuestState


class EventWaitlisted(Event, name="event.waitlisted"):
    """A member is in line for a seat. `number` rises in order of acceptance."""

    event: str
    member: Personal[str]
    number: int


class EventPromoted(Event, name="event.promoted"):
    """The first in line has a seat, or is offered one until then."""

    event: str
    member: Personal[str]
    offer_until: datetime | None


class CapacityNear(Event, name="event.capacity.near", live=True):
    """Most seats are taken; once. Who answers when all are, waits in line."""

    event: str
    registered_count: int
    capacity: int


class RegistrationChanged(Event, name="event.registration.changed", live=True):
    """All seats are taken or held (`is_open` false), or there are some again."""

    event: str
    is_open: bool
    registered_count: int


class EventRescheduled(Event, name="event.rescheduled", live=True):
    """It begins at another time, or lasts longer or shorter."""

    event: str
    starts_at: datetime
    duration_minutes: int
    before: datetime


class EventStarted(Event, name="event.started", live=True):
    """It has begun."""

    event: str
    registered_count: int


class EventCheckin(Event, name="event.checkin"):
    """Somebody who had a seat is there."""

    event: str
    member: Personal[str]
    way: CheckInWay


class QuestionAsked(Event, name="event.question.asked", live=True):
    """A question to those who speak."""

    event: str
    question: str
    author: Personal[str]
    body: str
    created_at: datetime


class QuestionChanged(Event, name="event.question.changed", live=True):
    """Others want an answer too, or it was given, or will not be; `withdrawn`: nobody sees it any more."""

    event: str
    question: str
    author: Personal[str]
    state: QuestionState | Literal["withdrawn"]
    upvotes: int


class EventCompleted(Event, name="event.completed", live=True):
    """It is over."""

    event: str
    title: str
    registered_count: int
    attended_count: int
    topics: tuple[SpunOff, ...] = ()


class FeedbackReceived(Event, name="event.feedback.received"):
    """One more said how it was; who and what is not said."""

    event: str
    count: int


class EventCancelled(Event, name="event.cancelled", live=True):
    """It does not take place."""

    event: str
    title: str
    reason: str
    organizer: Personal[str]


class TopicSpunOff(Event, name="event.topic.spun_off", live=True):
    """A topic came out of the event."""

    event: str
    topic: str
    title: str


def attending(event: str) -> str:
    """SQL query: `member`, all who answered and may still come, and who is invited and has not answered.

    The event is given as an SQL expression such as `$1`. The table `event_guest (event, member, state)` holds the
    answers.
    """
    states = "('confirmed', 'offered', 'waitlisted', 'maybe')"
    return (
        f"SELECT member FROM event_guest WHERE event = {event} AND state IN {states}"  # noqa: S608  # expressions of queries.py
        f" UNION ALL SELECT member FROM ({unanswered(event)}) AS invited"
    )


def unanswered(event: str) -> str:
    """SQL query: `member` and `at` of who is invited, has not answered and is behind no wall of the organizer's."""
    return (
        "SELECT i.member, i.at FROM event_invitation AS i JOIN event AS e ON e.id = i.event"  # noqa: S608  # expressions of queries.py
        f" WHERE i.event = {event} AND {not_walled('i.member', 'e.organizer')} AND NOT EXISTS"
        " (SELECT 1 FROM event_guest AS g WHERE g.event = i.event AND g.member = i.member)"
    )
