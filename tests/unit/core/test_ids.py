from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core.errors import InvalidError
from diramoja.core.ids import PARTITIONS, check_id, derive_id, partition_of, sortable_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(some.text(max_size=140))
def test_an_id_never_holds_what_a_subject_cannot(text: str) -> None:
    try:
        assert check_id(text) == text
    except InvalidError:
        return
    assert text.isascii()
    assert not set(text) & set(" .*>\t\r\n\x00")


@pytest.mark.parametrize("bad", ["", "a.b", "a b", "a*", ">", "a\n", "a\x00", "ä", "-a", "_a", "x" * 129])
def test_bad_ids_are_refused(bad: str) -> None:
    with pytest.raises(InvalidError):
        check_id(bad)


def test_sortable_ids_sort_by_time_and_repeat_for_the_same_seed() -> None:
    ids = [sortable_id("pst", NOW + timedelta(milliseconds=n), "t1-2", 1) for n in range(100)]
    assert ids == sorted(ids)
    assert sortable_id("pst", NOW, "t1-2", 1) == sortable_id("pst", NOW, "t1-2", 1)
    assert len({sortable_id("pst", NOW, "t1-2", n) for n in range(10_000)}) == 10_000
    assert check_id(ids[0])


def test_derived_ids_are_the_same_for_the_same_sender_and_key() -> None:
    assert derive_id("top", "mem_a", "k") == derive_id("top", "mem_a", "k")
    assert len({derive_id("top", f"mem_{n}", "k") for n in range(1_000)}) == 1_000


def test_partitions_spread_evenly() -> None:
    counts = [0] * PARTITIONS
    for number in range(64_000):
        counts[partition_of("member", f"mem_{number}")] += 1
    assert min(counts) > 800
    assert max(counts) < 1_200
