"""The single transferable vote as Scotland's councils are elected.

Source: The Scottish Local Government Elections Order 2007 (SSI 2007/42), schedule 1, rules 45 to 52. The quota is the
whole part of valid/(seats + 1), and one; whoever reaches it is elected. One surplus a stage, the largest first: each
paper of the elected moves on at (surplus x value when received / votes), to five decimals, the remainder ignored (rule
48(3)). Else whoever has fewest votes is excluded, and their papers move at the value they have. Equal ones are told
apart by the latest stage at which they differ, then by lot (rules 49 and 51). When as many are left as seats, all of
them are elected, and nothing more is transferred (rule 52).
"""

from collections.abc import Sequence
from typing import Any

import attrs

from diramoja.counting.instant_runoff import lowest, transfers
from diramoja.counting.papers import Papers
from diramoja.counting.profile import Profile
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Round, Step, TieBreak

__all__ = ["scottish_stv"]

DECIMALS = 5


def scottish_stv(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """Elects exactly as many as there are seats."""
    stages = _Stages.of(profile, seats, chooser)
    stages.close("first")
    while stages.vacancies:
        if len(stages.continuing) <= stages.vacancies:
            stages.fill()
        elif stages.surpluses:
            stages.transfer_surplus()
        else:
            stages.exclude()
    winners = tuple(profile.numbers[place] for place in stages.elected)
    return profile.count("scottish_stv", seats, rounds=tuple(stages.rounds), winners=winners, decimals=DECIMALS)


@attrs.define(eq=False)
class _Stages:
    """A count on its way. Options are places; votes are in units of 10^-5."""

    numbers: Sequence[int]
    seats: int
    chooser: Chooser
    papers: Papers
    quota: int
    votes: list[int]
    continuing: list[int]
    exhausted: int = 0
    lost: int = 0
    elected: list[int] = attrs.field(factory=list)
    transferred: set[int] = attrs.field(factory=set)
    history: list[list[int]] = attrs.field(factory=list)
    rounds: list[Round] = attrs.field(factory=list)

    @classmethod
    def of(cls, profile: Profile, seats: int, chooser: Chooser) -> "_Stages":
        """Before the first stage."""
        papers = Papers(profile, DECIMALS)
        quota = (profile.valid // (seats + 1) + 1) * 10**DECIMALS
        continuing = [*range(len(profile.options))]
        return cls(profile.numbers, seats, chooser, papers, quota, papers.votes()[:-1], continuing)

    @property
    def vacancies(self) -> int:
        """Seats that nobody has yet."""
        return self.seats - len(self.elected)

    @property
    def surpluses(self) -> dict[int, int]:
        """Of the elected, as far as they have not been transferred."""
        over = {place: self.votes[place] - self.quota for place in self.elected if place not in self.transferred}
        return {place: votes for place, votes in over.items() if votes > 0}

    def transfer_surplus(self) -> None:
        """One stage: the largest surplus."""
        surpluses = self.surpluses
        largest = max(surpluses.values())
        tied = [place for place, votes in surpluses.items() if votes == largest]
        place, ties = tied[0], tuple[TieBreak, ...]()
        if len(tied) > 1:
            place, broken = self.chooser.choose(tied, "surplus", self.history)
            ties = (broken,)
        self.transferred.add(place)
        total = self.votes[place]
        worth = {value: largest * value // total for value in self.papers.values(place)}
        moved = self.papers.move(place, self.continuing, worth)
        self.lost += largest - sum(moved)
        self._credit(place, moved, self.quota)
        self.close("surplus", option=place, ties=ties, moved=moved)

    def exclude(self) -> None:
        """One stage: whoever has fewest votes."""
        place, ties = lowest(self.votes, self.continuing, self.chooser, history=self.history, vacancies=self.vacancies)
        self.continuing.remove(place)
        moved = self.papers.move(place, self.continuing)
        self._credit(place, moved, 0)
        self.close("exclusion", option=place, ties=ties, moved=moved, excluded=(self.numbers[place],))

    def _credit(self, origin: int, moved: Sequence[int], rest: int) -> None:
        self.votes = [rest if place == origin else votes + moved[place] for place, votes in enumerate(self.votes)]
        self.exhausted += moved[-1]

    def fill(self) -> None:
        """The last stage: all who are left."""
        left = sorted(self.continuing, key=lambda place: (-self.votes[place], place))
        self._elect(left)
        self._note("rest", elected=left)

    def close(
        self,
        step: Step,
        *,
        option: int | None = None,
        moved: Sequence[int] = (),
        ties: tuple[TieBreak, ...] = (),
        excluded: tuple[int, ...] = (),
    ) -> None:
        """End a stage: whoever has the quota is elected."""
        reached = [place for place in self.continuing if self.votes[place] >= self.quota]
        reached.sort(key=lambda place: (-self.votes[place], place))
        self._elect(reached)
        named = (
            {}
            if option is None
            else {"option": self.numbers[option], "transfers": transfers(self.numbers, option, moved)}
        )
        self._note(step, elected=reached, ties=ties, excluded=excluded, **named)

    def _elect(self, places: Sequence[int]) -> None:
        self.elected += places
        self.continuing = [place for place in self.continuing if place not in places]

    def _note(self, step: Step, *, elected: Sequence[int], **more: Any) -> None:
        self.history.append(self.votes)
        self.rounds.append(
            Round(
                number=len(self.rounds) + 1,
                step=step,
                votes=tuple(self.votes),
                exhausted=self.exhausted,
                lost=self.lost,
                quota=self.quota,
                elected=tuple(self.numbers[place] for place in elected),
                **more,
            )
        )
