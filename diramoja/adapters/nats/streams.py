"""The two streams: their configuration, and what differs where they exist."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from diramoja.adapters.nats.client import NatsLink
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.errors import ConflictError, MissingError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.broker import StreamInfo

__all__ = ["Names", "commands_config", "differences", "events_config", "prepare_stream", "stream_info"]

_HOUR_NS = 3600 * 10**9
_NAME_IN_USE = "nats_10058"


@attrs.frozen
class Names:
    """Names on the server: streams, and what stands before every subject."""

    prefix: str = ""

    @property
    def commands(self) -> str:
        """The stream of commands."""
        return f"{self.prefix}COMMANDS"

    @property
    def events(self) -> str:
        """The stream of events."""
        return f"{self.prefix}EVENTS"

    @property
    def root(self) -> str:
        """`<prefix>.`, or "" where there is none."""
        return f"{self.prefix}." if self.prefix else ""


def _base(name: str, replicas: int) -> dict[str, Any]:
    return {
        "name": name,
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msg_size": -1,
        "max_msgs_per_subject": -1,
        "num_replicas": replicas,
        "allow_atomic": True,
        "deny_purge": False,
        "sealed": False,
    }


def commands_config(names: Names, settings: NatsSettings) -> dict[str, Any]:
    """COMMANDS: nothing ages, and every subject gets its partition in front."""
    tokens = ".".join(f"{{{{wildcard({place})}}}}" for place in range(1, 5))
    return {
        **_base(names.commands, settings.replicas),
        "subjects": [f"{names.root}{origin}.*.*.*" for origin in ("cmd", "tell", "job")],
        "max_age": 0,
        "subject_transform": {
            "src": f"{names.root}*.*.*.*",
            "dest": f"p.{{{{partition({PARTITIONS},2,3)}}}}.{tokens}",
        },
    }


def events_config(names: Names, settings: NatsSettings) -> dict[str, Any]:
    """EVENTS: kept for a day, and the live ones sent on to whoever listens."""
    return {
        **_base(names.events, settings.replicas),
        "subjects": [f"{names.root}event.*.*.*"],
        "max_age": settings.events_max_age_h * _HOUR_NS,
        "republish": {
            "src": f"{names.root}event.live.*.*",
            "dest": f"{names.root}live.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}",
        },
    }


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """What a stream has otherwise, one sentence part a field; extra fields of the server do not count."""
    missing = object()
    return [
        f"{field} is {found.get(field)!r} and should be {value!r}"
        for field, value in wanted.items()
        if not _same(value, found.get(field, missing))
    ]


def _same(wanted: object, found: object) -> bool:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return not differences(wanted, found)
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(wanted) == sorted(found)
    return wanted == found


async def prepare_stream(link: NatsLink, config: Mapping[str, Any]) -> None:
    """Create the stream where it is missing.

    Raises:
        ConflictError: it exists with another configuration; the message names every difference.
    """
    name = config["name"]
    try:
        found = await link.call(f"STREAM.INFO.{name}")
    except MissingError:
        try:
            found = await link.call(f"STREAM.CREATE.{name}", config)
        except ConflictError as error:
            if error.code != _NAME_IN_USE:
                raise
            found = await link.call(f"STREAM.INFO.{name}")  # Another process was quicker.
    different = differences(config, found["config"])
    if different:
        raise ConflictError(
            f"The stream {name} has another configuration: {'; '.join(different)}.",
            code="stream_mismatch",
            cure="Change the settings, or the stream with `nats stream edit`, or give this deployment its own prefix.",
        )


async def stream_info(link: NatsLink, name: str) -> StreamInfo:
    """Its identity and extent.

    Raises:
        MissingError: there is no such stream.
    """
    found = await link.call(f"STREAM.INFO.{name}")
    state = found["state"]
    # A new stream says first_seq 0, one that was emptied last_seq + 1.
    first_seq = max(state["first_seq"], 1)
    return StreamInfo(datetime.fromisoformat(found["created"]), first_seq, state["last_seq"], state["messages"])
