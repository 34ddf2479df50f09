"""Pieces of HTML that the pages of votes are made of. Texts are escaped here; nothing needs a script or a style."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

import attrs

__all__ = [
    "Bar", "Say", "bars", "facts", "link", "minute", "moment", "paragraph", "scrolled", "section", "short", "written",
]  # fmt: skip

type Say = Callable[[str, Mapping[str, str]], str]

LETTERS = 80
"""Of a name in a chart; the whole of it stands where the options are listed."""
HIGH = 14
"""Of a bar, in pixels."""


@attrs.frozen
class Bar:
    """A line of a chart.

    Attributes:
        name: what it is about. `tag`: what became of it.
        parts: lengths from the left, each with its class; together 1 at the most.
        cells: what stands beside it; None: `tag` stands there instead, and there is no bar.
        style: class of the line.
    """

    name: str
    parts: Sequence[tuple[float, str]]
    cells: Sequence[str] | None
    tag: str = ""
    style: str = ""


def bars(
    caption: str, heads: Sequence[str], lines: Iterable[Bar], *, mark: float = -1, feet: Iterable[Bar] = ()
) -> str:
    """A table whose lines have bars: read aloud it is a table, and to the eye a chart.

    Args:
        caption: what it shows, as HTML.
        heads: of the names and of the cells, as HTML.
        lines: the lines.
        mark: where a line crosses all bars, 0 to 1; below 0: nowhere.
        feet: lines below, without bars.
    """
    first, *others = heads
    columns = "".join(f'<th scope="col" class="n">{each}</th>' for each in others)
    body = "".join(_line(each, mark, len(others)) for each in lines)
    foot = "".join(_line(each, -1, len(others)) for each in feet)
    return scrolled(
        f'<table class="bars"><caption>{caption}</caption><thead><tr><th scope="col">{first}</th>{columns}</tr></thead>'
        f"<tbody>{body}</tbody>{f'<tfoot>{foot}</tfoot>' if foot else ''}</table>"
    )


def _line(bar: Bar, mark: float, columns: int) -> str:
    style = f' class="{bar.style}"' if bar.style else ""
    name = f'<tr{style}><th scope="row"><bdi>{escape(short(bar.name))}</bdi>'
    if bar.cells is None:
        return f'{name}</th><td class="none" colspan="{columns}">{escape(bar.tag)}</td></tr>'
    tag = f" <small>{escape(bar.tag)}</small>" if bar.tag else ""
    cells = "".join(f'<td class="n">{escape(each)}</td>' for each in bar.cells)
    return f"{name}{tag}{_drawn(bar.parts, mark) if bar.parts else ''}</th>{cells}</tr>"


def _drawn(parts: Sequence[tuple[float, str]], mark: float) -> str:
    shapes, begin = [], 0.0
    for length, style in parts:
        named = f' class="{style}"' if style else ""
        if length > 0:
            at = f' x="{100 * begin:.4g}%"' if begin else ""
            shapes.append(f'<rect{at} width="{100 * length:.4g}%" height="{HIGH}"{named}/>')
        begin += length
    if mark >= 0:
        shapes.append(f'<line x1="{100 * mark:.4g}%" x2="{100 * mark:.4g}%" y2="{HIGH}"/>')
    return f'<svg width="100%" height="{HIGH}" aria-hidden="true">{"".join(shapes)}</svg>'


def facts(given: Mapping[str, str]) -> str:
    """Names with what they are, both as HTML; what is empty is left out."""
    pairs = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in given.items() if value)
    return f'<dl class="facts">{pairs}</dl>'


def section(title: str, inside: str, name: str = "") -> str:
    """A part of the page with its heading; `name` is its anchor, if it has one."""
    anchor = f' id="{name}"' if name else ""
    return f"<section{anchor}><h2>{escape(title)}</h2>{inside}</section>"


def paragraph(text: str) -> str:
    """Of plain text."""
    return f'<p dir="auto">{escape(text)}</p>'


def written(text: str) -> str:
    """What a member wrote, in whichever direction it runs, its lines as they are."""
    return f'<p class="lead" dir="auto">{escape(text)}</p>' if text else ""


def link(path: str, text: str) -> str:
    """To another page or a file."""
    return f'<a href="{escape(path)}">{escape(text)}</a>'


def moment(at: datetime | None) -> str:
    """A time to the minute, as HTML; "" for none."""
    return f'<time datetime="{at:%Y-%m-%dT%H:%MZ}">{minute(at)}</time>' if at else ""


def minute(at: datetime) -> str:
    """A time to the minute, as text."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def short(text: str) -> str:
    """A name that is not too long for a chart."""
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def scrolled(table: str) -> str:
    """What may be wider than the page, so that keys can scroll it, too."""
    return f'<div class="scroll" tabindex="0">{table}</div>'
