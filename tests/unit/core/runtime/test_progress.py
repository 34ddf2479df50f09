"""Which tells a turn may go on with, and what the rows of the partitions are afterwards."""

from datetime import UTC, datetime

from diramoja.core.ids import PARTITIONS, partition_of
from diramoja.core.ports.rows import PartitionRow, TellRow
from diramoja.core.runtime.progress import Progress

AT = datetime(2026, 1, 1, tzinfo=UTC)
NONE = (0,) * PARTITIONS
AGENT = "cnt_1"
TARGET = partition_of("counter", AGENT)
SOURCE = (TARGET + 1) % PARTITIONS


def row(number: int, **changes: object) -> PartitionRow:
    first = PartitionRow(number, "wrk_1", 3, 10, NONE, 20, 0, 0, AT, 0, 5, "", NONE)
    return first._replace(**changes)  # type: ignore[arg-type]  # fields of the row


def tell(seq: int) -> TellRow:
    return TellRow(SOURCE, seq, "counter", AGENT, "add", b"")


def at(number: int, value: int) -> tuple[int, ...]:
    return tuple(value if each == number else 0 for each in range(PARTITIONS))


def test_a_tell_goes_on_where_nothing_is_under_way() -> None:
    progress = Progress({SOURCE: row(SOURCE), TARGET: row(TARGET)})
    assert progress.goes_on(tell(21))
    assert not progress.meets(TARGET, SOURCE, 21)
    assert progress.goes_on(tell(22))


def test_a_tell_to_another_worker_goes_out() -> None:
    assert not Progress({SOURCE: row(SOURCE)}).goes_on(tell(21))


def test_a_tell_waits_behind_one_that_is_under_way() -> None:
    progress = Progress({SOURCE: row(SOURCE, sent=at(TARGET, 20)), TARGET: row(TARGET, seen=at(SOURCE, 19))})
    assert not progress.goes_on(tell(21))
    assert progress.meets(TARGET, SOURCE, 20)
    assert progress.goes_on(tell(21))


def test_a_tell_follows_one_that_went_out_in_the_same_turn() -> None:
    progress = Progress({SOURCE: row(SOURCE), TARGET: row(TARGET)})
    progress.goes_out(tell(21))
    assert not progress.goes_on(tell(22))


def test_the_rows_afterwards_say_what_moved() -> None:
    from diramoja.core.ports.rows import AgentKey
    from diramoja.core.runtime.items import control

    before = {SOURCE: row(SOURCE), TARGET: row(TARGET)}
    progress = Progress(before)
    assert progress.number(SOURCE) == 21
    assert progress.goes_on(tell(21))
    items = [control(AgentKey("counter", AGENT), "_drain", number, AT) for number in (SOURCE, TARGET)]
    after = {new.n: new for _, new in progress.after(items, {SOURCE: (7, 8)})}
    assert after[SOURCE] == row(SOURCE, out_seq=21, told_seq=7, published_seq=8, turn=6)
    assert after[SOURCE].sent is before[SOURCE].sent and after[SOURCE].seen is before[SOURCE].seen
    assert after[TARGET] == row(TARGET, seen=at(SOURCE, 21), turn=6)
