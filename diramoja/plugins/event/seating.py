"""Who has a seat and who waits for one: answers, the line, promotion and offers.

Seats are counted in the state, so that there is never one too many; who has them is in the rows. The line is a list
that is linked through its guests: joining, leaving and promoting touch two neighbours, however long it is.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from diramoja.core import Cancel, Command, Context, Decision, Personal, Put, Reject, RemindAt, Remove, Reply, Tell
from diramoja.plugins.event.contracts import (
    CapacityNear,
    EventPromoted,
    EventWaitlisted,
    RegistrationChanged,
    Rsvp,
    RsvpConfirmed,
    RsvpView,
    RsvpWithdrawn,
    WithdrawRsvp,
)
from diramoja.plugins.event.notices import lapse_notice, near_notice, offer_notice, promotion_notice
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import (
    AHEAD,
    NO_LIMIT,
    OPEN,
    TOLD,
    CheckedIn,
    Gathering,
    Guest,
    Invitation,
    Line,
    event,
)
from diramoja.plugins.notification.contracts import Notify, notify

__all__ = ["FillSeats", "LapseOffer", "ReleaseSeats", "Seating", "seats_of"]

type LineName = Literal["general", "accessible"]

LINES: tuple[LineName, ...] = ("accessible", "general")
AT_ONCE = 20
"""Members promoted in one decision; each is read before the next one is known."""
HOLDING = ("confirmed", "offered", "waitlisted")


class LapseOffer(Command):
    """The time to take an offered seat is over. Told by the event to itself."""

    member: Personal[str]


class FillSeats(Command):
    """More seats are free than were given to the line at once. Told by the event to itself."""


class ReleaseSeats(Command):
    """Accessible seats that nobody asked for are for all now. Told by the event to itself."""


# --- handlers ---


@event.on(*TOLD)
def rsvp(state: Gathering, message: Rsvp, context: Context) -> Decision:
    seating = Seating(state, context)
    if refusal := _not_asked(seating) or (_used(context) if message.answer != "yes" else None):
        return refusal
    guest = seating.guest(context.sender)
    if message.answer == "yes":
        refusal = seating.accept(guest, wants_accessible=message.accessible)
    else:
        seating.decline(guest, message.answer)
    return refusal or (*seating.settled(), Reply(seating.view(context.sender)))


@event.on(*TOLD)
def withdraw_rsvp(state: Gathering, message: WithdrawRsvp, context: Context) -> Decision:
    seating = Seating(state, context)
    guest = seating.guest(context.sender)
    answered = RsvpView("declined", answer="no")
    if guest is None:
        return Reply(answered)
    if refusal := _used(context):
        return refusal
    seating.vacate(guest)
    seating.forget(guest)
    seating.fill()
    return *seating.settled(), Reply(answered)


@event.on(*TOLD)
def lapse_offer(state: Gathering, message: LapseOffer, context: Context) -> Decision:
    seating = Seating(state, context)
    guest = seating.guest(message.member)
    if guest is None or guest.state != "offered" or guest.offer_until is None or context.now < guest.offer_until:
        return None
    seating.vacate(guest)
    seating.put(seating.free_of(guest, "declined", "no"))
    seating.tell(guest.member, lapse_notice(state, context, guest.number))
    seating.fill()
    return seating.settled()


@event.on(*AHEAD)
def fill_seats(state: Gathering, message: FillSeats, context: Context) -> Decision:
    seating = Seating(state, context)
    seating.fill()
    return seating.settled()


@event.on(*AHEAD)
def release_seats(state: Gathering, message: ReleaseSeats, context: Context) -> Decision:
    seating = Seating(seats_of(state.but(is_released=True)), context)
    seating.fill()
    return seating.settled()


def _not_asked(seating: "Seating") -> Reject | None:
    """Who may not see the event may not answer either; whom a block keeps away, the gateway knows."""
    state, context = seating.state, seating.context
    is_open = state.visibility == "public" or (state.visibility == "members_only" and "member" in context.roles)
    if is_open or context.sender == state.organizer or seating.guest(context.sender) is not None:
        return None
    if context.row(Invitation, context.sender) is not None:
        return None
    return Reject("event_missing", f"There is no event {context.id}.", 404)


def _used(context: Context) -> Reject | None:
    """A seat is taken once: whoever is there does not hand it on to somebody else."""
    if context.row(CheckedIn, context.sender) is None:
        return None
    return Reject("seat_used", "You have checked in: this seat stays yours.")


def seats_of(state: Gathering) -> Gathering:
    """With the seats of both sorts; what others have is not kept for who needs an accessible one until it is free.

    Once released, accessible seats are no more than who has or awaits one needs.
    """
    held = state.accessible.taken + state.accessible.offered
    kept = state.accessible_seats
    if state.is_released:
        kept = min(kept, held + state.accessible.waiting)
    capacity = NO_LIMIT if state.capacity is None else state.capacity
    left = capacity - state.general.taken - state.general.offered
    accessible = max(held, min(kept, left))
    return state.but(
        general=state.general.but(seats=capacity - accessible), accessible=state.accessible.but(seats=accessible)
    )


class Seating:
    """The seats during one decision: what is changed is seen at once, and carried out by `settled`."""

    def __init__(self, state: Gathering, context: Context) -> None:
        self.state = state
        self.context = context
        self._began = state
        self._guests: dict[str, Guest | None] = {}
        self._effects: list[Any] = []

    # --- rows and lines ---

    def guest(self, member: str) -> Guest | None:
        """Their row, with what this decision changed of it."""
        return self._guests[member] if member in self._guests else self.context.row(Guest, member)

    def put(self, guest: Guest) -> None:
        """Write a row."""
        self._guests[guest.member] = guest

    def forget(self, guest: Guest) -> None:
        """Delete a row."""
        self._guests[guest.member] = None

    def tell(self, member: str, notice: Notify) -> None:
        """Tell a member."""
        self._effects += notify(self.context, member, notice)

    def line(self, name: LineName) -> Line:
        """The seats of one sort."""
        return self.state.general if name == "general" else self.state.accessible

    def _change(self, name: LineName, **changes: Any) -> None:
        self.state = self.state.but(**{name: self.line(name).but(**changes)})

    # --- what members ask ---

    def accept(self, guest: Guest | None, *, wants_accessible: bool) -> Reject | None:
        """A seat where one is free and nobody waits, else a place in the line; who has either keeps it."""
        if self.state.phase == "in_progress":
            return self._squeeze_in(guest)
        wanted = self._line_for(wants_accessible=wants_accessible)
        if guest and guest.state in HOLDING and (guest.line == wanted or guest.wants_accessible == wants_accessible):
            if guest.state == "offered":
                return self._take_offer(guest)
            self.put(guest.but(wants_accessible=wants_accessible))
            return None
        line = self.line(wanted)
        has_room = line.free > 0 and not line.waiting
        if guest and guest.state in ("confirmed", "offered") and not has_room:
            return Reject("seat_kept", "No such seat is free: keep yours, or take your answer back first.")
        if not has_room and line.waiting >= self.context.settings(EventSettings).waitlist_max:
            return _full()
        if guest:
            self.vacate(guest)
        asked = self._answered(wants_accessible=wants_accessible, line=wanted)
        if has_room:
            self._seat(asked)
        else:
            self._enqueue(asked)
        if guest:
            self.fill()
        return None

    def _squeeze_in(self, guest: Guest | None) -> Reject | None:
        """A seat that is free after the start, whoever waited for it: nobody waits any more."""
        if guest and guest.state == "confirmed":
            self.put(guest)
            return None
        if guest and guest.state == "offered":
            self.vacate(guest)
        free = [name for name in reversed(LINES) if self.line(name).free > 0]
        if not free:
            return _full()
        if guest and guest.state == "waitlisted":
            self.vacate(guest)
        self._seat(self._answered(wants_accessible=bool(guest and guest.wants_accessible), line=free[0]))
        return None

    def decline(self, guest: Guest | None, answer: Literal["no", "maybe"]) -> None:
        """No seat is wanted: what they had goes to the first in line."""
        state: Literal["declined", "maybe"] = "maybe" if answer == "maybe" else "declined"
        if guest:
            self.vacate(guest)
        self.put(self.free_of(guest or self._answered(wants_accessible=False, line="general"), state, answer))
        self.fill()

    def _line_for(self, *, wants_accessible: bool) -> LineName:
        has_own = wants_accessible and self.state.accessible_seats > 0 and not self.state.is_released
        return "accessible" if has_own else "general"

    def _answered(self, *, wants_accessible: bool, line: LineName) -> Guest:
        return Guest(
            self.context.sender, "declined", "yes", self.context.now, wants_accessible=wants_accessible, line=line
        )

    def free_of(self, guest: Guest, state: Literal["declined", "maybe"], answer: Literal["no", "maybe"]) -> Guest:
        """The guest without a seat, an offer or a place."""
        return Guest(guest.member, state, answer, self.context.now, wants_accessible=guest.wants_accessible)

    # --- seats ---

    def _seat(self, guest: Guest) -> Guest:
        self.state = self.state.but(seated=self.state.seated + 1)
        self._change(guest.line, taken=self.line(guest.line).taken + 1)
        seated = guest.but(state="confirmed", seat=self.state.seated, offer_until=None, ahead="", behind="")
        self.put(seated)
        self._effects.append(RsvpConfirmed(self.context.id, guest.member))
        return seated

    def _take_offer(self, guest: Guest) -> Reject | None:
        assert guest.offer_until is not None
        if self.context.now >= min(guest.offer_until, self.state.starts_at):
            return Reject("offer_lapsed", "The time to take this seat is over.")
        self._change(guest.line, offered=self.line(guest.line).offered - 1)
        self._effects.append(Cancel(_offer(guest.member)))
        self._seat(guest.but(answered_at=self.context.now))
        return None

    def vacate(self, guest: Guest) -> None:
        """Without what they have; their row is written by whoever asks for this."""
        if guest.state not in HOLDING:
            return
        line = self.line(guest.line)
        if guest.state == "confirmed":
            self._change(guest.line, taken=line.taken - 1)
        elif guest.state == "offered":
            self._change(guest.line, offered=line.offered - 1)
            self._effects.append(Cancel(_offer(guest.member)))
        else:
            self._unlink(guest)
        self._effects.append(RsvpWithdrawn(self.context.id, guest.member, guest.state))

    # --- the line ---

    def _enqueue(self, guest: Guest) -> None:
        line, number = self.line(guest.line), self.state.waited + 1
        self.state = self.state.but(waited=number)
        self.put(guest.but(state="waitlisted", number=number, ahead=line.tail, behind=""))
        if last := self.guest(line.tail) if line.tail else None:
            self.put(last.but(behind=guest.member))
        self._change(guest.line, head=line.head or guest.member, tail=guest.member, waiting=line.waiting + 1)
        self._effects.append(EventWaitlisted(self.context.id, guest.member, number))

    def _unlink(self, guest: Guest) -> None:
        line = self.line(guest.line)
        if ahead := self.guest(guest.ahead) if guest.ahead else None:
            self.put(ahead.but(behind=guest.behind))
        if behind := self.guest(guest.behind) if guest.behind else None:
            self.put(behind.but(ahead=guest.ahead))
        self._change(
            guest.line,
            head=guest.behind if line.head == guest.member else line.head,
            tail=guest.ahead if line.tail == guest.member else line.tail,
            waiting=line.waiting - 1,
        )

    def fill(self) -> None:
        """Free seats go to those in line, in order; as many as one decision has room for, then again."""
        if self.state.phase not in AHEAD or self.state.starts_at <= self.context.now:
            return
        self.state = seats_of(self.state)
        left = AT_ONCE
        for name in LINES:
            while self.line(name).free > 0 and self.line(name).waiting and left:
                self._promote(name)
                left -= 1
        if not left:
            self._effects.append(Tell("event", self.context.id, FillSeats()))

    def _promote(self, name: LineName) -> None:
        guest = self.guest(self.line(name).head)
        assert guest is not None
        self._unlink(guest)
        settings, now = self.context.settings(EventSettings), self.context.now
        if self.state.starts_at - now > timedelta(hours=settings.promotion_hours):
            seated = self._seat(guest)
            self._effects.append(EventPromoted(self.context.id, guest.member, None))
            self.tell(guest.member, promotion_notice(self.state, self.context, seated.seat))
            return
        self._offer(guest, min(now + timedelta(hours=settings.offer_hours), self.state.starts_at))

    def _offer(self, guest: Guest, until: datetime) -> None:
        self._change(guest.line, offered=self.line(guest.line).offered + 1)
        self.put(guest.but(state="offered", offer_until=until, ahead="", behind=""))
        self._effects += [
            RemindAt(until, LapseOffer(guest.member), _offer(guest.member)),
            EventPromoted(self.context.id, guest.member, until),
        ]
        self.tell(guest.member, offer_notice(self.state, self.context, guest.number, until))

    # --- the end of a decision ---

    def settled(self) -> tuple[Any, ...]:
        """State, rows and news; the phase follows the seats, and the organizer hears once that most are taken."""
        self._note_near()
        self._note_full()
        rows = [
            Remove(Guest, member) if guest is None else Put(guest)
            for member, guest in self._guests.items()
            if guest != self.context.row(Guest, member)
        ]
        return self.state, *rows, *self._effects

    def _note_near(self) -> None:
        state, capacity = self.state, self.state.capacity
        near = self.context.settings(EventSettings).near_ratio
        if state.is_near_told or capacity is None or state.registered < near * capacity:
            return
        self.state = state.but(is_near_told=True)
        self._effects.append(CapacityNear(self.context.id, state.registered, capacity))
        self.tell(state.organizer, near_notice(state, self.context))

    def _note_full(self) -> None:
        state = self.state
        if state.phase in OPEN:
            self.state = state.but(phase="registration_closed" if state.is_full else "open_registration")
        if state.is_full != self._began.is_full:
            news = RegistrationChanged(self.context.id, is_open=not state.is_full, registered_count=state.registered)
            self._effects.append(news)

    def view(self, member: str) -> RsvpView:
        """Their own answer. The position is known of who has just come into the line; of others the lists know it."""
        guest = self.guest(member)
        assert guest is not None
        line = self.line(guest.line)
        is_last = guest.state == "waitlisted" and line.tail == member
        return RsvpView(
            state=guest.state,
            position=line.waiting if is_last else None,
            offer_until=guest.offer_until,
            answer=guest.answer,
            accessible=guest.wants_accessible,
        )


def _offer(member: str) -> str:
    return f"offer:{member}"


def _full() -> Reject:
    return Reject("event_full", "All seats are taken, and nobody more can wait for one.")
