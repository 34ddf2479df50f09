"""What a plugin brings, as one value."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from diramoja.core.agents import AgentKind
from diramoja.core.gateway import Reader
from diramoja.core.jobs import Job
from diramoja.core.ports.database import Database
from diramoja.core.projections import RecordProjection, ViewProjection
from diramoja.core.settings import Settings

__all__ = ["ROLES", "Channel", "Conduct", "Holding", "Plugin", "PortSpec", "Walls", "included"]

type Conduct = Literal["", "restricted", "suspended", "leaving", "erased"]
"""What keeps a member from writing: people decided so, or the member; "" where nothing does."""

LADDER: tuple[str, ...] = ("guest", "supporter", "member", "active_member")
ROLES: tuple[str, ...] = (*LADDER, "leader", "official", "moderator", "membership_officer", "admin")
"""Roles that permissions name: each of the ladder includes those before it, leader and official include the whole
ladder; moderator, membership_officer and admin are given in addition."""


def included(role: str) -> frozenset[str]:
    """The role and those that it includes."""
    if role in LADDER:
        return frozenset(LADDER[: LADDER.index(role) + 1])
    return frozenset({role, *(LADDER if role in ("leader", "official") else ())})


@attrs.frozen
class Channel:
    """Who may hear the live events of a kind: holders of a permission, and for private ones the agent itself.

    `own=True`: only the member whose id is the agent's. `allows`: asked for each reader, with the agent's id, when they
    subscribe and every ten seconds. `author`: the field of its events that names the member whose doing each is; for a
    reader from whom a wall keeps them apart `data` is null.

    `changes`: the event after which `allows` is asked at once. `hints_of`: the channel has a name of its own, such as
    `moderation:queue`, and hints without a number that something happened to an agent of this kind, and to which.
    `presence`: who listens is told who else does. `typing`: the permission of those who may say that they are typing,
    where `may_write` of them, asked with the agent's id.
    """

    permission: str
    own: bool = False
    allows: Callable[[Database, str, Reader], Awaitable[bool]] | None = None
    author: str = ""
    changes: str = ""
    hints_of: str = ""
    presence: bool = False
    typing: str = ""
    may_write: Callable[[Database, str, Reader], Awaitable[bool]] | None = None


@attrs.frozen
class Walls:
    """Who keeps whom apart: of these members, member → those whose doing they do not see, nor these theirs.

    `kind` publishes something live whenever that changes.
    """

    kind: str
    query: Callable[[Database, Sequence[str]], Awaitable[Mapping[str, frozenset[str]]]]


@attrs.frozen
class PortSpec:
    """A port that a plugin needs: its name in `[ports]` and its protocol class."""

    name: str
    protocol: type


@attrs.frozen
class Holding:
    """What a plugin holds of a member, for their export: a page of it, and where the next one begins.

    `query` takes the member, where to begin ("" from the start) and how many, then any port; "" says: no more. It gives
    what the member may know: never what others did that is not shown to them.
    """

    name: str
    query: Callable[..., Awaitable[tuple[Sequence[Mapping[str, Any]], str]]]


@attrs.frozen
class Plugin:
    """All that one plugin brings; declarations only.

    Attributes:
        name: unique in a deployment; also the section of its settings.
        kinds: agent kinds. `records`, `views`, `jobs`: see `diramoja.core.projections` and `.jobs`.
        routes: Litestar controllers, mounted under /v1 by the application.
        permissions: permission → the roles that have it (a role has what the roles below it have).
        channels: kind, or a name of its own → who may hear its live events.
        ports: ports its jobs, views, facts and routes ask for, besides the database.
        uses: plugins that must be there; acyclic, and the order of migrations.
        migrations: folder of numbered SQL files, or None.
        settings: class of its settings, or None.
        walls: who keeps whom apart, for live channels; at most one plugin says so.
        shown: of these members, those who let others see that they are there; at most one plugin says so.
        conduct: what keeps a member from writing, asked before they write; at most one plugin says so.
        holds: what it holds of a member, for exports; what names one is erased by `ForgetMember` of the member plugin.
        locale: folder of its catalogues `<language>.po` of what people read, or None.
        version: of the plugin, as shown by `diramoja plugins`.
    """

    name: str
    kinds: Sequence[AgentKind[Any]] = ()
    records: Sequence[RecordProjection] = ()
    views: Sequence[ViewProjection] = ()
    jobs: Sequence[Job[Any]] = ()
    routes: Sequence[type] = ()
    permissions: Mapping[str, frozenset[str] | set[str]] = attrs.field(factory=dict)
    channels: Mapping[str, Channel] = attrs.field(factory=dict)
    ports: Sequence[PortSpec] = ()
    uses: Sequence[str] = ()
    migrations: Path | None = None
    settings: type[Settings] | None = None
    walls: Walls | None = None
    shown: Callable[[Database, Sequence[str]], Awaitable[frozenset[str]]] | None = None
    conduct: Callable[[Database, str], Awaitable[Conduct]] | None = None
    holds: Sequence[Holding] = ()
    locale: Path | None = None
    version: str = ""
