"""What the parts of the runtime share: the deployment's registry, its ports, and the settings."""

import attrs

from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.settings import RuntimeSettings

__all__ = ["Environment"]


@attrs.frozen
class Environment:
    """One process's surroundings. Ports holds the adapters, these three included."""

    registry: Registry
    ports: Ports
    settings: RuntimeSettings = attrs.field(factory=RuntimeSettings)

    @property
    def records(self) -> Records:
        """Where the truth lies."""
        return self.ports.get(Records)

    @property
    def broker(self) -> Broker:
        """The streams."""
        return self.ports.get(Broker)

    @property
    def clock(self) -> Clock:
        """Domain time."""
        return self.ports.get(Clock)
