"""`diramoja up` and `diramoja migrate`."""

from typing import Annotated

import typer

from diramoja_community.cli.console import Console

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(migrate)


def up(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for a free one.")] = None,
    roles: Annotated[str, typer.Option(help="gateway, worker, jobs (separated by commas) or all.")] = "",
    *,
    join: Annotated[
        bool, typer.Option("--join", help="Join the instance on the data folder: use its servers, add roles.")
    ] = False,
    crew: Annotated[bool, typer.Option("--crew", hidden=True, help="End when standard input ends.")] = False,
) -> None:
    """Run the platform in the foreground; prints one line that begins with `ready` when all is accepted."""
    console: Console = context.obj
    given = {"deployment.host": host, "deployment.port": port, "deployment.roles": roles}
    options = [f"{name}={value}" for name, value in given.items() if value not in ("", None)]

    async def main() -> None:
        from diramoja_community.cli.foreground import serve

        loaded = console.load(*options, quiet=False)
        console.announce_new(loaded.data)
        await serve(console, loaded, join=join, crew=crew)

    console.run_async(main)


def migrate(
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be applied.")] = False,
) -> None:
    """Bring the database up to this version; `up` does it too."""
    console: Console = context.obj

    async def main() -> list[str]:
        from diramoja_community.process import migrate_only

        loaded = console.load()
        console.announce_new(loaded.data)
        return await migrate_only(loaded, dry_run=dry_run)

    labels = console.run_async(main)
    for label in labels:
        console.answer(label)
    console.say(f"{len(labels)} migrations {'would be ' if dry_run else ''}applied")
