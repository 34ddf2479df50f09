"""Check-ins as values: whoever scans what in which order, the same scans lead to the same attendance."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Command, Row
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.contracts import CheckIn, CheckInBatch, EventCheckin, Scan
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import CheckedIn, Gathering, Guest, Opening
from diramoja.plugins.event.views import BatchView, CheckInView
from diramoja.testing.play import Played, play

START = datetime(2026, 3, 1, 18, tzinfo=UTC)
MEMBERS = ("mem_a", "mem_b", "mem_c")
STAFF = "mem_staff"


class World:
    """An event with seats 1 to 3, played command by command."""

    def __init__(self, phase: Any = "in_progress", link: str = "https://meet.example.org/a") -> None:
        self.now = START
        self.state = Gathering(
            phase=phase, organizer="mem_org", staff=(STAFF,), starts_at=START, duration_minutes=90, visibility="public"
        )
        self.rows: dict[tuple[type[Row], str], Row] = {}
        for seat, member in enumerate(MEMBERS, start=1):
            self.put(Guest(member, "confirmed", "yes", START - timedelta(days=9), seat=seat))
        self.put(Guest("mem_maybe", "maybe", "maybe", START - timedelta(days=9)))
        self.put(Opening("opening", "", "", link, (), ()))

    def put(self, row: Row) -> None:
        self.rows[type(row), row.key] = row

    def __call__(self, sender: str, command: Command) -> Played[Gathering]:
        played = play(
            event,
            self.state,
            command,
            id="evt_1",
            sender=sender,
            rows=list(self.rows.values()),
            now=self.now,
            settings=[EventSettings()],
        )
        if played.reject is None:
            self.state = played.state
            for row in played.puts:
                self.put(row)
        return played

    def there(self) -> dict[str, tuple[datetime, str, str]]:
        rows = [row for row in self.rows.values() if isinstance(row, CheckedIn)]
        return {row.member: (row.at, row.scanner, row.way) for row in rows}

    def batch(self, *scans: Scan, sender: str = STAFF) -> list[str]:
        reply = self(sender, CheckInBatch(scans)).reply
        assert isinstance(reply, BatchView)
        return [each.outcome for each in reply.items]


def scan(seat: int, minutes: float = 0, scanner: str = "door_1", member: str = "") -> Scan:
    holder = member or (MEMBERS[seat - 1] if 1 <= seat <= len(MEMBERS) else "")
    return Scan(holder, seat, START + timedelta(minutes=minutes), scanner)


def code(played: Played[Gathering]) -> str:
    return played.reject.code if played.reject else ""


def test_a_ticket_is_good_once() -> None:
    world = World()
    first = world(STAFF, CheckIn("ticket", scan(1)))
    assert (first.status, first.reply) == (201, CheckInView("accepted", seat=1, way="ticket", at=START))
    assert first.events == [EventCheckin("evt_1", "mem_a", "ticket")]
    again = world("mem_org", CheckIn("ticket", scan(1, 3, "door_2")))
    assert code(again) == "code_used"
    assert (world.state.attended, world.there()) == (1, {"mem_a": (START, "door_1", "ticket")})


@pytest.mark.parametrize("sender", ["mem_a", "mem_other", ""])
def test_only_staff_checks_in_others(sender: str) -> None:
    assert code(World()(sender, CheckIn("ticket", scan(1)))) == "not_staff"
    assert code(World()(sender, CheckInBatch((scan(1),)))) == "not_staff"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (scan(9), "seat_missing"),
        (scan(2, member="mem_a"), "seat_missing"),
        (scan(0, member="mem_maybe"), "seat_missing"),
        (scan(1).but(refusal="ticket_invalid"), "ticket_invalid"),
        (scan(1).but(refusal="ticket_elsewhere"), "ticket_elsewhere"),
        (scan(1, 6), "scan_time_invalid"),
        (scan(1, -24 * 60 - 6), "scan_time_invalid"),
        (scan(1).but(scanned_at=datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))), "scan_time_invalid"),
        (scan(1).but(scanned_at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))), "scan_time_invalid"),
    ],
)
def test_a_scan_of_no_seat_or_at_no_time_is_invalid(wrong: Scan, reason: str) -> None:
    world = World()
    assert code(world(STAFF, CheckIn("ticket", wrong))) == reason
    played = world(STAFF, CheckInBatch((wrong, scan(3))))
    assert isinstance(played.reply, BatchView)
    first, second = played.reply.items
    assert (first.outcome, first.reason, second.outcome) == ("invalid", reason, "accepted")
    assert list(world.there()) == ["mem_c"]


def test_of_two_offline_scanners_the_earlier_counts_whichever_reports_first() -> None:
    early, late = scan(1, -40, "door_1"), scan(1, -20, "door_2")
    one, other = World(), World()
    assert [one.batch(late), one.batch(early), one.batch(late)] == [["accepted"], ["accepted"], ["duplicate"]]
    assert [other.batch(early), other.batch(late), other.batch(early)] == [["accepted"], ["duplicate"], ["accepted"]]
    assert one.there() == other.there() == {"mem_a": (early.scanned_at, "door_1", "ticket")}
    assert one.state.attended == other.state.attended == 1


def test_scans_are_taken_for_three_days_after_the_end() -> None:
    world = World("completed")
    world.now = START + timedelta(minutes=90, hours=72)
    assert world.batch(scan(1), scan(2, 89), scan(3, 96)) == ["accepted", "accepted", "invalid"]
    world.now += timedelta(seconds=1)
    assert world.batch(scan(3)) == ["invalid"]


scans = st.builds(
    Scan,
    st.sampled_from((*MEMBERS, "mem_maybe", "")),
    st.integers(0, 4),
    st.one_of(
        st.sampled_from([START, START - timedelta(minutes=1), START + timedelta(days=400)]),
        st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=9))])),
        st.integers(-3_000, 200).map(lambda minutes: START + timedelta(minutes=minutes)),
    ),
    st.sampled_from(["door_1", "door_2", "gate"]),
    st.sampled_from([None, None, None, "ticket_invalid"]),
)


@given(st.lists(scans, max_size=12), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_batches_gives_the_same_result(read: Sequence[Scan], random: Any, size: int) -> None:
    straight, shuffled = World(), World()
    if read:
        straight.batch(*read)
    mixed = [*read, *read]  # Each is sent twice, in another order and in other batches.
    random.shuffle(mixed)
    for part in itertools.batched(mixed, size):
        shuffled.batch(*part)
    assert straight.there() == shuffled.there()
    assert straight.state.attended == shuffled.state.attended == len(straight.there())
    for member, (at, _, _) in straight.there().items():
        assert at == min(each.scanned_at for each in read if each.member == member and _counts(each))


def _counts(each: Scan) -> bool:
    in_time = START - timedelta(hours=24, minutes=5) <= each.scanned_at <= START + timedelta(minutes=5)
    return not each.refusal and in_time and each.member in MEMBERS and MEMBERS.index(each.member) + 1 == each.seat


# --- oneself ---


@pytest.mark.parametrize("way", ["venue", "online"])
def test_members_check_themselves_in_from_two_hours_before_until_the_end(way: Any) -> None:
    world = World()
    for minutes, expected in ((-121, "check_in_closed"), (91, "check_in_closed"), (-120, ""), (90, "")):
        world.now = START + timedelta(minutes=minutes)
        assert code(world("mem_a", CheckIn(way))) == expected
    assert world.state.attended == 1
    assert world.there()["mem_a"] == (START - timedelta(minutes=120), "", way)
    assert code(world("mem_maybe", CheckIn(way))) == code(world("mem_other", CheckIn(way))) == "seat_missing"


def test_nobody_names_a_ticket_without_a_scan_or_joins_what_is_not_online() -> None:
    assert code(World()("mem_a", CheckIn("ticket"))) == "seat_missing"
    assert code(World(link="")("mem_a", CheckIn("online"))) == "not_online"


def test_who_checked_in_themselves_is_not_let_in_again_by_ticket() -> None:
    world = World()
    world("mem_a", CheckIn("venue"))
    assert code(world(STAFF, CheckIn("ticket", scan(1)))) == "code_used"
    assert world.batch(scan(1, 1)) == ["duplicate"]
    assert world.batch(scan(1, -1)) == ["accepted"]
    assert world.state.attended == 1


@pytest.mark.parametrize("phase", ["absent", "planning", "cancelled"])
def test_nobody_is_checked_in_where_nothing_takes_place(phase: str) -> None:
    assert code(World(phase)(STAFF, CheckIn("ticket", scan(1))))
