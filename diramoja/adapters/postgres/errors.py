"""PostgreSQL's errors as ours.

What PostgreSQL says about a value may quote it, so its text is never passed on, nor chained, where a value is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as pg

from diramoja.core.errors import (
    ConflictError,
    DiramojaError,
    InvalidError,
    OutcomeUnknownError,
    UnavailableError,
)

__all__ = ["DRIVER_ERRORS", "ended_commit", "ours", "refused_commit", "translated"]

DRIVER_ERRORS = (pg.PostgresError, pg.InterfaceError, pg.InternalClientError, OSError, TimeoutError)
"""What asyncpg raises."""

# Source: PostgreSQL, appendix "Error Codes". The longest prefix counts; what is not here is UnavailableError.
ERRORS: dict[str, type[DiramojaError]] = {
    "21": InvalidError,  # cardinality violation
    "22": InvalidError,  # data exception
    "23": InvalidError,  # integrity constraint violation
    "23505": ConflictError,  # unique violation
    "23P01": ConflictError,  # exclusion violation
    "42": InvalidError,  # syntax error, undefined table or column
    "42501": UnavailableError,  # insufficient privilege: the deployment's fault
    "54": InvalidError,  # program limit exceeded, such as an index row that is too large
    "P0": InvalidError,  # raised by a trigger
}
_UNCERTAIN = ("08", "57", "58", "XX")
"""Classes that say nothing about whether a COMMIT went through: connection, operator, system, internal."""


def ours(error: BaseException) -> DiramojaError:
    """Our error for one of `DRIVER_ERRORS`."""
    if isinstance(error, pg.InterfaceError) and isinstance(error, ValueError):  # asyncpg's own check of an argument
        return InvalidError("PostgreSQL cannot take a value of this type.", code="postgres_value_invalid")
    if state := _state_of(error):
        kind = next((ERRORS[state[:size]] for size in (5, 2) if state[:size] in ERRORS), UnavailableError)
        return kind(f"PostgreSQL refuses ({state}: {_names(error)}).", code=f"postgres_{state.lower()}")
    reason = "does not answer in time" if isinstance(error, TimeoutError) else "is not available"
    return UnavailableError(f"PostgreSQL {reason} ({type(error).__name__}).", code="postgres_unavailable")


def _state_of(error: BaseException) -> str:
    """The SQLSTATE, five characters; "" where the server did not say this."""
    return str(getattr(error, "sqlstate", None) or "") if isinstance(error, pg.PostgresError) else ""


def _names(error: BaseException) -> str:
    """What is refused, without any value of it."""
    names = [getattr(error, f"{part}_name", None) for part in ("table", "column", "constraint")]
    return ", ".join([type(error).__name__, *(str(name) for name in names if name)])


def refused_commit(error: DiramojaError) -> DiramojaError:
    """Within a commit a unique key that exists is a refused row like any other."""
    if isinstance(error, ConflictError):
        return InvalidError(error.message, code=error.code)
    return error


def ended_commit(error: BaseException) -> DiramojaError:
    """Our error for a COMMIT that failed: a definite no, or unknown."""
    if (state := _state_of(error)) and not state.startswith(_UNCERTAIN):
        return refused_commit(ours(error))
    return OutcomeUnknownError("PostgreSQL broke off while committing.", code="postgres_outcome_unknown")


@contextmanager
def translated() -> Iterator[None]:
    """Raises ours for the driver's."""
    try:
        yield
    except DRIVER_ERRORS as error:
        mine = ours(error)
        raise mine from (error if isinstance(mine, UnavailableError) else None)
