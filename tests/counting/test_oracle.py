"""Our winners are those of another library, on 40 real elections and on 10,000 made-up profiles.

The winners were written into the fixtures by `tests.counting.oracle`, which names the library and its version. Where it
differs, docs/explanation/counting.md says why; `DIFFERENT` lists each of these seeds.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from diramoja.counting import BUILT_IN, Count, Profile, read_ballots, read_csv
from tests.counting.profiles import MOST, ranks_of
from tests.support.data import data

HERE = Path(__file__).parent
ELECTIONS = json.loads((HERE / "elections.json").read_text())["elections"]
METHODS = ("scottish_stv", "meek_stv", "instant_runoff", "schulze")
PARTS = 10

DIFFERENT = {name: frozenset[int]() for name in METHODS} | {"instant_runoff": frozenset({7218})}
"""Method → seeds where the library elects others. 7218: ties can go more ways than are played through."""

LOT_AMONG_ALL = frozenset({614, 979, 3147, 3454, 3811, 4454, 5009, 5081, 6471, 7938, 8673, 9016})
"""Seeds where Scottish STV excludes one of three or more equal, an earlier stage leaves two of them, and the library
draws among all: whom it elects is chance there. By the rule only the two are drawn, and whoever it is, the same win."""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ELECTIONS)
def test_real_election_elects_whom_the_oracle_elects(name: str, method: str) -> None:
    ballots = data("elections", name).read_bytes()
    count = BUILT_IN[method].count(read_ballots(name, ballots, "ranking"))
    assert sorted(count.winners) == ELECTIONS[name][method]
    assert (count.outcome, count.tie) == ("decided", None)


def test_all_real_elections_are_in_the_fixture() -> None:
    assert {each.name for each in data("elections").glob("*.blt.gz")} == {*ELECTIONS}
    assert len(ELECTIONS) == 40


@cache
def expected() -> list[dict[str, str]]:
    _, head, *lines = (HERE / "profiles.csv").read_text().splitlines()
    return [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]


@cache
def profile(seed: int) -> tuple[Profile, int]:
    """Through a CSV file, as ranks are written there."""
    options, seats, ballots = ranks_of(seed)
    lines = [",".join(f"Option {n}" for n in range(1, options + 1))]
    lines += [",".join(str(rank) if rank else "" for rank in ranks) for ranks in ballots]
    return read_csv("\n".join(lines), "ranking"), seats


def counts(part: int, method: str) -> Iterator[tuple[int, str, Count]]:
    for seed in range(part * MOST // PARTS, (part + 1) * MOST // PARTS):
        made, seats = profile(seed)
        many = seats if BUILT_IN[method].seats == "file" else 1
        yield seed, expected()[seed][method], BUILT_IN[method].count(made, seats=many)


def agrees(winners: str, count: Count) -> bool:
    """Whether the oracle's winners are ours; where a tie is open here, whether they are among those it allows.

    Of one seat the oracle names all whom some way of going on elects.
    """
    if winners == "-":
        return True
    theirs, ours = {*map(int, winners)}, {*count.winners}
    if count.outcome == "decided":
        return ours == theirs if count.seats > 1 or len(theirs) == 1 else ours <= theirs
    if count.outcome == "no_votes":
        return False
    assert count.tie is not None
    open_ = {*count.tie.contested}
    return theirs <= open_ | ours if count.seats > 1 else open_ <= theirs


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", range(PARTS))
def test_made_up_profile_elects_whom_the_oracle_elects(part: int, method: str) -> None:
    different = {seed for seed, winners, count in counts(part, method) if not agrees(winners, count)}
    here = range(part * MOST // PARTS, (part + 1) * MOST // PARTS)
    assert different == DIFFERENT[method] & {*here}


def test_what_the_oracle_leaves_to_chance_and_the_rule_does_not() -> None:
    found = {
        seed
        for part in range(PARTS)
        for seed, winners, count in counts(part, "scottish_stv")
        if winners == "-" and count.outcome == "decided"
    }
    assert found == LOT_AMONG_ALL


def test_the_comparison_would_find_a_difference() -> None:
    made, _ = profile(1)
    count = BUILT_IN["scottish_stv"].count(made, seats=2)
    assert not agrees("24", count)


@pytest.mark.parametrize(("method", "least"), [("scottish_stv", 7_000), ("meek_stv", 7_000)])
def test_the_oracle_is_defined_for_most_of_them(method: str, least: int) -> None:
    found: Sequence[dict[str, str]] = expected()
    assert len(found) == MOST
    assert sum(each[method] != "-" for each in found) > least
