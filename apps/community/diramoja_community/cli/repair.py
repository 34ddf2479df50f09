"""`diramoja repair`: what workers refuse to decide by themselves."""

from typing import TYPE_CHECKING

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from diramoja_community.control import Repaired

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Set right what workers refuse to decide by themselves.")
    group.command()(broker)
    group.command()(kinds)
    app.add_typer(group, name="repair")


def broker(context: typer.Context) -> None:
    """Go on with the COMMANDS stream that is there now, after the one that was read so far was lost.

    What the lost stream held and no worker had decided is lost with it; the clients got no answer, and their repeats
    are decided. What the stream there holds is decided now, none of it twice.
    """
    from diramoja_community import control

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> "Repaired":
        return await control.repair_broker(attached.process.environment)

    done = console.run(work, worker=False)
    console.answer(
        f"COMMANDS is the stream created at {done.created:%Y-%m-%d %H:%M:%S} UTC, with {done.messages} commands; "
        f"{done.moved} of the cursors moved. Workers go on by themselves."
    )


def kinds(context: typer.Context) -> None:
    """Let the plugins that are installed here be those that write, after an older version or fewer were installed."""
    from diramoja.core.ports.records import Operations

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> int:
        versions = attached.registry.versions
        await attached.ports.get(Operations).adopt_versions(versions)
        return len(versions)

    console.answer(f"Workers with these {console.run(work, worker=False)} versions go on by themselves.")
