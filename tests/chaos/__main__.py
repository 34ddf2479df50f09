"""Fault injection on real servers, repeatable by its seed.

    python -m tests.chaos [--seed N] [--seconds S] [--every S] [--great S] [--rate N] [--workers N] [--mutant NAME]
        [--plugins all [--people-rate N]]

Prints what was done, what was found, and exits with 1 if anything was lost, doubled, out of order or left.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.chaos.campaign import Campaign, Outcome, run
from tests.chaos.mutants import MUTANTS


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=60, help="of load and faults")
    parser.add_argument("--every", type=float, default=1.5, help="seconds between two faults, in the mean")
    parser.add_argument("--rate", type=float, default=400, help="commands a second at the most")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--mutant", choices=[*MUTANTS, ""], default="", help="a core that is broken on purpose")
    parser.add_argument("--no-evils", action="store_true", help="no handlers that hang or kill")
    parser.add_argument("--great", type=float, default=0, help="seconds between two great faults; 0: none")
    parser.add_argument("--plugins", choices=["none", "all"], default="none", help="that run beside the ledger")
    parser.add_argument("--people-rate", type=float, default=40, help="things a second that members do at the most")
    parser.add_argument("--keep", type=Path, help="a folder for the servers' data and all logs")
    given = parser.parse_args()
    campaign = Campaign(
        given.seed,
        given.seconds,
        given.every,
        given.rate,
        given.workers,
        given.mutant,
        evils=not given.no_evils,
        great_every_s=given.great,
        with_plugins=given.plugins == "all",
        people_rate=given.people_rate,
    )
    with tempfile.TemporaryDirectory(prefix="chaos") as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty: what an earlier run left there would be counted.")
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # So that no server is left behind.
        outcome = asyncio.run(run(campaign, folder))
    show(campaign, outcome)
    return 0 if outcome.report.clean and outcome.quiet else 1


def show(campaign: Campaign, outcome: Outcome) -> None:
    """A table, and a line of JSON."""
    report = outcome.report
    said = [f"seed {campaign.seed}: {outcome.took_s:.0f} s, quiet in the end: {'yes' if outcome.quiet else 'NO'}"]
    said += [f"  {count:9,}  {name}" for name, count in report.seen.items()]
    said += [f"  {sum(outcome.faults.values()):9,}  faults", f"  {outcome.fenced:9,}  commits refused by the fence"]
    said += [f"  {count:9,}    {name}" for name, count in outcome.faults.most_common()]
    said += ["found:"] + [f"  {count:9,}  {name}" for name, count in report.found.items()]
    if not report.clean or not outcome.quiet:
        said += [f"    {name}: {each}" for name, some in report.examples.items() for each in some]
        said += outcome.timeline[-40:]
        plugins = " --plugins all" if campaign.with_plugins else ""
        said += [f"again: python -m tests.chaos --seed {campaign.seed} --seconds {campaign.seconds:g}{plugins}"]
    figures = {"seed": campaign.seed, "faults": outcome.faults, "fenced": outcome.fenced, **msgspec.to_builtins(report)}
    said.append(msgspec.json.encode(figures | {"examples": {}}).decode())
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    sys.exit(main())
