"""The one tree of errors.

    DiramojaError                  code, category, retryable
    ├── InvalidError               the input is wrong                    400
    │   ├── MessageError           bytes that are no message of ours     400
    │   └── SettingsError          a setting is unknown or out of bounds 400
    ├── UnauthenticatedError       who are you?                          401
    ├── DeniedError                you may not                           403
    ├── MissingError               there is no such thing                404
    ├── ConflictError              not in this state                     409
    │   ├── FencedError            a partition has another owner now     409
    │   └── PluginError            plugins that do not fit together      409
    ├── LimitedError               too much, too often, too large        429
    ├── UnavailableError           a dependency does not answer          503
    │   └── OutcomeUnknownError    it may or may not have happened       503
    └── InternalError              our own fault                         500

Callers branch on class or category, never on text. A message never holds a secret or a personal datum.
"""

import traceback
from typing import ClassVar, Literal

__all__ = [
    "STATUS_OF_CATEGORY",
    "Category",
    "ConflictError",
    "DeniedError",
    "DiramojaError",
    "FencedError",
    "InternalError",
    "InvalidError",
    "LimitedError",
    "MessageError",
    "MissingError",
    "OutcomeUnknownError",
    "PluginError",
    "SettingsError",
    "UnauthenticatedError",
    "UnavailableError",
    "trace_of",
]

type Category = Literal[
    "invalid", "unauthenticated", "denied", "missing", "conflict", "limited", "unavailable", "internal"
]

STATUS_OF_CATEGORY: dict[Category, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "denied": 403,
    "missing": 404,
    "conflict": 409,
    "limited": 429,
    "unavailable": 503,
    "internal": 500,
}
"""HTTP status of each category (RFC 9110)."""


class DiramojaError(Exception):
    """An error with a stable code; `cure` says what the reader can do about it, where that is known."""

    code: str = "internal"
    category: ClassVar[Category] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str = "", cure: str = "") -> None:
        super().__init__(message if not cure else f"{message} {cure}")
        self.message = message
        self.cure = cure
        if code:
            self.code = code

    @property
    def status(self) -> int:
        """The HTTP status that answers this error."""
        return STATUS_OF_CATEGORY[self.category]


class InvalidError(DiramojaError):
    """The input is wrong; the same input will always be refused."""

    code = "invalid"
    category = "invalid"


class MessageError(InvalidError):
    """Bytes that cannot be read as the message they claim to be."""

    code = "message_invalid"


class SettingsError(InvalidError):
    """A setting is unknown, has the wrong type or is out of its bounds."""

    code = "settings_invalid"


class UnauthenticatedError(DiramojaError):
    """The caller has not shown who they are."""

    code = "unauthenticated"
    category = "unauthenticated"


class DeniedError(DiramojaError):
    """The caller is known and may not do this."""

    code = "denied"
    category = "denied"


class MissingError(DiramojaError):
    """There is no such thing, or none that this caller may see."""

    code = "missing"
    category = "missing"


class ConflictError(DiramojaError):
    """The thing is in a state that does not allow this."""

    code = "conflict"
    category = "conflict"


class FencedError(ConflictError):
    """Partitions whose epoch or cursor moved: this worker owns them no more."""

    code = "fenced"


class PluginError(ConflictError):
    """Plugins of a deployment that do not fit together; names the culprit and the cure."""

    code = "plugin_conflict"


class LimitedError(DiramojaError):
    """Beyond a limit of rate or size; `retry_after_s` says when another try makes sense."""

    code = "limited"
    category = "limited"
    retryable = True

    def __init__(self, message: str, *, code: str = "", cure: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(message, code=code, cure=cure)
        self.retry_after_s = retry_after_s


class UnavailableError(DiramojaError):
    """A dependency does not answer; the same call may succeed later."""

    code = "unavailable"
    category = "unavailable"
    retryable = True


class OutcomeUnknownError(UnavailableError):
    """The connection broke before the answer: it may or may not have happened."""

    code = "outcome_unknown"


class InternalError(DiramojaError):
    """Our own fault; the log has the details."""

    code = "internal"


def trace_of(error: BaseException | None, causes: int = 4, frames: int = 8) -> str:
    """Where it was raised, and what led to it, without the text of other errors than ours: that may quote a person.

    Args:
        error: the last of a chain.
        causes: errors of the chain that are shown.
        frames: the innermost ones of each.
    """
    parts: list[str] = []
    while error is not None and len(parts) < causes:
        text = f"{type(error).__name__}: {error}" if isinstance(error, DiramojaError) else type(error).__name__
        parts.append("".join((*traceback.format_tb(error.__traceback__, -frames), text, "\n")))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(parts))
