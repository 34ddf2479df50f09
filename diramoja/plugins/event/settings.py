"""Settings of events."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["EventSettings"]

type Ratio = Annotated[float, Meta(gt=0, le=1)]
type Hours = Annotated[int, Meta(ge=0, le=8_760)]
type Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class EventSettings(Settings, frozen=True, kw_only=True):
    """When an event reminds, offers and closes, and how much it holds.

    Attributes:
        ahead_days: so far ahead an event can be planned.
        near_ratio: share of the seats at which the organizer is told that most are taken.
        upcoming_hours: so long before the start an event is upcoming: places are sent and tickets are valid.
        reminder_hours: before the start, when those who have a seat are reminded; the longest first.
        promotion_hours: with more time than this until the start a freed seat is given, with less it is offered.
        offer_hours: so long an offered seat is held, at most until the start.
        release_hours: so long before the start accessible seats that nobody asked for are given to all.
        waitlist_max: members in line for a seat; those after them are refused.
        upvotes_shown_hours: so long before the start the organizer is sent the questions with the most upvotes.
        upvotes_shown: how many of them.
        member_questions_max: questions of one member to one event.
        feedback_days: so long after the end those who were there can say how it was.
        feedback_min: answers below which no figure is shown.
        kept_days: after the end, until answers and attendance are deleted.
        self_check_in_minutes: before the start, from when members check themselves in; until the end.
        venue_code_minutes: after so long another code is shown at the venue; the one before is taken once more as long.
        reconcile_hours: after the end, until scans that were made offline are taken.
        feed_days: events of so long ago are still in calendar feeds.
        spun_off_max: topics that an event names as having come out of it.
        ticket_key_file: file of the key that signs tickets; "" for one in the data folder.
        feed_key_file: file of the key that makes the addresses of calendar feeds; "" for one in the data folder.
    """

    ahead_days: Annotated[int, Meta(ge=1, le=3_650)] = 1_830
    near_ratio: Ratio = 0.9
    upcoming_hours: Hours = 24
    reminder_hours: Annotated[tuple[Hours, ...], Meta(max_length=10)] = (168, 72, 24, 2)
    promotion_hours: Hours = 48
    offer_hours: Annotated[int, Meta(ge=1, le=720)] = 12
    release_hours: Hours = 72
    waitlist_max: Count = 100_000
    upvotes_shown_hours: Hours = 2
    upvotes_shown: Annotated[int, Meta(ge=1, le=50)] = 5
    member_questions_max: Annotated[int, Meta(ge=1, le=100)] = 10
    feedback_days: Annotated[int, Meta(ge=1, le=365)] = 30
    feedback_min: Annotated[int, Meta(ge=5, le=1_000)] = 5
    kept_days: Annotated[int, Meta(ge=1, le=3_650)] = 365
    self_check_in_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 120
    venue_code_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 10
    reconcile_hours: Hours = 72
    feed_days: Annotated[int, Meta(ge=1, le=365)] = 60
    spun_off_max: Annotated[int, Meta(ge=1, le=100)] = 20
    ticket_key_file: str = ""
    feed_key_file: str = ""

    def __post_init__(self) -> None:
        """Refuse reminders out of order.

        Raises:
            ValueError: the longest does not come first, or one comes twice.
        """
        if any(before <= after for before, after in zip(self.reminder_hours, self.reminder_hours[1:], strict=False)):
            raise ValueError("reminder_hours begins with the longest, and none comes twice")
