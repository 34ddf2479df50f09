"""Who is there: by a ticket that the staff scans, by the code at the venue, or online.

Scanners may have been offline. Of all scans of a ticket the earliest counts, whatever order they arrive in; so the same
scans lead to the same attendance, and sending some of them twice changes nothing.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from diramoja.core import Context, Decision, Put, Reject, Reply
from diramoja.plugins.event.contracts import CheckIn, CheckInBatch, EventCheckin, Scan
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import TOLD, CheckedIn, Gathering, Guest, Opening, event
from diramoja.plugins.event.views import BatchView, CheckInView, CheckInWay, ScanOutcome, ScanRefusal

__all__ = ["counting", "only_staff"]

_SAID: dict[ScanRefusal, str] = {
    "ticket_invalid": "This is no ticket of ours.",
    "ticket_elsewhere": "This ticket is for another event.",
    "seat_missing": "Nobody has a seat with this ticket any more.",
    "scan_time_invalid": "A ticket is scanned from a day before the start until the end, and not in the future.",
}
_CLOSED = Reject("check_in_closed", "Nobody is checked in at this time.")
_SKEW = timedelta(minutes=5)
"""The clock of a scanner may be wrong by so much."""


@event.on(*TOLD, "completed")
def check_in(state: Gathering, message: CheckIn, context: Context) -> Decision:
    scan = message.scan
    if scan is None:
        return _oneself(state, message.way, context)
    if refusal := only_staff(state, context):
        return refusal
    if reason := _refused(state, scan, context):
        return Reject(reason, _SAID[reason])
    if known := context.row(CheckedIn, scan.member):
        return Reject("code_used", f"This ticket was used on {known.at:%Y-%m-%d at %H:%M:%S} UTC.")
    return _arrived(state, _row(scan), context, seat=scan.seat)


@event.on(*TOLD, "completed")
def check_in_batch(state: Gathering, message: CheckInBatch, context: Context) -> Decision:
    """What is new is counted; each scan is answered in its place."""
    if refusal := only_staff(state, context):
        return refusal
    refused = [_refused(state, scan, context) for scan in message.scans]
    valid = [scan for scan, reason in zip(message.scans, refused, strict=True) if not reason]
    known = {scan.member: context.row(CheckedIn, scan.member) for scan in valid}
    rows = counting((row for row in known.values() if row), valid)
    items = (_item(scan, reason, rows) for scan, reason in zip(message.scans, refused, strict=True))
    arrived = [member for member, row in known.items() if row is None]
    return (
        state.but(attended=state.attended + len(arrived)),
        *(Put(row) for member, row in rows.items() if row != known[member]),
        *(EventCheckin(context.id, member, "ticket") for member in arrived),
        Reply(BatchView(tuple(items))),
    )


def counting(known: Iterable[CheckedIn], scans: Iterable[Scan]) -> dict[str, CheckedIn]:
    """Member → the check-in that counts: the earliest; of two at the same moment, by the name of the scanner."""
    rows: dict[str, CheckedIn] = {}
    for row in (*known, *map(_row, scans)):
        counts = rows.setdefault(row.member, row)
        if (row.at, row.scanner, row.way) < (counts.at, counts.scanner, counts.way):
            rows[row.member] = row
    return rows


def only_staff(state: Gathering, context: Context) -> Reject | None:
    """A refusal where the sender neither organizes the event nor helps at its door."""
    if state.is_staff(context.sender):
        return None
    return Reject("not_staff", "Only the organizer and the staff do this.", 403)


def _oneself(state: Gathering, way: CheckInWay, context: Context) -> Decision:
    """The gateway compared the code of the venue."""
    guest, texts = context.row(Guest, context.sender), context.row(Opening, "opening")
    if way == "ticket" or guest is None or guest.state != "confirmed":
        return Reject("seat_missing", "You have no seat at this event.", 403)
    if known := context.row(CheckedIn, context.sender):
        return Reply(CheckInView("accepted", seat=guest.seat, way=known.way, at=known.at))
    if way == "online" and not (texts and texts.virtual_link):
        return Reject("not_online", "This event cannot be joined online.")
    before = timedelta(minutes=context.settings(EventSettings).self_check_in_minutes)
    if not state.starts_at - before <= context.now <= state.ends_at:
        return _CLOSED
    return _arrived(state, CheckedIn(context.sender, way, context.now), context, seat=guest.seat)


def _arrived(state: Gathering, row: CheckedIn, context: Context, *, seat: int) -> Decision:
    return (
        state.but(attended=state.attended + 1),
        Put(row),
        EventCheckin(context.id, row.member, row.way),
        Reply(CheckInView("accepted", seat=seat, way=row.way, at=row.at), status=201),
    )


def _refused(state: Gathering, scan: Scan, context: Context) -> ScanRefusal | None:
    """Why a scan does not count; None where it does."""
    if scan.refusal:
        return scan.refusal
    guest = context.row(Guest, scan.member)
    if guest is None or guest.state != "confirmed" or guest.seat != scan.seat:
        return "seat_missing"
    return None if _in_time(state, scan.scanned_at, context) else "scan_time_invalid"


def _in_time(state: Gathering, scanned_at: datetime, context: Context) -> bool:
    settings = context.settings(EventSettings)
    opens = state.starts_at - timedelta(hours=settings.upcoming_hours)
    is_late = context.now > state.ends_at + timedelta(hours=settings.reconcile_hours)
    return not is_late and opens - _SKEW <= scanned_at <= min(state.ends_at, context.now) + _SKEW


def _row(scan: Scan) -> CheckedIn:
    return CheckedIn(scan.member, "ticket", scan.scanned_at.astimezone(UTC), scan.scanner)


def _item(scan: Scan, reason: ScanRefusal | None, rows: dict[str, CheckedIn]) -> CheckInView:
    if reason:
        return CheckInView("invalid", reason=reason)
    counts = rows[scan.member]
    outcome: ScanOutcome = "accepted" if counts == _row(scan) else "duplicate"
    return CheckInView(outcome, seat=scan.seat, way=counts.way, at=counts.at)
