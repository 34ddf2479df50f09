"""Instances of the servers in a process of their own, to be killed; and how to look at what is left."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import asyncpg
from nats.aio.client import Client

from diramoja.adapters.embedded.reaper import server_processes

__all__ = ["Instance", "left_running", "nats_answers", "postgres_answers"]

ROOT = Path(__file__).parents[3]


def left_running(folder: Path) -> dict[int, str]:
    """Servers on the folder, and PostgreSQL's children that outlived their postmaster."""
    resolved = folder.resolve()
    children = {}
    for entry in Path("/proc").iterdir() if Path("/proc").exists() else ():
        try:
            if entry.name.isdigit() and entry.joinpath("cwd").readlink() == resolved / "postgres":
                children[int(entry.name)] = "postgres child"
        except OSError:
            continue
    return {**children, **server_processes(resolved)}


class Instance:
    """`host.py` as a child process; `said` waits until its servers are ready, or it has said why not."""

    def __init__(
        self, folder: Path, servers: Sequence[str] = ("postgres", "nats"), *, prefix: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*prefix, sys.executable, str(Path(__file__).with_name("host.py")), str(folder), *servers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )

    @cached_property
    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(line or b'{"code": "silent"}')
        return found

    @property
    def urls(self) -> dict[str, str]:
        urls: dict[str, str] = self.said["urls"]
        return urls

    @property
    def pids(self) -> list[int]:
        pids: list[int] = self.said["pids"]
        return pids

    def close(self) -> None:
        """Let it stop in order, or take its rest where it was killed."""
        try:
            self.process.communicate(timeout=20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


async def postgres_answers(url: str, query: str = "select 1") -> Any:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def nats_answers(url: str) -> bool:
    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, connect_timeout=5)
        await client.flush(5)
    finally:
        await client.close()
    return True
