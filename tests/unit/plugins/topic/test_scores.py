"""F2, F5 and F6 by values computed by hand, their bounds, and what one account can move."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import ModeratePost, OpenTopic, TakePost
from diramoja.plugins.topic.scores import (
    SLOTS,
    Pulse,
    Tally,
    baseline_of,
    is_sourced,
    quality,
    spread_of,
    trending,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Post, Topic
from tests.support.lone_agent import LoneAgent

SETTINGS = TopicSettings()
SOURCE = "See https://clinics.example.org/hours for all of them."


def discussion(posts: list[tuple[str, str, str | None]]) -> LoneAgent[Topic]:
    """A topic with posts of (author, body, number of the post it answers)."""
    agent = LoneAgent(topic, "top_1", settings=[SETTINGS])
    agent.take(OpenTopic("Clinics", "", "healthcare"), sender="mem_opener")
    for number, (author, body, parent) in enumerate(posts):
        agent.take(TakePost(f"pst_{number}", author, body, parent and f"pst_{parent}"), sender=author)
    return agent


# --- F2 ---


@pytest.mark.parametrize(
    ("body", "sourced"),
    [
        ("Short.", False),
        ("x" * 279, False),
        ("x" * 280, True),
        (SOURCE, True),
        ("http://", False),
        ("https://localhost", False),
        ("www.example.org", False),
    ],
)
def test_a_post_has_a_source_or_the_length(body: str, *, sourced: bool) -> None:
    assert is_sourced(body, SETTINGS) is sourced


def test_a_post_is_worth_thirds() -> None:
    agent = discussion([("mem_a", SOURCE, None), ("mem_a", "Own reply.", "0"), ("mem_b", "Yes.", "0")])
    rows = {row.id: row for row in agent.all_rows(Post)}
    assert [rows[f"pst_{n}"].thirds for n in range(3)] == [3, 1, 1]
    agent.take(ModeratePost("pst_0", "remove", "Spam."))
    rows = {row.id: row for row in agent.all_rows(Post)}
    assert rows["pst_0"].thirds == 2


# --- F5 ---


def test_quality_by_hand() -> None:
    # 4 authors with 3, 1, 1, 1 posts; of 4 top-level posts one answered; one of 6 sourced; 2 removed.
    tally = Tally(posts=6, authors=4, roots=4, answered=1, sourced=1, removed=2, spread=spread_of(3))
    entropy = -(0.5 * math.log(0.5) + 3 * (1 / 6) * math.log(1 / 6))
    parts = 0.3 * 0.75 + 0.25 * entropy / math.log(4) + 0.25 * (0.25 / 0.6) + 0.2 * ((1 / 6) / 0.4)
    assert quality(tally, SETTINGS) == round(100 * 4 / 9 * parts) == 28


@pytest.mark.parametrize("tally", [Tally(), Tally(removed=3), Tally(posts=-2, authors=-1)])
def test_quality_of_nothing_is_nothing(tally: Tally) -> None:
    assert quality(tally, SETTINGS) == 0


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.integers(0, 500),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
)
def test_quality_stays_within_its_bounds(posts: list[int], removed: int, shares: tuple[float, float, float]) -> None:
    total = sum(posts)
    roots = round(total * shares[0])
    tally = Tally(
        posts=total,
        authors=len(posts),
        roots=roots,
        answered=round(roots * shares[1]),
        sourced=round(total * shares[2]),
        removed=removed,
        spread=sum(map(spread_of, posts)),
    )
    assert 0 <= quality(tally, SETTINGS) <= round(100 * len(posts) / (len(posts) + 5))


def test_a_good_thread_of_100_authors_is_about_92() -> None:
    """60 open with a source, 40 of these are answered by one of the other 40, who wrote one to three times."""
    posts: list[tuple[str, str, str | None]] = []
    posts += [(f"mem_{n}", SOURCE if n % 4 < 3 else "My clinic closes at noon.", None) for n in range(60)]
    posts += [(f"mem_{60 + n}", "And who pays for the nurses?", str(n)) for n in range(40)]
    posts += [(f"mem_{60 + n % 40}", "I looked that up.", str(n % 60)) for n in range(50)]
    agent = discussion(posts)
    for number in (100, 101, 102):
        agent.take(ModeratePost(f"pst_{number}", "remove", "Insult."))
    assert agent.state.participation_count == 100
    assert 90 <= agent.state.quality_score <= 94


def test_a_shouting_match_of_100_authors_is_about_62() -> None:
    """Few write most of it, hardly anybody answers or has a source, and a fifth is removed."""
    posts: list[tuple[str, str, str | None]] = [(f"mem_{n}", "Rubbish!", None) for n in range(100)]
    posts += [(f"mem_{n % 5}", "Rubbish, I say!", None) for n in range(150)]
    posts += [(f"mem_{99 - n}", "No, you!", str(n)) for n in range(50)]
    posts += [(f"mem_{50 + n}", SOURCE, None) for n in range(36)]
    agent = discussion(posts)
    for number in range(100, 160):
        agent.take(ModeratePost(f"pst_{number}", "remove", "Insult."))
    assert 58 <= agent.state.quality_score <= 66


def test_a_thousand_posts_by_one_account_raise_nothing() -> None:
    posts: list[tuple[str, str, str | None]] = [(f"mem_{n}", SOURCE, None) for n in range(20)]
    posts += [(f"mem_{(n + 1) % 20}", "Yes.", str(n)) for n in range(20)]
    calm = discussion(posts).state.quality_score
    flooded = discussion([*posts, *(("mem_x", SOURCE, None) for _ in range(1000))])
    alone = discussion([("mem_x", SOURCE, None)] * 1000)
    # Alone: n = 1, no diversity, no answers: 100/6 of the rest, at most.
    assert alone.state.quality_score <= round(100 / 6 * (0.3 + 0.2))
    assert flooded.state.quality_score < calm
    assert flooded.state.participation_count == 21


# --- F6 ---


@pytest.mark.parametrize(
    ("members", "usual", "score"),
    [
        *((0, 0.0, 0), (1, 0.0, 22), (5, 0.0, 68), (10, 0.0, 100)),
        *((10, 10.0, 0), (20, 10.0, 52), (5, 10.0, 0), (25, 10.0, 73)),
    ],
)
def test_trending_by_hand(members: int, usual: float, score: int) -> None:
    z = 2 * (math.sqrt(members + 0.375) - math.sqrt(usual + 0.375))
    assert trending(members, usual, SETTINGS) == score == round(min(100, max(0, 20 * z)))


@given(st.integers(0, 100_000), st.floats(0, 100_000), st.integers(0, 50))
def test_trending_is_bounded_and_rises_with_the_members(members: int, usual: float, more: int) -> None:
    score = trending(members, usual, SETTINGS)
    assert 0 <= score <= trending(members + more, usual, SETTINGS) <= 100


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=120))
def test_the_pulse_counts_distinct_members_of_the_last_two_hours(acts: list[tuple[int, int]]) -> None:
    """Against counting anew: 7 members, each act some quarters after the one before."""
    pulse, quarter, last = Pulse(), 1_000_000, dict[int, int]()
    for wait, member in acts:
        quarter += wait // 5
        pulse = pulse.with_act(quarter, last.get(member, 0))
        last[member] = quarter
        assert pulse.members == sum(quarter - at <= 8 for at in last.values())
        assert min(pulse.recent) >= 0 and len(pulse.recent) <= 9


def test_slots_that_ended_become_the_baseline() -> None:
    quarter, last = 8 * 1000, dict[str, int]()
    pulse = Pulse()
    for slot, members in enumerate((3, 0, 2)):
        for number in range(members):
            at = quarter + 8 * slot + 2
            pulse = pulse.with_act(at, last.get(f"m{number}", 0))
            last[f"m{number}"] = at
    pulse = pulse.at(quarter + 24)
    assert pulse.ended == ((1000, 3), (1002, 2))
    slot, counts = baseline_of(0, (), pulse)
    assert (slot, counts[:4], len(counts)) == (1002, (2, 0, 3, 0), SLOTS)
    later = pulse.settled().at(quarter + 24 + 8 * 83)
    slot, counts = baseline_of(slot, counts, later)
    assert (slot, counts[-1], sum(counts)) == (1085, 2, 2)


def test_one_account_moves_the_trend_by_one() -> None:
    pulse = Pulse()
    for number in range(1000):
        pulse = pulse.with_act(1_000 + number // 200, 1_000 + (number - 1) // 200 if number else 0)
    assert pulse.members == 1
