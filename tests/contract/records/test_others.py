"""The contract of the job store, the event log and the operations, on every store."""

from datetime import timedelta
from typing import Any

import pytest

from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.rows import AgentKey, Backlog, PartitionRow, RowKey, Writes
from tests.contract.records.backends import Store
from tests.contract.records.rows import NOW, current, dead_letter, event, job, own, parked, request, snapshot, writes

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


# --- jobs ---


async def test_jobs_that_are_due_are_taken_once(store: Store, mark: PartitionRow) -> None:
    rows = [
        job("talk:a:1"),
        job("talk:a:2", due=NOW + SECOND),
        job("talk:a:3", name="other"),
        job("talk:a:4", due=NOW - SECOND),
    ]
    await store.commit(writes([mark], jobs=rows))
    taken = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert sorted(taken) == [
        rows[0]._replace(state="running", attempts=1),
        rows[3]._replace(state="running", attempts=1),
    ]
    assert await store.take_jobs({"fetch": 60}, NOW, 10) == []


async def test_jobs_are_taken_within_the_limit(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job(f"talk:a:{n}") for n in range(5)]))
    assert [len(await store.take_jobs({"fetch": 60}, NOW, 2)) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.needs("locks")
async def test_a_job_whose_runner_died_is_taken_again(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    await store.take_jobs({"fetch": -1}, NOW, 10)
    (again,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert (again.state, again.attempts) == ("running", 2)
    await store.advance_job(again, b'{"told":500}', -1)
    (resumed,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert resumed.payload == b'{"told":500}'


@pytest.mark.needs("locks")
async def test_each_job_is_leased_for_as_long_as_its_name_says(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job("talk:a:1"), job("talk:a:2", name="other")]))
    assert len(await store.take_jobs({"fetch": -1, "other": 60}, NOW, 10)) == 2
    again = await store.take_jobs({"fetch": 60, "other": 60}, NOW, 10)
    assert [row.id for row in again] == ["talk:a:1"]


@pytest.mark.needs("locks")
async def test_jobs_whose_runner_died_are_taken_one_by_one(store: Store, mark: PartitionRow) -> None:
    """So that the one that ended it ends no others with it again and again."""
    await store.commit(writes([mark], jobs=[job(f"talk:a:{n}") for n in range(3)]))
    await store.take_jobs({"fetch": -1}, NOW, 10)
    await store.commit(writes([(await current(store))], jobs=[job("talk:a:9")]))
    assert [len(await store.take_jobs({"fetch": 60}, NOW, 10)) for _ in range(4)] == [2, 1, 1, 0]


async def test_a_job_is_tried_again_when_it_is_due(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    (taken,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert await store.holds_job(taken)
    await store.retry_job(taken, NOW + SECOND, "timeout")
    assert await store.take_jobs({"fetch": 60}, NOW, 10) == []
    assert [(row.attempts, row.error) for row in await store.take_jobs({"fetch": 60}, NOW + SECOND, 10)] == [
        (2, "timeout")
    ]


async def test_a_job_that_was_cancelled_ends_as_such(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    (taken,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    await store.commit(writes([(await current(store))], cancelled_jobs=[job().id, "none"]))
    assert await store.holds_job(taken) is False
    assert await store.end_job(taken, "done") is False
    await store.retry_job(taken, NOW, "")
    assert await store.take_jobs({"fetch": 60}, NOW, 10) == []


async def test_an_attempt_that_slept_too_long_changes_nothing(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    (slept,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    await store.retry_job(slept, NOW, "lost")
    (present,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert (await store.holds_job(slept), await store.holds_job(present)) == (False, True)
    await store.retry_job(slept, NOW, "late")
    await store.advance_job(slept, b"late", 60)
    assert await store.end_job(slept, "failed", "late") is False
    assert await store.take_jobs({"fetch": 60}, NOW, 10) == []
    await store.end_job(present, "done")
    await store.commit(writes([(await current(store))], jobs=[job()._replace(causation="another")]))
    (anew,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert (await store.holds_job(slept), anew.payload) == (False, job().payload)


@pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
async def test_a_job_that_ended_can_be_asked_for_again(store: Store, mark: PartitionRow, end: str) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    (taken,) = await store.take_jobs({"fetch": 60}, NOW, 10)
    if end == "cancelled":
        await store.commit(writes([(await current(store))], cancelled_jobs=[job().id]))
    else:
        assert await store.end_job(taken, end) is True
    anew = job(payload=b"new")
    await store.commit(writes([(await current(store))], jobs=[anew]))
    assert await store.take_jobs({"fetch": 60}, NOW, 10) == [anew._replace(state="running", attempts=1)]


@pytest.mark.parametrize("running", [False, True])
async def test_a_job_under_way_is_left_alone(store: Store, mark: PartitionRow, *, running: bool) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    if running:
        await store.take_jobs({"fetch": 60}, NOW, 10)
    await store.commit(writes([(await current(store))], jobs=[job(payload=b"new"), job(payload=b"newer")]))
    taken = await store.take_jobs({"fetch": 60}, NOW, 10)
    assert [row.payload for row in taken] == ([] if running else [b"{}"])


@pytest.mark.needs("order")
async def test_a_job_is_cancelled_and_asked_for_anew_in_one_commit(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], jobs=[job()]))
    anew = job(payload=b"new")
    await store.commit(writes([(await current(store))], cancelled_jobs=[job().id], jobs=[anew]))
    assert [row.payload for row in await store.take_jobs({"fetch": 60}, NOW, 10)] == [b"new"]


# --- events ---


async def test_events_come_after_a_cursor_each_partition_in_order(store: Store, mark: PartitionRow) -> None:
    rows = [event(1), event(3), event(2, partition=5), event(4), event(9, partition=5)]
    await store.commit(writes([mark], events=rows))
    found = await store.events_after({0: 1}, 100)
    assert [row for row in found if row.partition == 0] == [event(3), event(4)]
    assert [row for row in found if row.partition == 5] == [event(2, partition=5), event(9, partition=5)]
    assert await store.events_after({0: 4, 5: 9}, 100) == []


async def test_all_events_are_read_in_batches(store: Store, mark: PartitionRow) -> None:
    rows = [event(n, partition=n % 3) for n in range(1, 200)]
    await store.commit(writes([mark], events=rows))
    cursor: dict[int, int] = {}
    found = []
    while batch := await store.events_after(cursor, 20):
        assert len(batch) <= 20
        for row in batch:
            assert row.seq > cursor.get(row.partition, 0)
            cursor[row.partition] = row.seq
        found += batch
    assert sorted(found) == sorted(rows)


async def test_a_channel_has_only_its_live_events(store: Store, mark: PartitionRow) -> None:
    rows = [
        event(1, channel_seq=1),
        event(2),
        event(3, channel_seq=2),
        event(4, channel_seq=3),
        event(5, channel_seq=1, agent="tlk_2"),
    ]
    agents = [snapshot(channel_seq=3), snapshot("tlk_2", channel_seq=1), snapshot("tlk_3")]
    await store.commit(writes([mark], events=rows, snapshots=agents))
    assert await store.channel_after("talk", "tlk_1", 1, 10) == [rows[2], rows[3]]
    assert await store.channel_after("talk", "tlk_1", 0, 1) == [rows[0]]
    assert await store.channel_after("talk", "tlk_1", 3, 10) == []
    keys = [AgentKey("talk", f"tlk_{n}") for n in range(1, 5)]
    assert await store.channel_lasts(keys) == {keys[0]: 3, keys[1]: 1}


async def test_a_view_finds_its_place_again(store: Store) -> None:
    assert await store.view_cursor("board") == {}
    await store.move_view("board", {3: 7, PARTITIONS - 1: 2**40})
    await store.move_view("other", {1: 1})
    assert await store.view_cursor("board") == {3: 7, PARTITIONS - 1: 2**40}
    await store.move_view("board", {3: 8, 4: 1})
    assert await store.view_cursor("board") == {3: 8, 4: 1}


# --- operations ---


async def test_what_waits_is_counted(store: Store, mark: PartitionRow) -> None:
    assert await store.backlog(NOW) == Backlog(0, 0, 0.0)
    due = {"talk:a:1": NOW, "talk:a:2": NOW + timedelta(seconds=60), "talk:a:3": NOW + timedelta(seconds=600)}
    rows = [job(id, due=at) for id, at in due.items()]
    await store.commit(writes([mark], jobs=rows, dead_letters=[dead_letter(), dead_letter("ded_2")]))
    assert await store.backlog(NOW + timedelta(seconds=90)) == Backlog(2, 2, 90.0)
    (taken,) = await store.take_jobs({"fetch": 30.0}, NOW, 1)
    assert taken.id == "talk:a:1"
    assert await store.backlog(NOW + timedelta(seconds=90)) == Backlog(2, 1, 30.0), "what runs waits no more"


async def test_agents_are_listed_and_counted(store: Store, mark: PartitionRow) -> None:
    rows = [snapshot("tlk_1"), snapshot("tlk_2", mode="paused", parked=2), snapshot("tlk_3")]
    await store.commit(writes([mark], snapshots=[*rows, snapshot("x", kind="vote")]))
    assert await store.agent_counts() == {"talk": {"paused": 1, "running": 2}, "vote": {"running": 1}}
    assert [row.agent for row in await store.agents("talk", "", "", 10)] == ["tlk_1", "tlk_2", "tlk_3"]
    assert [row.agent for row in await store.agents("talk", "", "tlk_1", 1)] == ["tlk_2"]
    (paused,) = await store.agents("talk", "paused", "", 10)
    assert (paused.agent, paused.mode, paused.parked, paused.revision, paused.at) == ("tlk_2", "paused", 2, 1, NOW)


@pytest.mark.needs("phases")
async def test_an_agent_is_listed_with_its_phase(store: Store, mark: PartitionRow) -> None:
    rows = [snapshot("a"), snapshot("b", body=b""), snapshot("c", body=b"\xff")]
    await store.commit(writes([mark], snapshots=rows))
    assert [row.phase for row in await store.agents("talk", "", "", 10)] == ["open", "", "unreadable"]


@pytest.mark.needs("pages")
async def test_dead_letters_come_newest_first_in_pages(store: Store, mark: PartitionRow) -> None:
    rows = [dead_letter(f"ded_{n}", at=NOW + n // 2 * SECOND) for n in range(5)]
    await store.commit(writes([mark], dead_letters=rows))
    first = await store.dead_letters(2, "")
    assert first == [rows[4], rows[3]]
    assert await store.dead_letters(10, "ded_3") == [rows[2], rows[1], rows[0]]
    assert await store.dead_letters(10, "ded_0") == []


async def test_a_dead_letter_is_found_by_its_id(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], dead_letters=[dead_letter()]))
    await store.commit(writes([(await current(store))], dead_letters=[dead_letter()]))
    assert await store.dead_letter("ded_1") == dead_letter()
    assert await store.dead_letter("none") is None
    assert len(await store.dead_letters(10, "")) == 1


@pytest.mark.needs("trace")
async def test_a_chain_is_traced_in_order(store: Store, mark: PartitionRow) -> None:
    await store.commit(
        writes(
            [mark],
            requests=[request("cor", status=201)],
            events=[event(1, at=NOW + SECOND), event(2, correlation="another")],
            parked=[parked(1)._replace(at=NOW + 2 * SECOND)],
            jobs=[job(due=NOW + 3 * SECOND)],
            dead_letters=[dead_letter(at=NOW + 4 * SECOND)],
        )
    )
    assert [step[1:] for step in await store.trace("cor")] == [
        ("request", "", "", "201", ""),
        ("event", "talk", "tlk_1", "talk.rated", "cau"),
        ("parked", "talk", "tlk_1", "rate", ""),
        ("job", "talk", "tlk_1", "fetch ready", "cau"),
        ("dead_letter", "talk", "tlk_1", "rate failed", "cau"),
    ]
    assert await store.trace("none") == []


async def test_requests_expire_after_seven_days(store: Store, mark: PartitionRow) -> None:
    await store.commit(writes([mark], requests=[request("old"), request("new", at=NOW + DAY)]))
    gone = await store.expire(NOW + 7 * DAY + SECOND)
    assert gone["request"] == 1
    assert [row.id for row in await store.requests(["old", "new"])] == ["new"]


async def test_cursors_go_back_for_a_new_stream_and_to_the_end_of_a_shortened_one(
    store: Store, mark: PartitionRow
) -> None:
    await store.stream_of_record(NOW)
    await store.commit(Writes(marks=[(mark, mark.after(cursor=50))]))
    assert await store.adopt_stream(NOW, 40) == 1
    row = await current(store)
    assert (row.cursor, row.owner, row.epoch) == (40, "", mark.epoch + 1)
    assert await store.adopt_stream(NOW + SECOND, 100) == 1
    assert (await current(store)).cursor == 0
    assert await store.stream_of_record(NOW) == NOW + SECOND


# --- where somebody is named ---

WHO = "mem_gone1"


async def test_agents_and_rows_that_name_somebody_are_found_page_by_page(store: Store, mark: PartitionRow) -> None:
    agents = [
        snapshot("tlk_1"),
        snapshot("tlk_2", body=b'{"by":"mem_gone1"}'),
        snapshot(WHO),
        snapshot("tlk_3", body=b'{"by":["mem_other","mem_gone1"]}'),
    ]
    rows = [
        own(WHO),
        own("mem_other"),
        own("pst_1:like:mem_gone1", agent="tlk_2"),
        own("other", b'{"by":"mem_gone1"}'),
        own("any", agent=WHO),
    ]
    await store.commit(writes([mark], snapshots=agents, own_rows=rows))
    first, place = await store.agents_naming(WHO, AgentKey("", ""), 2)
    assert (first, place) == ([AgentKey("talk", WHO), AgentKey("talk", "tlk_2")], AgentKey("talk", "tlk_2"))
    found, _ = await _all(store.agents_naming, place)
    assert found == [AgentKey("talk", "tlk_3")]
    named, _ = await _all(store.rows_naming, RowKey("", "", "", ""))
    assert named == sorted(RowKey(*row[:4]) for row in rows if row.key != "mem_other")
    assert (await store.agents_naming("mem_nobody", AgentKey("", ""), 2))[0] == []


async def _all(look: Any, place: Any) -> tuple[list[Any], None]:
    found: list[Any] = []
    while place is not None:
        page, place = await look(WHO, place, 2)
        found += page
    return found, place


async def test_events_that_name_somebody_are_found_and_written_anew(store: Store, mark: PartitionRow) -> None:
    rows = [
        event(1, body=b'{"by":"mem_gone1"}', channel_seq=1),
        event(2, body=b'{"by":"mem_other"}'),
        event(3, agent=WHO),
        event(4, correlation="mem_gone1:key", causation="mem_gone1:key"),
    ]
    await store.commit(writes([mark], events=rows))
    found, _ = await _all(store.events_naming, (-1, -1))
    assert found == [rows[0], rows[2], rows[3]]
    anew = [
        rows[0]._replace(body=b'{"by":"mem_former"}'),
        rows[2]._replace(agent="mem_former"),
        rows[3]._replace(correlation="mem_former:key", causation="mem_former:key"),
    ]
    await store.rewrite_events(anew)
    assert (await _all(store.events_naming, (-1, -1)))[0] == []
    assert await store.events_after({}, 100) == [anew[0], rows[1], anew[1], anew[2]]
    assert await store.channel_after("talk", "tlk_1", 0, 10) == [anew[0]]


async def test_what_somebody_asked_for_is_forgotten(store: Store, mark: PartitionRow) -> None:
    requests = [
        request("mem_gone1:a", status=200),
        request("mem_other:a", status=200),
        request("mem_other:b", status=200, answer=b'{"id":"mem_gone1"}'),
    ]
    jobs = [job("talk:a:1", payload=b'"mem_gone1"'), job("talk:a:2", payload=b'"mem_gone1"'), job("talk:a:3")]
    letters = [
        dead_letter("ded_1", sender=WHO, command_id="mem_gone1:a", payload=b'{"text":"x"}'),
        dead_letter("ded_2", sender="mem_other"),
    ]
    await store.commit(writes([mark], requests=requests, jobs=jobs, dead_letters=letters))
    taken = {row.id: row for row in await store.take_jobs({"fetch": 60}, NOW, 10)}
    await store.end_job(taken["talk:a:1"], "done")
    await store.forget(WHO, "mem_former")
    assert [row.id for row in await store.requests([each.id for each in requests])] == ["mem_other:a"]
    assert [await store.holds_job(taken[id]) for id in ("talk:a:2", "talk:a:3")] == [True, True]
    first, second = sorted(await store.dead_letters(10, ""))
    assert (first.sender, first.command_id, first.payload) == ("mem_former", "mem_former:a", b"")
    assert second == letters[1]
