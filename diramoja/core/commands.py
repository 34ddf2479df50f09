"""How the commands that a plugin adds to the command line reach a deployment.

    @hookimpl
    def register_commands(cli: Any) -> None:
        cli.add_typer(badges, name="badges")

    @badges.command()
    def award(context: typer.Context, member: str) -> None:
        host: CommandHost = context.obj
        host.run(lambda attached: attached.send("badge", member, Award()))

The options --data, --config, --set and --debug belong to every command; errors of ours become one line and exit code 1.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from diramoja.core.agents import AgentKind
from diramoja.core.messages import Command
from diramoja.core.registry import Ports, Registry

__all__ = ["Attached", "CommandHost"]


class Attached(Protocol):
    """A deployment that a command works on."""

    @property
    def ports(self) -> Ports:
        """Adapters by their protocol, settings by their class."""
        ...

    @property
    def registry(self) -> Registry:
        """What the plugins brought."""
        ...

    async def send(self, kind: AgentKind[Any] | str, agent: str, command: Command, *, key: str = "") -> Any:
        """The committed answer as builtins; None where it has no body.

        The sender is "" (the command line) with the role admin. The same `key` again meets the first answer.

        Raises:
            ConflictError: the agent rejects it; `code` is its own.
            UnavailableError: no answer in time.
        """
        ...


class CommandHost(Protocol):
    """The object of the Typer context."""

    def attach(self) -> AbstractAsyncContextManager[Attached]:
        """Attach to the instance that runs on the data folder, or start servers and a worker for the block."""
        ...

    def run[T](self, work: Callable[[Attached], Awaitable[T]]) -> T:
        """Attach and do this, from synchronous code."""
        ...
