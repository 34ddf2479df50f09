"""`diramoja dead-letters`: commands that could not be decided."""

from typing import TYPE_CHECKING, Annotated

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diramoja.core.ports.rows import DeadLetter

__all__ = ["add_to"]

Id = Annotated[str, typer.Argument(help="The dead letter's id.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="List, show and replay commands that could not be decided.")
    group.command("list")(list_letters)
    group.command()(show)
    group.command()(replay)
    app.add_typer(group, name="dead-letters")


def list_letters(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    before: Annotated[str, typer.Option(help="Only those older than this one.")] = "",
) -> None:
    """List them, the newest first."""
    from diramoja.core.ports.records import Operations

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> "Sequence[DeadLetter]":
        return await attached.ports.get(Operations).dead_letters(limit, before)

    found = console.run(work, worker=False)
    rows = [
        (each.id, f"{each.at:%Y-%m-%d %H:%M:%S}", f"{each.kind} {each.agent}", each.verb, each.code, each.detail[:80])
        for each in found
    ]
    console.table("dead letter", "at", "agent", "command", "code", "detail", rows=rows)
    if len(found) == limit:
        console.say(f"More: --before {found[-1].id}")


def show(context: typer.Context, id: Id) -> None:
    """Show one with its traceback; personal fields are masked."""
    from diramoja.core.errors import MissingError
    from diramoja.core.ports.records import Operations

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> "DeadLetter | None":
        return await attached.ports.get(Operations).dead_letter(id)

    letter = console.run(work, worker=False)
    if letter is None:
        raise MissingError(f"There is no dead letter {id}.", code="dead_letter_missing")
    for name, value in letter._asdict().items():
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        console.answer(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}")


def replay(context: typer.Context, id: Id) -> None:
    """Send the command again; refused where personal data was masked."""
    from diramoja_community import control

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> str:
        return await control.replay(attached.process.environment, id)

    console.answer(console.run(work))
