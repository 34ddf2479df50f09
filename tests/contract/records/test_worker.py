"""The contract of the records port, on every store: what a worker claims, gathers and commits."""

from datetime import timedelta
from typing import Any

import pytest

from diramoja.core.errors import FencedError, InvalidError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.rows import AgentKey, PartitionRow, RecordWrite, RowKey, Writes
from tests.contract.records.backends import Store
from tests.contract.records.rows import (
    NOW,
    current,
    dead_letter,
    event,
    job,
    own,
    parked,
    reminder,
    request,
    snapshot,
    step,
    tell,
    worker,
    writes,
)

SECOND = timedelta(seconds=1)
KEY = AgentKey("talk", "tlk_1")


# --- ownership ---


async def test_partitions_of_a_new_store_are_free_and_at_the_start(store: Store) -> None:
    rows = await store.partitions()
    assert [row.n for row in rows] == list(range(PARTITIONS))
    assert {row[1:8] for row in rows} == {("", 0, 0, (0,) * PARTITIONS, 0, 0, 0)}


async def test_beat_names_all_workers_that_live(store: Store) -> None:
    assert await store.beat(worker("wrk_b"), 60) == ["wrk_b"]
    assert await store.beat(worker("wrk_a"), 60) == ["wrk_a", "wrk_b"]
    assert sorted(row.id for row in await store.workers()) == ["wrk_a", "wrk_b"]


async def test_a_worker_that_is_unfit_lives_and_gets_no_share(store: Store) -> None:
    await store.beat(worker("wrk_a")._replace(unfit="superseded"), 60)
    assert await store.beat(worker("wrk_b"), 60) == ["wrk_b"]
    assert sorted((row.id, row.unfit) for row in await store.workers()) == [("wrk_a", "superseded"), ("wrk_b", "")]
    await store.beat(worker("wrk_a"), 60)
    assert await store.beat(worker("wrk_b"), 60) == ["wrk_a", "wrk_b"]


async def test_the_stream_of_record_is_the_first_one_seen(store: Store) -> None:
    assert await store.stream_of_record(NOW) == NOW
    assert await store.stream_of_record(NOW + SECOND) == NOW


async def test_versions_only_rise_and_a_kind_is_not_left_out(store: Store) -> None:
    assert await store.enlist({"talk": 2, "talk/rating": 1}) == []
    assert await store.enlist({"talk": 1, "talk/rating": 3}) == ["talk"]
    assert await store.enlist({"talk": 2, "talk/other": 1}) == []  # A row or command may go.
    assert await store.enlist({"vote": 1}) == ["talk"]
    assert await store.enlist({"talk": 2, "vote": 1}) == []
    assert await store.enlist({"talk": 2}) == ["vote"]
    await store.adopt_versions({"talk": 1})
    assert await store.enlist({"talk": 1}) == []


async def test_retire_ends_a_worker_and_frees_what_it_owns(store: Store, mark: PartitionRow) -> None:
    await store.retire("wrk_a")
    assert await store.beat(worker("wrk_b"), 60) == ["wrk_b"]
    assert (await current(store)).owner == ""


async def test_claim_takes_free_partitions_with_the_next_epoch(store: Store) -> None:
    rows = await store.claim("wrk_a", [3, 5], 60)
    assert sorted((row.n, row.owner, row.epoch) for row in rows) == [(3, "wrk_a", 1), (5, "wrk_a", 1)]
    assert [row.n for row in await store.partitions() if row.owner == "wrk_a"] == [3, 5]


async def test_claim_leaves_what_another_owns(store: Store, mark: PartitionRow) -> None:
    assert [row.n for row in await store.claim("wrk_b", [0, 1], 60)] == [1]
    assert (await current(store)).owner == "wrk_a"


async def test_release_frees_at_once_and_only_ones_own(store: Store, mark: PartitionRow) -> None:
    await store.release("wrk_b", [0])
    assert (await current(store)).owner == "wrk_a"
    await store.release("wrk_a", [0])
    assert [row.epoch for row in await store.claim("wrk_b", [0], 60)] == [2]


@pytest.mark.needs("leases")
async def test_claim_takes_what_has_expired(store: Store, mark: PartitionRow) -> None:
    await store.lapse("wrk_a")
    assert (await current(store)).owner == ""
    assert await store.beat(worker("wrk_b"), 60) == ["wrk_b"]
    assert [row[:3] for row in await store.claim("wrk_b", [0], 60)] == [(0, "wrk_b", 2)]


