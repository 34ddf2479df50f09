"""Votes with the member on the roll: what is told of them, and that they count for the engagement (F1)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal

from diramoja.core import Command, Context, Decision
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import VoteCast
from diramoja.plugins.member.rules import day_of
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, Member, member, wake
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.contracts import (
    QuorumMissing,
    ResultsPublished,
    VoteCancelled,
    VoteClosed,
    VoteClosingSoon,
    VoteExtended,
    VoteOpened,
)

__all__ = ["CountVote", "HearVote"]

type News = Literal["opened", "reminder", "urgent", "extended", "cancelled", "results"]
VOTES_KEPT = 400
"""Votes that count for the engagement of one member, at most."""

TEXTS: dict[News, str] = {
    "opened": "You are on the roll of the vote {title}. You can vote until {until}.",
    "reminder": "You have not voted yet on {title}. It closes at {until}.",
    "urgent": "Too few have voted on {title} so far for the result to count, and your vote is missing. It closes at"
    " {until}.",
    "extended": "The vote {title} is open for longer, until {until}: {reason}",
    "cancelled": "The vote {title} was cancelled: {reason}",
    "results": "The results of the vote {title} are published. Those on the roll can dispute them until {until}.",
}
STALE: tuple[News, ...] = ("opened", "reminder", "urgent", "extended")
"""What there is no point in telling once the vote is closed."""


class HearVote(Command):
    """Something about a vote with this member on its roll. `key`: tells apart what comes more than once."""

    vote: str
    title: str
    news: News
    until: datetime | None = None
    reason: str = ""
    key: str = ""


class CountVote(Command):
    """A vote with this member on its roll is over. `is_named`: all may know who took part."""

    vote: str
    is_taken: bool
    is_named: bool


@member.on(*PRESENT)
def hear_vote(state: Member, message: HearVote, context: Context) -> Decision:
    """Whatever the member is or did otherwise: votes are statutory."""
    until = f"{message.until:%Y-%m-%d %H:%M} UTC" if message.until else ""
    kind = f"vote.{message.news}"
    notice = Notify(
        kind=kind,
        notice_class="statutory",
        subject=Subject("vote", message.vote),
        text=TEXTS[message.news],
        values={"title": message.title, "until": until, "reason": message.reason},
        key=f"{kind}:{message.vote}:{message.key}",
        valid_until=message.until if message.news in STALE else None,
    )
    return notify(context, context.id, notice)


@member.on(*PRESENT)
def count_vote(state: Member, message: CountVote, context: Context) -> Decision:
    """Taking part is activity. It is counted when the vote is over: before, its time would say more than is due."""
    today, window = day_of(context.now), context.settings(MemberSettings).engagement_votes_window_days
    first = today - window
    closed = (*(day for day in state.vote_days if day > first), today)[-VOTES_KEPT:]
    if not message.is_taken:
        return state.but(vote_days=closed)
    taken = (*(day for day in state.voted_days if day > first), today)[-VOTES_KEPT:]
    awake, effects = wake(state.but(vote_days=closed, voted_days=taken, votes=state.votes + message.is_named), context)
    return awake, *effects, VoteCast(context.id, message.vote if message.is_named else "")


# --- who is told ---


async def on_roll(
    event: VoteOpened | VoteExtended | VoteCancelled | ResultsPublished, db: Database
) -> AsyncIterator[str]:
    """All who may vote, in the order of their ids; of a draft nobody."""
    async for row in db.stream("SELECT member FROM vote_roll WHERE vote = $1 ORDER BY member", event.vote):
        yield row["member"]


async def not_voted(event: VoteClosingSoon | QuorumMissing | VoteClosed, db: Database) -> AsyncIterator[str]:
    """All on the roll of whom there is no ballot now."""
    sql = (
        "SELECT r.member FROM vote_roll r WHERE r.vote = $1 AND NOT EXISTS"
        " (SELECT 1 FROM vote_ballot v WHERE v.vote = r.vote AND v.member = r.member) ORDER BY r.member"
    )
    if isinstance(event, VoteClosingSoon) and not event.reminds:
        return
    async for row in db.stream(sql, event.vote):
        yield row["member"]


async def voted(event: VoteClosed, db: Database) -> AsyncIterator[str]:
    """All of whom there is a ballot."""
    async for row in db.stream("SELECT member FROM vote_ballot WHERE vote = $1 ORDER BY member", event.vote):
        yield row["member"]


def _counted(event: VoteClosed, *, is_taken: bool) -> CountVote:
    return CountVote(event.vote, is_taken, is_named=event.anonymity_level == "public")


member.hears(
    VoteOpened, across=on_roll, tell=lambda event: HearVote(event.vote, event.title, "opened", event.closes_at)
)
member.hears(
    VoteClosingSoon, across=not_voted, tell=lambda event: HearVote(event.vote, event.title, "reminder", event.closes_at)
)
member.hears(
    QuorumMissing, across=not_voted, tell=lambda event: HearVote(event.vote, event.title, "urgent", event.closes_at)
)
member.hears(
    VoteExtended,
    across=on_roll,
    tell=lambda event: HearVote(
        event.vote, event.title, "extended", event.closes_at, event.reason, key=event.closes_at.isoformat()
    ),
)
member.hears(
    VoteCancelled, across=on_roll, tell=lambda event: HearVote(event.vote, event.title, "cancelled", None, event.reason)
)
member.hears(
    ResultsPublished,
    across=on_roll,
    tell=lambda event: HearVote(
        event.vote, event.title, "results", event.effective_at, key=f"{event.count_number}:{event.outcome}"
    ),
)
member.hears(VoteClosed, across=voted, tell=lambda event: _counted(event, is_taken=True))
member.hears(VoteClosed, across=not_voted, tell=lambda event: _counted(event, is_taken=False))
