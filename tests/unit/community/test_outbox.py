"""The queues of those who listen, in bounds, and the rounds in which they are written."""

import asyncio
from functools import partial
from itertools import pairwise

from diramoja_community.outbox import (
    ALL_CHARACTERS,
    IN_A_ROUND,
    OUTBOX_FRAMES,
    THIN_CHARACTERS,
    Backlog,
    Outbox,
    Rounds,
)


def test_outbox_that_is_full_drops_all_and_says_so() -> None:
    outbox = Outbox()
    for seq in range(OUTBOX_FRAMES + 1):
        outbox.offer("{}", "talk:a", seq)
    assert outbox.slow
    assert outbox.take_now() == []
    outbox.offer("{}", "talk:a", 9)
    assert outbox.take_now() == []


async def test_round_is_bounded_and_a_call_that_fails_does_not_end_it() -> None:
    rounds = Rounds()
    called: list[int] = []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))

    def fail() -> None:
        raise ZeroDivisionError

    rounds.add(fail)
    for number in range(2 * IN_A_ROUND):
        rounds.add(partial(called.append, number))
    seen: list[int] = []
    while not seen or seen[-1] < 2 * IN_A_ROUND:
        await asyncio.sleep(0)
        seen.append(len(called))
    assert called == list(range(2 * IN_A_ROUND))
    assert max(after - before for before, after in pairwise([0, *seen])) == IN_A_ROUND
    assert [type(each) for each in failures] == [ZeroDivisionError]


def test_outboxes_of_many_who_do_not_read_are_bounded_together() -> None:
    backlog = Backlog()
    outboxes = [Outbox(backlog) for _ in range(500)]
    for _ in range(30):
        for outbox in outboxes:
            outbox.offer("x" * 20_000, "talk:a", None)
    assert backlog.characters < ALL_CHARACTERS + len(outboxes) * THIN_CHARACTERS
    assert any(outbox.slow for outbox in outboxes)
    for outbox in outboxes:
        outbox.take_now()
    assert backlog.characters == 0
    outboxes.append(Outbox(backlog))
    for _ in range(30):
        outboxes[-1].offer("x" * 20_000, "talk:a", None)
    assert not outboxes[-1].slow
