"""The dispatcher over the in-memory worker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from diramoja.core.envelope import Envelope, ReplyHint, pack, unpack
from diramoja.core.errors import InvalidError, LimitedError, OutcomeUnknownError, UnavailableError
from diramoja.core.ports.broker import Outgoing
from diramoja.core.ports.rows import RequestRow
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock
from diramoja_community.dispatch import Answer, Dispatcher, DispatchSettings
from tests.support.talks import AnnounceTalk, RateTalk
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Worker(MemoryBroker):
    """A broker behind which somebody answers: at once by a hint, or only in the request rows."""

    def __init__(self, records: MemoryRecords) -> None:
        super().__init__(records.clock)
        self.records = records
        self.batches: list[int] = []
        self.hints = True
        self.answers = True
        self.fails: Exception | None = None
        self.hold = asyncio.Event()
        self.hold.set()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        await self.hold.wait()
        if self.fails:
            raise self.fails
        self.batches.append(len(messages))
        await super().publish(messages)
        for message in messages if self.answers else ():
            await self.answer(unpack(Envelope, message.data))

    async def answer(self, envelope: Envelope) -> None:
        row = self.records.request.get(envelope.request)
        if row is None:
            row = RequestRow(envelope.request, envelope.digest, 201, envelope.body, self.clock.now())
            self.records.request[row.id] = row
        if self.hints:
            status = 201 if row.digest == envelope.digest else 409
            await self.hint(envelope.reply_to, pack(ReplyHint(envelope.request, status, row.answer or b"")))


@asynccontextmanager
async def gateway(**settings: Any) -> AsyncIterator[tuple[Dispatcher, Worker]]:
    records = MemoryRecords(VirtualClock())
    worker = Worker(records)
    async with Dispatcher(worker, records, DispatchSettings(**settings), "gw1").serving() as dispatcher:
        yield dispatcher, worker


async def rate(dispatcher: Dispatcher, key: str = "k1", *, stars: int = 5, sender: str = "mem_a") -> Answer:
    return await dispatcher.send(
        "talk", "tlk_1", RateTalk(stars), sender=sender, roles=["member"], key=key, digest=b"digest%d" % stars
    )


async def test_send_answered_by_a_hint_gives_the_answer() -> None:
    async with gateway(poll_s=5) as (dispatcher, worker):
        assert await rate(dispatcher) == Answer(201, b'{"stars":5}')
        assert worker.stream[0].kind == "talk"
        assert unpack(Envelope, worker.stream[0].data).roles == ("member",)
        assert dispatcher.count == 0


async def test_send_whose_hint_is_lost_reads_the_request_row() -> None:
    async with gateway(poll_s=0.01) as (dispatcher, worker):
        worker.hints = False
        assert (await rate(dispatcher)).status == 201


async def test_send_without_an_answer_is_late_and_its_repeat_meets_it() -> None:
    async with gateway(answer_timeout_s=0.05, poll_s=0.01) as (dispatcher, worker):
        worker.answers = False
        with pytest.raises(UnavailableError) as caught:
            await rate(dispatcher)
        assert (caught.value.code, dispatcher.count) == ("answer_late", 0)
        worker.answers = True
        assert (await rate(dispatcher)).status == 201


async def test_key_with_another_body_never_gets_the_answer_of_the_first() -> None:
    async with gateway(poll_s=0.02) as (dispatcher, worker):
        for worker.hints in (True, False):
            got: dict[int, int] = {}

            async def one(stars: int, key: str, got: dict[int, int] = got) -> None:
                got[stars] = (await rate(dispatcher, key, stars=stars)).status

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one, 5, f"k{worker.hints}")
                tasks.start_soon(one, 4, f"k{worker.hints}")
            assert got == {5: 201, 4: 409}


async def test_callers_at_a_time_go_in_one_batch_in_their_order() -> None:
    async with gateway(waiting_per_member=200) as (dispatcher, worker):
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(rate, dispatcher, f"k{number}")
                if number % 10 == 0:
                    await asyncio.sleep(0)
        assert len(worker.batches) <= 20
        assert [unpack(Envelope, each.data).id for each in worker.stream] == [f"mem_a:k{n}" for n in range(100)]


@pytest.mark.parametrize("error", [UnavailableError("away"), OutcomeUnknownError("perhaps")])
async def test_batch_that_is_not_stored_asks_its_callers_to_try_again(error: Exception) -> None:
    async with gateway() as (dispatcher, worker):
        worker.fails = error
        with pytest.raises(UnavailableError) as caught:
            await rate(dispatcher)
        assert caught.value.retryable
        worker.fails = None
        assert (await rate(dispatcher)).status == 201


async def test_waiting_writes_beyond_the_bounds_are_refused() -> None:
    async with gateway(waiting_max=3, waiting_per_member=2) as (dispatcher, worker):
        worker.hold.clear()
        async with anyio.create_task_group() as tasks:
            for key in ("k1", "k2"):
                tasks.start_soon(rate, dispatcher, key)
            await eventually(lambda: dispatcher.count == 2)
            with pytest.raises(UnavailableError, match="Too many"):
                await rate(dispatcher, "k3")
            async with anyio.create_task_group() as others:
                others.start_soon(lambda: rate(dispatcher, "k1", sender="mem_b"))
                await eventually(lambda: dispatcher.count == 3)
                with pytest.raises(UnavailableError) as caught:
                    await rate(dispatcher, "k1", sender="mem_c")
                worker.hold.set()
        assert (caught.value.code, dispatcher.count) == ("too_many_waiting", 0)


async def test_caller_that_is_cancelled_is_forgotten_and_not_published() -> None:
    async with gateway() as (dispatcher, worker):
        worker.hold.clear()
        first = asyncio.create_task(rate(dispatcher, "k1"))
        await eventually(lambda: dispatcher.count == 1)
        await asyncio.sleep(0)
        second = asyncio.create_task(rate(dispatcher, "k2"))
        await eventually(lambda: dispatcher.count == 2)
        second.cancel()
        await asyncio.wait([second])
        assert dispatcher.count == 1
        worker.hold.set()
        assert (await first).status == 201
        assert worker.batches == [1]


async def test_command_beyond_64_kb_or_to_an_impossible_id_is_refused_unsent() -> None:
    async with gateway() as (dispatcher, worker):
        big = AnnounceTalk("x" * 70_000, datetime.now(UTC) + timedelta(hours=1))
        with pytest.raises(LimitedError):
            await dispatcher.send("talk", "tlk_1", big, sender="mem_a", roles=[], key="k", digest=b"d")
        for agent in ("a.b", "a b", "*", ">", "", "x" * 200):
            with pytest.raises(InvalidError):
                await dispatcher.send("talk", agent, RateTalk(5), sender="mem_a", roles=[], key="k", digest=b"d")
        assert (worker.stream, dispatcher.count) == ([], 0)


async def test_unreadable_hint_is_passed_over() -> None:
    async with gateway(poll_s=0.01) as (dispatcher, worker):
        worker.answers = False
        caller = asyncio.create_task(rate(dispatcher))
        await eventually(lambda: len(worker.stream) == 1)
        await worker.hint("reply.gw1.0", b"\xc1garbage")
        await worker.answer(unpack(Envelope, worker.stream[0].data))
        assert (await caller).status == 201
