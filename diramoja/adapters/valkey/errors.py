"""The driver's errors as ours."""

from redis.exceptions import DataError, RedisError

from diramoja.core.errors import DiramojaError, InvalidError, UnavailableError

__all__ = ["DRIVER_ERRORS", "ERRORS", "from_driver"]

ERRORS: dict[type[Exception], type[DiramojaError]] = {
    DataError: InvalidError,  # A key or a value that is no string of bytes.
    # Not connected, timed out, loading, out of memory, read only, not allowed: a cache that cannot be used is away.
    RedisError: UnavailableError,
    OSError: UnavailableError,  # TimeoutError among them.
}
DRIVER_ERRORS = tuple(ERRORS)


def from_driver(error: Exception) -> DiramojaError:
    """Ours; the text names the driver's class only: its own text may hold the address and the user."""
    ours = next(ours for theirs, ours in ERRORS.items() if isinstance(error, theirs))
    return ours(f"The cache server cannot be used: {type(error).__name__}.", code="valkey_unavailable")
