"""Where delegated ballots go: by example, and over random graphs against a checker that thinks otherwise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.plugins.vote.resolution import Bounds, Edge, Outcome, chain_of, obstacle_of, resolve

MAY = datetime(2026, 5, 1, tzinfo=UTC)
VOTE, TOPIC, CATEGORY = "vot_1", "top_1", "healthcare"
WORLD = (VOTE, TOPIC, CATEGORY)
WIDE = {VOTE: (TOPIC, CATEGORY), TOPIC: (CATEGORY,), CATEGORY: ()}


def edge(delegator: str, delegate: str, scope: str = TOPIC, day: int = 0) -> Edge:
    return Edge(delegator, delegate, scope, MAY + timedelta(days=day), WIDE[scope])


def seal(edges: Sequence[Edge], *, roll: str = "abcdefgh", voted: str = "", most: int = 99) -> dict[str, Outcome]:
    return resolve(edges, WORLD, roll=set(roll), roll_size=len(roll), voted=set(voted), bounds=Bounds(carried_min=most))


# --- at the seal ---


def test_a_ballot_goes_along_the_chain_to_the_first_who_voted() -> None:
    chain = [edge("a", "b"), edge("b", "c"), edge("c", "d")]
    assert seal(chain, voted="cd") == {"a": Outcome("c", steps=2), "b": Outcome("c", steps=1)}


def test_voting_oneself_overrides_and_carries_ones_delegators() -> None:
    assert seal([edge("a", "b"), edge("b", "c")], voted="bc") == {"a": Outcome("b", steps=1)}


def test_the_narrowest_scope_wins_for_each_member_along_the_chain() -> None:
    edges = [edge("a", "b", CATEGORY), edge("a", "c", TOPIC), edge("a", "d", VOTE), edge("d", "e", CATEGORY)]
    assert seal(edges, voted="bce")["a"] == Outcome("e", steps=2)


def test_other_scopes_do_not_matter() -> None:
    other = Edge("a", "b", "vot_2", MAY, (TOPIC, CATEGORY))
    assert seal([other], voted="b") == {}


def test_nobody_along_the_chain_voted() -> None:
    assert seal([edge("a", "b"), edge("b", "c")])["a"] == Outcome(uncast="no_ballot", steps=2)


def test_a_delegate_who_is_not_on_the_roll_casts_nothing_and_passes_nothing_on() -> None:
    assert seal([edge("a", "x"), edge("x", "b")], voted="b")["a"] == Outcome(uncast="not_on_roll", steps=1)


def test_one_who_is_not_on_the_roll_has_no_ballot_to_delegate() -> None:
    assert seal([edge("x", "b")], voted="b") == {}


def test_a_ballot_travels_five_steps_and_not_six() -> None:
    chain = [edge(one, other) for one, other in zip("abcdef", "bcdefg", strict=True)]
    found = seal(chain, voted="g")
    assert found["b"] == Outcome("g", steps=5)
    assert found["a"] == Outcome(uncast="too_deep", steps=5)


def test_a_circle_that_could_not_be_refused_casts_nothing_and_ends() -> None:
    circle = [edge("a", "b"), edge("b", "c"), edge("c", "b"), edge("d", "d")]
    found = seal(circle)
    assert {member: each.uncast for member, each in found.items()} == dict.fromkeys("abcd", "cycle")


def test_a_circle_is_broken_by_whoever_votes() -> None:
    found = seal([edge("a", "b"), edge("b", "c"), edge("c", "a")], voted="c")
    assert found == {"a": Outcome("c", steps=2), "b": Outcome("c", steps=1)}


def test_beyond_the_limit_nearer_and_earlier_delegators_come_first() -> None:
    edges = [edge("a", "z", day=4), edge("b", "z", day=3), edge("c", "z", day=2), edge("d", "a", day=0)]
    found = seal(edges, roll="abcdz", voted="z", most=3)
    assert {member for member, each in found.items() if each.caster == "z"} == set("abc")
    assert found["d"] == Outcome(uncast="over_limit", steps=2)
    found = seal([*edges, edge("e", "z", day=1)], roll="abcdez", voted="z", most=3)
    assert {member for member, each in found.items() if each.caster == "z"} == set("bce")


@pytest.mark.parametrize(("roll", "most"), [(0, 3), (300, 3), (399, 3), (400, 4), (2_900, 29), (100_000, 1_000)])
def test_a_delegate_carries_three_or_a_hundredth_of_the_roll(roll: int, most: int) -> None:
    assert Bounds().carried_max(roll) == most


class Looked(frozenset[str]):
    """Members, and how often somebody asked whether one is among them."""

    times = 0

    def __contains__(self, member: object) -> bool:
        type(self).times += 1
        return super().__contains__(member)


@pytest.mark.parametrize("chains", [60, 6_000])
def test_a_count_looks_at_each_delegation_as_often_as_a_chain_is_long_however_many_there_are(chains: int) -> None:
    """Chains of five: of 30,000 delegations, beside 70,000 who voted themselves."""
    members = [[f"{chain}.{place}" for place in range(6)] for chain in range(chains)]
    edges = [edge(one, other) for chain in members for one, other in pairwise(chain)]
    voted = Looked([chain[-1] for chain in members] + [f"v{n}" for n in range(chains * 70 // 6)])
    roll = Looked(voted.union(*members))
    Looked.times = 0
    found = resolve(edges, WORLD, roll=roll, roll_size=len(roll), voted=voted, bounds=Bounds(carried_min=5))
    assert len(found) == 5 * chains and all(each.caster for each in found.values())
    assert Looked.times <= len(edges) * 2 * (1 + Bounds().depth)


# --- when one is made ---


def made(edges: Sequence[Edge], new: Edge, bounds: Bounds | None = None) -> str:
    return obstacle_of(new, lambda member: [each for each in edges if each.delegator == member], bounds or Bounds())


def test_a_circle_is_refused_however_long() -> None:
    assert made([], edge("a", "a")) == "cycle"
    assert made([edge("b", "a")], edge("a", "b")) == "cycle"
    long = [edge(str(n), str(n + 1)) for n in range(30)]
    assert made(long, edge("30", "0")) == "cycle"
    assert made(long, edge("30", "31")) == ""


def test_a_chain_is_refused_once_it_would_be_longer_than_a_ballot_travels() -> None:
    chain = [edge(one, other) for one, other in zip("bcde", "cdef", strict=True)]
    assert made(chain, edge("a", "b")) == ""
    assert made([*chain, edge("f", "g")], edge("a", "b")) == "too_deep"


def test_another_delegate_in_the_same_scope_replaces_the_first() -> None:
    assert made([edge("a", "b"), edge("b", "c")], edge("b", "d")) == ""
    assert made([edge("a", "b"), edge("c", "a")], edge("a", "d")) == ""


@pytest.mark.parametrize(
    ("there", "new"),
    [
        (edge("b", "a", CATEGORY), edge("a", "b", VOTE)),
        (edge("b", "a", VOTE), edge("a", "b", CATEGORY)),
        (edge("b", "a", VOTE), edge("a", "b", TOPIC)),
    ],
)
def test_a_circle_across_scopes_is_refused_whichever_is_made_first(there: Edge, new: Edge) -> None:
    assert made([there], new) == "cycle"


def test_what_a_narrower_delegation_overrides_closes_no_circle() -> None:
    assert made([edge("b", "a", CATEGORY), edge("b", "c", TOPIC)], edge("a", "b", TOPIC)) == ""
    assert made([edge("b", "a", VOTE), edge("a", "c", VOTE)], edge("a", "b", CATEGORY)) == ""


def test_two_votes_close_no_circle_together() -> None:
    second = Edge("c", "a", "vot_2", MAY, (TOPIC, CATEGORY))
    assert made([edge("b", "c", VOTE), second], edge("a", "b", CATEGORY)) == ""


def test_an_endless_web_is_refused_rather_than_searched() -> None:
    web = [Edge("b", f"m{n}", f"vot_{n}", MAY, (CATEGORY,)) for n in range(1_000)]
    assert made(web, edge("a", "b", CATEGORY)) == "too_deep"


def test_the_chain_is_shown_up_to_where_it_would_come_back() -> None:
    edges = [edge("a", "b", CATEGORY), edge("b", "c", TOPIC), edge("c", "a", VOTE)]
    assert chain_of("a", WORLD, lambda member: [each for each in edges if each.delegator == member]) == ("b", "c")


# --- random graphs ---

MEMBERS = "abcdefghij"
edges_made = st.lists(
    st.builds(
        edge,
        delegator=st.sampled_from(MEMBERS),
        delegate=st.sampled_from(MEMBERS),
        scope=st.sampled_from(WORLD),
        day=st.integers(0, 5),
    ),
    max_size=25,
)
some = st.sets(st.sampled_from(MEMBERS)).map("".join)


def latest(edges: Sequence[Edge]) -> list[Edge]:
    """One a delegator and scope, as the one who keeps them would hold."""
    return list({(each.delegator, each.scope): each for each in edges}.values())


def by_hand(member: str, edges: Sequence[Edge], *, roll: str, voted: str, depth: int) -> str:
    """Where the ballot of a member ends without a limit on who carries how many; "" for nowhere."""
    if member not in roll:
        return ""
    if member in voted:
        return member
    for scope in WORLD:
        own = [each.delegate for each in edges if each.delegator == member and each.scope == scope]
        if own:
            return by_hand(own[-1], edges, roll=roll, voted=voted, depth=depth - 1) if depth else ""
    return ""


@given(edges_made, some, some, st.integers(1, 6))
@settings(max_examples=400)
def test_no_ballot_is_lost_or_counted_twice(drawn: list[Edge], roll: str, voters: str, depth: int) -> None:
    edges, voted = latest(drawn), "".join(set(voters) & set(roll))
    found = resolve(
        edges, WORLD, roll=set(roll), roll_size=len(roll), voted=set(voted), bounds=Bounds(depth=depth, carried_min=99)
    )
    expected = {member: by_hand(member, edges, roll=roll, voted=voted, depth=depth) for member in roll}
    assert {member: each.caster for member, each in found.items() if each.caster} == {
        member: caster for member, caster in expected.items() if caster and member not in voted
    }
    delegators = {each.delegator for each in edges}
    assert set(found) == {member for member in roll if member in delegators and member not in voted}
    assert all(bool(each.caster) != bool(each.uncast) for each in found.values())


@given(edges_made, st.tuples(some, some), st.integers(0, 3), st.randoms())
@settings(max_examples=300)
def test_the_limit_holds_and_leaves_out_nobody_without_need(
    drawn: list[Edge], people: tuple[str, str], most: int, random: Random
) -> None:
    roll, edges, voted = people[0], latest(drawn), set(people[0]) & set(people[1])
    free = resolve(edges, WORLD, roll=set(roll), roll_size=len(roll), voted=voted, bounds=Bounds(carried_min=99))
    bounds = Bounds(carried_min=most, carried_ratio=0)
    found = resolve(edges, WORLD, roll=set(roll), roll_size=len(roll), voted=voted, bounds=bounds)
    for caster in voted:
        wanted = [member for member, each in free.items() if each.caster == caster]
        cast = [member for member, each in found.items() if each.caster == caster]
        assert len(cast) == min(most, len(wanted))
        assert {found[each].uncast for each in set(wanted) - set(cast)} <= {"over_limit"}
    random.shuffle(edges)
    assert resolve(edges, WORLD, roll=set(roll), roll_size=len(roll), voted=voted, bounds=bounds) == found


SCOPES = {**WIDE, "vot_2": (TOPIC, CATEGORY), "vot_3": (CATEGORY,), "top_2": (CATEGORY,), "vot_4": ("top_2", CATEGORY)}
wishes = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"), st.sampled_from(sorted(SCOPES))), max_size=30
)


def has_circle(edges: Sequence[Edge]) -> bool:
    """Whether some vote, be it to come, would meet a circle: every world is walked from everybody."""
    for scope, within in SCOPES.items():
        step: dict[str, str] = {}
        for each in reversed((scope, *within)):
            step |= {one.delegator: one.delegate for one in edges if one.scope == each}
        for member in step:
            at, steps = step[member], 0
            while at in step and at != member and steps < len(step):
                at, steps = step[at], steps + 1
            if at == member:
                return True
    return False


@given(wishes)
@settings(max_examples=500)
def test_a_circle_is_refused_when_made_and_nothing_else_is(made_in_turn: list[tuple[str, str, str]]) -> None:
    held: dict[tuple[str, str], Edge] = {}
    for delegator, delegate, scope in made_in_turn:
        new = Edge(delegator, delegate, scope, MAY, SCOPES[scope])
        after = {**held, (delegator, scope): new}
        said = made(list(held.values()), new, Bounds(depth=9))
        assert said == ("cycle" if has_circle(list(after.values())) else "")
        held = held if said else after
