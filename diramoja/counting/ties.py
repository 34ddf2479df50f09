"""Ties: by lot, by casting vote, by a run-off, or by leaving things as they are.

Where neither lot nor casting vote has been given, the count is made for every way the tie could go (`settled`). Often
all of them elect the same, and nobody has to draw.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs
from msgspec.structs import replace

from diramoja.counting.lots import lot_order
from diramoja.counting.values import By, Count, Purpose, Tie, TieBreak, TieRule

__all__ = ["MOST_WAYS", "Chooser", "Ties", "settled"]

MOST_WAYS = 64
"""In which open ties are played through; where there are more, they stay open."""


@attrs.frozen
class Ties:
    """How a vote decides ties.

    Attributes:
        rule: what its terms say.
        seed: of the lot; empty as long as none has been drawn.
        casting: options in the order in which the casting member prefers them, or in which they were drawn in public
            instead of by a seed; empty as long as nobody has said.
    """

    rule: TieRule = "lot"
    seed: bytes = b""
    casting: tuple[int, ...] = ()

    def order(self, options: Sequence[int]) -> tuple[int, ...]:
        """Options by precedence, the favoured first; those that are not in it stay equal."""
        if self.rule == "lot" and self.seed:
            return lot_order(self.seed, options)
        if self.rule in ("lot", "casting_vote"):
            return tuple(each for each in self.casting if each in options)
        return ()


class Chooser:
    """Answers where options are equal, by an order or else by a script, and notes what no order decided.

    Options are places here, as in the profile's arrays.
    """

    def __init__(self, numbers: Sequence[int], ties: Ties, script: Sequence[int] = ()) -> None:
        order = ties.order(numbers)
        self._precedence = {number: len(order) - place for place, number in enumerate(order)}
        self._numbers, self._rule, self._script = numbers, ties.rule, script
        self.first: tuple[int, ...] = ()
        """Numbers of the options of the first tie that the votes did not decide."""
        self.open: list[tuple[tuple[int, ...], int]] = []
        """Ties that no order decided, and what was taken."""

    def choose(
        self, tied: Sequence[int], purpose: Purpose, history: Sequence[Sequence[int]] = ()
    ) -> tuple[int, TieBreak]:
        """One of several equal options: who is elected, whose surplus goes first or, for "exclusion", who is excluded.

        Args:
            tied: two or more places.
            purpose: what for.
            history: votes of all places in the rounds so far; the latest in which the tied differ decides.
        """
        worst = purpose == "exclusion"
        left, round_ = _by_history(tied, history, worst=worst)
        if len(left) == 1:
            return left[0], self._broken(purpose, tied, left[0], by="round", round_=round_)
        self.first = self.first or self._named(left)
        place, by = self._drawn(sorted(left), worst=worst)
        return place, self._broken(purpose, tied, place, by=by)

    def in_turn(self, tied: Sequence[int]) -> tuple[int, TieBreak]:
        """The last of options that are excluded one after the other, and in whatever order to the same end."""
        return max(tied), self._broken("exclusion", tied, max(tied), by="nothing")

    def top(self, votes: Mapping[int, int], seats: int) -> tuple[list[int], tuple[TieBreak, ...]]:
        """As many places as there are seats, those with most votes first."""
        left, chosen, ties = dict(votes), list[int](), list[TieBreak]()
        while left and len(chosen) < seats:
            best = [place for place, each in left.items() if each == max(left.values())]
            if len(best) > seats - len(chosen):
                place, broken = self.choose(best, "seat")
                best = [place]
                ties.append(broken)
            chosen += sorted(best)
            left = {place: each for place, each in left.items() if place not in best}
        return chosen, tuple(ties)

    def _drawn(self, left: Sequence[int], *, worst: bool) -> tuple[int, By]:
        ranks = [self._precedence.get(self._numbers[place], 0) for place in left]
        wanted = min(ranks) if worst else max(ranks)
        equal = tuple(place for place, rank in zip(left, ranks, strict=True) if rank == wanted)
        if len(equal) == 1:
            return equal[0], "lot" if self._rule == "lot" else "casting_vote"
        known = len(self.open) < len(self._script)
        place = self._script[len(self.open)] if known else equal[-1 if worst else 0]
        self.open.append((equal, place))
        return place, "open"

    def _broken(self, purpose: Purpose, tied: Sequence[int], place: int, *, by: By, round_: int = 0) -> TieBreak:
        chosen = self._numbers[place]
        return TieBreak(purpose=purpose, options=self._named(tied), chosen=chosen, by=by, round=round_)

    def _named(self, places: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted(self._numbers[place] for place in places))


def _by_history(tied: Sequence[int], history: Sequence[Sequence[int]], *, worst: bool) -> tuple[list[int], int]:
    """Those whom the latest differing rounds leave, and the number of the round that left them."""
    left, decided = list(tied), 0
    for number in range(len(history), 0, -1):
        votes = history[number - 1]
        wanted = (min if worst else max)(votes[place] for place in left)
        kept = [place for place in left if votes[place] == wanted]
        if len(kept) < len(left):
            left, decided = kept, number
    return left, decided


# --- every way that a tie can go ---


def settled(run: Callable[[Chooser], Count], numbers: Sequence[int], ties: Ties) -> Count:
    """The count, with what its ties mean for the outcome. `run`: counts, asking a chooser where options are equal."""
    ways = [*_ways(run, numbers, ties)]
    chooser, count = ways[0]
    if not chooser.first:
        return count
    seed = ties.seed.hex() if ties.rule == "lot" else ""
    tie = Tie(options=chooser.first, rule=ties.rule, settled="decided", order=ties.order(numbers), seed=seed)
    if not chooser.open:
        return replace(count, tie=tie)
    is_whole = len(ways) < MOST_WAYS
    ends = {(frozenset(each.winners), each.outcome, frozenset(each.run_off)) for _, each in ways}
    if is_whole and len(ends) == 1:
        return replace(count, tie=replace(tie, settled="alike"))
    return _open(count, [frozenset(each.winners) for _, each in ways], tie, is_whole=is_whole)


def _ways(run: Callable[[Chooser], Count], numbers: Sequence[int], ties: Ties) -> Iterator[tuple[Chooser, Count]]:
    """The count with every answer to every open tie: each run follows a script, then takes what comes first."""
    scripts: list[tuple[int, ...]] = [()]
    for _ in range(MOST_WAYS):
        if not scripts:
            return
        script = scripts.pop()
        chooser = Chooser(numbers, ties, script)
        yield chooser, run(chooser)
        taken = [place for _, place in chooser.open]
        for asked in range(len(script), len(taken)):
            others = (place for place in chooser.open[asked][0] if place != taken[asked])
            scripts += [(*taken[:asked], place) for place in others]


def _open(count: Count, ways: Sequence[frozenset[int]], tie: Tie, *, is_whole: bool) -> Count:
    """Elected are those whom every way elects; what follows for the others, the rule says."""
    sure = frozenset.intersection(*ways) if is_whole else frozenset()
    contested = frozenset.union(*ways) - sure if is_whole else {each.number for each in count.options}
    names = tuple(sorted(contested))
    winners = tuple(each for each in count.winners if each in sure)
    left = replace(count, winners=winners, support=-1, majority=None, outcome="tied", run_off=())
    if tie.rule == "status_quo":
        return replace(left, outcome="status_quo", tie=replace(tie, settled="status_quo", contested=names))
    if tie.rule == "run_off":
        return replace(left, outcome="run_off", run_off=names, tie=replace(tie, settled="run_off", contested=names))
    return replace(left, tie=replace(tie, settled="open", contested=names))
