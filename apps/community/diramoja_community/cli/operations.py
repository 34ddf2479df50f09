"""What an operator sees: `status` and `trace`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from diramoja_community.chain import Step
    from diramoja_community.overview import Overview

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(trace)


def status(context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show servers, workers, what waits, and the agents by kind."""
    import msgspec

    from diramoja_community.overview import Overview, read_overview

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> Overview:
        return await read_overview(attached.process)

    seen = console.run(work, worker=False)
    if json:
        console.answer(msgspec.json.encode(seen).decode())
    else:
        _print_overview(console, seen)


def _print_overview(console: Console, seen: "Overview") -> None:
    figures = {
        "commands waiting": str(seen.waiting_commands),
        "commands stored": str(seen.stored_commands),
        "partitions without a worker": str(seen.unowned_partitions),
    }
    console.table("instance", "", rows=[*seen.instance.items(), *figures.items()])
    shares = [
        (each.id, each.roles, each.host, str(each.pid), each.unfit or str(each.partitions)) for each in seen.workers
    ]
    console.table("worker", "roles", "host", "pid", "partitions", rows=shares)
    if seen.lags:
        lags = [(str(each.partition), each.owner, str(each.waiting), f"{each.oldest_s:.1f}") for each in seen.lags]
        console.table("partition", "worker", "waiting", "oldest (s)", rows=lags)
    modes = ("running", "paused", "failed")
    agents = [
        (f"{kind} (paused)" if kind in seen.paused_kinds else kind, *(str(counts.get(mode, 0)) for mode in modes))
        for kind, counts in seen.agents.items()
    ]
    console.table("kind", *modes, rows=agents)


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
        raise MissingError(
            f"Nothing is known of {correlation}.",
            cure="The id is the header X-Correlation-ID of the answer: <member>:<Idempotency-Key>.",
        )
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
