"""Messages: what crosses a wire or a disk, as frozen msgspec structs with a name and a version.

    Message
    ├── Command   imperative, to one agent; may be rejected
    ├── Event     a past-tense fact that an agent published; `live=True` sends it to its channel
    ├── View      an answer or an item of a list
    ├── Row       an entry of a keyed collection that an agent owns; its first field is the key
    ├── State     what an agent knows; kept small
    └── Record    a row of the read model

Bytes are JSON by field name. Whoever reads bytes of an older version runs the upcasters that the class
declares: `class Talk(State, version=2, upcasts={1: add_speaker})`, each a function from the dictionary of that
version to the dictionary of the next.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self, dataclass_transform

import msgspec
from msgspec import StructMeta

from diramoja.core.errors import MessageError

__all__ = [
    "Command",
    "Event",
    "Message",
    "Personal",
    "Record",
    "Row",
    "State",
    "Upcast",
    "View",
    "decode",
    "encode",
    "personal_fields",
]

type Upcast = Callable[[dict[str, Any]], dict[str, Any]]

_PERSONAL = "diramoja.personal"
type Personal[T] = Annotated[T, msgspec.Meta(extra={_PERSONAL: True})]
"""Marks a field that says who somebody is: exported, erased, masked in dead letters and logs."""

MAX_BODY_BYTES = 64 * 1024
"""A command's body is at most this long."""
MAX_MESSAGE_BYTES = 256 * 1024
"""So is whatever else is stored or sent: events, states, rows, answers. The broker takes 1 MB, envelope included."""


def snake_case(name: str) -> str:
    """`RateTalk` → `rate_talk`: the verb on the wire and the collection of rows."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class MessageMeta(StructMeta):
    """Gives each class its wire name, its version and its upcasters."""

    wire_name: str
    schema_version: int
    is_live: bool
    upcasts: Mapping[int, Upcast]

    def __new__(  # noqa: PYI034  # typed as StructMeta's
        mcls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        version: int = 1,
        live: bool = False,
        upcasts: Mapping[int, Upcast] | None = None,
        **config: Any,
    ) -> "MessageMeta":  # StructMeta.__new__ is typed so
        """Make the frozen struct; a version without the upcasters that lead to it is refused at import."""
        steps = dict(upcasts or {})
        if sorted(steps) != list(range(1, version)):
            raise TypeError(
                f"{class_name} has version {version}: it needs upcasts for the versions 1 to {version - 1}, "
                f"and declares {sorted(steps) or 'none'}."
            )
        cls = super().__new__(mcls, class_name, bases, namespace, frozen=True, **config)
        cls.wire_name = name or snake_case(class_name)
        cls.schema_version = version
        cls.is_live = live
        cls.upcasts = steps
        return cls


class Message(msgspec.Struct, metaclass=MessageMeta):
    """Whatever crosses a wire or a disk."""

    wire_name: ClassVar[str]
    schema_version: ClassVar[int]
    is_live: ClassVar[bool]
    upcasts: ClassVar[Mapping[int, Upcast]]

    def but(self, **changes: Any) -> Self:
        """A copy with these fields changed."""
        return msgspec.structs.replace(self, **changes)


class Command(Message, forbid_unknown_fields=True):
    """An imperative message to one agent; the agent may reject it."""


class Event(Message):
    """A past-tense fact, published by the agent it is about."""


class View(Message):
    """What an answer or a list shows."""


class Row(Message):
    """An entry of a collection that an agent owns; the first field is its key, a text without limits on order."""

    @property
    def key(self) -> str:
        """The key within the collection: the first field."""
        return str(getattr(self, self.__struct_fields__[0]))


class State(Message):
    """What an agent knows, in the phase it is in. Every field has a default: that is the absent agent."""

    phase: str = "absent"


class Record(Message):
    """A row of the read model; the field names are the columns."""


_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[type[Message], msgspec.json.Decoder[Any]] = {}


def encode(message: msgspec.Struct) -> bytes:
    """The message's JSON.

    Raises:
        MessageError: it is longer than `MAX_MESSAGE_BYTES`; where that is a handler's decision, it is a dead letter.
    """
    data = _ENCODER.encode(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageError(f"A {type(message).__name__} of {len(data)} bytes.", code="message_too_large")
    return data


def decode[M: Message](cls: type[M], data: bytes, version: int | None = None) -> M:
    """Read bytes that a class of the same name wrote, now or in an older version.

    Args:
        cls: the class as it is today.
        data: JSON as `encode` wrote it.
        version: the version that wrote it; None: today's.

    Raises:
        MessageError: no JSON, wrong types, a field beyond its bounds, or a version newer than this code knows.
    """
    try:
        if version is None or version == cls.schema_version:
            decoder = _DECODERS.get(cls)
            if decoder is None:
                decoder = _DECODERS[cls] = msgspec.json.Decoder(cls)
            return decoder.decode(data)  # type: ignore[no-any-return]  # the cache is keyed by class
        return msgspec.convert(_upcast(cls, msgspec.json.decode(data), version), cls)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"These bytes are no {cls.__name__}: {error}.") from error


def _upcast(cls: type[Message], fields: dict[str, Any], version: int) -> dict[str, Any]:
    if not 1 <= version <= cls.schema_version:
        raise MessageError(
            f"{cls.__name__} was written in version {version} and this code knows version {cls.schema_version}.",
            code="version_unknown",
            cure="Upgrade this process.",
        )
    for step in range(version, cls.schema_version):
        fields = cls.upcasts[step](fields)
    return fields


def personal_fields(cls: type[msgspec.Struct]) -> frozenset[str]:
    """Names of the fields that are marked `Personal`."""
    info = msgspec.inspect.type_info(cls)
    fields = getattr(info, "fields", ())
    return frozenset(field.name for field in fields if (getattr(field.type, "extra", None) or {}).get(_PERSONAL, False))
