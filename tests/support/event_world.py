"""One event, played command by command as values, with its rows, its reminders and a clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from diramoja.core import Command, Row
from diramoja.core.decisions import MAX_EFFECTS
from diramoja.core.settings import Settings
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.audiences import (
    PAGE,
    DropGuests,
    FindGuests,
    FindInvited,
    FindKept,
    NoteInvited,
    TellGuests,
)
from diramoja.plugins.event.contracts import CreateEvent, OpenRegistration, Rsvp, WithdrawRsvp
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import CheckedIn, Gathering, Guest, Invitation, Line
from diramoja.plugins.notification.contracts import Notify
from diramoja.testing.play import Played, play

__all__ = ["NOW", "ORGANIZER", "STARTS", "EventWorld", "code"]

EFFECTS = ("events", "tells", "puts", "removes", "reminders", "cancels", "calls")
NOW = datetime(2031, 4, 1, 12, tzinfo=UTC)
STARTS = NOW + timedelta(days=10)
ORGANIZER = "mem_organizer"
MEMBER = ("guest", "supporter", "member")


def code(played: Played[Any]) -> str:
    """Why a command was refused; "" where it was not."""
    return played.reject.code if played.reject else ""


class EventWorld:
    """Its jobs are done at once, from its rows; `segment` are the members whom an invitation selects.

    `told` is (member, notice) in order. `is_slow`: what the event tells itself has not come yet.
    """

    def __init__(self, *, settings: EventSettings | None = None, has: Sequence[str] = ("notification",)) -> None:
        self.id = "evt_1"
        self.now = NOW
        self.state = Gathering()
        self.rows: dict[tuple[type[Row], str], Row] = {}
        self.reminders: dict[str, tuple[datetime, Command]] = {}
        self.told: list[tuple[str, Notify]] = []
        self.events: list[Any] = []
        self.segment: list[str] = []
        self.is_slow = False
        self._settings: list[Settings] = [settings or EventSettings()]
        self._has = has

    def planned(self, **fields: Any) -> "EventWorld":
        """The same world with an event of the organizer."""
        given: dict[str, Any] = {"event_type": "town_hall", "title": "Clinics", "starts_at": STARTS} | fields
        done = self(ORGANIZER, CreateEvent(duration_minutes=given.pop("duration_minutes", 90), **given))
        assert done.reject is None, done.reject
        return self

    def opened(self, **fields: Any) -> "EventWorld":
        """The same, and members may answer."""
        self.planned(**fields)
        assert self(ORGANIZER, OpenRegistration()).reject is None
        return self

    def __call__(
        self,
        sender: str,
        command: Command,
        *,
        roles: Sequence[str] = ("guest", "supporter", "member"),
        told_by: str = "",
    ) -> Played[Gathering]:
        """Play one command, and what follows from it at once."""
        played = play(
            event,
            self.state,
            command,
            id=self.id,
            sender=sender,
            roles=roles,
            told_by=told_by,
            rows=list(self.rows.values()),
            now=self.now,
            settings=self._settings,
            has=self._has,
        )
        if played.reject is None:
            self._take(played)
        return played

    def _take(self, played: Played[Gathering]) -> None:
        counts = [len(getattr(played, name)) for name in EFFECTS]
        assert sum(counts) < MAX_EFFECTS
        self.state = played.state
        self.events += played.events
        for row in played.puts:
            self.rows[type(row), row.key] = row
        for gone in played.removes:
            self.rows.pop((gone.collection, gone.key), None)
        for cancelled in played.cancels:
            self.reminders.pop(getattr(cancelled, "name", ""), None)
        for each in played.reminders:
            at = getattr(each, "at", None) or self.now + getattr(each, "after", timedelta())
            self.reminders[each.name or each.command.wire_name] = (at, each.command)
        for tell in played.tells:
            if tell.kind == "inbox":
                assert isinstance(tell.command, Notify)
                self.told.append((tell.agent, tell.command))
            elif tell.agent == self.id and not self.is_slow:
                self("", tell.command, told_by="event")
        for call in played.calls:
            if (result := self.looked_up(call.payload)) is not None:
                self("", result, told_by="job")

    def looked_up(self, payload: Any) -> Command | None:
        """What a job finds."""
        if isinstance(payload, FindInvited):
            known = {row.key for row in (*self.all(Guest), *self.all(Invitation))}
            found = [each for each in sorted(self.segment) if each > payload.after and each not in known][:PAGE]
            return NoteInvited(payload.segment, tuple(found), len(found) == PAGE) if found else None
        if isinstance(payload, FindKept):
            known = {row.key for row in (*self.all(Guest), *self.all(Invitation), *self.all(CheckedIn))}
            found = sorted(known)[:PAGE]
            return DropGuests(tuple(found), len(found) == PAGE) if found else None
        if not isinstance(payload, FindGuests):
            return None
        guests = [each.member for each in self.all(Guest) if each.state in payload.states]
        if (by := payload.invited_by) is not None:
            guests += [each.member for each in self.all(Invitation) if each.at <= by and not self.guest(each.member)]
        found = [each for each in sorted(guests) if each > payload.after][:PAGE]
        return TellGuests(payload, tuple(found), len(found) == PAGE) if found else None

    def to(self, at: datetime) -> None:
        """Let time pass: what is due comes in order."""
        while due := sorted((when, name) for name, (when, _) in self.reminders.items() if when <= at):
            when, name = due[0]
            self.now = max(self.now, when)
            self("", self.reminders.pop(name)[1])
        self.now = max(self.now, at)

    def before(self, hours: float) -> datetime:
        """So long before the start, as it is set now."""
        return self.state.starts_at - timedelta(hours=hours)

    # --- looks ---

    @property
    def phase(self) -> str:
        """Of the event."""
        return self.state.phase

    def all[R: Row](self, of: type[R]) -> list[R]:
        """The rows of a collection."""
        return [row for row in self.rows.values() if isinstance(row, of)]

    def guest(self, member: str) -> Guest | None:
        """The row of a member."""
        row = self.rows.get((Guest, member))
        assert row is None or isinstance(row, Guest)
        return row

    def state_of(self, member: str) -> str:
        """`confirmed`, `waitlisted`, ...; "" for nobody."""
        guest = self.guest(member)
        return guest.state if guest else ""

    def those(self, state: str) -> list[str]:
        """Members in a state, by name."""
        return sorted(each.member for each in self.all(Guest) if each.state == state)

    def line(self, line: Line) -> list[str]:
        """Who is in a line, from its head."""
        found: list[str] = []
        member = line.head
        while member:
            guest = self.guest(member)
            assert guest is not None
            assert guest.state == "waitlisted"
            assert guest.ahead == (found[-1] if found else "")
            found.append(member)
            member = guest.behind
        assert line.tail == (found[-1] if found else "")
        return found

    def notices(self, kind: str) -> list[str]:
        """Who was told something of a kind."""
        return [member for member, notice in self.told if notice.kind == kind]

    def named(self, of: type[Any]) -> list[Any]:
        """The events of a class."""
        return [each for each in self.events if isinstance(each, of)]

    # --- short for what is done most ---

    def yes(self, member: str, *, accessible: bool = False) -> Played[Gathering]:
        """Answer yes."""
        return self(member, Rsvp("yes", accessible=accessible))

    def no(self, member: str) -> Played[Gathering]:
        """Answer no."""
        return self(member, Rsvp("no"))

    def withdraw(self, member: str) -> Played[Gathering]:
        """Take the answer back."""
        return self(member, WithdrawRsvp())
