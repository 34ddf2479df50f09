"""Agents and jobs in a process of their own: it comes again when it ends, and ends with its gateway."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.platform_process import Instance, arguments_for, command
from tests.support.processes import in_time, parent_of


@pytest.fixture
def platform(start: Callable[..., Instance], tmp_path: Path) -> Instance:
    return start(tmp_path / "data", "--port", "0")


@pytest.fixture
def workers(environ: dict[str, str], tmp_path: Path) -> Callable[[], dict[int, int]]:
    """Partitions by the process that owns them."""

    def look() -> dict[int, int]:
        said = command(environ, [*arguments_for(tmp_path / "data"), "status", "--json"])
        assert said.returncode == 0, said.stderr
        found: list[dict[str, Any]] = json.loads(said.stdout)["workers"]
        return {each["pid"]: each["partitions"] for each in found}

    return look


def test_a_crew_that_is_killed_comes_again_while_the_gateway_answers(
    platform: Instance, workers: Callable[[], dict[int, int]], environ: dict[str, str], tmp_path: Path
) -> None:
    (crew,) = workers()
    assert crew != platform.process.pid and parent_of(crew) == platform.process.pid
    os.kill(crew, signal.SIGKILL)
    assert httpx.get(platform.url + "/v1/hello").status_code == 200
    in_time(lambda: any(pid != crew and owned == 64 for pid, owned in workers().items()), within_s=40)
    added = command(environ, [*arguments_for(tmp_path / "data"), "counting", "add", "cnt_a", "3"])
    assert (added.returncode, added.stdout) == (0, "3\n"), added.stderr
    assert '"crew_ended"' in platform.said
    assert platform.end() == 0


def test_a_crew_ends_with_its_gateway_however_that_ends(
    platform: Instance, workers: Callable[[], dict[int, int]]
) -> None:
    (crew,) = workers()
    platform.process.kill()
    in_time(lambda: parent_of(crew) == 0, within_s=60)


def test_one_process_does_all_where_that_is_asked(
    start: Callable[..., Instance], environ: dict[str, str], tmp_path: Path
) -> None:
    platform = start(tmp_path / "data", "--port", "0", DIRAMOJA_DEPLOYMENT__APART="false")
    said = command(environ, [*arguments_for(tmp_path / "data"), "status", "--json"])
    assert [each["pid"] for each in json.loads(said.stdout)["workers"]] == [platform.process.pid]
