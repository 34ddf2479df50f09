"""As root, as an ordinary user, in folders that others cannot enter, and on a full disk."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings
from diramoja.adapters.embedded.errors import DiskFullError, FolderUnusableError
from tests.integration.embedded.instances import Instance, left_running, postgres_answers

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")
needs_setpriv = pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@needs_root
async def test_as_root_postgresql_runs_as_a_user_without_rights(open_folder: Path) -> None:
    folder = open_folder / "data"
    async with EmbeddedServers.start(folder) as servers:
        pid = servers.status()["postgres"].pid
        assert Path(f"/proc/{pid}").stat().st_uid == (folder / "postgres").stat().st_uid != 0
        assert await postgres_answers(servers.urls["postgres"]) == 1
        assert (folder / "postgres").stat().st_mode & 0o077 == 0


@needs_root
@needs_setpriv
async def test_as_root_a_folder_closed_to_others_stays_closed(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    async with EmbeddedServers.start(closed / "data", servers=("postgres",)) as servers:
        pid = servers.status()["postgres"].pid
        assert Path(f"/proc/{pid}").stat().st_uid != 0
        assert await postgres_answers(servers.urls["postgres"]) == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not left_running(closed / "data")


@needs_root
async def test_as_root_without_a_way_into_a_closed_folder_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diramoja.adapters.embedded.account._capability", lambda programs_are_open: "")
    with pytest.raises(FolderUnusableError, match="refuses to run as root") as caught:
        async with EmbeddedServers.start(tmp_path / "data", servers=("postgres",)):
            pytest.fail("It started.")
    assert "chmod o+x" in caught.value.cure


@needs_root
async def test_as_root_a_user_that_does_not_exist_is_named(open_folder: Path) -> None:
    with pytest.raises(FolderUnusableError, match="no user nosuchuser"):
        async with EmbeddedServers.start(open_folder / "data", EmbeddedSettings(run_as="nosuchuser")):
            pytest.fail("It started.")


@needs_root
@needs_setpriv
async def test_an_ordinary_user_runs_all_and_leaves_nothing_when_killed(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(open_folder, nobody.pw_uid, nobody.pw_gid)
    # The interpreter may lie in a folder of root's: reading may go everywhere, as if it lay elsewhere.
    prefix = [
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
        "--bounding-set=-all,+dac_read_search",
        "--",
    ]
    instance = Instance(open_folder / "data", ("postgres", "nats", "valkey"), prefix=prefix)
    try:
        assert "urls" in instance.said, instance.said
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in instance.pids} == {nobody.pw_uid}
        assert await postgres_answers(instance.urls["postgres"]) == 1
    finally:
        instance.close()
    assert not left_running(open_folder / "data")


@needs_root
async def test_root_goes_on_with_the_folder_of_a_user_as_that_user(open_folder: Path) -> None:
    folder = open_folder / "data"
    settings = EmbeddedSettings(run_as="daemon")
    async with EmbeddedServers.start(folder, settings, servers=("postgres",)):
        pass
    async with EmbeddedServers.start(folder, servers=("postgres",)) as servers:
        owner = Path(f"/proc/{servers.status()['postgres'].pid}").stat().st_uid
        assert owner == pwd.getpwnam("daemon").pw_uid


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a tmpfs of so many MiB."""
    mounted: list[Path] = []

    def mount(size_mib: int) -> Path:
        path = tmp_path / f"disk{len(mounted)}"
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(path)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.decode().strip()}")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", str(path)], check=True)


async def full_disk_error(folder: Path) -> DiskFullError:
    with pytest.raises(DiskFullError) as caught:
        async with EmbeddedServers.start(folder, EmbeddedSettings(start_timeout_s=20)):
            pytest.fail("It started.")
    assert not left_running(folder)
    return caught.value


async def test_a_disk_too_small_for_the_first_start_is_named_and_a_larger_one_goes_on(
    small_disk: Callable[[int], Path],
) -> None:
    disk = small_disk(12)
    error = await full_disk_error(disk / "data")
    assert error.server == "postgres"
    assert "no space" in str(error).lower()
    assert error.log_tail
    await anyio.run_process(["mount", "-o", "remount,size=200m", str(disk)])
    async with EmbeddedServers.start(disk / "data") as servers:
        assert await postgres_answers(servers.urls["postgres"]) == 1


async def test_a_disk_that_is_full_at_a_later_start_loses_nothing(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(120)
    async with EmbeddedServers.start(disk / "data") as servers:
        await postgres_answers(servers.urls["postgres"], "create table kept as select 7 as n")
    ballast = disk / "ballast"
    fill(ballast)
    error = await full_disk_error(disk / "data")
    assert error.free_bytes == 0
    ballast.unlink()
    async with EmbeddedServers.start(disk / "data") as servers:
        assert await postgres_answers(servers.urls["postgres"], "select n from kept") == 7


def fill(path: Path) -> None:
    """Write until nothing is free."""
    with path.open("wb", buffering=0) as file:
        for size_bytes in (2**20, 4096, 1):
            try:
                while file.write(bytes(size_bytes)) == size_bytes:
                    continue
            except OSError:
                continue
