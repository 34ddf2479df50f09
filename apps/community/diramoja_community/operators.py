"""For administrators: the kinds, their agents, and pausing, resuming and restarting them."""

from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from litestar import Controller, get, post
from litestar.params import Parameter

from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.gateway import PageQuery, Reader, Send
from diramoja.core.messages import Command
from diramoja.core.ports.records import Operations, Records
from diramoja.core.ports.rows import AgentKey, Mode
from diramoja.core.registry import Registry
from diramoja_community.auth import OPERATE

__all__ = ["AgentList", "AgentView", "Agents", "KindView"]

log = structlog.get_logger(__name__)


class Pause(Command, name="_pause"):
    """Park what comes for an agent."""


class Resume(Command, name="_resume"):
    """Decide what was parked, in order."""


class Restart(Command, name="_restart"):
    """Load an agent anew from its snapshot, and let a failed one run again."""


class KindView(msgspec.Struct):
    """A kind: whether all of it is paused, and its agents by mode."""

    kind: str
    mode: Mode
    agents: dict[str, int]
    phases: list[str]


class AgentView(msgspec.Struct):
    """An agent as stored. `parked`: commands that wait for it. `at`: of its last command."""

    id: str
    kind: str
    phase: str
    mode: str
    parked: int
    revision: int
    at: datetime


class AgentList(msgspec.Struct):
    """Kinds, and with `kind=` a page of its agents by id."""

    kinds: list[KindView]
    items: list[AgentView]
    next_cursor: str | None = None


class Agents(Controller):
    """Agents, as their operator sees them."""

    path = "/agents"
    tags = ["Operators"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission=OPERATE, summary="Kinds and agents")
    async def list_agents(
        self,
        *,
        registry: Registry,
        operations: Operations,
        records: Records,
        page: PageQuery,
        kind: Annotated[str, Parameter(max_length=64, description="Show the agents of this kind too.")] = "",
        mode: Annotated[str, Parameter(max_length=16, description="running, paused or failed")] = "",
    ) -> AgentList:
        """Counts of every kind; with `kind` its agents."""
        if kind:
            _check_kind(registry, kind)
        if mode not in ("", "running", "paused", "failed"):
            raise InvalidError("A mode is running, paused or failed.", code="mode_invalid")
        counts, modes = await operations.agent_counts(), await records.kind_modes()
        kinds = [
            KindView(name, modes.get(name, "running"), dict(counts.get(name, {})), list(each.phases))
            for name, each in registry.kinds.items()
            if not kind or name == kind
        ]
        if not kind:
            return AgentList(kinds, [])
        after = str(page.after[0]) if page.after else ""
        rows = await operations.agents(kind, mode, after, page.limit + 1)
        items = [AgentView(r.agent, r.kind, r.phase, r.mode, r.parked, r.revision, r.at) for r in rows[: page.limit]]
        more = len(rows) > page.limit
        return AgentList(kinds, items, PageQuery.cursor(items[-1].id) if more else None)

    @post("/{kind:str}/{agent_id:str}/pause", permission=OPERATE, status_code=204, summary="Pause an agent")
    async def pause(self, *, kind: str, agent_id: str, registry: Registry, records: Records, send: Send) -> None:
        """What comes for it is parked, in order."""
        await _check_agent(registry, records, kind, agent_id)
        await send(kind, agent_id, Pause())

    @post("/{kind:str}/{agent_id:str}/resume", permission=OPERATE, status_code=204, summary="Resume an agent")
    async def resume(self, *, kind: str, agent_id: str, registry: Registry, records: Records, send: Send) -> None:
        """What was parked is decided first, in order."""
        await _check_agent(registry, records, kind, agent_id)
        await send(kind, agent_id, Resume())

    @post("/{kind:str}/{agent_id:str}/restart", permission=OPERATE, status_code=204, summary="Restart an agent")
    async def restart(self, *, kind: str, agent_id: str, registry: Registry, records: Records, send: Send) -> None:
        """Load it anew from what is stored; a failed one runs again."""
        await _check_agent(registry, records, kind, agent_id)
        await send(kind, agent_id, Restart())

    @post("/{kind:str}/pause", permission=OPERATE, status_code=204, summary="Pause a kind")
    async def pause_kind(self, kind: str, registry: Registry, operations: Operations, reader: Reader) -> None:
        """All its agents, those to come included."""
        _check_kind(registry, kind)
        await operations.set_kind_mode(kind, "paused")
        log.info("kind_paused", kind=kind, by=reader.member)

    @post("/{kind:str}/resume", permission=OPERATE, status_code=204, summary="Resume a kind")
    async def resume_kind(self, kind: str, registry: Registry, operations: Operations, reader: Reader) -> None:
        """What was parked is decided first."""
        _check_kind(registry, kind)
        await operations.set_kind_mode(kind, "running")
        log.info("kind_resumed", kind=kind, by=reader.member)


def _check_kind(registry: Registry, kind: str) -> None:
    if kind not in registry.kinds:
        raise MissingError("There is no such kind of agent here.", code="kind_missing")


async def _check_agent(registry: Registry, records: Records, kind: str, agent: str) -> None:
    _check_kind(registry, kind)
    if not await records.snapshots([AgentKey(kind, agent)]):
        raise MissingError(f"There is no {kind} {agent}.", code="agent_missing")
