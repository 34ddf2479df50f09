"""Rendezvous hashing: everybody agrees, and whoever comes or goes moves only their own share."""

from diramoja.core.ids import PARTITIONS
from diramoja.core.runtime.ownership import desired, new_worker

LIVING = ["wrk_a", "wrk_b", "wrk_c", "wrk_d"]


def test_every_partition_falls_to_exactly_one() -> None:
    shares = [desired(worker, LIVING) for worker in LIVING]
    assert sorted(number for share in shares for number in share) == list(range(PARTITIONS))
    assert min(map(len, shares)) > 0


def test_one_that_goes_moves_only_its_own_share() -> None:
    rest = LIVING[1:]
    for worker in rest:
        assert desired(worker, LIVING) <= desired(worker, rest)


def test_the_only_one_has_all_and_nobody_has_none() -> None:
    assert desired("wrk_a", ["wrk_a"]) == frozenset(range(PARTITIONS))
    assert desired("wrk_a", []) == frozenset()


def test_each_start_has_an_id_of_its_own() -> None:
    assert len({new_worker("worker").id for _ in range(100)}) == 100
