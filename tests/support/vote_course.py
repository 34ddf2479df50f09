"""A vote as a value, through its whole course: played by people, jobs and reminders."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from diramoja.core import Command
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.cancelling import CloseVote, OpenVote
from diramoja.plugins.vote.contracts import CreateVote, ScheduleVote
from diramoja.plugins.vote.course import NotePulse
from diramoja.plugins.vote.messages import BoxCounted, TakeResult, TakeRoll
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote
from diramoja.plugins.vote.views import Tallied
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

__all__ = [
    "CLOSES",
    "LEADER",
    "MEMBER",
    "NOW",
    "OFFICER",
    "OPENS",
    "OTHER",
    "SETTINGS",
    "WON",
    "Course",
    "code",
    "said",
]

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPENS = NOW + timedelta(days=3)
CLOSES = OPENS + timedelta(days=7)
LEADER, MEMBER, OTHER, OFFICER = "mem_leader", "mem_1", "mem_2", "mem_officer"
ROLES = {LEADER: ["leader", "member"], OFFICER: ["membership_officer"]}
SETTINGS = VoteSettings(station_members=200)


class Course:
    """One vote, played command by command by people, jobs and reminders."""

    def __init__(self, *has: str, **terms: Any) -> None:
        self.agent = LoneAgent(vote, "vot_1", has=["notification", *has], settings=[SETTINGS, MemberSettings()])
        self.now = NOW
        given = {
            "title": "Clinics",
            "vote_type": "policy_vote",
            "options": ("Yes", "No", "Later"),
            "opens_at": OPENS,
            "closes_at": CLOSES,
            "quorum_ratio": 0.3,
        }
        self.created = self(LEADER, CreateVote(**{**given, **terms}))

    def __call__(self, sender: str, command: Command, roles: Sequence[str] | None = None) -> Played[Vote]:
        given = ROLES.get(sender, ["member"]) if roles is None else roles
        return self.agent.take(command, sender=sender, roles=given, now=self.now)

    def at(self, now: datetime, command: Command) -> Played[Vote]:
        """A reminder, or what a job or another agent tells."""
        self.now = now
        return self.agent.take(command, now=now)

    @property
    def state(self) -> Vote:
        return self.agent.state

    def scheduled(self, size: int = 400) -> "Course":
        assert self(LEADER, ScheduleVote()).reject is None
        self.at(NOW, TakeRoll(size, "hash"))
        return self

    def opened(self, size: int = 400) -> "Course":
        self.scheduled(size).at(OPENS, OpenVote())
        return self

    def closed(self, size: int = 400) -> "Course":
        self.opened(size).at(CLOSES, CloseVote())
        self.at(CLOSES, NotePulse(60, closing=True))
        return self

    def counted(self, tallied: Tallied, size: int = 400) -> "Course":
        self.closed(size)
        for station in range(1, self.state.stations + 1):
            self.at(CLOSES, BoxCounted(station, tallied.ballots // self.state.stations))
        self.at(CLOSES, TakeResult(1, tallied))
        return self


WON = Tallied(outcome="decided", ballots=140, valid=140, votes=(75, 45, 20), winners=(1,))


def code(played: Played[Vote]) -> str:
    return played.reject.code if played.reject else ""


def said(played: Played[Vote]) -> list[type]:
    return [type(each) for each in played.events]
