"""The plugin host: finds what is installed, refuses what does not fit together, and composes a deployment.

    found = discover()                                  # built-ins and outside packages, the same way
    deployment = assemble(found, ports={"cache": "valkey"})

A broken entry point is refused even where nothing needs it: a deployment that starts is one that is whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pluggy

from diramoja.core.adapter import AdapterSpec
from diramoja.core.agents import AgentKind, Hearing
from diramoja.core.claims import check_claims, events_of
from diramoja.core.errors import PluginError
from diramoja.core.hooks import PROJECT, HookSpecs
from diramoja.core.jobs import Job
from diramoja.core.messages import Event
from diramoja.core.plugin import ROLES, Channel, Plugin, PortSpec
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.cache import Cache
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.projections import RecordProjection, ViewProjection
from diramoja.core.registry import Registry
from diramoja.core.settings import Settings, nearest

__all__ = ["CORE_PORTS", "Brought", "Deployment", "Found", "assemble", "discover"]

CORE_PORTS: Mapping[str, type] = {
    "records": Records,
    "jobs": JobStore,
    "event_log": EventLog,
    "operations": Operations,
    "database": Database,
    "broker": Broker,
    "cache": Cache,
    "clock": Clock,
}
"""Protocols of the ports that the core itself runs on; plugins add theirs by `PortSpec`."""

WITH_RECORDS = ("jobs", "event_log", "operations", "heartbeat")
"""Ports that come from whichever adapter provides `records`: they share its tables."""

NEEDED = ("records", "database", "broker")

_PARTS: Mapping[str, type] = {
    "kinds": AgentKind,
    "records": RecordProjection,
    "views": ViewProjection,
    "jobs": Job,
    "routes": type,
    "ports": PortSpec,
    "uses": str,
}


@attrs.frozen
class Brought[T]:
    """What an entry point brought, and where it came from. `home` is the package that holds its code."""

    value: T
    distribution: str
    version: str
    module: str

    @property
    def home(self) -> str:
        """`diramoja_badges` of `diramoja_badges.hooks`; a plugin in one module is its own home."""
        package, _, last = self.module.rpartition(".")
        return package if last == "hooks" else self.module

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.module})"


@attrs.frozen
class Found:
    """All plugins and adapters that are installed, by name; the hook that adds their commands; methods of counting."""

    plugins: Mapping[str, Brought[Plugin]]
    adapters: Mapping[str, Brought[AdapterSpec]]
    add_commands: Callable[[Any], None]
    counting_methods: Sequence[Brought[Sequence[Any]]] = ()

    def sections(self) -> dict[str, type[Settings]]:
        """The settings of all of them by section."""
        adapters = {name: each.value.settings for name, each in self.adapters.items()}
        return adapters | {name: each.value.settings for name, each in self.plugins.items() if each.value.settings}

    def providers(self) -> dict[str, list[str]]:
        """Port → adapters that provide it; ports that come with `records` are left out."""
        found: dict[str, list[str]] = {}
        for name, each in self.adapters.items():
            for port in each.value.ports:
                if port not in WITH_RECORDS:
                    found.setdefault(port, []).append(name)
        return found


@attrs.frozen
class Deployment:
    """A set of plugins that fit together and the adapters chosen for their ports.

    Attributes:
        plugins: in dependency order.
        ports: port → adapters, the primary first, then its fallbacks.
        protocols: port → the class that annotations name.
        inert: hearings of events that no plugin here publishes.
    """

    plugins: Sequence[Brought[Plugin]]
    adapters: Mapping[str, Brought[AdapterSpec]]
    ports: Mapping[str, Sequence[str]]
    protocols: Mapping[str, type]
    inert: Sequence[Hearing[Any]]

    def registry(self, settings: Mapping[type, Settings] | None = None) -> Registry:
        """The lookup tables for the runtime."""
        return Registry.of([each.value for each in self.plugins], settings)

    def migrations(self) -> list[tuple[str, Path]]:
        """(plugin, folder) in dependency order."""
        return [(each.value.name, each.value.migrations) for each in self.plugins if each.value.migrations]

    def events(self) -> dict[str, Sequence[type[Event]]]:
        """Plugin → the events it declares."""
        return {each.value.name: events_of(each.value, each.home) for each in self.plugins}


# --- finding ---


def discover(points: Iterable[EntryPoint] | None = None) -> Found:
    """Load every entry point of the group `diramoja` (or these, in tests).

    Raises:
        PluginError: one cannot be imported, declares a hook that does not exist, or returns nonsense.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    given = entry_points(group=PROJECT) if points is None else points
    origins: dict[str, Brought[None]] = {}
    for point in sorted(given, key=lambda each: (each.dist.name if each.dist else "", each.name)):
        origin = _origin(point)
        _register(manager, point, origin)
        origins[origin.module] = origin
    plugins = _called(manager, "register_plugin", Plugin, origins)
    for each in plugins:
        _check_parts(each)
    adapters = _called(manager, "register_adapter", AdapterSpec, origins)
    return Found(
        _by_name("plugin", plugins),
        _by_name("adapter", adapters),
        lambda cli: manager.hook.register_commands(cli=cli),
        _called(manager, "register_counting_methods", Sequence, origins),
    )


