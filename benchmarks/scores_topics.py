"""How the scores of posts and topics move, as charts: F2, F5 and F6, computed by the code that runs.

python -m benchmarks.scores_topics [--plots docs/explanation/plots]
"""

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.plot import chart
from diramoja.plugins.topic.scores import Tally, is_sourced, quality, spread_of, trending
from diramoja.plugins.topic.settings import TopicSettings

__all__ = ["draw"]

SETTINGS = TopicSettings()
PLOTS = Path("docs/explanation/plots")
AUTHORS = 100

type Line = list[tuple[float, float]]


def discussion(
    authors: int, *, each: int = 2, answered: float = 0.6, sourced: float = 0.4, removed: float = 0
) -> Tally:
    """All of them write equally much, half of it at the top level."""
    posts = authors * each
    return Tally(
        posts=posts,
        authors=authors,
        roots=math.ceil(posts / 2),
        answered=round(answered * math.ceil(posts / 2)),
        sourced=round(sourced * posts),
        removed=round(removed * posts / (1 - removed)),
        spread=authors * spread_of(each),
    )


def line(values: Sequence[float], score: Callable[[float], float]) -> Line:
    """A score over these values."""
    return [(value, score(value)) for value in values]


def flooded(extra: int) -> float:
    """A good discussion into which one account writes `extra` posts more, each with a source."""
    calm = discussion(AUTHORS)
    tally = Tally(
        posts=calm.posts + extra,
        authors=AUTHORS + (extra > 0),
        roots=calm.roots + extra,
        answered=calm.answered,
        sourced=calm.sourced + extra,
        spread=calm.spread + spread_of(extra),
    )
    return quality(tally, SETTINGS)


def draw(folder: Path) -> None:
    """Write the charts."""
    draw_posts(folder)
    draw_topics(folder)


def draw_posts(folder: Path) -> None:
    """F2."""
    chars = list(range(0, 561, 20))

    def thirds(base: int) -> Line:
        return line(chars, lambda length: (base + is_sourced("x" * int(length), SETTINGS)) / 3)

    chart(
        folder / "score-f2.svg",
        "F2, quality of a post without a link",
        ("characters", "0 to 1"),
        {"answered by others": thirds(2), "not answered": thirds(1), "removed": thirds(0)},
    )


def draw_topics(folder: Path) -> None:
    """F5 and F6."""
    shares = [place / 50 for place in range(50)]
    chart(
        folder / "score-f5.svg",
        f"F5, quality of a topic of {AUTHORS} authors, as one share moves",
        ("share", "0 to 100"),
        {
            "answered": line(shares, lambda x: quality(discussion(AUTHORS, answered=x), SETTINGS)),
            "sourced": line(shares, lambda x: quality(discussion(AUTHORS, sourced=x), SETTINGS)),
            "removed": line(shares, lambda x: quality(discussion(AUTHORS, removed=x), SETTINGS)),
        },
    )
    chart(
        folder / "score-f5-authors.svg",
        "F5 as authors come, and as one account floods a good discussion",
        ("authors, or posts of the one account", "0 to 100"),
        {
            "authors": line(range(1, 201), lambda n: quality(discussion(int(n)), SETTINGS)),
            "posts of one account": line(range(0, 1001, 10), lambda n: flooded(int(n))),
        },
    )
    members = list(range(61))
    chart(
        folder / "score-f6.svg",
        "F6, trending, by the members acting in 2 hours",
        ("members acting", "0 to 100"),
        {
            f"usually {usual}": line(members, lambda x, usual=usual: trending(int(x), usual, SETTINGS))  # type: ignore[misc]  # a default
            for usual in (0, 5, 10, 20, 40)
        },
    )


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=Path, default=PLOTS, help="folder for the charts")
    draw(parser.parse_args().plots)


if __name__ == "__main__":
    main()
