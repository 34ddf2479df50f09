"""A plugin with commands of its own, for tests of the command line; installed by a folder on PYTHONPATH."""

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import typer
from litestar import Controller, get

from diramoja.core import AgentKind, Command, Context, Decision, Plugin, Reply, Settings, State, hookimpl
from diramoja.core.adapter import AdapterSpec
from diramoja.core.commands import CommandHost
from tests.support.counters import Add, Added, Total, counter

ROOT = Path(__file__).resolve().parents[2]


class Explode(Command):
    """Raise."""


class Bomb(State):
    phase: Literal["absent"] = "absent"
    heard: int = 0


class Hear(Command):
    total: int


bomb = AgentKind("bomb", Bomb, prefix="bmb")


@bomb.on("absent")
def explode(state: Bomb, message: Explode, context: Context) -> Decision:
    raise RuntimeError("as asked")


@bomb.on("absent")
def hear(state: Bomb, message: Hear, context: Context) -> Decision:
    return state.but(heard=message.total), Reply(Total(message.total))


bomb.hears(Added, to=lambda event: [("bmb_1", Hear(event.total))])


class Hello(Controller):
    path = "/hello"

    @get("/", permission="hello.read")
    async def hello(self) -> dict[str, str]:
        return {"hello": "there"}


@hookimpl
def register_plugin() -> Plugin:
    return Plugin(name="cli_test", kinds=[counter, bomb], routes=[Hello], permissions={"hello.read": {"guest"}})


class CacheSettings(Settings, frozen=True, kw_only=True):
    """Of the cache."""

    api_key: str = ""


class MemoryCache:
    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}

    async def get(self, key: str) -> bytes | None:
        return None

    async def put(self, key: str, value: bytes, ttl_s: float) -> None: ...

    async def drop(self, key: str) -> None: ...

    async def count(self, key: str, ttl_s: float) -> int:
        count, until = self._counts.get(key, (0, time.monotonic() + ttl_s))
        self._counts[key] = (count + 1, until)
        return count + 1


@asynccontextmanager
async def _open(_settings: CacheSettings) -> AsyncIterator[Mapping[str, object]]:
    yield {"cache": MemoryCache()}


@hookimpl
def register_adapter() -> AdapterSpec:
    return AdapterSpec(name="cli_cache", ports=["cache"], settings=CacheSettings, open=_open)


@hookimpl
def register_commands(cli: Any) -> None:
    group = typer.Typer(help="Count and explode.")

    @group.command()
    def add(context: typer.Context, agent: str, amount: int) -> None:
        host: CommandHost = context.obj
        typer.echo(host.run(lambda attached: attached.send("counter", agent, Add(amount)))["total"])

    @group.command("explode")
    def explode_one(context: typer.Context, agent: str) -> None:
        host: CommandHost = context.obj
        host.run(lambda attached: attached.send("bomb", agent, Explode()))

    cli.add_typer(group, name="counting")


def installation(folder: Path) -> dict[str, str]:
    """Install this plugin in a folder; the environment in which it is found."""
    info = folder / "cli_test-3.4.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cli-test\nVersion: 3.4\n")
    (info / "entry_points.txt").write_text("[diramoja]\ncli_test = tests.support.cli_plugin\n")
    path = os.pathsep.join([str(folder), str(ROOT)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIRAMOJA_")}
    return kept | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "share")}
