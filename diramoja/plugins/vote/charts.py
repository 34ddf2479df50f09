"""Counts and turnouts as charts that are tables: what the eye sees as bars is read aloud as figures. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import attrs

from diramoja.counting import Count
from diramoja.counting.text import EXHAUSTED, LOST, figure, remarks, round_title, table
from diramoja.counting.values import Grading, Pairwise, Round
from diramoja.plugins.vote.markup import Bar, Say, bars, paragraph, scrolled, short
from diramoja.plugins.vote.views import ParticipationView, TurnoutCell
from diramoja.ports.texts import msgid

__all__ = ["duels", "grades", "percent", "rounds", "share_of", "turnout_charts", "turnout_line"]

ROOM = 40_000
"""Characters that the rounds of a count may take on a page."""
DUELISTS = 20
"""Options up to which every two are shown against each other."""
GRADES_LISTED = 10
"""Highest grade up to which it is shown how often each was given."""
COLOURS = 6
SINGLE = {"plurality", "approval", "instant_runoff"}
"""Methods whose votes are shares of something: of the valid ballots, or of those that still have a choice."""

ROUND = msgid("Round {number}: {title}")
OPTION, VOTES, CHANGE, SHARE = msgid("Option"), msgid("Votes"), msgid("Change"), msgid("Share")
MEDIAN, STRENGTH = msgid("Median"), msgid("At least as strong as")
MORE_ROUNDS = msgid("{count} further rounds are in the data of the count.")
GRADED = msgid("How often each grade was given, the lowest at the left; the line is in the middle of the ballots.")
DUELS = msgid("Every two options against each other")
DUELS_TEXT = msgid("How many ballots prefer the option of the line to that of the column.")
EVERYBODY = msgid("Everybody on the roll")
QUORUM_LINE = msgid("The line is the quorum.")
WHO, VOTED, COULD, TURNOUT = msgid("Who"), msgid("Voted"), msgid("Could vote"), msgid("Turnout")
TOO_FEW = msgid("too few people to be shown")
NOT_SAID = msgid("Not said")
WITHHELD = msgid(
    "In fives. Where fewer than five voted, or fewer than five did not, no figures are shown, and none from which these"
    " could be told."
)
BY = {
    "by_region": msgid("Turnout by region"),
    "by_level": msgid("Turnout by membership"),
    "by_age_group": msgid("Turnout by age"),
}
NAMES = {
    "supporter": msgid("Supporters"),
    "member": msgid("Members"),
    "active_member": msgid("Active members"),
    "leader": msgid("Leaders"),
    "official": msgid("Officials"),
    "under_18": msgid("under 18"),
    "18_24": msgid("18 to 24"),
    "25_34": msgid("25 to 34"),
    "35_49": msgid("35 to 49"),
    "50_64": msgid("50 to 64"),
    "65_plus": msgid("65 and older"),
}


# --- rounds ---


def rounds(count: Count, say: Say) -> Iterator[str]:
    """The first rounds, as many as there is room for, and the last one."""
    if not count.rounds:
        return
    last = _round(count, len(count.rounds) - 1, say)
    room, shown = ROOM - len(last), 0
    for place in range(len(count.rounds) - 1):
        text = _round(count, place, say)
        room -= len(text)
        if room < 0 and place:
            break
        shown += 1
        yield text
    if more := len(count.rounds) - 1 - shown:
        yield paragraph(say(MORE_ROUNDS, {"count": str(more)}))
    yield last


def _round(count: Count, place: int, say: Say) -> str:
    round_ = count.rounds[place]
    title = say(ROUND, {"number": str(round_.number), "title": round_title(count, round_, say)})
    heads, lines = _lines(count, place, say)
    mark = round_.quota / _most(count, round_) if round_.quota else -1
    said = "".join(f"<li>{escape(each)}</li>" for each in remarks(count, round_, say, moves=False))
    named = [escape(say(each, {})) for each in heads]
    chart = bars(escape(title), named, lines, mark=mark, feet=_feet(count, place, say))
    return f"{chart}<ul>{said}</ul>" if said else chart


def _most(count: Count, round_: Round) -> int:
    """What a bar of full length stands for: the same in all rounds."""
    if round_.step == "paths":
        return max(len(count.options) - 1, 1)
    return max(max(each.votes, default=0) for each in count.rounds) or 1


def _lines(count: Count, place: int, say: Say) -> tuple[Sequence[str], Sequence[Bar]]:
    round_ = count.rounds[place]
    before = count.rounds[place - 1].votes if place and round_.step not in {"grade", "paths"} else None
    whole = _whole(count, round_)
    lines = []
    for at, (name, votes, said) in enumerate(table(count, round_, say)):
        length, style = max(round_.votes[at], 0) / _most(count, round_), _style(count, place, count.options[at].number)
        cells = [votes, *([_signed(round_.votes[at] - before[at], count.decimals)] if before else [])]
        cells += [percent(round_.votes[at], whole)] if whole else []
        lines.append(Bar(name, [(length, "")] if length or style != "gone" else [], cells, said, style))
    first = {"grade": MEDIAN, "paths": STRENGTH}.get(round_.step, VOTES)
    return (OPTION, first, *((CHANGE,) if before else ()), *((SHARE,) if whole else ())), lines


def _style(count: Count, place: int, option: int) -> str:
    """How an option stands out: whoever wins in the end, from the round on in which it does."""
    so_far = count.rounds[: place + 1]
    if option in count.winners and any(option in each.elected for each in so_far):
        return "in"
    return "gone" if any(option in each.excluded for each in so_far) else ""


def _whole(count: Count, round_: Round) -> int:
    """What the votes of a round are shares of; 0: of nothing."""
    if count.method not in SINGLE:
        return 0
    return sum(round_.votes) if count.method == "instant_runoff" else count.valid


def _feet(count: Count, place: int, say: Say) -> Iterator[Bar]:
    """What has gone, so that all columns add up."""
    round_ = count.rounds[place]
    earlier = count.rounds[place - 1] if place else None
    for what, votes, was in (
        (EXHAUSTED, round_.exhausted, earlier.exhausted if earlier else 0),
        (LOST, round_.lost, earlier.lost if earlier else 0),
    ):
        if votes:
            change = [_signed(votes - was, count.decimals)] if earlier else []
            share = [""] if _whole(count, round_) else []
            yield Bar(say(what, {}), [], [figure(votes, count.decimals), *change, *share])


def _signed(votes: int, decimals: int) -> str:
    sign = "+" if votes > 0 else "\u2212" if votes < 0 else ""
    return f"{sign}{figure(abs(votes), decimals)}" if votes else ""


def share_of(count: Count, option: int) -> tuple[int, int]:
    """(votes of an option in the last round, of how many); of 0 where the method has no such shares."""
    last = count.rounds[-1]
    place = next(place for place, each in enumerate(count.options) if each.number == option)
    return last.votes[place], _whole(count, last)


def percent(part: int, whole: int) -> str:
    """As people read it: `48.3 %`."""
    return f"{100 * part / whole:.1f} %" if whole else ""


# --- grades and duels ---


def grades(count: Count, grading: Grading, say: Say) -> str:
    """A bar for each option, divided by its grades."""
    top = len(grading.counts[0]) - 1
    listed = range(top + 1) if top <= GRADES_LISTED else range(0)
    lines = [
        Bar(
            option.name,
            [(number / max(count.valid, 1), _colour(grade, top)) for grade, number in enumerate(counts)],
            [figure(counts[grade], 0) for grade in listed],
            style="in" if option.number in count.winners else "",
        )
        for option, counts in zip(count.options, grading.counts, strict=True)
    ]
    heads = [f'<svg class="key" width="14" height="14" aria-hidden="true"><rect width="14" height="14" '
             f'class="{_colour(grade, top)}"/></svg> {grade}' for grade in listed]  # fmt: skip
    return bars(escape(say(GRADED, {})), [escape(say(OPTION, {})), *heads], lines, mark=0.5)


def _colour(grade: int, top: int) -> str:
    return f"g{grade * (COLOURS - 1) // max(top, 1)}"


def duels(count: Count, table_of: Pairwise, say: Say) -> str:
    """A table of every two options; whoever wins a duel stands out. The columns have the numbers of the options."""
    if len(count.options) > DUELISTS:
        return ""
    heads = "".join(f'<th scope="col" class="n">{each.number}</th>' for each in count.options)
    rows = "".join(
        f'<tr><th scope="row">{option.number} <bdi>{escape(short(option.name))}</bdi></th>'
        + "".join(_duel(table_of, place, other) for other in range(len(count.options)))
        + "</tr>"
        for place, option in enumerate(count.options)
    )
    caption = f"<caption>{escape(say(DUELS, {}))}<small>{escape(say(DUELS_TEXT, {}))}</small></caption>"
    return scrolled(f"<table>{caption}<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>")


def _duel(found: Pairwise, place: int, other: int) -> str:
    votes = found.wins[place][other]
    if place == other:
        return "<td></td>"
    return f'<td class="n{" in" if votes > found.wins[other][place] else ""}">{votes:,}</td>'


# --- turnout ---


def turnout_line(ballots: int, roll: int, quorum: int, say: Say) -> str:
    """How many took part, and the quorum as a line."""
    heads = [escape(say(each, {})) for each in (WHO, VOTED, COULD, TURNOUT)]
    line = _turnout(say(EVERYBODY, {}), ballots, roll)
    caption = f"{escape(say(TURNOUT, {}))}" + (f"<small>{escape(say(QUORUM_LINE, {}))}</small>" if quorum else "")
    return bars(caption, heads, [line], mark=min(quorum / roll, 1) if quorum and roll else -1)


def turnout_charts(report: ParticipationView, regions: Mapping[str, str], say: Say) -> str:
    """By region, membership and age; what would tell of single people is withheld, and said so."""
    heads = [escape(say(each, {})) for each in (WHO, VOTED, COULD, TURNOUT)]
    charts = []
    for field, caption in BY.items():
        cells: Sequence[TurnoutCell] = getattr(report, field)
        if all(each.voted is None for each in cells):
            charts += [paragraph(f"{say(caption, {})}: {say(TOO_FEW, {})}.")] if cells else []
            continue
        known = regions if field == "by_region" else NAMES
        ordered = sorted(cells, key=lambda cell: ([*known, cell.name].index(cell.name), not cell.name))
        lines = [_cell(each, say(known.get(each.name, each.name) or NOT_SAID, {}), say) for each in ordered]
        charts.append(bars(escape(say(caption, {})), heads, lines))
    return "".join([*charts, paragraph(say(WITHHELD, {}))]) if charts else ""


def _cell(cell: TurnoutCell, name: str, say: Say) -> Bar:
    if cell.roll is None or cell.voted is None:
        return Bar(name, [], None, say(TOO_FEW, {}))
    share = f"{cell.voted / cell.roll:.0%}".replace("%", " %") if cell.roll else ""
    return attrs.evolve(_turnout(name, cell.voted, cell.roll), cells=[f"{cell.voted:,}", f"{cell.roll:,}", share])


def _turnout(name: str, voted: int, roll: int) -> Bar:
    share = min(voted / roll, 1.0) if roll else 0.0
    return Bar(name, [(share, "")], [f"{voted:,}", f"{roll:,}", percent(voted, roll)], style="in")
