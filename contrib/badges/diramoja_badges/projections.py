"""Badges as rows that can be read."""

from diramoja.core import Record, record
from diramoja_badges.agent import Badges, badge

__all__ = ["BadgeRecord", "badge_rows"]


class BadgeRecord(Record):
    """A row of `badge_list`."""

    member: str
    posts: int
    badges: tuple[str, ...]


@record("badge_list", key="member", of=badge)
def badge_rows(agent: str, state: Badges) -> BadgeRecord | None:
    """Written in the transaction that commits the state."""
    return None if state.phase == "absent" else BadgeRecord(agent, state.posts, state.badges)
