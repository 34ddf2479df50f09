"""The plugins and adapters of this distribution, as the host finds them; what else is installed here is left out."""

import tempfile
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import attrs
from litestar import Litestar

from diramoja.core.host import CORE_PORTS, Deployment, Found, assemble, discover
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.registry import Ports, Registry
from diramoja.counting import Methods, all_methods
from diramoja.ports.texts import Texts
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock
from diramoja_community.application import create_application
from diramoja_community.deployment import DEFAULT_PORTS, NEEDS, sections
from diramoja_community.texts import Catalogues

__all__ = ["application", "deployment", "found"]


@cache
def found() -> Found:
    """What this distribution brings."""
    points = entry_points(group="diramoja")
    return discover(point for point in points if point.dist is not None and point.dist.name == "diramoja")


@cache
def deployment() -> Deployment:
    """All of it, with the adapters that are chosen where nobody chooses."""
    return assemble(found(), ports=DEFAULT_PORTS, needs=NEEDS)


@attrs.frozen
class _Process:
    registry: Registry
    ports: Ports


@cache
def application() -> Litestar:
    """The gateway's application; it is described, never started, so nothing answers behind its ports."""
    clock = VirtualClock()
    records = MemoryRecords(clock)
    settings = {cls: cls() for cls in sections(found()).values()}
    registry = deployment().registry({cls: each for cls, each in settings.items() if cls in _of_plugins()})
    with tempfile.TemporaryDirectory() as folder:
        ports = Ports(
            {
                **dict.fromkeys(deployment().protocols.values(), records),
                **settings,
                CORE_PORTS["broker"]: MemoryBroker(clock),
                Clock: clock,
                Keys: Keys(Path(folder)),
                Methods: all_methods(found().counting_methods),
                Texts: Catalogues.read([each.value for each in deployment().plugins]),
            }
        )
        return create_application(_Process(registry, ports))


def _of_plugins() -> set[type]:
    return {each.value.settings for each in deployment().plugins if each.value.settings}
