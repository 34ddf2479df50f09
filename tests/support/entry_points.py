"""Entry points of made-up packages, so that tests can install plugins without pip."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from diramoja.core import Plugin, Settings, hookimpl
from diramoja.core.adapter import AdapterSpec

__all__ = ["BASE_ADAPTER", "adapter_of", "entry_point", "installed", "plugin_of"]


class _Package(Distribution):
    """A distribution that is installed nowhere."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def metadata(self) -> Any:
        return {"Name": self._name, "Version": "1.2"}

    @property
    def version(self) -> str:
        return "1.2"

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def entry_point(module: str, distribution: str = "") -> EntryPoint:
    """As pip would have written it."""
    point = EntryPoint(module.partition(".")[0], module, "diramoja")
    vars(point)["dist"] = _Package(distribution or module.partition(".")[0].replace("_", "-"))
    return point


def plugin_of(**fields: Any) -> Callable[[], Plugin]:
    """A hook `register_plugin`."""

    def register_plugin() -> Plugin:
        return Plugin(**fields)

    return hookimpl(register_plugin)


class NoSettings(Settings, frozen=True, kw_only=True):
    """None."""


def adapter_of(name: str, *ports: str, settings: type[Settings] = NoSettings) -> Callable[[], AdapterSpec]:
    """A hook `register_adapter`; it opens to nothing."""

    @asynccontextmanager
    async def nothing(_settings: Settings) -> Any:
        yield dict.fromkeys(ports, object())

    def register_adapter() -> AdapterSpec:
        return AdapterSpec(name=name, ports=ports, settings=settings, open=nothing)

    return hookimpl(register_adapter)


BASE_ADAPTER: Mapping[str, Any] = {
    "register_adapter": adapter_of(
        "base", "records", "jobs", "event_log", "operations", "heartbeat", "database", "broker", "cache"
    )
}
"""Members of a module that provides what the core and the gateway need."""


@contextmanager
def installed(**modules: Mapping[str, Any]) -> Iterator[list[EntryPoint]]:
    """Packages of one module each, with these members; `a__hooks` is the module `a.hooks`."""
    names = {key.replace("__", "."): members for key, members in modules.items()}
    for name, members in names.items():
        module = ModuleType(name)
        vars(module).update(members)
        sys.modules[name] = module
    try:
        yield [entry_point(name) for name in names]
    finally:
        for name in names:
            del sys.modules[name]