def _origin(point: EntryPoint) -> Brought[None]:
    distribution, version = (point.dist.name, point.dist.version) if point.dist else ("(no distribution)", "")
    return Brought(None, distribution, version, point.module)


def _register(manager: pluggy.PluginManager, point: EntryPoint, origin: Brought[None]) -> None:
    try:
        module = point.load()
    except Exception as error:
        raise PluginError(
            f"The entry point {point.name} of {origin} cannot be imported: {type(error).__name__}: {error}.",
            cure=f"Repair the module, or uninstall {origin.distribution}.",
        ) from error
    try:
        manager.register(module, name=origin.module)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(f"{origin} declares a wrong hook: {error}.".replace("\n", " "), cure=_hooks()) from error
    if not manager.get_hookcallers(module):
        what = "is a module" if isinstance(module, ModuleType) else "is an object"
        raise PluginError(f"{origin} {what} without a hook: no function there is marked @hookimpl.", cure=_hooks())


def _hooks() -> str:
    names = [name for name in vars(HookSpecs) if not name.startswith("_")]
    return f"The hooks are {', '.join(names)}; their parameters have the names of the specification."


def _called[T](
    manager: pluggy.PluginManager, hook: str, kind: type[T], origins: Mapping[str, Brought[None]]
) -> list[Brought[T]]:
    made = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        origin = origins[implementation.plugin_name]
        try:
            value = implementation.function()
        except Exception as error:
            raise PluginError(
                f"{hook} of {origin} raises {type(error).__name__}: {error}.", cure="A hook only returns declarations."
            ) from error
        if not isinstance(value, kind):
            raise PluginError(
                f"{hook} of {origin} returns {type(value).__name__}.", cure=f"It returns a {kind.__name__}."
            )
        made.append(Brought(value, origin.distribution, origin.version, origin.module))
    return made


def _by_name[T: (Plugin, AdapterSpec)](what: str, brought: Sequence[Brought[T]]) -> dict[str, Brought[T]]:
    found: dict[str, Brought[T]] = {}
    for each in brought:
        if not each.value.name.isidentifier() or each.value.name != each.value.name.lower():
            raise PluginError(f"{each} calls its {what} {each.value.name!r}.", cure="Use a-z, 0-9 and _.")
        if other := found.get(each.value.name):
            raise PluginError(f"{other} and {each} both bring the {what} {each.value.name}.", cure="Uninstall one.")
        found[each.value.name] = each
    return dict(sorted(found.items()))


def _check_parts(brought: Brought[Plugin]) -> None:
    """What mypy would have said, for authors who do not run it."""
    plugin = brought.value
    for field, kind in _PARTS.items():
        for part in getattr(plugin, field):
            if not isinstance(part, kind):
                raise PluginError(
                    f"Plugin {plugin.name} of {brought} has {part!r} among its {field}.", cure=f"Use {kind.__name__}."
                )
    for permission, roles in plugin.permissions.items():
        if unknown := set(roles) - set(ROLES):
            wrong = ", ".join(sorted(unknown))
            raise PluginError(
                f"Plugin {plugin.name} of {brought} gives {permission} to the unknown role {wrong}.",
                cure=nearest(wrong, ROLES),
            )
    kinds = {kind.name for kind in plugin.kinds}
    for name, channel in plugin.channels.items():
        if (getattr(channel, "hints_of", "") or name) not in kinds or not isinstance(channel, Channel):
            raise PluginError(
                f"Plugin {plugin.name} of {brought} declares a channel for {name}, which is no kind of its own.",
                cure=nearest(name, kinds),
            )
    if plugin.migrations is not None and not plugin.migrations.is_dir():
        raise PluginError(
            f"Plugin {plugin.name} of {brought} names migrations in {plugin.migrations}, which is no folder.",
            cure="Ship the folder with the package.",
        )


# --- composing ---


