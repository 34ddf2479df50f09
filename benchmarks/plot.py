"""Line charts as SVG, without a library: what a run is looked at with, and what docs/explanation shows."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["chart"]

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 28, 34
COLOURS = ("#0b6e4f", "#c8553d", "#2d4ea2", "#a87b00", "#6a3d9a", "#444444")
TICKS = 4


def chart(file: Path, title: str, axes: tuple[str, str], lines: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """Write one chart.

    Args:
        file: the SVG.
        title: above it.
        axes: names of x and y, with their units.
        lines: name → (x, y) in the order of x; y begins at 0.
    """
    points = [point for line in lines.values() for point in line]
    most_x = max((x for x, _ in points), default=1) or 1
    most_y = 1.1 * max((y for _, y in points), default=1) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + x / most_x * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / most_y * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11">',
        f"<title>{html.escape(title)}</title><style>text {{ font-family: sans-serif }}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="16" font-size="13" font-weight="bold">{html.escape(title)}</text>',
    ]
    for step in range(TICKS + 1):
        (x, bottom), (_, y) = place(most_x * step / TICKS, 0), place(0, most_y * step / TICKS)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(most_y * step / TICKS)}</text>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{_short(most_x * step / TICKS)}</text>'
        )
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{html.escape(axes[0])}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="16" text-anchor="end">{html.escape(axes[1])}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        y = TOP + 12 + 16 * number
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{y}" fill="{colour}">{html.escape(name)}</text>')
    file.write_text("\n".join([*parts, "</svg>", ""]))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.2g}"  # noqa: PLR2004  # one digit
