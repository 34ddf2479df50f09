"""The watchdog alone: it interrupts what runs for too long, and nothing else."""

import contextlib
import random
import time
from collections.abc import Iterator

import pytest

from diramoja.core.runtime.watchdog import STUCK, HandlerTimeoutError, Watchdog


@pytest.fixture
def ended() -> list[int]:
    return []


@pytest.fixture
def watchdog(ended: list[int]) -> Iterator[Watchdog]:
    dog = Watchdog(0.1, ended.append)
    dog.start()
    yield dog
    dog.stop()


def spin(for_s: float) -> None:
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        pass


def test_code_that_does_not_end_is_interrupted(watchdog: Watchdog, ended: list[int]) -> None:
    with pytest.raises(HandlerTimeoutError):  # noqa: PT012  # the call is what ends
        watchdog.begin()
        spin(20)
    assert watchdog.token
    watchdog.quiet()
    assert ended == []


def test_code_that_catches_every_exception_is_interrupted_too(watchdog: Watchdog) -> None:
    def stubborn() -> None:
        while True:
            try:
                spin(0.01)
            except Exception:  # noqa: BLE001
                continue

    with pytest.raises(HandlerTimeoutError):  # noqa: PT012  # the call is what ends
        watchdog.begin()
        stubborn()
    watchdog.quiet()


def test_what_does_not_give_way_ends_the_process(watchdog: Watchdog, ended: list[int]) -> None:
    watchdog.begin()
    while not ended:
        with contextlib.suppress(HandlerTimeoutError):
            spin(1)
    watchdog.quiet()
    assert ended[0] == STUCK


def test_many_short_calls_are_left_alone(watchdog: Watchdog, ended: list[int]) -> None:
    for _ in range(40):
        watchdog.begin()
        spin(0.01)
    watchdog.quiet()
    spin(0.5)
    assert ended == []


def test_an_interruption_never_comes_after_the_end(watchdog: Watchdog) -> None:
    dice = random.Random(3)
    interrupted = 0
    for _ in range(25):
        try:
            watchdog.begin()
            spin(0.1 + dice.random() * 0.12)
            watchdog.quiet()
        except HandlerTimeoutError:
            interrupted += 1
            watchdog.quiet()
        spin(0.001)
    assert interrupted > 0
