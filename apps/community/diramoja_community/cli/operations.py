"""What an operator sees: `status` and `trace`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from diramoja_community.chain import Step

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(trace)


def status(context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show servers, workers, what waits, and the agents by kind."""
    import msgspec

    from diramoja_community.health import Health, read_health

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> Health:
        return await read_health(attached.process)

    health = console.run(work, worker=False)
    if json:
        console.answer(msgspec.json.encode(health).decode())
        return
    console.table("instance", "", rows=list(health.instance.items()))
    console.table(
        "worker",
        "roles",
        "host",
        "pid",
        "partitions",
        rows=[(each.id, each.roles, each.host, str(each.pid), str(each.partitions)) for each in health.workers],
    )
    console.table(
        "kind",
        "running",
        "paused",
        "failed",
        rows=[
            (f"{kind} (paused)" if kind in health.paused_kinds else kind, *(str(modes.get(m, 0)) for m in _MODES))
            for kind, modes in health.agents.items()
        ],
    )
    console.table("commands in the stream", "partitions without a worker", rows=[_queue(health)])


_MODES = ("running", "paused", "failed")


def _queue(health: Any) -> tuple[str, str]:
    return str(health.stored_commands), str(health.unowned_partitions)


def trace(
    context: typer.Context,
    correlation: Annotated[str, typer.Argument(metavar="ID", help="The correlation of the chain: its first command.")],
) -> None:
    """Show one chain of messages as a tree."""
    from diramoja.core.errors import MissingError
    from diramoja.core.ports.records import Operations
    from diramoja_community.chain import chain_of

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> Any:
        return await attached.ports.get(Operations).trace(correlation)

    rows = console.run(work, worker=False)
    if not rows:
        raise MissingError(f"Nothing is known of {correlation}.", cure="Ids are shown in logs and as X-Request-Id.")
    _print_tree(chain_of(correlation, rows))


def _print_tree(root: "Step") -> None:
    from rich.console import Console as Rich
    from rich.markup import escape
    from rich.tree import Tree

    def branch(tree: Tree, step: "Step") -> None:
        for link in step.links:
            where = f" {link.kind} {link.agent}" if link.kind else ""
            tree.add(escape(f"{link.at:%H:%M:%S.%f} {link.what}: {link.name}{where}"))
        for each in step.steps:
            branch(tree.add(escape(each.command)), each)

    tree = Tree(escape(root.command))
    branch(tree, root)
    Rich(soft_wrap=True).print(tree, highlight=False)
