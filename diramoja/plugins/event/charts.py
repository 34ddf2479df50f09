"""Charts as SVG: bars that a browser, a letter or a screen reader shows without a script or a style sheet."""

from collections.abc import Sequence
from html import escape

__all__ = ["BARS_MAX", "bar_chart"]

BARS_MAX = 60
_WIDTH, _ROW, _LABEL, _FIGURE, _EDGE = 640, 28, 170, 60, 10
_LABEL_CHARS = 24
_TEXT, _BAR = 'font-family="sans-serif" font-size="14" fill="#222"', 'fill="#1f6f5c"'


def bar_chart(title: str, bars: Sequence[tuple[str, int | None]]) -> str:
    """One bar a label, as long as its figure; None is shown as withheld. Texts are escaped; the first 60 are drawn."""
    shown = bars[:BARS_MAX]
    most = max((figure for _, figure in shown if figure), default=0)
    height = _ROW * (len(shown) + 1) + 8
    rows = "".join(_bar(place, label, figure, most) for place, (label, figure) in enumerate(shown, start=1))
    named = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" aria-label="{named}"><title>{named}</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/><g transform="translate({_EDGE})" {_TEXT}>'
        f'<text y="18" font-weight="bold">{named}</text>{rows}</g></svg>'
    )


def _bar(place: int, label: str, figure: int | None, most: int) -> str:
    y = _ROW * place
    length = (_WIDTH - _LABEL - _FIGURE - _EDGE) * (figure or 0) // max(most, 1)
    said = "-" if figure is None else str(figure)
    return (
        f'<text y="{y + 18}">{escape(label[:_LABEL_CHARS])}</text>'
        f'<rect x="{_LABEL}" y="{y + 4}" width="{length}" height="{_ROW - 8}" {_BAR}/>'
        f'<text x="{_LABEL + length + 6}" y="{y + 18}">{said}</text>'
    )
