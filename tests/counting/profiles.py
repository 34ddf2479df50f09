"""Made-up ballots by seed: few options and voters, short and tied rankings, so that every rule of ties is met."""

from random import Random

__all__ = ["MOST", "ranks_of"]

MOST = 10_000


def ranks_of(seed: int) -> tuple[int, int, list[list[int]]]:
    """(options, seats, ballots): 3 to 7 options, 5 to 60 ballots of one rank for each option, 0 for none.

    A ballot may stop early, give a rank twice and leave a rank out.
    """
    random = Random(seed)
    options = random.randint(3, 7)
    seats = random.randint(2, options - 1)
    return options, seats, [_ballot(random, options) for _ in range(random.randint(5, 60))]


def _ballot(random: Random, options: int) -> list[int]:
    order = [*range(options)]
    random.shuffle(order)
    length = options if random.random() < 0.4 else random.randint(0, options)
    ranks, rank = [0] * options, 0
    for option in order[:length]:
        chance = random.random()
        rank += 2 if chance < 0.03 else 0 if chance < 0.1 and rank else 1
        ranks[option] = rank
    return ranks
