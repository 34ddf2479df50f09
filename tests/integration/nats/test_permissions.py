"""The NATS permissions that the adapter's README names for each role suffice, and forbid the rest."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest

from diramoja.adapters.nats.broker import NatsBroker, open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.errors import OutcomeUnknownError
from diramoja.core.ids import partition_of
from diramoja.core.ports.broker import Outgoing
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

ROLES = {
    "first": (["$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*"], ["_INBOX.>"]),
    "gateway": (["cmd.>", "here", "$JS.API.STREAM.INFO.*"], ["_INBOX.>", "live.>", "here", "reply.>"]),
    "jobs": (["job.>", "reply.>"], ["_INBOX.>", "nudge.>"]),
    "worker": (
        [
            "tell.>",
            "event.>",
            "reply.>",
            "nudge.>",
            "$JS.API.STREAM.INFO.*",
            "$JS.API.STREAM.PURGE.COMMANDS",
            "$JS.API.CONSUMER.CREATE.COMMANDS.>",
            "$JS.API.CONSUMER.DELETE.COMMANDS.*",
            "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.*",
        ],
        ["_INBOX.>"],
    ),
}


def _users() -> str:
    def quoted(subjects: list[str]) -> str:
        return ", ".join(f'"{subject}"' for subject in subjects)

    users = [
        f"{{ user: {role}, password: p, permissions: {{ publish: [{quoted(may)}], subscribe: [{quoted(hears)}] }} }}"
        for role, (may, hears) in ROLES.items()
    ]
    return f"authorization {{ users: [ {', '.join(users)} ] }}"


def connect(server: NatsServer, role: str) -> AbstractAsyncContextManager[NatsBroker]:
    return open_broker(NatsSettings(url=server.url.replace("://", f"://{role}:p@"), deadline_s=0.5))


async def test_every_role_can_do_its_work_and_no_other(start: Callable[..., NatsServer]) -> None:
    server = start(_users())
    async with connect(server, "first") as first:
        await first.prepare()
    async with (
        connect(server, "gateway") as gateway,
        connect(server, "worker") as worker,
        connect(server, "jobs") as jobs,
    ):
        heard: list[str] = []
        for subject in ("live.topic.*", "reply.gateway_1"):
            await gateway.listen(subject, lambda subject, data: heard.append(subject))
        intake = worker.intake()
        await intake.open(partition_of("member", "mem_1"), 0)
        await gateway.publish([Outgoing("cmd.member.mem_1.join", b"")] * 9)
        await worker.publish([Outgoing("tell.member.mem_1.join", b"")])
        await jobs.publish([Outgoing("job.member.mem_1.join", b"")])
        await worker.publish([Outgoing("event.live.topic.top_1", b"")] * 8)
        await worker.hint("reply.gateway_1", b"")
        origins: list[str] = []
        with anyio.fail_after(5):
            while len(origins) < 11:
                await intake.wait(0.1)
                origins += [message.origin for message in intake.take(20)]
        assert origins == ["cmd"] * 9 + ["tell", "job"]
        await eventually(lambda: len(heard) == 9)
        await worker.purge_commands(partition_of("member", "mem_1"), 5)
        await intake.shut()
        await _is_forbidden(gateway, "tell.member.mem_1.join")
        await _is_forbidden(worker, "cmd.member.mem_1.join")
        await _is_forbidden(jobs, "tell.member.mem_1.join")
        assert (await worker.commands()).last_seq == 11


async def _is_forbidden(broker: NatsBroker, subject: str) -> None:
    with pytest.raises(OutcomeUnknownError):
        await broker.publish([Outgoing(subject, b"")])
