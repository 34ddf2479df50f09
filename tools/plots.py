"""Plots of the scores, as docs/explanation/scores.md shows them: `python -m tools.plots`, with the code's formulas."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.plot import chart
from diramoja.plugins.member.rules import (
    Doings,
    approached,
    day_of,
    decayed,
    engagement,
    engagement_components,
    report_weight,
    reputation,
)
from diramoja.plugins.member.settings import MemberSettings

__all__ = ["PLOTS", "main"]

FOLDER = Path(__file__).parent.parent / "docs" / "explanation" / "plots"
SETTINGS = MemberSettings()
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

type Line = Sequence[tuple[float, float]]


def f1(file: Path) -> None:
    """Engagement of members who post for sixty days and then stop."""
    chart(
        file,
        "F1: engagement while posting for 60 days, and after",
        ("days", "score"),
        {
            "daily, quality 1": _engaged(every=1, thirds=3),
            "daily, quality 1/3": _engaged(every=1, thirds=1),
            "each 4th day, quality 1": _engaged(every=4, thirds=3),
            "each 14th day": _engaged(every=14, thirds=2),
        },
    )


def _engaged(*, every: int, thirds: int) -> Line:
    days: list[int] = []
    score, line = 0.0, [(0.0, 0.0)]
    for day in range(1, 151):
        at = BEGIN + timedelta(days=day)
        if day <= 60 and day % every == 0:  # noqa: PLR2004  # as the title says
            days.append(day_of(at))
        doings = Doings(days, [thirds] * len(days))
        raw = engagement([*engagement_components(doings, at, SETTINGS).values()])
        score = approached(score, raw, SETTINGS.engagement_half_life_days)
        line.append((float(day), score))
    return line


def f3(file: Path) -> None:
    """Reputation after decisions, and with what others value."""
    chart(
        file,
        "F3: reputation, beginning at 50",
        ("days", "score"),
        {
            "10 likes a week": _reputed(dict.fromkeys(range(0, 720, 7), (2.0, 0.0))),
            "confirmed report a week": _reputed(dict.fromkeys(range(0, 720, 7), (0.5, 0.0))),
            "a removal on day 60": _reputed({60: (0.0, SETTINGS.reputation_removal)}),
            "suspended on day 60": _reputed({60: (0.0, SETTINGS.reputation_suspension)}),
            "overturned on day 120": _reputed({60: (0.0, 8.0), 120: (0.0, -8.0 * 2 ** (-60 / 180))}),
        },
    )


def _reputed(told: Mapping[int, tuple[float, float]]) -> Line:
    good = bad = 0.0
    line = []
    for day in range(720):
        at = BEGIN + timedelta(days=day)
        kept = [decayed(each, at - timedelta(days=1), at, SETTINGS.reputation_half_life_days) for each in (good, bad)]
        more = told.get(day, (0.0, 0.0))
        good, bad = kept[0] + more[0], max(0.0, kept[1] + more[1])
        line.append((float(day), reputation(good, bad, SETTINGS)))
    return line


def f4(file: Path) -> None:
    """The weight of a report by what people decided of the earlier ones."""
    old, young = timedelta(days=30), timedelta(days=3)

    def line(confirmed: Callable[[int], int], age: timedelta) -> Line:
        return [(float(n), report_weight(confirmed(n), n, age, SETTINGS)) for n in range(0, 101, 2)]

    chart(
        file,
        "F4: weight of a report",
        ("decided reports of the reporter", "weight"),
        {
            "all confirmed": line(lambda n: n, old),
            "half of them": line(lambda n: n // 2, old),
            "none": line(lambda n: 0, old),
            "account of 3 days": line(lambda n: n, young),
        },
    )


PLOTS: Mapping[str, Callable[[Path], None]] = {
    "score-engagement.svg": f1,
    "score-reputation.svg": f3,
    "score-report-weight.svg": f4,
}
"""File → what draws it."""


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(prog="python -m tools.plots", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    folder: Path = parser.parse_args().folder
    for name, draw in PLOTS.items():
        draw(folder / name)
        print(folder / name)


if __name__ == "__main__":
    main()
