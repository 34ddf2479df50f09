"""One seed: workers in memory that crash between any two steps, sleep in any call and wake when others have gone on;
servers that are away at any call, commits and publications whose outcome nobody knows, batches that are refused,
clients that try again. Afterwards everything happened once, in order."""

import contextlib
import random
from collections.abc import Sequence

import attrs
import msgspec

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.broker import Broker
from diramoja.testing.runtime import Sent
from tests.chaos import plugin as under_test
from tests.chaos.plugin import HOW, MORE, Note, ledger
from tests.simulation.count import Finding, findings
from tests.simulation.crew import Crew
from tests.simulation.storms import StormyBroker, StormyRecords

__all__ = ["AGENTS", "Finding", "Weather", "World", "simulate"]

AGENTS = 6
COMMANDS = 30
UNBOUNDED = 1_000_000

under_test.LONGEST_ERRAND_S = 0.0


@attrs.frozen
class Weather:
    """What a seed may bring; shares of the calls that may go wrong so. `hows`: what the commands set off."""

    away: float = 0.06
    late: float = 0.03
    crash: float = 0.03
    nap: float = 0.02
    hows: Sequence[str] = HOW + MORE


class World:
    """One run by its seed."""

    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self.dice = random.Random(seed)
        self.weather = weather or Weather()
        self.runtime = Crew(self.dice)
        self.records = StormyRecords(self.runtime.clock, self.dice)
        self.broker = StormyBroker(self.runtime.clock, self.dice)
        self.runtime.use(self.records)
        self.runtime.broker = self.broker
        self.runtime._provided[Broker] = self.broker
        self.runtime.runtime_settings = msgspec.structs.replace(
            self.runtime.runtime_settings,
            batch_messages=self.dice.choice((1, 3, 500)),
            cache_bytes=self.dice.choice((0, 2_500, UNBOUNDED)),  # One agent, two, all of them.
            onward_messages=self.dice.choice((0, 4, 500)),
            fail_after=UNBOUNDED,
            poll_s=0.0,
        )
        self.runtime.deploy(under_test.plugin)
        self.notes: dict[str, tuple[str, Note]] = {}
        self.sents: dict[str, Sent] = {}

    def run(self) -> None:
        """The storm, the calm, and the count."""
        agents = self.dice.choice((2, AGENTS))
        self.runtime.size = self.dice.choice((1, 1, 2, 3))
        self.records.most_rows = self.dice.choice((1, 3, UNBOUNDED, UNBOUNDED))
        self.runtime.reseed(self.dice.randrange(2**32), self.weather.crash)
        self.storm(self.weather)
        for _ in range(COMMANDS):
            agent, other = (f"led_{self.dice.randrange(agents)}" for _ in range(2))
            self.send(agent, self.dice.choice(self.weather.hows), other)
            for token in self.dice.choices(list(self.notes), k=self.dice.randrange(2)):
                self.repeat(token)
            if self.dice.random() < 0.4:
                self.settle()
            if self.dice.random() < 0.1:
                self.advance(self.dice.random() * 2)
        self.calm()
        self.count()

    def storm(self, weather: Weather) -> None:
        """From now on the servers are away at this share of the calls."""
        self.records.away = self.broker.away = weather.away
        self.records.late, self.runtime.naps = weather.late, weather.nap

    def still(self) -> None:
        """No more faults; who sleeps wakes, and what is under way comes to its end."""
        self.storm(Weather(away=0.0, late=0.0, nap=0.0))
        self.runtime.crash_ratio = 0.0
        self.runtime._do(self.records.land())
        self.runtime.wake_all()
        while not self.settle():  # They find what has landed, what failed while they slept, and what is not theirs.
            pass

    def calm(self) -> None:
        """Still, until nothing is due any more."""
        self.still()
        self.runtime.advance(hours=2)

    def send(self, agent: str, how: str, other: str) -> None:
        """A new command, until it is accepted."""
        token = f"t{len(self.notes):03}"
        self.notes[token] = agent, Note(token, how, other)
        while token not in self.sents:
            self.repeat(token)

    def repeat(self, token: str) -> None:
        """A command once more, as a client does that has no answer; it may not be accepted."""
        agent, note = self.notes[token]
        with contextlib.suppress(DiramojaError):
            self.sents[token] = self.runtime.send(ledger, agent, note, key=token, settle=False)

    def settle(self) -> bool:
        """Let happen what can; whether nothing failed."""
        with contextlib.suppress(DiramojaError):
            self.runtime.settle()
            return True
        return False

    def advance(self, seconds: float) -> None:
        """Time passes."""
        with contextlib.suppress(DiramojaError):
            self.runtime.advance(seconds=seconds)

    def control(self, agent: str, verb: str) -> None:
        """Pause or resume an agent."""
        with contextlib.suppress(DiramojaError):
            self.runtime.control(ledger, agent, verb)

    def count(self) -> None:
        """Everything happened once, in order, and nothing is left.

        Raises:
            Finding: or it did not.
        """
        for found in findings(self.notes, self.sents, self.records, self.broker):
            raise Finding(found)


def simulate(seed: int, weather: Weather | None = None) -> int:
    """Run one seed; how often one of its workers crashed.

    Raises:
        Finding: a guarantee does not hold.
    """
    world = World(seed, weather)
    try:
        world.run()
        return world.runtime.crashes
    finally:
        world.runtime.close()
