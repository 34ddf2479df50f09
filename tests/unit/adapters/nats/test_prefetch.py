from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.adapters.nats.prefetch import Prefetch, Room
from diramoja.core.ports.broker import Incoming

AT = datetime(2026, 1, 1, tzinfo=UTC)


def message(partition: int, seq: int, data: bytes = b"") -> Incoming:
    return Incoming(partition, seq, AT, "cmd", "member", f"mem_{partition}", "join", data)


def filled(counts: dict[int, int]) -> Prefetch:
    prefetch = Prefetch()
    seq = 0
    for partition, count in counts.items():
        prefetch.open(partition)
        for _ in range(count):
            seq += 1
            prefetch.put(message(partition, seq))
    return prefetch


def test_take_shares_equally_and_gives_what_is_left_to_the_others() -> None:
    taken = filled({1: 1_000, 2: 3, 3: 1_000}).take(300)
    assert Counter(each.partition for each in taken) == {1: 149, 2: 3, 3: 148}


def test_take_of_few_goes_on_where_it_ended() -> None:
    prefetch = filled({1: 5, 2: 5, 3: 5})
    assert [each.partition for each in prefetch.take(2) + prefetch.take(2) + prefetch.take(2)] == [1, 2, 3, 1, 2, 3]


@given(st.dictionaries(st.integers(0, 63), st.integers(0, 40), max_size=20), st.integers(1, 100))
def test_everything_is_taken_once_and_in_order(counts: dict[int, int], limit: int) -> None:
    prefetch = filled(counts)
    taken: list[Incoming] = []
    while prefetch:
        some = prefetch.take(limit)
        assert 0 < len(some) <= limit
        taken += some
    assert Counter(each.partition for each in taken) == {p: count for p, count in counts.items() if count}
    for partition in counts:
        order = [each.seq for each in taken if each.partition == partition]
        assert order == sorted(order)
        assert prefetch.room(partition) == Room(prefetch.messages, prefetch.size_bytes)


def test_room_shrinks_with_messages_and_bytes_and_comes_back() -> None:
    prefetch = Prefetch(messages=10, size_bytes=2_000)
    prefetch.open(1)
    prefetch.put(message(1, 1, b"x" * 500))
    room = prefetch.room(1)
    assert room.messages == 9
    assert 1_000 < room.size_bytes < 1_500
    for seq in range(2, 14):
        prefetch.put(message(1, seq, b"x" * 500))
    assert prefetch.room(1) == Room(0, 0)
    prefetch.take(100)
    assert prefetch.room(1) == Room(10, 2_000)


def test_open_again_and_close_drop_what_waits() -> None:
    prefetch = filled({1: 5, 2: 5})
    prefetch.open(1)
    assert {each.partition for each in prefetch.take(100)} == {2}
    prefetch.put(message(2, 99))
    prefetch.close(2)
    prefetch.close(2)
    assert not prefetch
    with pytest.raises(KeyError):
        prefetch.put(message(2, 100))
