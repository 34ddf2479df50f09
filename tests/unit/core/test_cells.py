"""Passivation: idle agents leave memory, longest idle first, and come back as they were."""

from diramoja.core.ports.rows import AgentKey
from diramoja.core.runtime.cells import OVERHEAD_BYTES, Cell, Cells
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.testing.runtime import Runtime
from tests.support.counters import Add, Counter, counter, plugin


def cell(name: str, total: int = 0) -> Cell:
    made = Cell.absent(AgentKey("counter", name), counter)
    made.become(Counter("open", total))
    made.row()
    return made


def test_the_longest_idle_leaves_when_the_budget_is_used_up() -> None:
    one = cell("a").size + OVERHEAD_BYTES
    cells = Cells(3 * one)
    for name in "abc":
        cells.keep(cell(name))
    assert cells.get(AgentKey("counter", "a"))
    cells.keep(cell("d"))
    held = [name for name in "abcd" if cells.get(AgentKey("counter", name))]
    assert held == ["a", "c", "d"]
    assert cells.size_bytes == 3 * one


def test_forgetting_and_keeping_again_keeps_the_count_right() -> None:
    cells = Cells(1_000_000)
    for _ in range(3):
        cells.keep(cell("a"))
    cells.forget(AgentKey("counter", "a"))
    cells.forget(AgentKey("counter", "a"))
    assert (len(cells), cells.size_bytes) == (0, 0)


def test_an_idle_agent_is_held_once() -> None:
    """Its state, and not the same encoded beside it; what a turn writes is the same as before."""
    cells, kept = Cells(1_000_000), cell("a", total=7)
    before = kept.row()
    cells.keep(kept)
    assert (kept.body, kept.size, cells.size_bytes) == (b"", len(before.body), len(before.body) + OVERHEAD_BYTES)
    assert kept.row() == before


def test_what_cannot_be_read_is_kept_as_it_is() -> None:
    cells, row = Cells(1_000_000), cell("a").row()._replace(body=b"no state")
    cells.keep(Cell.unreadable(row, counter))
    held = cells.get(AgentKey("counter", "a"))
    assert held is not None
    assert held.row() == row._replace(mode="failed")


def test_agents_beyond_the_budget_go_on_as_they_were(runtime: Runtime) -> None:
    runtime.deploy(plugin, settings=[])
    runtime.runtime_settings = RuntimeSettings(poll_s=0.01, cache_bytes=1_000_000)
    agents = 1_500  # Some .8 KB each: more than the budget.
    for turn in range(2):
        for number in range(agents):
            runtime.send(counter, f"cnt_{number}", Add(1), key=f"{turn}-{number}", settle=False)
        runtime.settle()
    assert all(runtime.state(counter, f"cnt_{number}").total == 2 for number in range(agents))
    assert runtime.agents_in_memory < agents
