"""The built-in plugins in a campaign: which there are, their tables, and the ports that they want beside the core's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path

from diramoja.core.host import CORE_PORTS, Deployment, assemble, discover
from diramoja.core.plugin import Plugin
from diramoja.core.settings import Settings
from diramoja.counting import Methods, all_methods
from diramoja.plugins.identity.settings import IdentitySettings
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.ports.search import Search
from diramoja.ports.texts import Texts
from diramoja_community.deployment import DEFAULT_PORTS, NEEDS
from diramoja_community.texts import Catalogues

__all__ = ["SETTINGS", "migrations", "open_ports", "plugins"]

SETTINGS: dict[type, Settings] = {
    IdentitySettings: IdentitySettings(argon2_memory_kib=4096, argon2_passes=1),
    VoteSettings: VoteSettings(duration_min_minutes=1),
}
"""Other than the defaults: quick passwords, short votes."""


@cache
def _deployment() -> Deployment:
    found = discover()
    names = [name for name, each in found.plugins.items() if each.module.startswith("diramoja.plugins.")]
    return assemble(found, plugins=names, ports=DEFAULT_PORTS, needs=NEEDS)


def plugins() -> list[Plugin]:
    """All that are built in, in dependency order."""
    return [each.value for each in _deployment().plugins]


def migrations() -> Sequence[tuple[str, Path]]:
    """(plugin, folder) in dependency order."""
    return _deployment().migrations()


@asynccontextmanager
async def open_ports(search: object) -> AsyncIterator[dict[type, object]]:
    """The ports that the plugins bring in, for the block; `search` is PostgreSQL's."""
    deployment = _deployment()
    outer = {port: names[0] for port, names in deployment.ports.items() if port not in CORE_PORTS}
    wanted = {port: name for port, name in outer.items() if name not in ("postgres", "nats", "valkey")}
    async with AsyncExitStack() as stack:
        opened = {}
        for name in sorted({*wanted.values()}):
            adapter = deployment.adapters[name].value
            opened[name] = await stack.enter_async_context(adapter.open(adapter.settings()))
        ports: dict[type, object] = {deployment.protocols[port]: opened[name][port] for port, name in wanted.items()}
        defaults = {each.settings: each.settings() for each in plugins() if each.settings}
        texts, methods = Catalogues.read(plugins()), all_methods(discover().counting_methods)
        yield ports | defaults | SETTINGS | {Search: search, Texts: texts, Methods: methods}
