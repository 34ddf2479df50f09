"""Claims: what only one plugin of a deployment may have, such as a kind, a route or a table."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from diramoja.core.errors import PluginError
from diramoja.core.messages import Event
from diramoja.core.plugin import Plugin
from diramoja.core.settings import nearest

__all__ = ["check_claims", "events_of", "routes_of"]


def check_claims(plugins: Sequence[tuple[Plugin, str, str]]) -> None:
    """Check (plugin, its distribution, its home package) against each other.

    Raises:
        PluginError: two claim the same, or a channel asks for a permission that nobody declares.
    """
    holders: dict[tuple[str, Any], tuple[Plugin, str]] = {}
    for plugin, distribution, home in plugins:
        for what, value in _claims(plugin, home):
            holder, other = holders.setdefault((what, value), (plugin, distribution))
            if holder is not plugin:
                shown = getattr(value, "__name__", value)
                raise PluginError(
                    f"{holder.name} ({other}) and {plugin.name} ({distribution}) claim the same {what} {shown}.",
                    cure="Rename it in one of them, or leave one out of [deployment] plugins.",
                )
    _check_channels([plugin for plugin, _, _ in plugins])


def _claims(plugin: Plugin, home: str) -> Iterator[tuple[str, Any]]:
    yield "name", plugin.name
    for kind in plugin.kinds:
        yield "kind", kind.name
        yield "id prefix", kind.prefix
    for method, path in routes_of(plugin):
        yield "route", f"{method} {re.sub(r'{\w+', '{', path)}"
    for table in {record.table for record in plugin.records}:
        yield "table", table
    for permission in plugin.permissions:
        yield "permission", permission
    for kind_name in plugin.channels:
        yield "channel", kind_name
    if plugin.settings is not None:
        yield "settings class", plugin.settings
    for event in events_of(plugin, home):
        yield "event", event.wire_name


def _check_channels(plugins: Sequence[Plugin]) -> None:
    """That somebody declares their permissions; those of routes are checked by the gateway, which knows the routes."""
    declared = {permission for plugin in plugins for permission in plugin.permissions}
    for plugin in plugins:
        for kind, channel in plugin.channels.items():
            for asked in {channel.permission, channel.typing or channel.permission} - declared:
                raise PluginError(
                    f"The channel {kind} of plugin {plugin.name} asks for the permission {asked}, "
                    "which nobody declares.",
                    cure=nearest(asked, declared),
                )


def routes_of(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """(method, path) of every route; read off the handlers, since the core knows no web framework."""
    for controller in plugin.routes:
        base = str(getattr(controller, "path", "") or "")
        for name in sorted(vars(controller)):
            handler = getattr(controller, name)
            for path in sorted(getattr(handler, "paths", ())):
                whole = "/" + "/".join(filter(None, f"{base}/{path}".split("/")))
                for method in sorted(getattr(handler, "http_methods", ()) or ["WS"]):
                    yield str(method), whole


def events_of(plugin: Plugin, home: str) -> list[type[Event]]:
    """Events that a plugin declares, by wire name: in its home package, or beside the state of a kind of its own."""
    beside = {kind.state.__module__ for kind in plugin.kinds}
    found = {
        (cls.__module__, cls.__qualname__): cls
        for cls in _subclasses(Event)
        if f"{cls.__module__}.".startswith(f"{home}.") or cls.__module__ in beside
    }
    return sorted(found.values(), key=lambda cls: cls.wire_name)


def _subclasses(cls: type[Event]) -> Iterator[type[Event]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)
