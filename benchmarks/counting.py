"""How long a count takes: 100,000 ballots of 10 options by each method, beside pref_voting where it can be imported.

    python -m benchmarks.counting [--quick] [--ballots N]

The rankings are different ones: nearly no two voters rank ten options alike, so grouping helps nobody. `read` is the
same ballots from a BLT file. pref_voting (https://pypi.org/project/pref-voting/) is no dependency: without it the table
says so. It is asked once for each method, on fewer ballots with --quick, and given up after `PATIENCE_S`.
"""

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.table import Figure, Machine, show
from diramoja.counting import BUILT_IN, Profile, Ties, read_blt, write_blt

__all__ = ["run"]

BALLOTS = 100_000
QUICK = 5_000
OPTIONS = 10
SEATS = 3
GRADES = 6
ROUNDS = 3
PATIENCE_S = 300.0
SEED = bytes(32)
PEER = "pref_voting"

type Ballots = Mapping[tuple[int, ...], int]


def rankings(number: int) -> Ballots:
    """Some prefer earlier options; half of the rankings stop early."""
    chance = random.Random(1)  # noqa: S311  # the same ballots in each run
    found: dict[tuple[int, ...], int] = {}
    for _ in range(number):
        keys = {option: chance.expovariate(1 / (option + 3)) for option in range(1, OPTIONS + 1)}
        length = OPTIONS if chance.random() < 0.5 else chance.randint(1, OPTIONS)  # noqa: PLR2004  # half
        ballot = tuple(sorted(keys, key=keys.__getitem__)[:length])
        found[ballot] = found.get(ballot, 0) + 1
    return found


def grades(number: int) -> Ballots:
    """Any grade for any option."""
    chance = random.Random(2)  # noqa: S311  # the same ballots in each run
    found: dict[tuple[int, ...], int] = {}
    for _ in range(number):
        ballot = tuple(chance.randrange(GRADES) for _ in range(OPTIONS))
        found[ballot] = found.get(ballot, 0) + 1
    return found


def profiles(number: int) -> dict[str, Profile]:
    """One of each form."""
    names = [f"Option {place}" for place in range(1, OPTIONS + 1)]
    ranked = rankings(number)
    marked = {tuple(ballot[:3]): 0 for ballot in ranked}
    for ballot, weight in ranked.items():
        marked[ballot[:3]] += weight
    return {
        "ranking": Profile.of("ranking", names, ranked, seats=SEATS),
        "marks": Profile.of("marks", names, marked, seats=SEATS),
        "grades": Profile.of("grades", names, grades(number), seats=SEATS),
    }


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each."""
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - begun))
    return found


# --- the peer ---


def _peer(method: str, ballots: Ballots, answer: Any) -> None:
    """In a process of its own, once."""
    from pref_voting.iterative_methods import instant_runoff_for_truncated_linear_orders
    from pref_voting.margin_based_methods import beat_path
    from pref_voting.profiles_with_ties import ProfileWithTies
    from pref_voting.proportional_methods import stv_meek, stv_scottish

    ranks = [{option: rank for rank, option in enumerate(ballot, 1)} for ballot in ballots]
    profile = ProfileWithTies(ranks, [*ballots.values()], candidates=[*range(1, OPTIONS + 1)])
    counts: dict[str, Callable[[], object]] = {
        "instant_runoff": lambda: instant_runoff_for_truncated_linear_orders(profile),
        "scottish_stv": lambda: stv_scottish(profile, num_seats=SEATS),
        "meek_stv": lambda: stv_meek(profile, num_seats=SEATS),
        "schulze": lambda: (profile.use_extended_strict_preference(), beat_path(profile)),
    }
    answer.put(timed(counts[method], 1)[0])


COMPARED = ("instant_runoff", "scottish_stv", "meek_stv", "schulze")


def peer(method: str, ballots: Ballots) -> Figure | None:
    """The peer's time, or at least so long as it was waited for; None where it is not there."""
    if method not in COMPARED or find_spec(PEER) is None:
        return None
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_peer, args=(method, ballots, answer))
    process.start()
    process.join(PATIENCE_S)
    what = f"{method}, {PEER}"
    if process.is_alive():
        process.kill()
        process.join()
        return Figure(what, [1000 * PATIENCE_S], "ms", note="given up")
    return (
        Figure(what, [answer.get()], "ms") if process.exitcode == 0 else Figure(what, [float("nan")], "ms", note="fell")
    )


def run(*, quick: bool, ballots: int = BALLOTS) -> None:
    """Count, and print."""
    number = QUICK if quick else ballots
    machine = Machine.look(Path(tempfile.gettempdir()))
    made, ranked = profiles(number), rankings(number)
    text = write_blt(made["ranking"])
    figures = [Figure("read a BLT file", timed(lambda: read_blt(text), ROUNDS), "ms")]
    for name, method in BUILT_IN.items():
        profile = made[method.form]
        ours = Figure(name, timed(lambda: method.count(profile, ties=Ties("lot", SEED)), ROUNDS), "ms")  # noqa: B023  # called here
        theirs = peer(name, ranked)
        figures += [ours] if theirs is None else [theirs.against(theirs), ours.against(theirs)]
    print(f"{number:,} ballots of {OPTIONS} options, {len(ranked):,} different rankings, {SEATS} seats")
    if find_spec(PEER) is None:
        print(f"{PEER} is not installed: nothing to compare with")
    show("counting", figures, machine)


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer ballots")
    parser.add_argument("--ballots", type=int, default=BALLOTS)
    asked = parser.parse_args()
    run(quick=asked.quick, ballots=asked.ballots)


if __name__ == "__main__":
    main()
