"""The records and broker ports in memory: for testing plugins and the turn itself without servers.

They keep the contracts of `diramoja.core.ports` (the same suites run on them) and survive the crash of a worker, as
the real ones do; their clock is the test's.
"""

from diramoja.testing.memory.broker import MemoryBroker, MemoryIntake
from diramoja.testing.memory.clock import VirtualClock
from diramoja.testing.memory.records import MemoryRecords

__all__ = ["MemoryBroker", "MemoryIntake", "MemoryRecords", "VirtualClock"]