@pytest.mark.needs("leases")
async def test_beat_extends_the_leases_of_its_partitions(store: Store, mark: PartitionRow) -> None:
    await store.lapse("wrk_a")
    await store.beat(worker(), 60)
    assert (await current(store)).owner == "wrk_a"
    assert await store.claim("wrk_b", [0], 60) == []


@pytest.mark.needs("leases")
async def test_attempts_rise_with_each_crash_at_one_cursor_and_fall_with_progress(store: Store) -> None:
    (row,) = await store.claim("wrk_a", [0], 60)
    for crashes, (gone, other) in enumerate([("wrk_a", "wrk_b"), ("wrk_b", "wrk_a")], 1):
        await store.lapse(gone)
        (row,) = await store.claim(other, [0], 60)
        assert row.attempts == crashes
    await store.commit(Writes(marks=[step(row, attempts=0)]))
    await store.lapse("wrk_a")
    (row,) = await store.claim("wrk_b", [0], 60)
    assert row.attempts == 0


@pytest.mark.needs("leases")
async def test_attempts_do_not_rise_where_a_worker_that_lives_has_lost_its_lease(store: Store) -> None:
    await store.claim("wrk_a", [0], 60)
    await store.lapse("wrk_a")
    assert [row.attempts for row in await store.claim("wrk_a", [0], 60)] == [0]


async def test_a_suspect_is_kept_until_the_next_commit(store: Store, mark: PartitionRow) -> None:
    await store.suspect(mark, "17")
    assert (await current(store, mark.n)).suspect == "17"
    with pytest.raises(FencedError):
        await store.suspect(mark._replace(epoch=mark.epoch + 1), "18")
    await store.commit(Writes(marks=[step(mark)]))
    assert (await current(store, mark.n)).suspect == ""


async def test_attempts_do_not_rise_after_a_release(store: Store, mark: PartitionRow) -> None:
    await store.release("wrk_a", [0])
    assert [row.attempts for row in await store.claim("wrk_b", [0], 60)] == [0]


# --- the fence ---


async def test_commit_moves_all_marks(store: Store) -> None:
    before = await store.claim("wrk_a", [1, 2], 60)
    seen = tuple(range(PARTITIONS))
    await store.commit(
        Writes(marks=[step(row, seen=seen, out_seq=9, told_seq=4, published_seq=5, clock=NOW) for row in before])
    )
    rows = [await current(store, n) for n in (1, 2)]
    assert [row[3:9] for row in rows] == [(1, seen, 9, 4, 5, NOW)] * 2


@pytest.mark.parametrize("stale", [{"epoch": 0}, {"turn": 5}, {"owner": "wrk_b"}])
async def test_commit_with_a_stale_mark_writes_nothing(store: Store, mark: PartitionRow, stale: dict[str, Any]) -> None:
    (other,) = await store.claim("wrk_a", [1], 60)
    with pytest.raises(FencedError):
        await store.commit(writes([other, mark._replace(**stale)], snapshots=[snapshot()], events=[event(1)]))
    assert await store.snapshots([KEY]) == []
    assert await store.events_after({}, 10) == []
    assert (await current(store, 1)).cursor == 0


async def test_a_turn_that_moves_no_cursor_is_committed_once_too(store: Store, mark: PartitionRow) -> None:
    turn = Writes(snapshots=[snapshot()], marks=[(mark, mark.after())])
    await store.commit(turn)
    with pytest.raises(FencedError):
        await store.commit(turn)
    assert (await current(store, mark.n)) == mark.after()


async def test_commit_goes_on_after_a_fence(store: Store, mark: PartitionRow) -> None:
    with pytest.raises(FencedError):
        await store.commit(writes([mark._replace(epoch=7)]))
    await store.commit(writes([mark], snapshots=[snapshot()]))
    assert await store.snapshots([KEY]) == [snapshot()]


@pytest.mark.needs("refusal")
async def test_commit_of_a_row_that_is_refused_writes_nothing(store: Store, mark: PartitionRow) -> None:
    with pytest.raises(InvalidError):
        await store.commit(writes([mark], snapshots=[snapshot(agent="a\x00b")], events=[event(1)]))
    with pytest.raises(InvalidError):
        await store.commit(writes([mark], snapshots=[snapshot(revision=2**70)]))
    with pytest.raises(InvalidError):
        await store.commit(
            writes([mark], records=[RecordWrite("talk_list", ("id",), [b'{"id":"a","title":"t","n":"many"}'])])
        )
    good = RecordWrite("talk_list", ("id",), [b'{"id":"a","title":"t","n":1}'])
    with pytest.raises(InvalidError):  # Found out while the statement before it runs.
        await store.commit(writes([mark], records=[good, RecordWrite("talk_list_2", ("id",), [b"[]"])]))
    await store.commit(writes([mark]))
    assert await store.events_after({}, 10) == []


