"""Pausing, resuming and restarting agents, and replaying dead letters."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import anyio
import attrs

from diramoja.core.envelope import Envelope, pack
from diramoja.core.errors import ConflictError, InvalidError, MissingError, UnavailableError
from diramoja.core.ids import check_id
from diramoja.core.messages import personal_fields
from diramoja.core.ports.broker import Outgoing
from diramoja.core.ports.records import Operations
from diramoja.core.ports.rows import AgentKey, DeadLetter
from diramoja.core.registry import Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.fitness import is_stream_of_record
from diramoja.core.settings import nearest

__all__ = ["Repaired", "check_kind", "control_agent", "control_kind", "repair_broker", "replay"]

TIMEOUT_S = 10.0
POLL_S = 0.05
PAGE = 500

_MODES = {"pause": "paused", "resume": "running", "restart": "running"}


def check_kind(registry: Registry, kind: str) -> None:
    """Refuse a kind that no plugin here brings.

    Raises:
        MissingError: names the nearest one.
    """
    if kind not in registry.kinds:
        raise MissingError(f"No plugin here brings the kind {kind}.", cure=nearest(kind, registry.kinds))


async def control_agent(environment: Environment, verb: str, kind: str, agent: str) -> str:
    """Do it and wait until it is committed; a sentence about how the agent is now.

    Args:
        environment: of the process.
        verb: pause, resume or restart.
        kind: of the agent.
        agent: its id.

    Raises:
        MissingError: there is no such kind.
        UnavailableError: no worker did it in time.
    """
    check_kind(environment.registry, kind)
    key = AgentKey(kind, check_id(agent))
    before = await environment.records.snapshots([key])
    revision = before[0].revision if before else 0
    await environment.broker.publish([_control(key, verb)])
    wanted = _MODES[verb]

    async def is_done() -> bool:
        rows = await environment.records.snapshots([key])
        return bool(rows) and rows[0].mode == wanted and (rows[0].revision > revision or verb != "restart")

    await _until(is_done, f"{kind} {agent} is not {wanted} yet.")
    return f"{kind} {agent} is {wanted}"


async def control_kind(environment: Environment, verb: str, kind: str) -> str:
    """Pause or resume all agents of a kind, those to come included; or restart all that exist.

    Raises:
        MissingError: there is no such kind.
    """
    check_kind(environment.registry, kind)
    operations = environment.ports.get(Operations)
    if verb != "restart":
        await operations.set_kind_mode(kind, "paused" if verb == "pause" else "running")
        return f"all agents of kind {kind} are {_MODES[verb]}"
    count, after = 0, ""
    while page := await operations.agents(kind, "", after, PAGE):
        await environment.broker.publish([_control(AgentKey(kind, each.agent), verb) for each in page])
        count, after = count + len(page), page[-1].agent
    return f"{count} agents of kind {kind} restart"


async def replay(environment: Environment, id: str) -> str:
    """Send the command of a dead letter again, as a new one with the letter as its cause; a sentence.

    Raises:
        MissingError: there is no such letter.
        ConflictError: it held personal data, which was masked, so that its sender has to repeat it.
    """
    letter = await environment.ports.get(Operations).dead_letter(id)
    if letter is None:
        raise MissingError(f"There is no dead letter {id}.", code="dead_letter_missing")
    _check_whole(environment.registry, letter)
    command = f"replay:{id}:{secrets.token_hex(6)}"
    envelope = Envelope(
        id=command,
        version=letter.version,
        body=letter.payload,
        sender=letter.sender,
        correlation=letter.correlation,
        causation=id,
        request=command,
    )
    await environment.broker.publish([Outgoing(f"cmd.{letter.kind}.{letter.agent}.{letter.verb}", pack(envelope))])
    return f"sent again as {command}"


def _check_whole(registry: Registry, letter: DeadLetter) -> None:
    kind = registry.kinds.get(letter.kind)
    handled = kind.commands.get(letter.verb) if kind else None
    if handled is None:
        raise InvalidError(f"Nothing here handles {letter.verb} of {letter.kind}.", cure="Deploy its plugin first.")
    masked: Sequence[str] = sorted(personal_fields(handled.command))
    if masked:
        raise ConflictError(
            f"The letter's personal fields ({', '.join(masked)}) were masked.", cure="Its sender has to repeat it."
        )


def _control(key: AgentKey, verb: str) -> Outgoing:
    id = f"ctl:{secrets.token_hex(8)}"
    return Outgoing(f"cmd.{key.kind}.{key.agent}._{verb}", pack(Envelope(id=id, version=1, body=b"{}")))


async def _until(holds: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    with anyio.move_on_after(TIMEOUT_S):
        while not await holds():  # noqa: ASYNC110  # another process does it
            await anyio.sleep(POLL_S)
        return
    raise UnavailableError(otherwise, cure="Is a worker running? See: diramoja status.")


@attrs.frozen
class Repaired:
    """What `repair_broker` found and did: the stream, and how many cursors moved."""

    created: datetime
    messages: int
    moved: int


async def repair_broker(environment: Environment) -> Repaired:
    """Make the cursors belong to the streams that are there, which are created where they are missing.

    Raises:
        ConflictError: `nothing_to_repair`: the stream is the one that the cursors belong to.
    """
    await environment.broker.prepare()
    if await is_stream_of_record(environment, await environment.records.partitions()):
        raise ConflictError("COMMANDS is the stream that is read.", code="nothing_to_repair", cure="Nothing was done.")
    info = await environment.broker.commands()
    moved = await environment.ports.get(Operations).adopt_stream(info.created, info.last_seq)
    return Repaired(info.created, info.messages, moved)
