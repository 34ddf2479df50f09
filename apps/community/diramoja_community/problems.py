"""Problems: every error as `application/problem+json` (RFC 9457) with a stable `code`."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.types import ExceptionHandlersMap

from diramoja.core.errors import DiramojaError, LimitedError, UnavailableError
from diramoja.needed import needed_at
from diramoja_community.exchange import exchange_of

__all__ = ["HANDLERS", "PROBLEM_JSON", "FieldError", "Problem", "ProblemError", "problem_of_answer"]

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
TOO_LARGE = frozenset({"command_too_large", "message_too_large", "body_too_large"})

_CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "denied",
    404: "missing",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
    429: "rate_limited",
    503: "unavailable",
}
_BOUND = re.compile(r"Expected `\w+` (?P<sign>[<>]=) (?P<bound>\S+)")
_DETAILS = {
    404: "There is nothing at this path.",
    405: "This path does not take this method.",
    413: "The body is larger than this server takes.",
}


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field; `field` is its path, "" for the whole."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error (RFC 9457).

    Attributes:
        type: a URN made from the code.
        code: stable; what clients branch on.
        errors: for bad input, what is wrong with which field.
        request_id: as in the header X-Request-ID and in the server's log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    errors: Sequence[FieldError] = ()
    dead_letter: str = ""


class ProblemError(Exception):
    """An error with a status of its own; answers its request."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        dead_letter: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.dead_letter = dead_letter
        self.headers = dict(headers or {})


class _AnswerBody(msgspec.Struct):
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    dead_letter: str = ""


def problem_of_answer(status: int, body: bytes) -> ProblemError:
    """The problem that an agent answered with."""
    try:
        told = msgspec.json.decode(body, type=_AnswerBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ProblemError(status, _CODES.get(status, "internal"), "The agent refused this without saying why.")
    return ProblemError(status, told.code, told.detail, errors=told.errors, dead_letter=told.dead_letter)


def _response(request: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    exchange = exchange_of(request)
    body = Problem(
        type=f"urn:diramoja:problem:{error.code}",
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=exchange.id,
        errors=error.errors,
        dead_letter=error.dead_letter,
    )
    headers = dict(error.headers)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if error.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers.setdefault("Retry-After", "1")
    return Response(msgspec.json.encode(body), status_code=error.status, media_type=PROBLEM_JSON, headers=headers)


def _of_problem(request: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    return _response(request, error)


def _of_ours(request: Request[Any, Any, Any], error: DiramojaError) -> Response[bytes]:
    status, headers = error.status, {}
    if error.code in TOO_LARGE:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    elif isinstance(error, LimitedError):
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, UnavailableError):
        log.error("request_failed", code=error.code, exc_info=error)
    return _response(request, ProblemError(status, error.code, str(error), headers=headers))


GONE = "client disconnected prematurely"
"""What Litestar says of a client that went away in the middle of a body."""


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Errors of Litestar itself: routing, parameters, bodies."""
    status = error.status_code
    if isinstance(error, InternalServerException) and error.detail == GONE:  # The client's fault; nobody reads this.
        return _response(request, ProblemError(HTTPStatus.BAD_REQUEST, "body_incomplete", "The body has no end."))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_unknown(request, error)
    errors = _field_errors(request, error) if isinstance(error, ValidationException) else ()
    detail = _DETAILS.get(status) or ("The request is not valid." if errors else error.detail)
    code = _CODES.get(status, "invalid")
    return _response(request, ProblemError(status, code, detail, errors=errors, headers=error.headers))


def _field_errors(request: Request[Any, Any, Any], error: ValidationException) -> list[FieldError]:
    if not isinstance(error.extra, list):
        return []
    takes = request.route_handler.parsed_fn_signature.parameters
    found = []
    for each in error.extra:
        field, message = str(each.get("key", "")), str(each.get("message", ""))
        if field == "data" and message == "'data'":
            field, message = "", "A JSON body is needed."
        elif field in takes and message.startswith("Invalid enum"):
            message = needed_at(takes[field].annotation, "") or message
        elif bound := _BOUND.fullmatch(message):
            message = f"Needed: {'at most' if bound['sign'] == '<=' else 'at least'} {bound['bound']}."
        found.append(FieldError(field, message))
    return found


def _of_unknown(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    detail = "Something went wrong here; the log has it under the request id."
    return _response(request, ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail))


HANDLERS: ExceptionHandlersMap = {
    ProblemError: _of_problem,
    DiramojaError: _of_ours,
    HTTPException: _of_framework,
    Exception: _of_unknown,
}
"""What answers which exception."""