# --- agents ---


async def test_snapshots_come_back_as_they_were_and_are_replaced(store: Store, mark: PartitionRow) -> None:
    first, second = snapshot(), snapshot("tlk_2", body=b"", mode="paused", parked=3, failures=2, channel_seq=8)
    await store.commit(writes([mark], snapshots=[second, first]))
    found = await store.snapshots([KEY, AgentKey("talk", "tlk_2"), AgentKey("talk", "none"), AgentKey("other", "x")])
    assert sorted(found) == [first, second]
    newer = first._replace(revision=2, body=b"\x00\xff")
    await store.commit(writes([(await current(store))], snapshots=[newer]))
    assert await store.snapshots([KEY]) == [newer]


async def test_gathering_nothing_gives_nothing(store: Store) -> None:
    assert await store.snapshots([]) == []
    assert await store.own_rows([]) == []
    assert await store.requests([]) == []
    assert await store.answers([]) == []
    assert await store.channel_lasts([]) == {}


async def test_own_rows_are_put_replaced_and_removed(store: Store, mark: PartitionRow) -> None:
    keys = [RowKey("talk", "tlk_1", "rating", f"mem_{n}") for n in range(3)]
    await store.commit(writes([mark], own_rows=[own("mem_1"), own("mem_0")]))
    assert sorted(await store.own_rows(keys)) == [own("mem_0"), own("mem_1")]
    changed = [own("mem_1", b'{"stars":2}'), own("mem_0", None), own("mem_2", None)]
    await store.commit(writes([(await current(store))], own_rows=changed))
    assert await store.own_rows(keys) == changed[:1]


# --- once ---


async def test_request_keeps_its_first_digest_and_its_first_answer(store: Store, mark: PartitionRow) -> None:
    rows = [
        request(),
        request(digest=b"two", status=201),
        request(digest=b"three", status=409, answer=b"other"),
        request(digest=b"four"),
    ]
    for row in rows:
        await store.commit(writes([(await current(store))], requests=[row]))
    assert await store.requests(["req_1", "none"]) == [request(status=201)]


async def test_answers_are_those_that_have_one(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], requests=[request("b", status=200), request("a")]))
    assert await store.answers(["a", "b", "c"]) == [request("b", status=200)]


# --- outbox ---


async def test_tail_is_what_was_committed_and_not_published_in_order(store: Store, mark: PartitionRow) -> None:
    await store.commit(
        Writes(
            tells=[tell(4), tell(1), tell(2)],
            events=[event(3), event(5), event(1, partition=9)],
            marks=[step(mark, out_seq=5)],
        )
    )
    row = await current(store)
    assert await store.tail(row, 10) == ([tell(1), tell(2), tell(4)], [event(3), event(5)])
    assert await store.tail(row, 1) == ([tell(1)], [event(3)])
    assert await store.tail(row._replace(told_seq=2, published_seq=3), 10) == ([tell(4)], [event(5)])


async def test_tells_up_to_the_mark_are_deleted(store: Store, mark: PartitionRow) -> None:
    await store.commit(Writes(tells=[tell(1), tell(2), tell(3)], marks=[step(mark, out_seq=3)]))
    row = await current(store)
    await store.commit(Writes(tells=[tell(4)], marks=[step(row, out_seq=4, told_seq=2)]))
    assert (await store.tail(row, 10)).tells == [tell(3), tell(4)]


# --- reminders ---


async def test_due_reminders_come_in_order_and_within_their_partitions(store: Store, mark: PartitionRow) -> None:
    rows = [
        reminder("late", NOW),
        reminder("early", NOW - SECOND),
        reminder("future", NOW + SECOND),
        reminder("alike", NOW),
        reminder("foreign", NOW, partition=1),
    ]
    await store.commit(writes([mark], reminders=rows))
    assert await store.due([0], NOW, 10) == [rows[1], rows[3], rows[0]]
    assert await store.due([0], NOW, 1) == [rows[1]]
    assert await store.due([], NOW, 10) == []


