"""What a deployment is made of, as values to print or to send."""

from collections.abc import Sequence
from typing import Any

import msgspec

from diramoja.core.agents import AgentKind
from diramoja.core.host import Brought, Found
from diramoja.core.plugin import Plugin
from diramoja.counting import all_methods
from diramoja_community.deployment import Loaded

__all__ = ["AdapterListing", "Inert", "KindListing", "Listing", "MethodListing", "PluginListing", "list_deployment"]


class KindListing(msgspec.Struct, frozen=True):
    """A kind with its phases and the commands it takes."""

    name: str
    prefix: str
    version: int
    phases: Sequence[str]
    commands: Sequence[str]


class PluginListing(msgspec.Struct, frozen=True):
    """A plugin of the deployment, in dependency order; `is_used` is False for one that is only installed."""

    name: str
    version: str
    distribution: str
    module: str
    is_used: bool
    uses: Sequence[str]
    kinds: Sequence[KindListing]
    events: Sequence[str]
    ports: Sequence[str]
    permissions: Sequence[str]


class AdapterListing(msgspec.Struct, frozen=True):
    """An adapter; `serves` are the ports for which it was chosen."""

    name: str
    version: str
    distribution: str
    module: str
    provides: Sequence[str]
    serves: Sequence[str]


class MethodListing(msgspec.Struct, frozen=True):
    """A method of counting, and what its ballots hold; `distribution` is "" for those that DiraMoja brings."""

    name: str
    title: str
    form: str
    distribution: str


class Inert(msgspec.Struct, frozen=True):
    """A kind that hears an event which no plugin of the deployment publishes."""

    kind: str
    event: str


class Listing(msgspec.Struct, frozen=True):
    """All of it."""

    plugins: Sequence[PluginListing]
    adapters: Sequence[AdapterListing]
    methods: Sequence[MethodListing]
    inert: Sequence[Inert]


def list_deployment(loaded: Loaded) -> Listing:
    """Plugins, adapters, methods of counting and inert hearings of a deployment."""
    deployment, found = loaded.deployment, loaded.found
    used = [each.value.name for each in deployment.plugins]
    events = deployment.events()
    others = [each for name, each in found.plugins.items() if name not in used]
    return Listing(
        [_plugin(each, events.get(each.value.name)) for each in [*deployment.plugins, *others]],
        [
            AdapterListing(
                name,
                each.value.version or each.version,
                each.distribution,
                each.module,
                list(each.value.ports),
                [port for port, names in deployment.ports.items() if name in names],
            )
            for name, each in found.adapters.items()
        ],
        _methods(found),
        [Inert(hearing.kind, hearing.event.wire_name) for hearing in deployment.inert],
    )


def _methods(found: Found) -> list[MethodListing]:
    origins = {each.name: brought.distribution for brought in found.counting_methods for each in brought.value}
    known = all_methods(found.counting_methods).values()
    return [MethodListing(each.name, each.title, each.form, origins.get(each.name, "")) for each in known]


def _plugin(brought: Brought[Plugin], events: Sequence[Any] | None) -> PluginListing:
    plugin = brought.value
    return PluginListing(
        plugin.name,
        plugin.version or brought.version,
        brought.distribution,
        brought.module,
        events is not None,
        list(plugin.uses),
        [_kind(kind) for kind in plugin.kinds],
        [event.wire_name for event in events or ()],
        [spec.name for spec in plugin.ports],
        sorted(plugin.permissions),
    )


def _kind(kind: AgentKind[Any]) -> KindListing:
    return KindListing(kind.name, kind.prefix, kind.state.schema_version, list(kind.phases), sorted(kind.commands))
