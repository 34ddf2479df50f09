"""A count in sentences: what each round did, and why it ended as it did.

    for line in explain(count):
        print(line)

The texts are English msgids; `say` translates them, as the port Texts does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from diramoja.counting.values import Count, Round, TieBreak
from diramoja.ports.texts import filled, msgid

__all__ = [
    "EXHAUSTED", "LOST", "Say", "conclusion", "explain", "figure", "introduction", "remarks", "round_title", "table",
]  # fmt: skip

type Say = Callable[[str, Mapping[str, str]], str]
"""`say(text, values)`: the text in the reader's language, its placeholders filled."""

OUT = -1
WIDE = 12
"""Options up to which duels are printed as a table."""

HEAD = msgid("Ballots: {ballots}, blank among them: {blank}. To be chosen: {seats} of {options} options.")
QUOTA = msgid("Votes that suffice for a seat: {quota}.")
STEPS = {
    "first": msgid("First choices"),
    "surplus": msgid("The surplus of {option} goes to the next choices"),
    "exclusion": msgid("{option} has fewest votes, is out, and its votes go to the next choices"),
    "keep": msgid("Whoever is elected keeps only the share of each vote that the quota takes"),
    "rest": msgid("As many options are left as seats"),
    "total": msgid("Total of each option"),
    "grade": msgid("Median grades"),
    "paths": msgid("How many others each option is at least as strong as, over the strongest paths of duels"),
}
OUT_NOW = msgid("{options}: fewest votes, out.")
IN_NOW = msgid("Elected: {options}.")
AHEAD_NOW = msgid("Ahead, which decides nothing yet: {options}.")
REMOVED = msgid("Median grades that each of those that were equal has laid down so far: {count}.")
EXHAUSTED, LOST = msgid("Without a further choice"), msgid("Lost by rounding")
SO_FAR = msgid("{what} so far: {votes}.")
MOVED = msgid("Votes handed on: {parts}.")
PART = msgid("{votes} to {option}")
BREAKS = {
    ("seat", "lot"): msgid("Equal: {options}. By lot: {chosen}."),
    ("seat", "casting_vote"): msgid("Equal: {options}. By casting vote: {chosen}."),
    ("seat", "open"): msgid("Equal: {options}. Nothing has decided yet; shown is how it goes on with {chosen}."),
    ("surplus", "round"): msgid(
        "Equal surpluses: {options}. {chosen} had more votes in round {round} and comes first."
    ),
    ("surplus", "lot"): msgid("Equal surpluses: {options}. By lot {chosen} comes first."),
    ("surplus", "casting_vote"): msgid("Equal surpluses: {options}. By casting vote {chosen} comes first."),
    ("surplus", "open"): msgid("Equal surpluses: {options}. Nothing has decided yet; shown is {chosen} first."),
    ("exclusion", "round"): msgid("Fewest votes: {options}. {chosen} had fewer in round {round} and is out."),
    ("exclusion", "nothing"): msgid("Without votes: {options}. All of them go, in whatever order; first {chosen}."),
    ("exclusion", "lot"): msgid("Fewest votes: {options}. By lot {chosen} is out."),
    ("exclusion", "casting_vote"): msgid("Fewest votes: {options}. By casting vote {chosen} is out."),
    ("exclusion", "open"): msgid("Fewest votes: {options}. Nothing has decided yet; shown is {chosen} out."),
}
OUTCOMES = {
    "decided": msgid("Chosen: {winners}."),
    "tied": msgid("The votes are equal and the tie is not decided yet. Between: {contested}. Certain: {winners}."),
    "status_quo": msgid("The votes are equal, so nothing changes. Between: {contested}. Certain: {winners}."),
    "run_off": msgid("A run-off has to decide between: {run_off}."),
    "no_majority": msgid("No option has the majority that was asked for: nothing is chosen."),
    "no_votes": msgid("All ballots are blank, or there are none: nothing is chosen."),
}
ALIKE = msgid("{options} were equal on the way; however that is decided, the same are chosen.")
DRAWN = msgid("The order of precedence, by lot or casting vote: {order}.")
MAJORITY = {
    True: msgid("{option} has {votes} of {whole} votes and needed {needed}: the majority is reached."),
    False: msgid("{option} has {votes} of {whole} votes and needed {needed}: the majority is missed."),
}
NONE = msgid("none")
ELECTED, AHEAD, UNDECIDED = msgid("elected"), msgid("ahead"), msgid("undecided")
EXCLUDED = msgid("out")
KEEPS = msgid("keeps {share}")


def explain(count: Count, say: Say = filled) -> list[str]:
    """The whole count, line by line."""
    lines = [*([count.title, ""] if count.title else []), *introduction(count, say), ""]
    for each in count.rounds:
        lines += [f"{each.number}. {round_title(count, each, say)}", *_table_lines(count, each, say)]
        lines += [f"   {line}" for line in remarks(count, each, say)]
        lines.append("")
    if count.pairwise and len(count.options) <= WIDE:
        lines += [*_duels(count), ""]
    return lines + conclusion(count, say)


def figure(votes: int, decimals: int) -> str:
    """Votes as people write them: `1,234.50000`."""
    whole, rest = divmod(votes, 10**decimals)
    return f"{whole:,}.{rest:0{decimals}}" if decimals else f"{whole:,}"


def introduction(count: Count, say: Say = filled) -> list[str]:
    """How many ballots, for what."""
    values = {
        "ballots": figure(count.ballots, 0),
        "blank": figure(count.blank, 0),
        "seats": str(count.seats),
        "options": str(len(count.options)),
    }
    lines = [say(HEAD, values)]
    if count.rounds and count.rounds[0].quota:
        lines.append(say(QUOTA, {"quota": figure(count.rounds[0].quota, count.decimals)}))
    return lines


