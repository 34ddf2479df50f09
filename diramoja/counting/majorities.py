"""Majorities: what the option with most votes needs, so that it is chosen."""

from typing import Literal, get_args

import attrs
from msgspec.structs import replace

from diramoja.core.errors import InvalidError
from diramoja.counting.values import Count, MajorityTest

__all__ = ["MAJORITIES", "Majority", "MajorityRule", "tested"]

type MajorityRule = Literal["plurality", "absolute", "two_thirds", "of_roll"]
MAJORITIES: tuple[MajorityRule, ...] = get_args(MajorityRule.__value__)
TWO = 2


@attrs.frozen
class Majority:
    """What is asked for.

    plurality: most votes. absolute: more than half of the valid ballots, blank ones left out. two_thirds: at least two
    thirds of them. of_roll: more than half of the `roll`, all who could vote.
    """

    rule: MajorityRule = "plurality"
    roll: int = 0

    def of(self, count: Count) -> tuple[int, int]:
        """(votes that are needed, of how many).

        Raises:
            InvalidError: `count_invalid`: `of_roll` without the size of the roll, or more ballots than people on it.
        """
        if self.rule == "of_roll":
            if self.roll < count.ballots:
                raise InvalidError(
                    f"There are {count.ballots} ballots, and {self.roll} people on the roll.", code="count_invalid"
                )
            return self.roll // 2 + 1, self.roll
        return (count.valid // 2 + 1 if self.rule == "absolute" else -(-2 * count.valid // 3)), count.valid


def tested(count: Count, majority: Majority) -> Count:
    """The count of one seat with the majority asked for.

    Where no option has it, none is chosen; of an absolute one and three or more options there is a run-off.
    """
    if majority.rule == "plurality" or count.outcome != "decided":
        return count
    needed, whole = majority.of(count)
    votes = count.support // 10**count.decimals
    test = MajorityTest(majority.rule, count.winners[0], votes, whole, needed, votes >= needed)
    if test.met:
        return replace(count, majority=test)
    run_off = _first_two(count) if majority.rule == "absolute" and len(count.options) > TWO else ()
    outcome: Literal["run_off", "no_majority"] = "run_off" if run_off else "no_majority"
    return replace(count, majority=test, winners=(), run_off=run_off, outcome=outcome)


def _first_two(count: Count) -> tuple[int, ...]:
    """Those with most votes in the last round, and whoever is equal to the second."""
    votes = count.rounds[-1].votes
    second = sorted(votes, reverse=True)[1]
    return tuple(option.number for option, each in zip(count.options, votes, strict=True) if each >= max(second, 1))
