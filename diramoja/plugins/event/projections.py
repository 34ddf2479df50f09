"""Events as rows of the read model."""

from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.event.state import (
    CheckedIn,
    Comment,
    Gathering,
    Guest,
    Invitation,
    Opening,
    Question,
    Voice,
    event,
)

__all__ = ["RECORDS", "EventRecord", "EventTextRecord", "GuestRecord", "InvitationRecord"]


class EventRecord(Record):
    """An event without its longer texts."""

    id: str
    phase: str
    event_type: str
    title: str
    organizer: Personal[str]
    staff: Personal[tuple[str, ...]]
    visibility: str
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    capacity: int | None
    accessible_seats: int
    registered_count: int
    waiting_count: int
    attended_count: int
    ratings: tuple[int, ...]
    topics: tuple[str, ...]
    topic_titles: tuple[str, ...]
    sequence: int
    changed_at: datetime
    categories: tuple[str, ...]
    created_at: datetime
    opened_at: datetime | None
    cancel_reason: str


class EventTextRecord(Record):
    """The longer texts of an event; written when they are changed."""

    event: str
    description: str
    location: str
    virtual_link: str
    related_topics: tuple[str, ...]
    resource_titles: tuple[str, ...]
    resource_urls: tuple[str, ...]


class GuestRecord(Record):
    """Who answered; shown to themselves and to the organizer."""

    event: str
    member: Personal[str]
    state: str
    answer: str
    line: str
    wants_accessible: bool
    number: int
    seat: int
    offer_until: datetime | None
    answered_at: datetime


class InvitationRecord(Record):
    """Who is invited; shown to nobody but them."""

    event: str
    member: Personal[str]
    at: datetime


@record("event", key="id", of=event)
def event_rows(agent: str, state: Gathering) -> EventRecord | None:
    """One row an event that is planned."""
    if state.phase == "absent":
        return None
    return EventRecord(
        id=agent,
        phase=state.phase,
        event_type=state.event_type,
        title=state.title,
        organizer=state.organizer,
        staff=state.staff,
        visibility=state.visibility,
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        duration_minutes=state.duration_minutes,
        capacity=state.capacity,
        accessible_seats=state.accessible_seats,
        registered_count=state.registered,
        waiting_count=state.general.waiting + state.accessible.waiting,
        attended_count=state.attended,
        ratings=state.shown_ratings,
        topics=tuple(each.id for each in state.topics),
        topic_titles=tuple(each.title for each in state.topics),
        sequence=state.sequence,
        changed_at=state.changed_at,
        categories=state.categories,
        created_at=state.created_at,
        opened_at=state.opened_at,
        cancel_reason=state.cancel_reason,
    )


@record("event_text", key="event", of=Opening)
def event_texts(agent: str, row: Opening) -> EventTextRecord:
    """One row an event."""
    return EventTextRecord(
        event=agent,
        description=row.description,
        location=row.location,
        virtual_link=row.virtual_link,
        related_topics=row.related_topics,
        resource_titles=tuple(each.title for each in row.resources),
        resource_urls=tuple(each.url for each in row.resources),
    )


@record("event_guest", key=("event", "member"), of=Guest)
def guest_rows(agent: str, row: Guest) -> GuestRecord:
    """One row a member who answered."""
    return GuestRecord(
        event=agent,
        member=row.member,
        state=row.state,
        answer=row.answer,
        line=row.line,
        wants_accessible=row.wants_accessible,
        number=row.number,
        seat=row.seat,
        offer_until=row.offer_until,
        answered_at=row.answered_at,
    )


@record("event_invitation", key=("event", "member"), of=Invitation)
def invitation_rows(agent: str, row: Invitation) -> InvitationRecord:
    """One row a member who is invited."""
    return InvitationRecord(agent, row.member, row.at)


class CheckInRecord(Record):
    """Who is there; shown to the organizer."""

    event: str
    member: Personal[str]
    way: str
    at: datetime


class QuestionRecord(Record):
    """A question to those who speak."""

    id: str
    event: str
    author: Personal[str]
    number: int
    body: str
    status: str
    state: str
    upvotes: int
    created_at: datetime


class VoiceRecord(Record):
    """Who asked or wants answers; shown to nobody: by it they are forgotten in time."""

    event: str
    member: Personal[str]


class CommentRecord(Record):
    """What somebody said of an event; shown to the organizer with four others."""

    id: str
    event: str
    text: str
    five: int


@record("event_check_in", key=("event", "member"), of=CheckedIn)
def check_in_rows(agent: str, row: CheckedIn) -> CheckInRecord:
    """One row a member who is there."""
    return CheckInRecord(agent, row.member, row.way, row.at)


@record("event_question", key="id", of=Question)
def question_rows(agent: str, row: Question) -> QuestionRecord:
    """One row a question."""
    return QuestionRecord(
        id=row.id,
        event=agent,
        author=row.author,
        number=row.number,
        body=row.body,
        status=row.status,
        state=row.state,
        upvotes=row.upvotes,
        created_at=row.created_at,
    )


@record("event_voice", key=("event", "member"), of=Voice)
def voice_rows(agent: str, row: Voice) -> VoiceRecord:
    """One row a member who asked, or wants an answer."""
    return VoiceRecord(agent, row.member)


@record("event_comment", key="id", of=Comment)
def comment_rows(agent: str, row: Comment) -> CommentRecord:
    """One row a comment."""
    return CommentRecord(row.id, agent, row.text, row.five)


RECORDS = [
    event_rows, event_texts, guest_rows, invitation_rows, check_in_rows, question_rows, voice_rows,
    comment_rows,
]  # fmt: skip
