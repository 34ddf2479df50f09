"""The hooks: how plugins and adapters say what they bring. Synchronous and declarative; nothing connects here.

A plugin is any module or object with functions of these names marked by `hookimpl`; it is found by its entry point in
the group `diramoja`. Between agents there are messages, never hooks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from diramoja.core.adapter import AdapterSpec
    from diramoja.core.plugin import Plugin

__all__ = ["PROJECT", "HookSpecs", "hookimpl", "hookspec"]

PROJECT = "diramoja"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """Every hook there is."""

    @hookspec
    def register_plugin(self) -> "Plugin":  # type: ignore[empty-body]  # a specification has no body
        """What this plugin brings: kinds, records, views, jobs, routes, permissions, settings, migrations."""

    @hookspec
    def register_adapter(self) -> "AdapterSpec":  # type: ignore[empty-body]  # a specification has no body
        """An adapter: its name, the ports it provides, the class of its settings.

        The deployment file names one adapter a port in `[ports]`, or a primary and a fallback.
        """

    @hookspec
    def register_counting_methods(self) -> Sequence[Any]:  # type: ignore[empty-body]  # a specification has no body
        """Methods of counting votes, each a `diramoja.counting.Method`, besides those that are built in."""

    @hookspec
    def register_commands(self, cli: Any) -> None:
        """Add commands to the command line; `cli` is the Typer application."""