def assemble(
    found: Found, *, plugins: Sequence[str] = (), ports: Mapping[str, str] | None = None, needs: Iterable[str] = ()
) -> Deployment:
    """Choose plugins and adapters, and check that they fit together.

    Args:
        found: what is installed.
        plugins: names of those wanted; empty: all.
        ports: port → adapter, or "primary, fallback"; a port with one provider needs no word.
        needs: ports that the application asks for.

    Raises:
        PluginError: names the culprit and the cure.
    """
    if unknown := next((name for name in plugins if name not in found.plugins), None):
        raise PluginError(f"[deployment] plugins names {unknown}, which is not installed.", cure=_installed(found))
    chosen = {name: each for name, each in found.plugins.items() if name in plugins or not plugins}
    ordered = [chosen[name] for name in _in_order(chosen, found)]
    check_claims([(each.value, each.distribution, each.home) for each in ordered])
    wanted = _wanted(ordered, needs)
    adapters = _choose(found, wanted, {port: names for port, names in (ports or {}).items() if names.strip()})
    used = {name: found.adapters[name] for names in adapters.values() for name in names}
    return Deployment(ordered, used, adapters, _protocols(ordered), _inert(ordered))


def _installed(found: Found) -> str:
    return f"Installed are {', '.join(found.plugins) or 'none'}; pip install the package that brings it."


def _in_order(chosen: Mapping[str, Brought[Plugin]], found: Found) -> list[str]:
    """By dependency, else by name."""
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " → ".join([*path[path.index(name) :], name])
            raise PluginError(f"These plugins use each other in a circle: {circle}.", cure="Let one hear the other.")
        for used in sorted(chosen[name].value.uses):
            if used not in chosen:
                known = used in found.plugins
                cure = f"Add {used} to [deployment] plugins, or leave {name} out." if known else _installed(found)
                raise PluginError(f"Plugin {name} of {chosen[name]} uses {used}, which is not there.", cure=cure)
            visit(used, (*path, name))
        if name not in ordered:
            ordered.append(name)

    for name in chosen:
        visit(name, ())
    return ordered


def _wanted(plugins: Sequence[Brought[Plugin]], needs: Iterable[str]) -> dict[str, str]:
    """Port → who asks for it."""
    wanted = dict.fromkeys(NEEDED, "the core") | dict.fromkeys(needs, "the application")
    for each in plugins:
        for spec in each.value.ports:
            wanted.setdefault(spec.name, f"plugin {each.value.name} of {each}")
    return wanted


def _protocols(plugins: Sequence[Brought[Plugin]]) -> dict[str, type]:
    protocols = dict(CORE_PORTS)
    for each in plugins:
        for spec in each.value.ports:
            if (known := protocols.setdefault(spec.name, spec.protocol)) is not spec.protocol:
                raise PluginError(
                    f"Plugin {each.value.name} of {each} takes the port {spec.name} for a {spec.protocol.__name__}; "
                    f"elsewhere it is a {known.__name__}.",
                    cure="Call one of them something else.",
                )
    return protocols


def _choose(found: Found, wanted: Mapping[str, str], named: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    providers = found.providers()
    for port in named:
        if port not in providers and port not in wanted:
            raise PluginError(
                f"[ports] names {port}, which nothing needs or provides.", cure=nearest(port, {*providers, *wanted})
            )
    chosen = {port: _named(port, names, providers.get(port, ()), found) for port, names in named.items()}
    for port, who in wanted.items():
        able = providers.get(port, [])
        if port in chosen or (port == "clock" and not able):
            continue
        if len(able) != 1:
            cure = (
                f"Write {port} under [ports]: {' or '.join(able)}." if able else "Install an adapter that provides it."
            )
            raise PluginError(f"{who} needs the port {port}, and {len(able) or 'no'} adapters provide it.", cure=cure)
        chosen[port] = (able[0],)
    for port in WITH_RECORDS:
        chosen[port] = chosen["records"]
    return chosen


def _named(port: str, names: str, able: Sequence[str], found: Found) -> tuple[str, ...]:
    adapters = tuple(name.strip() for name in names.split(",") if name.strip())
    for adapter in adapters:
        if adapter not in found.adapters:
            raise PluginError(
                f"[ports] {port} names the adapter {adapter}, which is not installed.",
                cure=nearest(adapter, found.adapters),
            )
        if adapter not in able:
            raise PluginError(
                f"[ports] {port} names {adapter} of {found.adapters[adapter]}, which does not provide {port}.",
                cure=f"These do: {', '.join(able) or 'none that is installed'}.",
            )
    return adapters


def _inert(plugins: Sequence[Brought[Plugin]]) -> list[Hearing[Any]]:
    published = {event for each in plugins for event in events_of(each.value, each.home)}
    return [
        hearing
        for each in plugins
        for kind in each.value.kinds
        for hearing in kind.hearings
        if hearing.event not in published
    ]
