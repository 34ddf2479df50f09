"""A real conversation, killed on the way through the agents and started again: the counts are those of its file."""

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest

from diramoja.core.ids import derive_id
from diramoja_community.importing.polis import Conversation, read_polis
from tests.support.data import data

REACTIONS = """
SELECT p.id, sum(p.agree) AS agree, sum(p.disagree) AS disagree, sum(p.passes) AS pass FROM post AS p GROUP BY p.id
"""
PATIENCE_S = 180
LIVES_S = (5.0, 3.0)
"""How long the first two imports live; the first also makes the database."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def command(*arguments: str, folder: Path) -> list[str]:
    run = "from diramoja_community.cli import main; main()"
    return [sys.executable, "-c", run, *arguments, "--data", str(folder), "--set", "embedded.sync=relaxed"]


def start_import(source: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("import", "polis", str(source), folder=folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


async def counted(folder: Path, found: Conversation) -> Counter[tuple[str, str]]:
    """(statement, kind) → number, from the read model; servers run for the look only."""
    from diramoja_community.deployment import load_deployment
    from diramoja_community.process import open_process

    loaded = load_deployment(options=[f"deployment.data={folder}", "embedded.sync=relaxed"], environ={})
    statements = {derive_id("pst", f"import:{found.name}", each.id): each.id for each in found.statements}
    async with open_process(loaded) as process:
        assert process.servers is not None
        database: Any = await asyncpg.connect(process.servers.urls["postgres"])
        rows = await database.fetch(REACTIONS)
        hidden = await database.fetchval("SELECT count(*) FROM post WHERE status = 'hidden'")
        members = await database.fetchval("SELECT count(*) FROM member")
        commands = await database.fetchval(
            "SELECT count(*) FROM request WHERE id ~ '^import:[^:]+:[0-9]+$' AND status < 400"
        )
        letters = await database.fetchval("SELECT count(*) FROM dead_letter")
        await database.close()
    assert members == len(found.participants)
    assert hidden == sum(not each.accepted for each in found.statements)
    assert (commands, letters) == (len(found.votes), 0)
    return Counter(
        {
            (statements[row["id"]], kind): row[kind]
            for row in rows
            for kind in ("agree", "disagree", "pass")
            if row[kind]
        }
    )


async def test_a_real_conversation_killed_twice_counts_the_same(tmp_path: Path) -> None:
    source = data("polis", "vtaiwan.uberx")
    found = read_polis(source)
    for lives_s in LIVES_S:
        with start_import(source, tmp_path / "data") as process:
            await anyio.sleep(lives_s)
            assert process.poll() is None, "it ended before it was killed"
            process.send_signal(signal.SIGKILL)
    begun = time.monotonic()
    with start_import(source, tmp_path / "data") as last:
        out, _ = await anyio.to_thread.run_sync(lambda: last.communicate(timeout=PATIENCE_S))
    assert last.returncode == 0
    sys.stdout.write(f"{out.decode()}the last run took {time.monotonic() - begun:.1f} s\n")
    assert "49,997 reaction commands accepted" in out.decode()
    assert await counted(tmp_path / "data", found) == found.expected()
