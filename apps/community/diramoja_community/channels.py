"""Channels by name: which agent they are, and who may hear them."""

from diramoja.core.errors import DeniedError, InvalidError, MissingError
from diramoja.core.gateway import Reader
from diramoja.core.ids import check_id
from diramoja.core.plugin import Channel
from diramoja.core.ports.records import AgentKey
from diramoja.core.registry import Registry

__all__ = ["Channels"]

ME = "me"


class Channels:
    """The channels that the plugins declare."""

    def __init__(self, registry: Registry) -> None:
        self._channels = registry.channels
        self._permissions = registry.permissions

    def resolve(self, name: str, reader: Reader) -> AgentKey:
        """The agent of a channel such as `topic:<id>` or `member:me`; whether it `allows` the reader is asked apart.

        Raises:
            InvalidError: the name has another form.
            MissingError: no plugin has such channels.
            DeniedError: this reader may not hear it.
        """
        kind, colon, agent = name.partition(":")
        if not colon or len(name) > 256:  # noqa: PLR2004  # two ids
            raise InvalidError("A channel is named <kind>:<id>.", code="channel_invalid")
        channel = self._channels.get(kind)
        if channel is None:
            raise MissingError("There are no such channels.", code="channel_unknown")
        agent = reader.member if channel.own and agent == ME else agent
        if channel.own and (not reader.member or agent != reader.member):
            raise DeniedError("This channel is another's.", code="channel_denied")
        if not reader.roles & self._permissions.get(channel.permission, frozenset()):
            raise DeniedError(f"Your roles do not include {channel.permission}.", code="channel_denied")
        return AgentKey(kind, check_id(agent))

    def of(self, kind: str) -> Channel:
        """What is declared of the channels of a kind."""
        return self._channels[kind]

    def author_field(self, kind: str) -> str:
        """The field of its events that names whose doing each is; "" for none."""
        channel = self._channels.get(kind)
        return channel.author if channel else ""

    def label(self, key: AgentKey) -> str:
        """The channel's name in frames; one's own is `<kind>:me`."""
        channel = self._channels.get(key.kind)
        return f"{key.kind}:{ME if channel and channel.own else key.agent}"