def round_title(count: Count, round_: Round, say: Say = filled) -> str:
    """What it did."""
    return say(STEPS[round_.step], {"option": count.name(round_.option)})


def table(count: Count, round_: Round, say: Say = filled) -> list[tuple[str, str, str]]:
    """(option, votes or grade, what became of it) for each option; whoever is no winner in the end is only ahead."""
    gone = {each for earlier in count.rounds[: round_.number] for each in earlier.excluded}
    chosen = {each for earlier in count.rounds[: round_.number] for each in earlier.elected}
    decimals = 0 if round_.step in {"grade", "paths"} else count.decimals
    rows = []
    for place, (option, votes) in enumerate(zip(count.options, round_.votes, strict=True)):
        state = EXCLUDED if option.number in gone else ""
        if option.number in chosen or (not state and round_ is count.rounds[-1]):
            state = _standing(count, option.number, is_chosen=option.number in chosen)
        said = say(state, {}) if state else ""
        if round_.keep and option.number in chosen:
            said += ", " + say(KEEPS, {"share": figure(round_.keep[place], count.decimals)})
        rows.append((option.name, "-" if votes == OUT else figure(votes, decimals), said))
    return rows


def _standing(count: Count, option: int, *, is_chosen: bool) -> str:
    """What can be said of an option that was chosen, or is still there in the end."""
    if is_chosen and option in count.winners:
        return ELECTED
    if count.tie and option in count.tie.contested:
        return UNDECIDED
    return AHEAD if is_chosen else ""


def _table_lines(count: Count, round_: Round, say: Say) -> Iterator[str]:
    rows = table(count, round_, say)
    wide = max(len(name) for name, _, _ in rows)
    far = max(len(votes) for _, votes, _ in rows)
    for name, votes, said in rows:
        yield f"   {name:<{wide}}  {votes:>{far}}  {said}".rstrip()


def remarks(count: Count, round_: Round, say: Say = filled, *, moves: bool = True) -> list[str]:
    """What was equal, and who is elected or out; with `moves` also what was handed on and what was lost."""
    lines = [say(REMOVED, {"count": figure(round_.removed, 0)})] if round_.removed else []
    lines += [_broken(count, each, say) for each in round_.ties]
    lines += _moved(count, round_, say) if moves else []
    if round_.excluded and round_.step == "keep":
        lines.append(say(OUT_NOW, {"options": _names(count, round_.excluded, say)}))
    for text, is_sure in ((IN_NOW, True), (AHEAD_NOW, False)):
        equal = count.tie.contested if count.tie and not is_sure else ()
        reached = [each for each in round_.elected if (each in count.winners) is is_sure and each not in equal]
        if reached:
            lines.append(say(text, {"options": _names(count, reached, say)}))
    return lines


def _moved(count: Count, round_: Round, say: Say) -> Iterator[str]:
    parts = [
        say(PART, {"votes": figure(each.votes, count.decimals), "option": count.name(each.target)})
        for each in round_.transfers
        if each.target
    ]
    if parts:
        yield say(MOVED, {"parts": ", ".join(parts)})
    for what, votes in ((EXHAUSTED, round_.exhausted), (LOST, round_.lost)):
        if votes:
            yield say(SO_FAR, {"what": say(what, {}), "votes": figure(votes, count.decimals)})


def _broken(count: Count, tie: TieBreak, say: Say) -> str:
    values = {"options": _names(count, tie.options, say), "chosen": count.name(tie.chosen), "round": str(tie.round)}
    return say(BREAKS[tie.purpose, tie.by], values)


def _names(count: Count, options: Sequence[int], say: Say) -> str:
    return ", ".join(count.name(each) for each in options) or say(NONE, {})


def _duels(count: Count) -> Iterator[str]:
    """Ballots that prefer the option of the line to that of the column."""
    assert count.pairwise is not None
    far = max(len(figure(count.ballots, 0)), 3)
    numbers = [str(each.number) for each in count.options]
    wide = max(len(f"{each.number} {each.name}") for each in count.options)
    yield " " * wide + "".join(f"  {number:>{far}}" for number in numbers)
    for place, (option, row) in enumerate(zip(count.options, count.pairwise.wins, strict=True)):
        cells = ("-" if other == place else figure(votes, 0) for other, votes in enumerate(row))
        yield f"{f'{option.number} {option.name}':<{wide}}" + "".join(f"  {cell:>{far}}" for cell in cells)


def conclusion(count: Count, say: Say = filled) -> list[str]:
    """The outcome, and what ties and majority had to do with it."""
    lines = []
    if count.majority:
        test = count.majority
        values = {"option": count.name(test.option), "votes": figure(test.votes, 0)}
        values |= {"whole": figure(test.whole, 0), "needed": figure(test.needed, 0)}
        lines.append(say(MAJORITY[test.met], values))
    if count.tie and count.tie.settled == "alike" and count.winners:
        lines.append(say(ALIKE, {"options": _names(count, count.tie.options, say)}))
    if count.tie and count.tie.order:
        lines.append(say(DRAWN, {"order": _names(count, count.tie.order, say)}))
    values = {
        "winners": _names(count, count.winners, say),
        "contested": _names(count, count.tie.contested if count.tie else (), say),
        "run_off": _names(count, count.run_off, say),
    }
    return [*lines, say(OUTCOMES[count.outcome], values)]
