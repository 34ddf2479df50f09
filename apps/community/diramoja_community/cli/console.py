"""What every command has in hand: where to print, what to load, and the deployment to work on."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diramoja.core.agents import AgentKind
    from diramoja.core.host import Found
    from diramoja.core.messages import Command
    from diramoja.core.registry import Ports, Registry
    from diramoja_community.deployment import Loaded
    from diramoja_community.dispatch import Dispatcher
    from diramoja_community.process import Process

__all__ = ["AttachedProcess", "Console"]

MARKS = {"VERSION", "lock", "secrets", "simulation.json", "diramoja.toml"}
"""One of them lies in every data folder that something was done with."""
NOTHING_YET = {"lost+found", "logs", "run"}
"""Of a file system of its own; and what a beginning that was killed at once leaves."""


class AttachedProcess:
    """See `diramoja.core.commands.Attached`."""

    def __init__(self, process: "Process", dispatcher: "Dispatcher") -> None:
        self.process = process
        self._dispatcher = dispatcher

    @property
    def ports(self) -> "Ports":
        """See the protocol."""
        return self.process.ports

    @property
    def registry(self) -> "Registry":
        """See the protocol."""
        return self.process.registry

    async def send(self, kind: "AgentKind[Any] | str", agent: str, command: "Command", *, key: str = "") -> Any:
        """See the protocol."""
        import hashlib
        import secrets

        import msgspec

        from diramoja.core.errors import ConflictError
        from diramoja.core.messages import encode

        name = kind if isinstance(kind, str) else kind.name
        answer = await self._dispatcher.send(
            name,
            agent,
            command,
            sender="",
            roles=["admin"],
            key=key or secrets.token_hex(16),
            digest=hashlib.blake2b(f"{name}:{agent}:".encode() + encode(command), digest_size=16).digest(),
        )
        body = msgspec.json.decode(answer.body) if answer.body else None
        if answer.status >= 400:  # noqa: PLR2004  # RFC 9110: client and server errors
            problem = body if isinstance(body, dict) else {}
            raise ConflictError(problem.get("detail", "Rejected."), code=problem.get("code", "rejected"))
        return body


class Console:
    """The object of the Typer context; see `diramoja.core.commands.CommandHost`."""

    def __init__(self) -> None:
        self.debug = False
        self.data: Path | None = None
        self._config: Path | None = None
        self.options: list[str] = []

    def choose(self, *, data: Path | None, config: Path | None, options: Sequence[str], debug: bool) -> None:
        """What the shared options say."""
        self.data, self._config, self.debug = data, config, debug
        self.options = [*([f"deployment.data={data}"] if data is not None else []), *options]

    # --- saying ---

    def say(self, line: str) -> None:
        """Progress and remarks, on standard error."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201  # the command line prints

    def complain(self, message: str) -> None:
        """An error, on standard error."""
        self.say(f"error: {message}")

    def answer(self, line: str) -> None:
        """A result, on standard output."""
        print(line, flush=True)  # noqa: T201  # the command line prints

    def table(self, *columns: str, rows: Sequence[Sequence[str]], title: str = "") -> None:
        """A table on standard output; plain where that is no terminal."""
        from rich.console import Console as Rich
        from rich.markup import escape
        from rich.table import Table

        wide = None if sys.stdout.isatty() else 200
        made = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for row in rows:
            made.add_row(*(escape(cell) for cell in row))
        Rich(width=wide).print(made)

    # --- loading ---

    @cached_property
    def found(self) -> "Found":
        """What is installed."""
        from diramoja.core.host import discover

        return discover()

    @property
    def config(self) -> Path | None:
        """The deployment file: as given, or in the working folder, or in the data folder, or none."""
        from diramoja_community.deployment import DEFAULT_FILE, default_data

        if self._config is not None:
            return self._config
        folders = [Path(), self.data or default_data()]
        return next((folder / DEFAULT_FILE for folder in folders if (folder / DEFAULT_FILE).is_file()), None)

    def load(self, *options: str, quiet: bool = True) -> "Loaded":
        """The deployment; sets up logging.

        Args:
            options: more settings, over all others.
            quiet: log warnings only, where the settings do not say otherwise.
        """
        import msgspec

        from diramoja_community.deployment import load_deployment
        from diramoja_community.logs import LogSettings, configure_logs

        loaded = load_deployment(self.config, [*self.options, *options], os.environ, found=self.found)
        logging = loaded.settings.of(LogSettings)
        if quiet and not loaded.settings.is_given("logging", "level"):
            logging = msgspec.structs.replace(logging, level="warning")
        configure_logs(logging)
        return loaded

    def shared_options(self, loaded: "Loaded") -> list[str]:
        """Options for another process of the same deployment."""
        options = ["--data", str(loaded.data)]
        if self.config is not None:
            options += ["--config", str(self.config)]
        return options + [part for each in self.options for part in ("--set", each)]

    def announce_new(self, folder: Path) -> None:
        """Say that a data folder has nothing in it yet, since its name may be mistyped; on a terminal ask first.

        Raises:
            SettingsError: nothing is to be made there.
        """
        from diramoja.core.errors import SettingsError

        if folder.is_dir() and not os.access(folder, os.R_OK):
            return  # Another user's: whoever opens it says so.
        held = {each.name for each in folder.iterdir()} - NOTHING_YET if folder.is_dir() else set()
        if held & MARKS:
            return
        if held:
            cure = "Name the folder of your instance, or an empty one."
            raise SettingsError(f"{folder} is no data folder, and holds other things.", cure=cure)
        self.say(f"note: {folder} holds nothing yet; a new instance begins there.")
        if self.data is not None and sys.stdin.isatty() and sys.stderr.isatty():
            from typer import confirm

            if not confirm("Go on?", err=True):
                raise SettingsError(f"{folder} is no data folder.", cure="Name the folder of your instance.")

    # --- working ---

    @asynccontextmanager
    async def attach(self, *, worker: bool = True) -> AsyncIterator[AttachedProcess]:
        """Attach to the instance that runs, or be one for the block; with a worker where none lives."""
        import secrets

        from diramoja.core.ports.broker import Broker
        from diramoja.core.ports.records import Operations
        from diramoja_community.dispatch import Dispatcher, DispatchSettings
        from diramoja_community.process import open_process
        from diramoja_community.running import running_worker

        loaded = self.load()
        self.announce_new(loaded.data)
        async with AsyncExitStack() as stack:
            opening = open_process(loaded, join="if running", on_progress=self._progress)
            process = await stack.enter_async_context(opening)
            operations = process.ports.get(Operations)
            is_alone = process.servers is not None or not await operations.workers()
            if worker and is_alone:
                await stack.enter_async_context(running_worker(process))
            name = f"cli-{secrets.token_hex(8)}"
            dispatcher = Dispatcher(process.ports.get(Broker), operations, loaded.settings.of(DispatchSettings), name)
            yield AttachedProcess(process, await stack.enter_async_context(dispatcher.serving()))

    def run[T](self, work: Callable[[AttachedProcess], Awaitable[T]], *, worker: bool = True) -> T:
        """Attach and do this, from synchronous code."""

        async def attached() -> T:
            async with self.attach(worker=worker) as process:
                return await work(process)

        return self.run_async(attached)

    def run_async[T](self, main: Callable[[], Awaitable[T]]) -> T:
        """An event loop for this; uvloop where it is installed."""
        from importlib.util import find_spec

        import anyio

        return anyio.run(main, backend_options={"use_uvloop": find_spec("uvloop") is not None})

    def _progress(self, line: str) -> None:
        if sys.stderr.isatty() or self.debug:
            self.say(f"· {line}")
