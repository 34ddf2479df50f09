"""What is killed: the parent, its group, its watcher, the servers."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings, ServerEvent, ServerName, reaper
from diramoja.adapters.embedded.reaper import server_processes
from tests.integration.embedded.instances import Instance, left_running, nats_answers, postgres_answers
from tests.support.waiting import eventually

type Start = Callable[..., Instance]

ALL: tuple[ServerName, ...] = ("postgres", "nats", "valkey")


def watcher_of(instance: Instance) -> int:
    """Process id of an instance's watcher: the one child that is no server."""
    children = Path(f"/proc/{instance.process.pid}/task/{instance.process.pid}/children")
    if not children.exists():
        pytest.skip("/proc does not list children here")
    found = {int(pid) for pid in children.read_text().split()} - set(instance.pids)
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
async def test_a_parent_killed_with_its_group_leaves_nothing(
    start_instance: Start, folder: Path, *, frozen: bool
) -> None:
    instance = start_instance(ALL)
    assert len(left_running(folder)) > len(ALL)
    if frozen:
        os.kill(instance.process.pid, signal.SIGSTOP)
    os.killpg(instance.process.pid, signal.SIGKILL)
    await eventually(lambda: not left_running(folder), within_s=10)


async def test_a_frozen_parent_keeps_its_servers(start_instance: Start) -> None:
    instance = start_instance(("nats",))
    os.kill(instance.process.pid, signal.SIGSTOP)
    assert await nats_answers(instance.urls["nats"])
    os.kill(instance.process.pid, signal.SIGCONT)


async def test_a_parent_killed_while_it_makes_the_data_leaves_nothing_half_made(
    start_instance: Start, folder: Path
) -> None:
    instance = start_instance(wait=False)
    await eventually((folder / "postgres.new" / "global").exists, within_s=10, every_s=0.001)
    os.killpg(instance.process.pid, signal.SIGKILL)
    await eventually(lambda: not left_running(folder), within_s=10)
    assert not (folder / "postgres").exists()

    async with EmbeddedServers.start(folder) as servers:
        assert await postgres_answers(servers.urls["postgres"]) == 1
        assert not (folder / "postgres.new").exists()


async def test_the_next_start_takes_over_when_parent_and_watcher_were_killed(
    start_instance: Start, folder: Path
) -> None:
    crashed = start_instance(ALL)
    await postgres_answers(crashed.urls["postgres"], "create table kept as select 7 as n")
    os.kill(watcher_of(crashed), signal.SIGKILL)
    os.kill(crashed.process.pid, signal.SIGKILL)
    crashed.process.wait()
    assert set(crashed.pids) <= set(server_processes(folder))

    events: list[ServerEvent] = []
    async with EmbeddedServers.start(folder, None, events.append, servers=ALL) as servers:
        assert events[0].name == "leftovers_stopped"
        assert all(str(pid) in events[0].detail for pid in crashed.pids)
        assert servers.urls == crashed.urls
        assert await postgres_answers(servers.urls["postgres"], "select n from kept") == 7
        assert not set(crashed.pids) & set(left_running(folder))


async def test_a_start_right_after_a_crash_waits_for_the_watcher(start_instance: Start, folder: Path) -> None:
    crashed = start_instance(ALL)
    os.kill(crashed.process.pid, signal.SIGKILL)
    async with EmbeddedServers.start(folder, servers=ALL) as servers:
        assert servers.urls == crashed.urls
        assert await postgres_answers(servers.urls["postgres"]) == 1
        assert await nats_answers(servers.urls["nats"])
        await eventually(lambda: {status.state for status in servers.status().values()} == {"ready"})
        assert not any(status.restarts for status in servers.status().values())


async def test_a_pid_file_that_names_a_stranger_does_not_hinder_the_start(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres",)):
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    (folder / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    async with EmbeddedServers.start(folder, servers=("postgres",)) as servers:
        assert await postgres_answers(servers.urls["postgres"]) == 1


@pytest.mark.parametrize("name", ALL)
async def test_a_server_that_is_killed_is_started_again_at_the_same_place(folder: Path, name: str) -> None:
    events: list[ServerEvent] = []
    async with EmbeddedServers.start(folder, None, events.append, servers=ALL) as servers:
        before, urls = dict(servers.status()), dict(servers.urls)
        killed = next(status.pid for server, status in before.items() if server == name)
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: [event.name for event in events][-1] == "ready" and len(events) > 6, within_s=10)
        told = [event for event in events if event.server == name][2:]
        assert [event.name for event in told] == ["died", "restarting", "starting", "ready"]
        assert (told[0].pid, told[0].exit_code, told[0].failures) == (killed, -signal.SIGKILL, 1)
        after = servers.status()
        assert servers.urls == urls
        for server, status in after.items():
            assert status.state == "ready"
            assert status.restarts == (server == name)
            assert (status.pid == before[server].pid) == (server != name)
        assert await postgres_answers(urls["postgres"]) == 1
        assert await nats_answers(urls["nats"])


async def test_a_server_that_dies_again_and_again_stays_down_and_says_so(folder: Path) -> None:
    events: list[ServerEvent] = []
    settings = EmbeddedSettings(restart_limit=2, restart_first_delay_s=0.01)
    async with EmbeddedServers.start(folder, settings, events.append, servers=("nats", "valkey")) as servers:

        def kill_again() -> bool:
            status = servers.status()["nats"]
            if status.state == "ready" and status.pid:
                os.kill(status.pid, signal.SIGKILL)
            return status.state == "failed"

        await eventually(kill_again, within_s=10, every_s=0.02)
        status = servers.status()
        assert (status["nats"].state, status["nats"].pid, status["nats"].restarts) == ("failed", 0, 2)
        assert "ended with -9" in status["nats"].last_error
        assert status["valkey"].state == "ready"
        delays = [event.delay_s for event in events if event.name == "restarting"]
        assert delays == [0.01, 0.02]
        assert events[-1].name == "failed"
        assert events[-1].failures == 3


async def test_a_watcher_that_is_killed_is_started_again(start_instance: Start, folder: Path) -> None:
    instance = start_instance(("nats",))
    first = watcher_of(instance)
    os.kill(first, signal.SIGKILL)

    def is_replaced() -> bool:
        children = Path(f"/proc/{instance.process.pid}/task/{instance.process.pid}/children").read_text().split()
        return len(children) == 2 and str(first) not in children

    await eventually(is_replaced)
    os.kill(instance.process.pid, signal.SIGKILL)
    await eventually(lambda: not left_running(folder), within_s=10)


async def test_a_server_that_does_not_stop_is_killed_at_the_deadline(folder: Path) -> None:
    events: list[ServerEvent] = []
    settings = EmbeddedSettings(stop_timeout_s=0.5)
    async with EmbeddedServers.start(folder, settings, events.append) as servers:
        for status in servers.status().values():
            os.kill(status.pid, signal.SIGSTOP)
    assert {event.exit_code for event in events if event.name == "stopped"} == {-signal.SIGKILL}
    assert not left_running(folder)
    async with EmbeddedServers.start(folder) as servers:
        assert await postgres_answers(servers.urls["postgres"]) == 1


async def test_servers_are_found_without_proc_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "with a space"
    async with EmbeddedServers.start(folder, servers=ALL) as servers:
        monkeypatch.setattr(reaper, "_from_proc", reaper._from_ps)
        pids = {status.pid for status in servers.status().values()}
        assert set(server_processes(folder)) == pids
        assert not server_processes(tmp_path / "with")
        monkeypatch.undo()
