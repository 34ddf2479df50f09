"""Settings of the notification plugin."""

from typing import Annotated

import msgspec
from msgspec import Meta

from diramoja.core import Settings
from diramoja.plugins.notification.contracts import ClockTime, Language, TimeZone
from diramoja.plugins.notification.rules import zone_of

__all__ = ["NotificationSettings"]


class NotificationSettings(Settings, frozen=True, kw_only=True):
    """How many notices a member gets, when, and what letters say.

    Attributes:
        language: of members who chose none. `time_zone`: the same.
        digest_at: when digests come to members who chose no time, by their clock.
        participation_per_day: notices of what one could take part in, in a day; the rest comes as one digest.
        campaign_per_week: notices of campaigns in a week; the rest is dropped.
        statutory_kinds: kinds that a member cannot switch off, beside those that came to them as statutory.
        last_hours: quiet hours do not hold up a statutory notice in so many hours before it is no longer valid.
        queue_max: messages that wait for the end of one member's quiet hours; more are suppressed.
        digest_max: notices that a digest lists; more are counted.
        keep_days: a notice is kept for so long, and told once in that time.
        community: the name under which letters go out.
        public_url: where members reach this platform; links in letters begin with it. Mail services want https.
        unsubscribe_key_file: key that seals the links to unsubscribe, 32 bytes; "" makes one in the data folder.
    """

    language: Language = "en"
    time_zone: TimeZone = "UTC"
    digest_at: ClockTime = "18:00"
    participation_per_day: Annotated[int, Meta(ge=0, le=1_000)] = 3
    campaign_per_week: Annotated[int, Meta(ge=0, le=1_000)] = 2
    statutory_kinds: list[str] = msgspec.field(
        default_factory=lambda: ["moderation.appeal.decided", "moderation.post.hidden", "moderation.sanction.decided"]
    )
    last_hours: Annotated[float, Meta(ge=0, le=168)] = 2.0
    queue_max: Annotated[int, Meta(ge=1, le=500)] = 50
    digest_max: Annotated[int, Meta(ge=1, le=100)] = 30
    keep_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    community: Annotated[str, Meta(min_length=1, max_length=100)] = "DiraMoja"
    public_url: Annotated[str, Meta(pattern=r"^https?://[^\s?#<>]+$(?!\n)", max_length=200)] = "http://127.0.0.1:8000"
    unsubscribe_key_file: str = ""

    def __post_init__(self) -> None:
        """Check the time zone.

        Raises:
            ValueError: there is none of this name.
        """
        if zone_of(self.time_zone) is None:
            raise ValueError(f"time_zone names no time zone: {self.time_zone}")
