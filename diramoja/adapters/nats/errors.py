"""NATS's errors as ours."""

from typing import Any

from diramoja.core.errors import (
    ConflictError,
    DiramojaError,
    InvalidError,
    LimitedError,
    MissingError,
    OutcomeUnknownError,
    UnavailableError,
)

__all__ = ["ERRORS", "away", "from_answer", "outcome_unknown", "too_large"]

# Source: nats-server, server/errors.json (err_code of JetStream answers). What is not here goes by its HTTP-like code.
ERRORS: dict[int, type[DiramojaError]] = {
    10008: UnavailableError,  # JetStream temporarily unavailable
    10009: UnavailableError,  # cluster not available
    10023: UnavailableError,  # insufficient resources
    10028: UnavailableError,  # resource limits exceeded for account
    10039: UnavailableError,  # JetStream not enabled for account
    10047: UnavailableError,  # insufficient storage resources
    10054: LimitedError,  # message size exceeds maximum allowed
    10058: ConflictError,  # stream name already in use with a different configuration
    10059: MissingError,  # stream not found
    10065: ConflictError,  # subjects overlap with an existing stream
    10076: UnavailableError,  # JetStream not enabled
    10077: UnavailableError,  # stream store failed (disk full)
    10176: UnavailableError,  # atomic publish batch is incomplete
    10199: LimitedError,  # atomic publish batch is too large
    10210: UnavailableError,  # atomic publish too many in flight
    10211: UnavailableError,  # batch publish too many in flight
}
_FIRST_SERVER_CODE = 500


def from_answer(error: dict[str, Any]) -> DiramojaError:
    """Our error for the `error` object of a JetStream answer: a definite no."""
    code, number = error.get("code", _FIRST_SERVER_CODE), error.get("err_code", 0)
    default = UnavailableError if code >= _FIRST_SERVER_CODE else InvalidError
    kind = ERRORS.get(number, default)
    return kind(f"NATS refuses ({number}): {error.get('description', 'no reason given')}.", code=f"nats_{number}")


def away(cause: str) -> UnavailableError:
    """Nothing was sent, or it is known that nobody took it."""
    return UnavailableError(f"NATS is not available: {cause}.", code="nats_unavailable")


def outcome_unknown(error: BaseException) -> OutcomeUnknownError:
    """Something was sent and no answer came."""
    slow = isinstance(error, TimeoutError)
    reason = "did not answer in time" if slow else "broke the connection before it answered"
    return OutcomeUnknownError(f"NATS {reason}.", code="nats_outcome_unknown")


def too_large(limit_bytes: int) -> LimitedError:
    """A message is larger than the server takes."""
    return LimitedError(
        f"A message is larger than the {limit_bytes} bytes that NATS takes (max_payload).", code="message_too_large"
    )
