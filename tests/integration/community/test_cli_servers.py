"""Servers of one's own, a folder of another version, and a command that asks for a secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings
from tests.support.platform_process import arguments_for, command
from tests.support.processes import parent_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_own_servers_replace_the_embedded_ones_and_are_shared(
    start: Any, environ: dict[str, str], tmp_path: Path
) -> None:
    relaxed = EmbeddedSettings(sync="relaxed")
    async with EmbeddedServers.start(tmp_path / "servers", relaxed) as servers:
        urls = [f"{name}.url={servers.urls[name]}" for name in ("postgres", "nats")]
        own = [word for url in urls for word in ("--set", url)]
        first = start(tmp_path / "a" / "data", "--port", "0", *own)
        second = start(tmp_path / "b" / "data", "--port", "0", *own)
        assert first.ready.startswith("ready http://127.0.0.1:")
        added = command(environ, [*arguments_for(tmp_path / "c"), *own, "counting", "add", "cnt_a", "3"])
        assert (added.returncode, added.stdout) == (0, "3\n"), added.stderr
        seen = command(environ, [*arguments_for(tmp_path / "c"), *own, "status", "--json"])
        workers = {parent_of(each["pid"]) for each in json.loads(seen.stdout)["workers"]}
        assert workers == {first.process.pid, second.process.pid}
        shown = command(environ, [*arguments_for(tmp_path / "c"), *own, "settings", "postgres"]).stdout
        password = servers.urls["postgres"].partition("://")[2].partition(":")[2].partition("@")[0]
        assert password
        assert password not in shown
        assert (first.end(), second.end()) == (0, 0)


def test_folder_of_another_version_is_refused(diramoja: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert diramoja(data)("migrate")[0] == 0
    file = data / "VERSION"
    file.write_text(file.read_text().replace("18", "99"))
    code, _, said = diramoja(data)("up", "--port", "0")
    assert code == 1
    assert "error: " in said
    assert "99" in said


def test_servers_that_do_not_answer_are_said(diramoja: Any, tmp_path: Path) -> None:
    own = ["--set", "postgres.url=postgresql://u:hunter2@127.0.0.1:9/x", "--set", "nats.url=nats://127.0.0.1:9"]
    code, _, said = diramoja(tmp_path / "data")("migrate", *own)
    note, error = said.splitlines()
    assert (code, "hunter2" in said) == (1, False)
    assert (note[:5], error[:17]) == ("note:", "error: PostgreSQL")
