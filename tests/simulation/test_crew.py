"""What the seeds found, step by step."""

import contextlib
import random
from collections.abc import Sequence

from diramoja.core.errors import DiramojaError, UnavailableError
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.rows import PartitionRow, Tail
from diramoja.core.runtime.ownership import desired, new_worker
from diramoja.testing.memory import MemoryRecords
from tests.simulation.crew import Crew
from tests.support.counters import Add, counter, plugin

BOTH = ("wrk_1", "wrk_2")


class Away(MemoryRecords):
    """Some of its calls find it away."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.away = ""

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        if self.away == "claim":
            raise UnavailableError("away")
        return await super().claim(worker, numbers, lease_s)

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        if self.away == "tail":
            raise UnavailableError("away")
        return await super().tail(partition, limit)


def test_a_partition_that_was_lost_twice_and_won_again_is_read() -> None:
    crew = Crew(random.Random(0))
    records = Away(crew.clock)
    crew.use(records)
    crew.deploy(plugin)
    agent = next(f"cnt_{n}" for n in range(100) if crew.partition(counter, f"cnt_{n}") in desired("wrk_2", BOTH))
    try:
        crew.settle()
        its = crew.partition(counter, agent)
        crew._do(records.release("wrk_1", [its, min(desired("wrk_1", BOTH))]))  # Its lease on two of them has ended.
        for away in ("claim", "tail"):  # Lost; claimed again and not begun.
            records.away = away
            _settle(crew)
        crew._do(records.beat(new_worker("worker")._replace(id="wrk_2"), 2.0))
        _settle(crew)  # Given to the other, lost once more; the second one still cannot be begun.
        assert not records.rows[its].owner
        crew._do(records.retire("wrk_2"))
        records.away = ""
        crew.settle()
        assert crew.send(counter, agent, Add(1)).status == 200
    finally:
        crew.close()


def _settle(crew: Crew) -> None:
    with contextlib.suppress(DiramojaError):
        crew.settle()
