"""The same world under hypothesis: any order of commands, repeats, crashes, storms and pauses, shrunk if it fails."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.chaos.plugin import HOW, MORE
from tests.simulation.world import AGENTS, Weather, World

agents = st.integers(0, AGENTS - 1).map(lambda number: f"led_{number}")
crashes = st.integers(0, 2**32 - 1)
CANCELLED = {"hush"}
"""Not for agents that are paused: what came due meanwhile is parked, and comes in spite of being cancelled."""


class Machine(RuleBasedStateMachine):
    """The guarantees are checked at the end of each sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.paused: set[str] = set()

    @initialize(seed=crashes, workers=st.integers(1, 3))
    def begin(self, seed: int, workers: int) -> None:
        self.world = World(seed)
        self.world.runtime.size = workers

    @rule(agent=agents, how=st.sampled_from(sorted({*HOW, *MORE})), other=agents)
    def send(self, agent: str, how: str, other: str) -> None:
        self.world.send(agent, "plain" if how in CANCELLED and agent in self.paused else how, other)

    @precondition(lambda self: self.world.notes)
    @rule(data=st.data())
    def repeat(self, data: Any) -> None:
        self.world.repeat(data.draw(st.sampled_from(sorted(self.world.notes))))

    @rule()
    def settle(self) -> None:
        self.world.settle()

    @rule(seconds=st.floats(0.1, 2))
    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(seed=crashes, ratio=st.sampled_from([0.0, 0.05, 0.3]))
    def crash_from_now_on(self, seed: int, ratio: float) -> None:
        self.world.runtime.reseed(seed, ratio)

    @rule()
    def crash(self) -> None:
        self.world.runtime.restart()

    @rule(away=st.sampled_from([0.0, 0.1, 0.3]), nap=st.sampled_from([0.0, 0.05, 0.2]))
    def storm(self, away: float, nap: float) -> None:
        self.world.storm(Weather(away=away, late=away / 2, nap=nap))

    @rule()
    def wake(self) -> None:
        self.world.runtime.wake_all()

    @rule(agent=agents)
    def pause(self, agent: str) -> None:
        if not any(note.how in CANCELLED and whose == agent for whose, note in self.world.notes.values()):
            self.paused.add(agent)
            self.world.control(agent, "_pause")

    @rule(agent=agents)
    def resume(self, agent: str) -> None:
        self.world.control(agent, "_resume")

    def teardown(self) -> None:
        """Calm, and the count; paused agents go on."""
        try:
            self.world.still()
            for agent in sorted(self.paused):
                self.world.control(agent, "_resume")
            self.world.calm()
            self.world.count()
        finally:
            self.world.runtime.close()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
