"""Instant runoff: the option with fewest votes goes out, its papers move on, until one has more than half."""

from collections.abc import Sequence

from msgspec.structs import replace

from diramoja.counting.papers import Papers
from diramoja.counting.profile import Profile
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Round, TieBreak, Transfer

__all__ = ["instant_runoff", "lowest", "transfers"]

HALF = 2


def instant_runoff(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """More than half of the papers that still count elects; equal ones: the latest round that differs, then lot."""
    papers = Papers(profile)
    numbers = profile.numbers
    continuing = [*range(len(numbers))]
    votes = papers.votes()[:-1]
    history = [votes]
    rounds = [Round(number=1, step="first", votes=tuple(votes))]
    while HALF * max(votes) <= sum(votes) and len(continuing) > 1:
        out, ties = lowest(votes, continuing, chooser, history=history)
        continuing.remove(out)
        moved = papers.move(out, continuing)
        votes = [0 if place == out else each + moved[place] for place, each in enumerate(votes)]
        history.append(votes)
        rounds.append(
            Round(
                number=len(history),
                step="exclusion",
                option=numbers[out],
                votes=tuple(votes),
                exhausted=profile.valid - sum(votes),
                excluded=(numbers[out],),
                transfers=transfers(numbers, out, moved),
                ties=ties,
            )
        )
    winner = max(continuing, key=lambda place: votes[place])
    rounds[-1] = replace(rounds[-1], elected=(numbers[winner],))
    return profile.count(
        "instant_runoff", seats, rounds=tuple(rounds), winners=(numbers[winner],), support=votes[winner]
    )


def lowest(
    votes: Sequence[int],
    continuing: Sequence[int],
    chooser: Chooser,
    *,
    history: Sequence[Sequence[int]],
    vacancies: int = 1,
) -> tuple[int, tuple[TieBreak, ...]]:
    """Who is excluded next.

    Options without any vote go out one after the other, and none of their papers moves: where all of them have to go,
    their order changes nothing, and no lot is drawn.
    """
    least = min(votes[place] for place in continuing)
    tied = [place for place in continuing if votes[place] == least]
    if len(tied) == 1:
        return tied[0], ()
    if least == 0 and len(continuing) - len(tied) >= vacancies:
        place, broken = chooser.in_turn(tied)
    else:
        place, broken = chooser.choose(tied, "exclusion", history)
    return place, (broken,)


def transfers(numbers: Sequence[int], origin: int, moved: Sequence[int]) -> tuple[Transfer, ...]:
    """What moved, by option numbers. `moved`: votes by place, and last those that go to none."""
    targets = [*numbers, 0]
    return tuple(
        Transfer(numbers[origin], target, votes) for target, votes in zip(targets, moved, strict=True) if votes
    )