async def test_a_reminder_is_moved_and_cancelled(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], reminders=[reminder("a"), reminder("b")]))
    moved = reminder("a", NOW + SECOND, verb="open", envelope=b"new", repeat="every:60.0")
    await store.commit(
        writes([(await current(store))], reminders=[moved, reminder("b", None), reminder("never", None)])
    )
    assert await store.due([0], NOW + SECOND, 10) == [moved]


# --- parked ---


async def test_parked_commands_come_in_order_and_go(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], parked=[parked(2), parked(1), parked(1, agent="tlk_2")]))
    assert await store.parked(KEY, 10) == [parked(1), parked(2)]
    assert await store.parked(KEY, 1) == [parked(1)]
    await store.commit(writes([(await current(store))], unparked=[("talk", "tlk_1", 1)]))
    assert await store.parked(KEY, 10) == [parked(2)]


async def test_agents_that_run_and_have_something_parked_are_found(store: Store, mark: PartitionRow) -> None:
    agents = [
        snapshot("tlk_1", parked=2),
        snapshot("tlk_2", parked=1),
        snapshot("tlk_3"),
        snapshot("tlk_4", parked=1, mode="paused"),
        snapshot("tlk_5", parked=1, mode="failed"),
    ]
    await store.commit(writes([mark], snapshots=agents))
    assert await store.parked_agents(["other", "talk"], 10) == [KEY, AgentKey("talk", "tlk_2")]
    assert await store.parked_agents(["talk"], 1) == [KEY]
    assert await store.parked_agents(["other"], 10) == await store.parked_agents([], 10) == []
    await store.commit(writes([(await current(store))], snapshots=[snapshot("tlk_1"), snapshot("tlk_4", parked=1)]))
    assert await store.parked_agents(["talk"], 10) == [AgentKey("talk", "tlk_2"), AgentKey("talk", "tlk_4")]


@pytest.mark.needs("order")
async def test_a_number_that_was_unparked_can_be_parked_again_in_one_commit(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], parked=[parked(1), parked(2)]))
    again = parked(1)._replace(verb="close")
    await store.commit(writes([(await current(store))], unparked=[("talk", "tlk_1", 2)], parked=[again]))
    assert await store.parked(KEY, 10) == [again]


async def test_kinds_that_do_not_run_are_named(store: Store) -> None:
    await store.set_kind_mode("talk", "paused")
    await store.set_kind_mode("vote", "failed")
    assert await store.kind_modes() == {"talk": "paused", "vote": "failed"}
    await store.set_kind_mode("talk", "running")
    await store.set_kind_mode("vote", "paused")
    assert await store.kind_modes() == {"vote": "paused"}


# --- records ---


async def test_records_are_upserted_and_deleted(store: Store, mark: PartitionRow) -> None:
    rows = [b'{"id":"a","title":"A","n":1}', b'{"id":"b","title":"\xc3\xbc \\"q\\"","n":null}']
    await store.commit(writes([mark], records=[RecordWrite("talk_list", ("id",), rows)]))
    assert await store.table("talk_list") == [
        {"id": "a", "title": "A", "n": 1},
        {"id": "b", "title": 'ü "q"', "n": None},
    ]
    write = RecordWrite("talk_list", ("id",), [b'{"id":"b","title":"B","n":2}'], [("a",), ("none",)])
    await store.commit(writes([(await current(store))], records=[write]))
    assert await store.table("talk_list") == [{"id": "b", "title": "B", "n": 2}]


@pytest.mark.needs("refusal")
@pytest.mark.parametrize("table", ["no_such_table", 'talk_list"; DROP TABLE job; --'])
async def test_records_of_an_impossible_table_are_refused(store: Store, mark: PartitionRow, table: str) -> None:
    with pytest.raises(InvalidError):
        await store.commit(writes([mark], records=[RecordWrite(table, ("id",), [b'{"id":"a"}'])]))
    await store.commit(writes([mark], jobs=[job()]))


# --- all at once ---


async def test_a_commit_writes_every_table(store: Store, mark: PartitionRow) -> None:
    await store.commit(
        writes(
            [mark],
            snapshots=[snapshot()],
            own_rows=[own()],
            events=[event(1, channel_seq=1)],
            tells=[tell(2)],
            requests=[request()],
            reminders=[reminder()],
            jobs=[job()],
            dead_letters=[dead_letter()],
            parked=[parked(1)],
            records=[RecordWrite("talk_list", ("id",), [b'{"id":"a","title":"A","n":1}'])],
        )
    )
    assert await store.dead_letter("ded_1") == dead_letter()
    assert len(await store.take_jobs({"fetch": 5}, NOW, 10)) == 1
    assert len(await store.table("talk_list")) == 1
