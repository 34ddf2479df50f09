"""What the statutes ask about: the category of a topic, and where members sit in bodies."""

from datetime import datetime, timedelta

import msgspec

from diramoja.core import Reader
from diramoja.core.errors import ConflictError, InvalidError
from diramoja.core.ports.database import Session
from diramoja.plugins.vote.contracts import ScheduleVote
from diramoja.plugins.vote.delegation_queries import category_of
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import OFFICERS
from diramoja.plugins.vote.words import BodySeat, Terms

__all__ = ["check_members", "check_polls", "schedule_command", "seats_in_bodies"]

SEATS = 100


async def check_polls(db: Session, reader: Reader, at: datetime, settings: VoteSettings) -> None:
    """Before a vote is scheduled: nobody on a roll can switch off being told of it.

    Raises:
        ConflictError: a member without an office has scheduled as many as one may in a day (`polls_full`).
    """
    if any(map(reader.has, OFFICERS)):
        return
    sql = "SELECT count(*) AS n FROM vote WHERE created_by = $1 AND frozen_at > $2"
    row = await db.one(sql, reader.member, at - timedelta(days=1))
    if row is not None and row["n"] >= settings.own_polls_a_day:
        raise ConflictError(f"You can schedule {settings.own_polls_a_day} polls a day.", code="polls_full")


async def schedule_command(db: Session, reader: Reader, vote: str) -> ScheduleVote:
    """With all that an article may ask about; of a vote that is not there with nothing.

    Raises:
        InvalidError: see `check_members`.
    """
    row = await db.one("SELECT terms FROM vote WHERE id = $1", vote)
    terms = msgspec.convert(row["terms"], Terms) if row else Terms()
    await check_members(db, terms)
    return ScheduleVote(
        drafted=terms,
        category=await category_of(db, terms.topic) if terms.topic else "",
        seats=await seats_in_bodies(db, reader.member),
        casting_seats=await seats_in_bodies(db, terms.casting_member) if terms.casting_member else (),
    )


async def check_members(db: Session, terms: Terms) -> None:
    """Who stands, and who decides a tie.

    Raises:
        InvalidError: somebody who is named is no member (`member_missing`).
    """
    named = {*terms.candidates, terms.casting_member} - {""}
    rows = await db.fetch("SELECT id FROM member WHERE id = ANY($1::text[])", sorted(named))
    if len(rows) < len(named):
        raise InvalidError("Somebody whom this vote names is no member.", code="member_missing")


async def seats_in_bodies(db: Session, member: str) -> tuple[BodySeat, ...]:
    """Where a member sits now."""
    rows = await db.fetch("SELECT body, role FROM body_seat WHERE member = $1 ORDER BY body LIMIT $2", member, SEATS)
    return tuple(BodySeat(row["body"], row["role"]) for row in rows)
