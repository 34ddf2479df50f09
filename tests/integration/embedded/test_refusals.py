"""Starts that are refused: with a clear error, and nothing left running (the `folder` fixture sees to that)."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings, ServerEvent, ServerName
from diramoja.adapters.embedded.errors import (
    BinaryMissingError,
    FolderBusyError,
    FolderUnusableError,
    FolderVersionError,
    PortTakenError,
    ServerStartError,
)
from diramoja.adapters.embedded.nats import NatsServer
from diramoja.adapters.embedded.ports import free_port
from tests.integration.embedded.instances import Instance, left_running, nats_answers

type Start = Callable[..., Instance]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def refused[E: Exception](
    kind: type[E],
    folder: Path,
    settings: EmbeddedSettings | None = None,
    servers: tuple[ServerName, ...] = ("postgres", "nats"),
) -> E:
    with pytest.raises(kind) as caught:
        async with EmbeddedServers.start(folder, settings, servers=servers):
            pytest.fail("It started.")
    return caught.value


async def test_a_second_start_on_the_folder_names_the_first(start_instance: Start, folder: Path) -> None:
    first = start_instance(("nats",))
    error = await refused(FolderBusyError, folder)
    assert error.pid == first.process.pid
    assert f"PID {first.process.pid}" in str(error)
    assert str(folder) in str(error)
    assert error.code == "folder_busy"
    assert await nats_answers(first.urls["nats"])


async def test_a_second_start_in_the_same_process_is_refused(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("nats",)) as servers:
        await refused(FolderBusyError, folder)
        assert await nats_answers(servers.urls["nats"])


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ({"format": 2, "servers": {}}, "format 2"),
        ({"format": 1, "servers": {"postgres": [17, 6]}}, "postgres 17.6"),
        ({"format": 1, "servers": {"postgres": [19, 0]}}, "postgres 19.0"),
        ({"format": 1, "servers": {"nats": [2, 99]}}, "nats 2.99"),
        ({"format": 1, "servers": {"nats": [1, 4]}}, "nats 1.4"),
        ({"format": "new"}, "cannot be read"),
    ],
)
async def test_a_folder_of_another_version_is_refused_and_left_as_it_is(
    folder: Path, version: dict[str, object], words: str
) -> None:
    folder.mkdir()
    written = msgspec.json.encode(version)
    (folder / "VERSION").write_bytes(written)
    error = await refused(FolderVersionError, folder)
    assert words in str(error)
    assert (folder / "VERSION").read_bytes() == written
    assert not (folder / "postgres").exists()


async def test_data_of_another_postgresql_is_refused_whatever_version_says(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres",)):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("17\n")
    error = await refused(FolderVersionError, folder)
    assert "PostgreSQL 17" in str(error)


async def test_an_older_minor_version_of_nats_goes_on_and_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "VERSION").write_bytes(msgspec.json.encode({"format": 1, "servers": {"nats": [2, 1]}}))
    events: list[ServerEvent] = []
    async with EmbeddedServers.start(folder, None, events.append, servers=("nats",)):
        assert events[0].name == "version_changed"
        assert "2.1" in events[0].detail
    assert b"[2,1]" not in (folder / "VERSION").read_bytes()


async def test_a_folder_with_a_postgres_of_somebody_else_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    error = await refused(FolderVersionError, folder)
    assert "VERSION" in str(error)


async def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    error = await refused(FolderUnusableError, path)
    assert str(path) in str(error)


@pytest.mark.parametrize("name", ["postgres", "nats", "valkey"])
async def test_a_fixed_port_that_is_taken_is_named_with_its_setting(
    folder: Path, taken_port: int, name: ServerName
) -> None:
    settings = msgspec.convert({f"{name}_port": taken_port}, EmbeddedSettings)
    error = await refused(PortTakenError, folder, settings, (name,))
    assert (error.server, error.setting, error.port) == (name, f"{name}_port", taken_port)
    assert f"Port {taken_port}" in str(error)
    assert f"{name}_port" in str(error)


async def test_fixed_ports_are_used(folder: Path) -> None:
    settings = EmbeddedSettings(postgres_port=free_port(), nats_port=free_port())
    async with EmbeddedServers.start(folder, settings) as servers:
        assert f"@127.0.0.1:{settings.postgres_port}/" in servers.urls["postgres"]
        assert servers.status()["nats"].port == settings.nats_port


async def test_a_kept_port_that_is_taken_is_replaced_and_told(folder: Path, taken_port: int) -> None:
    folder.mkdir()
    (folder / "ports.json").write_bytes(msgspec.json.encode({"nats": str(taken_port)}))
    events: list[ServerEvent] = []
    async with EmbeddedServers.start(folder, None, events.append, servers=("nats",)) as servers:
        assert servers.status()["nats"].port != taken_port
        assert await nats_answers(servers.urls["nats"])
    assert events[0].name == "port_changed"
    assert str(taken_port) in events[0].detail


async def test_a_server_that_cannot_read_its_data_is_reported_with_the_end_of_its_log(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres",)):
        pass
    control = folder / "postgres" / "global" / "pg_control"
    control.write_bytes(bytes(control.stat().st_size))
    error = await refused(ServerStartError, folder)
    assert error.server == "postgres"
    assert error.log_tail
    assert error.log_tail in str(error)
    assert not left_running(folder)


async def test_a_server_that_is_too_slow_is_reported_and_stopped(folder: Path) -> None:
    async def never(self: NatsServer, pid: int) -> bool:
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NatsServer, "is_ready", never)
        error = await refused(ServerStartError, folder, EmbeddedSettings(start_timeout_s=1), ("nats",))
    assert "within 1 s" in str(error)
    assert "JetStream" in error.log_tail


async def test_lost_passwords_are_said_to_be_lost(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres",)):
        pass
    (folder / "secrets.json").unlink()
    error = await refused(FolderUnusableError, folder)
    assert "secrets.json" in str(error)


async def test_a_wheel_that_is_not_installed_is_named_with_the_extra(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diramoja.adapters.embedded.binaries.find_spec", lambda name: None)
    error = await refused(BinaryMissingError, folder)
    assert "embedded-" in str(error)
    assert "diramoja[embedded]" in error.cure
