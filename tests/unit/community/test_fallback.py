"""A primary and its fallbacks behind a circuit breaker."""

import pytest

from diramoja.core.errors import MissingError, UnavailableError
from diramoja_community.fallback import FAILURES, PAUSE_S, Fallback

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Search:
    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self.error = error
        self.asked = 0

    async def find(self, words: str, *, limit: int) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return f"{self.name}: {words} {limit}"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_primary_answers_while_it_can() -> None:
    first, second = Search("first"), Search("second")
    assert await Fallback("search", [first, second]).find("cats", limit=3) == "first: cats 3"
    assert second.asked == 0


async def test_fallback_answers_while_the_primary_is_away_and_the_primary_is_left_alone() -> None:
    first, second, clock = Search("first", UnavailableError("away")), Search("second"), Clock()
    both = Fallback("search", [first, second], clock)
    for _ in range(FAILURES + 5):
        assert await both.find("cats", limit=3) == "second: cats 3"
    assert first.asked == FAILURES
    first.error, clock.now = None, PAUSE_S + 1
    assert await both.find("cats", limit=3) == "first: cats 3"


async def test_other_errors_are_answers() -> None:
    both = Fallback("search", [Search("first", MissingError("no such cat")), Search("second")])
    with pytest.raises(MissingError):
        await both.find("cats", limit=3)


async def test_last_one_is_always_asked() -> None:
    both = Fallback("search", [Search("first", UnavailableError("a")), Search("second", UnavailableError("b"))])
    for _ in range(FAILURES + 1):
        with pytest.raises(UnavailableError, match="b"):
            await both.find("cats", limit=3)
