"""Messages and views of badges."""

from diramoja.core import Command, Event, View

__all__ = ["BadgeAwarded", "BadgesView", "CountPost"]


class CountPost(Command):
    """One more post of the member is published."""


class BadgeAwarded(Event, name="badge.awarded", live=True):
    """The member has a further badge; sent on the channel badge:<member id>."""

    badge: str
    posts: int


class BadgesView(View):
    """The badges of a member, the first one first, and the posts they were awarded for."""

    posts: int
    badges: list[str]
