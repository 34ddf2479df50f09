"""Bodies of requests: JSON, decoded strictly, and refused where no field could hold it.

Whatever the type of a field: no control characters (save newline, tab, carriage return), no lone surrogates, no
numbers beyond 64 bits, no nesting beyond 32, no unknown fields, no text where a number belongs.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from diramoja.needed import complaint
from diramoja_community.problems import FieldError, ProblemError

__all__ = ["StrictBody", "check_json", "read_json"]

DEEPEST = 32
INT64 = 2**63

_ESCAPED_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\(?:[bf]|u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F]|7[fF]))")
_RAW_DELETE = b"\x7f"
_LONG_NUMBER = re.compile(rb"\d{19}")
# A text that is not closed ends with the body, and nothing is tried twice: else the time grows with the square.
_BRACKETS_OR_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def check_json(body: bytes) -> None:
    """Refuse what no field may hold; the rest is for the decoder.

    Raises:
        ProblemError: 400 `malformed` (no UTF-8), `text_invalid`, `too_deep` or `number_invalid`.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ProblemError(400, "malformed", "The body is not UTF-8.") from error
    if _RAW_DELETE in body or (b"\\" in body and _ESCAPED_CONTROL.search(body)):
        raise ProblemError(400, "text_invalid", "The body holds control characters.")
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        raise ProblemError(400, "too_deep", f"The body is nested deeper than {DEEPEST} levels.")
    if _LONG_NUMBER.search(body):
        _check_numbers(body)


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for found in _BRACKETS_OR_TEXT.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _check_numbers(body: bytes) -> None:
    for number in _numbers(_decoded(body)):
        if not -INT64 <= number < INT64:
            raise ProblemError(400, "number_invalid", "The body holds a number beyond 64 bits.")


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)


def _decoded(body: bytes, decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()) -> Any:  # noqa: B008  # shared
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        wrong = FieldError(*complaint(error, decoder.type))
        raise ProblemError(400, "invalid", "The body is not valid.", errors=[wrong]) from error
    except RecursionError as error:
        raise ProblemError(400, "too_deep", f"The body is nested deeper than {DEEPEST} levels.") from error
    except msgspec.DecodeError as error:
        raise ProblemError(400, "malformed", f"The body is no JSON: {error}.") from error


@lru_cache(maxsize=512)
def _decoder(of: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(of)


def read_json(body: bytes, of: Any) -> Any:
    """The body as this type.

    Raises:
        ProblemError: 400, with the field where it is one's fault.
    """
    check_json(body)
    return _decoded(body, _decoder(of))


class StrictBody(AbstractDTO[Any]):
    """How Litestar reads the parameter `data`. A route that takes no JSON declares `dto=None`."""

    def decode_bytes(self, value: bytes) -> Any:
        """Read JSON."""
        media_type = self.asgi_connection.headers.get("content-type", "application/json").partition(";")[0].strip()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise ProblemError(415, "media_type_unsupported", "The body's Content-Type has to be application/json.")
        field = self.asgi_connection.route_handler.parsed_data_field
        return read_json(value, field.annotation if field else Any)

    def decode_builtins(self, value: dict[str, Any]) -> Any:
        """Forms are not taken."""
        raise ProblemError(415, "media_type_unsupported", "The body's Content-Type has to be application/json.")

    @classmethod
    def create_for_field_definition(cls, field_definition: FieldDefinition, handler_id: str, *_: Any) -> None:
        """Make the decoder at start-up, so that a type that cannot be read is found then."""
        _decoder(field_definition.annotation)

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        """The schema of the type itself."""
        return schema_creator.for_field_definition(field_definition)  # type: ignore[no-any-return]  # private class

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Iterator[DTOFieldDefinition]:  # type: ignore[override]
        """None: the type is used as it is."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """None."""
        return False
