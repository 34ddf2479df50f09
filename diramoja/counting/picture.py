"""A count as a picture: bars for every round, as SVG that needs no script and says in words what it shows."""

from collections.abc import Iterator, Sequence
from html import escape

import attrs

from diramoja.counting.text import Say, conclusion, figure, round_title, table
from diramoja.counting.values import Count, Grading, Pairwise, Round
from diramoja.ports.texts import filled, msgid

__all__ = ["picture"]

WIDTH, LABEL, FIGURES = 760, 220, 150
BAR, GAP, HEADING = 16, 6, 30
EDGE = 12
MOST_BARS = 2_000
"""Beyond, only the first and the last round are drawn."""
MOST_DUELISTS = 12
"""Options up to which every two are drawn against each other."""
DECIMALS = 2
LETTERS = 30
"""Of a name in front of a bar."""
INK, SOFT, GROUND = "#16211f", "#55645f", "#ffffff"
CHOSEN, OPEN, GONE = "#0f766e", "#7c93a8", "#c7cfcc"
QUOTA_LINE = "#b3261e"
GRADES = ("#8c2d04", "#d95f0e", "#fe9929", "#a8c686", "#4f9d69", "#0f766e")

TITLE = msgid("The count, round by round")
QUOTA = msgid("quota {quota}")
SKIPPED = msgid("{rounds} rounds in between are not drawn")
DUELS = msgid("Ballots that prefer the option of the line to that of the column")
TIMES = msgid("{count} times {grade}")


def picture(count: Count, say: Say = filled) -> str:
    """All rounds, one below the other."""
    drawn = [_drawing(count, each, say) for each in _drawn(count)]
    if count.grading and drawn:
        drawn = [_graded(count, count.grading, say), *drawn]
    if count.pairwise and len(count.options) <= MOST_DUELISTS:
        drawn.append(_duels(count, count.pairwise, say))
    said = [*(each.words for each in drawn), *conclusion(count, say)]
    if skipped := len(count.rounds) - len(_drawn(count)):
        said.insert(1, say(SKIPPED, {"rounds": str(skipped)}))
    title = count.title or say(TITLE, {})
    return _svg(title, ". ".join(said), drawn, "count")


@attrs.frozen
class _Drawing:
    """Shapes from y = 0, how high they are, and the same in words."""

    title: str
    words: str
    shapes: Sequence[str]
    height: int


def _drawn(count: Count) -> Sequence[Round]:
    if len(count.rounds) * len(count.options) <= MOST_BARS:
        return count.rounds
    return (count.rounds[0], count.rounds[-1])


def _svg(title: str, words: str, drawings: Sequence[_Drawing], name: str) -> str:
    parts, height = [], EDGE
    for each in drawings:
        parts += [f'<g transform="translate(0 {height})">', *each.shapes, "</g>"]
        height += each.height + EDGE
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    label = f'role="img" aria-labelledby="{name}-title {name}-words"'
    style = f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label} {style}>',
            f'<title id="{name}-title">{_text(title)}</title><desc id="{name}-words">{_text(words)}</desc>',
            f'<rect width="{WIDTH}" height="{height}" fill="{GROUND}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _text(text: str) -> str:
    """Escaped, and without what XML cannot hold."""
    return escape("".join(each if each >= " " and each not in "\ufffe\uffff" else " " for each in text))


# --- bars ---


def _drawing(count: Count, round_: Round, say: Say) -> _Drawing:
    title = f"{round_.number}. {round_title(count, round_, say)}"
    rows = table(count, round_, say)
    words = "; ".join(" ".join(filter(None, (name, votes, said))) for name, votes, said in rows)
    shapes = [_heading(title)]
    most = max(*round_.votes, round_.quota, 1)
    for place, (name, _, said) in enumerate(rows):
        votes = _short(count, round_, round_.votes[place])
        share = (round_.votes[place] / most, _fill(count, round_, count.options[place].number))
        shapes += _bar(place, name, f"{votes} {said.split(',')[0]}".strip(), share)
    height = HEADING + len(rows) * (BAR + GAP)
    if round_.quota:
        said = say(QUOTA, {"quota": _short(count, round_, round_.quota)})
        shapes += _quota(round_.quota / most, height, said)
        height += GAP + BAR
    return _Drawing(title, f"{title}: {words}", shapes, height)


