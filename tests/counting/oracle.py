"""The winners by another library, pref_voting (MIT), written once into the fixtures beside this file.

It is slow and no dependency of ours; make an environment with it and run there, in the root of the repository:

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install pref_voting==1.18.2
    PYTHONPATH=. /tmp/oracle/bin/python -m tests.counting.oracle elections FOLDER
    PYTHONPATH=. /tmp/oracle/bin/python -m tests.counting.oracle profiles

This program shares no code with ours: it reads the files and ends rankings itself. Where the library draws a lot in a
made-up profile, it is asked twice, with the first and with the last of the equal options drawn; if the winners differ,
they are not defined, and the fixture has nothing there.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pref_voting.iterative_methods import instant_runoff_for_truncated_linear_orders, instant_runoff_put
from pref_voting.margin_based_methods import beat_path
from pref_voting.profiles_with_ties import ProfileWithTies
from pref_voting.proportional_methods import stv_meek, stv_scottish

from tests.counting.profiles import MOST, ranks_of

HERE = Path(__file__).parent
ORACLE = f"pref_voting {version('pref_voting')}"

MEEK_ITERATIONS = 300
"""Of each round, in the elections: where an elected option falls below the quota it would go on to 2,000 in vain."""

type Ballot = tuple[int, ...]
type Ballots = dict[Ballot, int]
type Winners = list[int] | None


class Drawing:
    """In place of chance: always the first, or always the last."""

    def __init__(self, place: int) -> None:
        self._place = place

    def choice(self, options: Sequence[int]) -> int:
        return options[self._place]


def profile(ballots: Ballots, options: int) -> Any:
    held = {ballot: weight for ballot, weight in ballots.items() if ballot}
    rankings = [{option: rank for rank, option in enumerate(ballot, 1)} for ballot in held]
    return ProfileWithTies(rankings, [*held.values()], candidates=[*range(1, options + 1)])


def same(first: Sequence[Any], second: Sequence[Any]) -> Winners:
    found = sorted(int(each) for each in first)
    return found if found == sorted(int(each) for each in second) else None


def scottish(ballots: Ballots, options: int, seats: int) -> Winners:
    def drawn(place: int) -> Any:
        return stv_scottish(profile(ballots, options), num_seats=seats, rng=Drawing(place))

    return same(drawn(0), drawn(-1))


def meek(ballots: Ballots, options: int, seats: int) -> Winners:
    def ordered(sign: int) -> Any:
        return stv_meek(profile(ballots, options), num_seats=seats, tie_break_key=lambda each: sign * each)

    return same(ordered(1), ordered(-1))


def instant_runoff(ballots: Ballots, options: int, seats: int) -> Winners:
    """All whom some order of excluding equal options elects: one where the order changes nothing."""
    return sorted(int(each) for each in instant_runoff_put(profile(ballots, options)))


def schulze(ballots: Ballots, options: int, seats: int) -> Winners:
    """All who are undefeated; duels are as strong as the ballots that win them."""
    made = profile(ballots, options)
    made.use_extended_strict_preference()
    return sorted(int(each) for each in beat_path(made, strength_function=made.support))


METHODS: dict[str, Callable[[Ballots, int, int], Winners]] = {
    "scottish_stv": scottish, "meek_stv": meek, "instant_runoff": instant_runoff, "schulze": schulze
}  # fmt: skip


def strict(ranks: Sequence[int]) -> Ballot:
    """Options in order of preference, up to the first rank that is left out or given twice."""
    ballot: list[int] = []
    while ranks.count(len(ballot) + 1) == 1:
        ballot.append(ranks.index(len(ballot) + 1) + 1)
    return tuple(ballot)


def read(path: Path) -> tuple[int, int, Ballots]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        options, seats = map(int, next(file).split())
        ballots: Ballots = {}
        for line in file:
            weight, *ballot = map(int, line.split())
            if not weight:
                break
            ballots[tuple(ballot[:-1])] = ballots.get(tuple(ballot[:-1]), 0) + weight
    return options, seats, ballots


def elections(folder: Path) -> None:
    """Asked once for each: our own counts meet no tie there. What is in the fixture already is not asked again."""
    file = HERE / "elections.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    found: dict[str, Any] = known["elections"] if known.get("oracle") == ORACLE else {}
    for path in sorted(folder.glob("*.blt.gz")):
        if path.name in found:
            continue
        options, seats, ballots = read(path)
        made = profile(ballots, options)
        found[path.name] = {
            "scottish_stv": sorted(map(int, stv_scottish(made, num_seats=seats, rng=Drawing(0)))),
            "meek_stv": sorted(map(int, stv_meek(made, num_seats=seats, max_iter=MEEK_ITERATIONS))),
            "instant_runoff": sorted(map(int, instant_runoff_for_truncated_linear_orders(made))),
            "schulze": schulze(ballots, options, seats),
        }
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found))
        file.write_text(f'{{"oracle": "{ORACLE}", "elections": {{\n{lines}\n}}}}\n')
        print(path.name, found[path.name], flush=True)  # noqa: T201  # a program


def profiles() -> None:
    lines = [
        f"# {ORACLE}; winners of tests.counting.profiles by seed, - where it leaves them to chance",
        ",".join(METHODS),
    ]
    for seed in range(MOST):
        options, seats, ranks = ranks_of(seed)
        ballots: Ballots = {}
        for each in map(strict, ranks):
            ballots[each] = ballots.get(each, 0) + 1
        found = [method(ballots, options, seats) for method in METHODS.values()] if any(ballots) else [None] * 4
        lines.append(",".join("-" if each is None else "".join(map(str, each)) for each in found))
        if seed % 100 == 0:
            print(seed, lines[-1], file=sys.stderr, flush=True)  # noqa: T201  # a program
    (HERE / "profiles.csv").write_text("\n".join([*lines, ""]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["elections", "profiles"])
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    asked = parser.parse_args()
    elections(asked.folder) if asked.what == "elections" else profiles()


if __name__ == "__main__":
    main()
