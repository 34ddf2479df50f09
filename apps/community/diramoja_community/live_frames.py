"""The frames of /v1/live: JSON objects with a `type`."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from diramoja.core.errors import DiramojaError, InvalidError
from diramoja_community.bodies import check_json
from diramoja_community.problems import ProblemError

__all__ = [
    "Authenticate",
    "Given",
    "Ping",
    "Resume",
    "Subscribe",
    "Typing",
    "Unsubscribe",
    "error_frame",
    "frame",
    "read_frame",
]

LARGEST_FRAME = 16_384


class _Frame(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    pass


class Authenticate(_Frame, tag="authenticate"):
    """Says who listens; again, with a fresh token of the same member, it prolongs the session."""

    token: str


class Subscribe(_Frame, tag="subscribe"):
    """Hear channels from now on; and be there, and hear of others who are, unless `presence` is false."""

    channels: Annotated[list[str], Meta(max_length=100)]
    presence: bool = True


class Unsubscribe(_Frame, tag="unsubscribe"):
    """Hear these no more."""

    channels: Annotated[list[str], Meta(max_length=100)]


class Resume(_Frame, tag="resume"):
    """Hear channels from after these numbers on; `presence` as in `subscribe`."""

    after: Annotated[dict[str, Annotated[int, Meta(ge=0)]], Meta(max_length=100)]
    presence: bool = True


class Ping(_Frame, tag="ping"):
    """Answered by `pong`."""


class Typing(_Frame, tag="typing"):
    """The sender is typing; told to the others who hear the channel, where they may write there."""

    channel: str


type Given = Authenticate | Subscribe | Unsubscribe | Resume | Ping | Typing

_DECODER: msgspec.json.Decoder[Given] = msgspec.json.Decoder(
    Authenticate | Subscribe | Unsubscribe | Resume | Ping | Typing
)


def frame(kind: str, **fields: Any) -> str:
    """A frame to the client."""
    return msgspec.json.encode({"type": kind, **fields}).decode()


def error_frame(error: DiramojaError | ProblemError, **fields: Any) -> str:
    """What is wrong, as a frame."""
    detail = error.detail if isinstance(error, ProblemError) else str(error)
    return frame("error", code=error.code, detail=detail, **fields)


def read_frame(text: str | bytes) -> Given:
    """A frame of the client.

    Raises:
        InvalidError: it is none.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > LARGEST_FRAME:
        raise InvalidError("A frame has at most 16 KB.", code="frame_too_large")
    try:
        check_json(data)
        return _DECODER.decode(data)
    except ProblemError as error:
        raise InvalidError(error.detail, code=error.code) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError(f"This is no frame: {error}.", code="frame_invalid") from error