def _short(count: Count, round_: Round, votes: int) -> str:
    """With two decimals at most; the words have them all."""
    if round_.step in {"grade", "paths"} or count.decimals <= DECIMALS:
        return str(max(votes, 0)) if round_.step in {"grade", "paths"} else figure(votes, count.decimals)
    return figure(votes // 10 ** (count.decimals - DECIMALS), DECIMALS)


def _fill(count: Count, round_: Round, option: int) -> str:
    rounds = count.rounds[: round_.number]
    if option in count.winners and any(option in each.elected for each in rounds):
        return CHOSEN
    return GONE if any(option in each.excluded for each in rounds) else OPEN


def _heading(title: str) -> str:
    return f'<text x="{EDGE}" y="16" font-weight="bold">{_text(title)}</text>'


def _label(place: int, name: str) -> tuple[str, int]:
    y = HEADING + place * (BAR + GAP)
    short = name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
    return f'<text x="{LABEL - GAP}" y="{y + BAR - 3}" text-anchor="end">{_text(short)}</text>', y


def _bar(place: int, name: str, said: str, shown: tuple[float, str]) -> Iterator[str]:
    share, fill = shown
    label, y = _label(place, name)
    length = max(share, 0) * (WIDTH - LABEL - FIGURES)
    yield label
    yield f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{fill}"/>'
    yield f'<text x="{LABEL + length + GAP:.1f}" y="{y + BAR - 3}" fill="{SOFT}">{_text(said)}</text>'


def _quota(share: float, height: int, said: str) -> Iterator[str]:
    x = LABEL + share * (WIDTH - LABEL - FIGURES)
    yield (
        f'<line x1="{x:.1f}" y1="{HEADING - GAP}" x2="{x:.1f}" y2="{height}" stroke="{QUOTA_LINE}" '
        f'stroke-dasharray="4 3"/>'
    )
    yield f'<text x="{x:.1f}" y="{height + BAR - 3}" text-anchor="middle" fill="{QUOTA_LINE}">{_text(said)}</text>'


# --- grades ---


def _graded(count: Count, grading: Grading, say: Say) -> _Drawing:
    """One bar an option, divided by its grades, the lowest at the left."""
    title = count.title or say(TITLE, {})
    shapes, words = [_heading(title)], []
    whole = WIDTH - LABEL - EDGE
    for place, (option, counts) in enumerate(zip(count.options, grading.counts, strict=True)):
        label, y = _label(place, option.name)
        shapes.append(label)
        x = float(LABEL)
        for grade, number in enumerate(counts):
            length = whole * number / max(count.valid, 1)
            fill = GRADES[grade * (len(GRADES) - 1) // max(len(counts) - 1, 1)]
            if number:
                shapes.append(f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{fill}"/>')
            x += length
        times = ", ".join(say(TIMES, {"count": str(n), "grade": str(g)}) for g, n in enumerate(counts) if n)
        words.append(f"{option.name}: {times}")
    middle = LABEL + whole / 2
    height = HEADING + len(count.options) * (BAR + GAP)
    shapes.append(f'<line x1="{middle}" y1="{HEADING - GAP}" x2="{middle}" y2="{height}" stroke="{INK}"/>')
    return _Drawing(title, "; ".join(words), shapes, height)


# --- duels ---


def _duels(count: Count, pairwise: Pairwise, say: Say) -> _Drawing:
    """A table in which whoever wins a duel stands out; the columns have the numbers of the options."""
    title = say(DUELS, {})
    wide = (WIDTH - LABEL - EDGE) / len(count.options)
    shapes, words = [_heading(title)], []
    for place, option in enumerate(count.options):
        middle = LABEL + (place + 0.5) * wide
        shapes.append(f'<text x="{middle:.1f}" y="{HEADING + BAR - 3}" text-anchor="middle">{option.number}</text>')
    for place, option in enumerate(count.options):
        label, y = _label(place + 1, f"{option.number} {option.name}")
        shapes.append(label)
        for other, votes in enumerate(pairwise.wins[place]):
            if other != place:
                wins = votes > pairwise.wins[other][place]
                shapes += _cell(LABEL + other * wide, y, wide, (figure(votes, 0), CHOSEN if wins else GONE))
        beaten = [f"{each.number}: {pairwise.wins[place][other]:,}" for other, each in enumerate(count.options)]
        words.append(f"{option.number} {option.name} - {', '.join(beaten[:place] + beaten[place + 1 :])}")
    height = HEADING + (len(count.options) + 1) * (BAR + GAP)
    return _Drawing(title, f"{title}: {'; '.join(words)}", shapes, height)


def _cell(x: float, y: int, wide: float, shown: tuple[str, str]) -> Iterator[str]:
    text, fill = shown
    ink = GROUND if fill == CHOSEN else INK
    yield f'<rect x="{x + 1:.1f}" y="{y}" width="{wide - 2:.1f}" height="{BAR}" rx="2" fill="{fill}" class="duel"/>'
    yield f'<text x="{x + wide / 2:.1f}" y="{y + BAR - 3}" text-anchor="middle" fill="{ink}">{text}</text>'
