"""F1, F3 and F4: values computed by hand, and bounds; what is told of posts, likes and reports."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Command, Row
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import CountLike, CountPost, CountReport, RatePost
from diramoja.plugins.member.rules import (
    Component,
    Doings,
    approached,
    day_of,
    decayed,
    engagement,
    engagement_components,
    report_weight,
    reputation,
)
from diramoja.plugins.member.scores import reputation_now
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Member, OwnPost, RatedPost
from diramoja.testing.play import Played, play

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = day_of(NOW)
SETTINGS = MemberSettings()
ACTIVE = Member(phase="active", username="amina", weighed_at=NOW, member_since=NOW - timedelta(days=100))


def score(doings: Doings) -> float:
    return engagement([*engagement_components(doings, NOW, SETTINGS).values()])


# --- F1 by hand ---


@pytest.mark.parametrize(
    ("doings", "expected"),
    [
        (Doings(), 0),
        (Doings([TODAY]), 100 / 8),  # P alone is there: 1 of 8 days.
        (Doings([TODAY - n for n in range(20)]), 100),  # 8 days are full marks.
        (Doings([TODAY - 27, TODAY - 28, TODAY + 1]), 100 / 8),  # Only the first lies in the window.
        (Doings([TODAY], [3, 3]), 100 / 8),  # Two posts: quality does not count yet.
        (Doings([TODAY], [3, 3, 0]), 100 * (0.3 / 8 + 0.2 * 2 / 3) / 0.5),
        (Doings([TODAY - n for n in range(4)], [], votes=(3, 4)), 100 * (0.3 * 0.5 + 0.3 * 4 / 6) / 0.6),
        (Doings([], [], votes=(0, 0)), 0),  # No vote was closed with the member on the roll.
        (Doings([], [], events=2), 100 * (0.2 * 2 / 3) / 0.5),
        (Doings(range(TODAY - 9, TODAY), [3] * 20, votes=(8, 8), events=5), 100 * (0.3 + 0.3 * 0.9 + 0.4)),
    ],
)
def test_engagement_is_the_weighted_mean_of_what_there_is(doings: Doings, expected: float) -> None:
    assert score(doings) == pytest.approx(expected)


def test_only_the_last_twenty_posts_count_for_quality() -> None:
    found = engagement_components(Doings([], [0] * 30 + [3] * 20), NOW, SETTINGS)
    assert found["quality"] == Component(1.0, 0.2)


def test_half_of_the_way_is_gone_in_a_week() -> None:
    at = 0.0
    for _ in range(7):
        at = approached(at, 80, 7)
    assert at == pytest.approx(40)
    assert approached(50, 50, 7) == 50


@given(
    some.lists(some.integers(TODAY - 60, TODAY), max_size=60),
    some.lists(some.integers(0, 3), max_size=60),
    some.none() | some.integers(0, 50).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))),
    some.none() | some.integers(0, 20),
)
def test_engagement_stays_within_its_bounds(
    days: list[int], thirds: list[int], votes: tuple[int, int] | None, events: int | None
) -> None:
    assert 0 <= score(Doings(sorted(set(days)), thirds, votes, events)) <= 100 + 1e-9


@given(some.floats(0, 100), some.floats(0, 100))
def test_a_day_brings_the_score_nearer_and_never_beyond(start: float, raw: float) -> None:
    after = approached(start, raw, 7)
    assert min(start, raw) - 1e-9 <= after <= max(start, raw) + 1e-9


# --- F3 and F4 by hand ---


@pytest.mark.parametrize(
    ("good", "bad", "expected"), [(0, 0, 50), (10, 0, 100 * 20 / 30), (0, 8, 100 * 10 / 28), (2, 2, 50), (0, 14.5, 29)]
)
def test_reputation_begins_at_fifty_and_moves_with_what_is_known(good: float, bad: float, expected: float) -> None:
    assert reputation(good, bad, SETTINGS) == pytest.approx(expected, abs=0.02)


def test_what_counts_fades_by_half_in_its_half_life_and_not_backwards() -> None:
    assert decayed(8, NOW, NOW + timedelta(days=180), 180) == pytest.approx(4)
    assert decayed(8, NOW, NOW - timedelta(days=180), 180) == 8


@given(some.floats(0, 1e6), some.floats(0, 1e6))
def test_reputation_stays_within_its_bounds(good: float, bad: float) -> None:
    assert 0 < reputation(good, bad, SETTINGS) < 100


@pytest.mark.parametrize(
    ("confirmed", "decided", "days", "expected"),
    [(0, 0, 30, 0.625), (2, 2, 30, 0.8125), (0, 100, 30, 0.25 + 0.75 / 102), (100, 100, 6, 0.1), (0, 0, 7, 0.625)],
)
def test_report_weight_follows_what_was_confirmed(confirmed: int, decided: int, days: int, expected: float) -> None:
    assert report_weight(confirmed, decided, timedelta(days=days), SETTINGS) == pytest.approx(expected)


@given(some.integers(0, 100).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), some.integers(0, 999))
def test_report_weight_stays_within_its_bounds(counts: tuple[int, int], days: int) -> None:
    assert 0.1 <= report_weight(*counts, timedelta(days=days), SETTINGS) <= 1


# --- what the member is told ---


class Ledger:
    """A member with its rows, told one thing after another."""

    def __init__(self, state: Member = ACTIVE) -> None:
        self.state = state
        self.rows: dict[tuple[str, str], Row] = {}

    def told(self, *commands: Command, now: datetime = NOW) -> Played[Member]:
        played = Played(self.state)
        for command in commands:
            played = play(
                member,
                self.state,
                command,
                id="mem_a",
                rows=list(self.rows.values()),
                settings=[SETTINGS],
                now=now,
            )
            self.state = played.state
            self.rows |= {(type(row).__name__, row.key): row for row in played.puts}
        return played


def test_days_with_a_post_count_once_and_old_ones_are_forgotten() -> None:
    ledger = Ledger(ACTIVE.but(post_days=(TODAY - 40, TODAY - 3)))
    ledger.told(CountPost("p1", is_reply=False), CountPost("p2", is_reply=True))
    assert ledger.state.post_days == (TODAY - 3, TODAY)
    assert (ledger.state.posts, ledger.state.comments) == (1, 1)


def test_the_quality_of_a_post_replaces_the_one_before_and_old_posts_do_not_come_back() -> None:
    ledger = Ledger()
    ledger.told(*(RatePost(f"p{number}", 1) for number in range(25)))
    assert [each.post for each in ledger.state.recent] == [f"p{number}" for number in range(5, 25)]
    ledger.told(RatePost("p24", 3), RatePost("p0", 3))
    assert ledger.state.recent[-1] == RatedPost("p24", 3)
    assert "p0" not in {each.post for each in ledger.state.recent}
    assert ledger.told(RatePost("p24", 3)).puts == []
    ledger.told(CountPost("p25", is_reply=True, thirds=2), RatePost("p25", 3))
    assert ledger.state.recent[-2:] == (RatedPost("p24", 3), RatedPost("p25", 3))


def test_five_likers_of_a_post_count_and_one_of_them_three_times_a_month() -> None:
    ledger = Ledger()
    ledger.told(*(CountLike("p1", f"mem_{number}") for number in range(8)))
    assert ledger.state.good == pytest.approx(5 * 0.2)
    ledger.told(CountLike("p1", "mem_0"), CountLike("p2", "mem_a"))
    assert ledger.state.good == pytest.approx(1.0)
    ledger.told(*(CountLike(f"q{number}", "mem_0") for number in range(5)))
    assert ledger.state.good == pytest.approx(1.0 + 2 * 0.2)  # One of the three went to p1.
    ledger.told(CountLike("q9", "mem_0"), now=NOW + timedelta(days=30))
    assert ledger.state.good == pytest.approx(1.4 * 2 ** (-30 / 180) + 0.2)


def test_a_report_counts_by_its_outcome_and_another_outcome_takes_the_first_back() -> None:
    ledger = Ledger()
    ledger.told(CountReport("r1", "confirmed"), CountReport("r2", "bad_faith"), CountReport("r3", "unfounded"))
    assert (ledger.state.good, ledger.state.bad, ledger.state.report_outcomes) == (0.5, 0.5, "cuu")
    ledger.told(CountReport("r1", "confirmed"))
    assert (ledger.state.good, ledger.state.reports_decided) == (0.5, 3)
    ledger.told(CountReport("r2", "confirmed"), now=NOW + timedelta(days=180))
    assert [ledger.state.good, ledger.state.bad] == pytest.approx([0.75, 0])
    assert ledger.state.report_outcomes == "ccu"


def test_the_last_hundred_reports_count() -> None:
    ledger = Ledger()
    ledger.told(*(CountReport(f"r{number}", "confirmed") for number in range(100)))
    ledger.told(*(CountReport(f"s{number}", "unfounded") for number in range(50)))
    assert ledger.state.report_outcomes == "c" * 50 + "u" * 50
    ledger.told(CountReport("r0", "bad_faith"))  # Too long ago to be among them; it still weighs.
    assert ledger.state.report_outcomes.count("c") == 50
    assert ledger.state.bad == pytest.approx(0.5)


LIKES = some.builds(CountLike, some.sampled_from(["p1", "p2"]), some.sampled_from([f"mem_{n}" for n in range(9)]))
RATES = some.builds(RatePost, some.sampled_from(["p1", "p2", "p3"]), some.integers(0, 3))
REPORTS = some.builds(
    CountReport, some.sampled_from(["r1", "r2", "r3"]), some.sampled_from(["confirmed", "unfounded", "bad_faith"])
)


@given(some.lists(some.tuples(LIKES | RATES | REPORTS, some.integers(0, 40)), max_size=40))
def test_scores_stay_within_their_bounds_whatever_is_told(told: list[tuple[Command, int]]) -> None:
    ledger, now = Ledger(), NOW
    for command, days in told:
        now += timedelta(days=days)
        ledger.told(command, now=now)
        state = ledger.state
        assert state.good >= 0 and state.bad >= 0
        assert 0 < reputation_now(state, now, SETTINGS) < 100
        assert len(state.report_outcomes) == min(state.reports_decided, 100)
        assert all(len(row.likers) <= 5 for row in ledger.rows.values() if isinstance(row, OwnPost))
