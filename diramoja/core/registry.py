"""The registry: what a deployment's plugins brought, looked up by the runtime. Pure; the host has validated it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

import attrs

from diramoja.core.agents import AgentKind, Hearing
from diramoja.core.errors import PluginError
from diramoja.core.jobs import Job
from diramoja.core.messages import Event, Row
from diramoja.core.plugin import ROLES, Channel, Plugin, included
from diramoja.core.projections import RecordProjection, ViewProjection
from diramoja.core.settings import Settings

__all__ = ["Ports", "Registry"]


class Ports:
    """Adapters by the protocol class that a function's annotation names, and settings by theirs."""

    def __init__(self, provided: Mapping[type, object]) -> None:
        self._provided = dict(provided)
        self._wanted: dict[Callable[..., Any], dict[str, type]] = {}

    def get[T](self, protocol: type[T]) -> T:
        """The adapter of a port.

        Raises:
            PluginError: the deployment has none.
        """
        try:
            return self._provided[protocol]  # type: ignore[return-value]  # stored by its protocol
        except KeyError:
            raise PluginError(
                f"No adapter provides {protocol.__name__}.", cure="Name one in [ports] of the deployment file."
            ) from None

    def __contains__(self, protocol: type) -> bool:
        return protocol in self._provided

    def call[T](self, function: Callable[..., T], *first: Any) -> T:
        """Call with these first arguments and, for each further parameter, the port its annotation names."""
        wanted = self._wanted.get(function)
        if wanted is None:
            wanted = self._wanted[function] = wanted_ports(function, len(first))
        return function(*first, **{name: self.get(protocol) for name, protocol in wanted.items()})


def wanted_ports(function: Callable[..., Any], given: int) -> dict[str, type]:
    """Name → protocol of the parameters after the first `given`."""
    hints = get_type_hints(function)
    return {name: hints[name] for name in list(inspect.signature(function).parameters)[given:]}


@attrs.frozen
class Registry:
    """Lookup tables of one deployment.

    Attributes:
        kinds: by name. `events`: classes by wire name. `jobs`: by name.
        hearings: by event class, in the order of plugins.
        state_records: by kind name. `row_records`: by row class. `event_records`: by event class.
        settings: settings objects by their class.
    """

    plugins: Mapping[str, Plugin]
    kinds: Mapping[str, AgentKind[Any]]
    events: Mapping[str, type[Event]]
    hearings: Mapping[type[Event], Sequence[Hearing[Any]]]
    state_records: Mapping[str, Sequence[RecordProjection]]
    row_records: Mapping[type[Row], Sequence[RecordProjection]]
    event_records: Mapping[type[Event], Sequence[RecordProjection]]
    views: Sequence[ViewProjection]
    jobs: Mapping[str, Job[Any]]
    channels: Mapping[str, Channel]
    permissions: Mapping[str, frozenset[str]]
    settings: Mapping[type, Settings]

    @property
    def versions(self) -> dict[str, int]:
        """Schema versions that this deployment writes: `<kind>` its state, `<kind>/<name>` its rows and commands."""
        found = {name: kind.state.schema_version for name, kind in self.kinds.items()}
        for name, kind in self.kinds.items():
            commands = {verb: each.command for verb, each in kind.commands.items()}
            found |= {f"{name}/{each}": what.schema_version for each, what in {**commands, **kind.rows}.items()}
        return found

    @classmethod
    def of(cls, plugins: Sequence[Plugin], settings: Mapping[type, Settings] | None = None) -> "Registry":
        """From plugins in dependency order; settings that are not given have their defaults."""
        kinds = {kind.name: kind for plugin in plugins for kind in plugin.kinds}
        records = [record for plugin in plugins for record in plugin.records]
        views = [view for plugin in plugins for view in plugin.views]
        hearings = _grouped((hearing.event, hearing) for kind in kinds.values() for hearing in kind.hearings)
        heard = [*hearings, *(event for view in views for event in view.events)]
        events = {event.wire_name: event for event in [*heard, *(r.event for r in records if r.event)]}
        defaults = {plugin.settings: plugin.settings() for plugin in plugins if plugin.settings}
        return cls(
            plugins={plugin.name: plugin for plugin in plugins},
            kinds=kinds,
            events=events,
            hearings=hearings,
            state_records=_grouped((record.kind.name, record) for record in records if record.kind),
            row_records=_grouped((record.row, record) for record in records if record.row),
            event_records=_grouped((record.event, record) for record in records if record.event),
            views=views,
            jobs={job.name: job for plugin in plugins for job in plugin.jobs},
            channels={kind: channel for plugin in plugins for kind, channel in plugin.channels.items()},
            permissions={name: _with_higher(roles) for p in plugins for name, roles in p.permissions.items()},
            settings={**defaults, **(settings or {})},
        )


def _grouped(pairs: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _with_higher(roles: frozenset[str] | set[str]) -> frozenset[str]:
    """A permission of a role is one of every role that includes it too."""
    return frozenset(roles) | {role for role in ROLES if included(role) & roles}
