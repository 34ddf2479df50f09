"""`diramoja agents`: list them; pause, resume and restart one, or a whole kind."""

from typing import TYPE_CHECKING, Annotated

import typer

from diramoja_community.cli.console import AttachedProcess, Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diramoja.core.ports.rows import AgentSummary

__all__ = ["add_to"]

Kind = Annotated[str, typer.Argument(help="The kind of agent.")]
Id = Annotated[str, typer.Argument(help="The agent's id; without it: all agents of the kind.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="List, pause, resume and restart agents.")
    group.command("list")(list_agents)
    for verb in (pause, resume, restart):
        group.command()(verb)
    app.add_typer(group, name="agents")


def list_agents(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="The kind; without it: how many there are of each.")] = "",
    *,
    mode: Annotated[str, typer.Option(help="Only those running, paused or failed.")] = "",
    after: Annotated[str, typer.Option(help="Begin after this id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
) -> None:
    """List agents with their phase, mode and parked commands."""
    from diramoja.core.ports.records import Operations
    from diramoja_community.control import check_kind

    console: Console = context.obj
    if not kind:
        _count(console)
        return

    async def work(attached: AttachedProcess) -> "Sequence[AgentSummary]":
        check_kind(attached.registry, kind)
        return await attached.ports.get(Operations).agents(kind, mode, after, limit)

    found = console.run(work, worker=False)
    rows = [(each.agent, each.phase, each.mode, str(each.parked), f"{each.at:%Y-%m-%d %H:%M:%S}") for each in found]
    console.table(kind, "phase", "mode", "parked", "changed", rows=rows)
    if len(found) == limit:
        console.say(f"More: --after {found[-1].agent}")


def _count(console: Console) -> None:
    from diramoja.core.ports.records import Operations

    async def work(attached: AttachedProcess) -> list[tuple[str, ...]]:
        counts = await attached.ports.get(Operations).agent_counts()
        modes = ("running", "paused", "failed")
        return [(kind, *(str(counts.get(kind, {}).get(mode, 0)) for mode in modes)) for kind in attached.registry.kinds]

    console.table("kind", "running", "paused", "failed", rows=console.run(work, worker=False))


def pause(context: typer.Context, kind: Kind, id: Id = "") -> None:
    """Pause: commands are kept and decided, in their order, after a resume."""
    _control(context, "pause", kind, id)


def resume(context: typer.Context, kind: Kind, id: Id = "") -> None:
    """Run again, beginning with the commands that were kept; also what has failed."""
    _control(context, "resume", kind, id)


def restart(context: typer.Context, kind: Kind, id: Id = "") -> None:
    """Forget what is in memory, read the committed state anew, and run."""
    _control(context, "restart", kind, id)


def _control(context: typer.Context, verb: str, kind: str, id: str) -> None:
    from diramoja_community.control import control_agent, control_kind

    console: Console = context.obj

    async def work(attached: AttachedProcess) -> str:
        if id:
            return await control_agent(attached.process.environment, verb, kind, id)
        return await control_kind(attached.process.environment, verb, kind)

    console.answer(console.run(work))
