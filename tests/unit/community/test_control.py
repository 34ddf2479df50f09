"""What is waited for, sent and refused when agents are controlled; over memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import pytest

from diramoja.core import AgentKind, Command, Context, Decision, Personal, Plugin, State
from diramoja.core.envelope import Envelope, unpack
from diramoja.core.errors import ConflictError, InvalidError, MissingError, UnavailableError
from diramoja.core.ports.broker import Broker, Outgoing
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import Operations, Records
from diramoja.core.ports.rows import DeadLetter
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock
from diramoja_community import control
from diramoja_community.overview import read_lags
from tests.support import counters

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Sealed(Command):
    """With a personal field."""

    name: Personal[str]


class Vault(State):
    phase: Literal["absent"] = "absent"


vault = AgentKind("vault", Vault, prefix="vlt")


@vault.on("absent")
def seal(state: Vault, message: Sealed, context: Context) -> Decision:
    return None


def environment() -> tuple[Environment, MemoryRecords, MemoryBroker]:
    clock = VirtualClock()
    records, broker = MemoryRecords(clock), MemoryBroker(clock)
    ports = Ports({Records: records, Operations: records, Broker: broker, Clock: clock})
    registry = Registry.of([counters.plugin, Plugin(name="vaults", kinds=[vault])])
    return Environment(registry, ports), records, broker


def letter(kind: str, verb: str) -> DeadLetter:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return DeadLetter(
        "ded_1", 0, 1, kind, "x_1", verb, "c1", "", "chain", "", "handler_failed", "", "", 1, 1, b'{"amount":1}', at
    )


async def test_control_without_a_worker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "TIMEOUT_S", 0.01)
    made, _, broker = environment()
    with pytest.raises(UnavailableError, match=r"counter cnt_1 is not paused yet\. Is a worker running"):
        await control.control_agent(made, "pause", "counter", "cnt_1")
    assert [(each.kind, each.verb) for each in broker.stream] == [("counter", "_pause")]


async def test_kind_is_paused_by_one_row() -> None:
    made, _, _ = environment()
    assert await control.control_kind(made, "pause", "counter") == "all agents of kind counter are paused"
    assert dict(await made.records.kind_modes()) == {"counter": "paused"}
    with pytest.raises(MissingError):
        await control.control_kind(made, "pause", "cat")


async def test_missing_dead_letter_is_not_replayed() -> None:
    made, _, _ = environment()
    with pytest.raises(MissingError):
        await control.replay(made, "ded_1")


async def test_whole_dead_letter_is_sent_again_as_its_own_effect() -> None:
    made, records, broker = environment()
    records.dead["ded_1"] = letter("counter", "add")
    assert (await control.replay(made, "ded_1")).startswith("sent again as replay:ded_1:")
    sent = unpack(Envelope, broker.stream[0].data)
    assert (sent.causation, sent.correlation, sent.body) == ("ded_1", "chain", b'{"amount":1}')


@pytest.mark.parametrize(
    ("kind", "verb", "error", "said"),
    [
        ("vault", "sealed", ConflictError, "personal fields .name. were masked. Its sender has to repeat it."),
        ("vault", "open", InvalidError, "Nothing here handles open of vault."),
        ("gone", "add", InvalidError, "Nothing here handles add of gone."),
    ],
)
async def test_dead_letter_that_cannot_be_replayed_says_why(
    kind: str, verb: str, error: type[Exception], said: str
) -> None:
    made, records, broker = environment()
    records.dead["ded_1"] = letter(kind, verb)
    with pytest.raises(error, match=said):
        await control.replay(made, "ded_1")
    assert not broker.stream


async def test_commands_that_wait_are_counted_by_partition() -> None:
    made, _, broker = environment()
    messages: Sequence[Outgoing] = [Outgoing(f"cmd.counter.cnt_{n % 2}.add", b"x") for n in range(6)]
    await broker.publish(messages)
    lags = await read_lags(broker, await made.records.partitions())
    assert sorted(lag.waiting for lag in lags) == [3, 3]
