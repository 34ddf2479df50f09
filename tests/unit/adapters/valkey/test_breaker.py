from diramoja.adapters.valkey.client import Breaker
from diramoja.core.errors import UnavailableError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_breaker_opens_after_failures_in_a_row_and_lets_one_call_through_after_the_pause() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, pause_s=5, clock=clock)
    error = UnavailableError("away")
    breaker.failed(error)
    breaker.succeeded()
    breaker.failed(error)
    assert breaker.closed
    breaker.failed(error)
    assert (breaker.closed, breaker.admits()) == (False, False)
    clock.now = 5
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.failed(error)
    clock.now = 9
    assert not breaker.admits()
    clock.now = 10
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.closed, breaker.admits(), breaker.admits()] == [True, True, True]
