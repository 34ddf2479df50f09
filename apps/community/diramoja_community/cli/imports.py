"""`diramoja import` and `diramoja demo`: conversations from elsewhere, brought in as commands through the agents."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from diramoja_community.importing.importer import Imported, Progress
    from diramoja_community.importing.polis import Conversation

__all__ = ["add_to"]

DEMO = Path(__file__).parent.parent / "importing" / "demo"

imports = typer.Typer(help="Bring conversations from elsewhere in.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(imports, name="import")
    app.command()(demo)


@imports.callback()
def _imports() -> None:
    """Keep `import polis` a subcommand, though it is the only one so far."""


@imports.command()
def polis(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(help="An export: comments, participants-votes, votes, summary (.csv or .csv.gz)."),
    ],
) -> None:
    """Import a Polis conversation: participants as members, statements as posts, votes as reactions.

    It can be broken off and run again, as often as you like: what was done is not done twice.
    """
    _bring_in(context.obj, folder)


def demo(context: typer.Context) -> None:
    """Import a small made-up conversation, to have something to look at."""
    _bring_in(context.obj, DEMO)


def _bring_in(console: Console, folder: Path) -> None:
    from diramoja_community.importing.polis import read_polis

    conversation = read_polis(folder)
    begun = time.monotonic()
    done = console.run(lambda attached: _import(attached, conversation))
    took = time.monotonic() - begun
    refused = sum(done.refused.values())
    console.answer(
        f"{conversation.title}: topic {done.topic}, {done.members:,} members, {done.statements:,} statements, "
        f"{done.reactions:,} reaction commands accepted, {refused:,} refused, in {took:.1f} s"
    )
    if refused:
        console.table("refused because", "commands", rows=[(code, str(n)) for code, n in done.refused.items()])


async def _import(attached: AttachedProcess, conversation: "Conversation") -> "Imported":
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from diramoja.core.ports.broker import Broker
    from diramoja.core.ports.records import Operations
    from diramoja_community.importing.importer import Importer

    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Terminal(stderr=True)) as bars:
        ports = attached.ports
        importer = Importer(ports.get(Broker), ports.get(Operations), conversation, _shown_by(bars))
        return await importer.run()


def _shown_by(bars: object) -> "Progress":
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    assert isinstance(bars, Bars)
    known: dict[str, TaskID] = {}

    def show(what: str, done: int, whole: int) -> None:
        if what not in known:
            known[what] = bars.add_task(what, total=whole)
        bars.update(known[what], completed=done)

    return show
