"""Channels by name: which agent they are, and who may hear them."""

from diramoja.core.errors import DeniedError, InvalidError, MissingError
from diramoja.core.gateway import Reader
from diramoja.core.ids import check_id
from diramoja.core.plugin import Channel
from diramoja.core.ports.rows import AgentKey
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
        channel = self._channels.get(name)
        if channel is not None and channel.hints_of:
            self._check_permission(channel, reader)
            return AgentKey(kind, agent)
        channel = self._channels.get(kind)
        if channel is None:
            raise MissingError("There are no such channels.", code="channel_unknown")
        agent = reader.member if channel.own and agent == ME else agent
        if channel.own and (not reader.member or agent != reader.member):
            raise DeniedError("This channel is another's.", code="channel_denied")
        self._check_permission(channel, reader)
        return AgentKey(kind, check_id(agent))

    def _check_permission(self, channel: Channel, reader: Reader) -> None:
        if not self.permits(channel.permission, reader):
            raise DeniedError(f"Your roles do not include {channel.permission}.", code="channel_denied")

    def permits(self, permission: str, reader: Reader) -> bool:
        """Whether the reader's roles have a permission."""
        return bool(reader.roles & self._permissions.get(permission, frozenset()))

    def of(self, key: AgentKey) -> Channel:
        """What is declared of a channel that `resolve` has found."""
        named = self._channels.get(":".join(key))
        return named if named is not None and named.hints_of else self._channels[key.kind]

    @property
    def hints(self) -> dict[str, AgentKey]:
        """Kind → the channel of the hints about all its agents."""
        named = {channel.hints_of: name for name, channel in self._channels.items() if channel.hints_of}
        return {kind: AgentKey(*name.split(":", 1)) for kind, name in named.items()}

    def changing(self, kind: str) -> str:
        """The event after which it is asked anew who may hear a channel of the kind; "" for none."""
        channel = self._channels.get(kind)
        return channel.changes if channel else ""

    def author_field(self, kind: str) -> str:
        """The field of its events that names whose doing each is; "" for none."""
        channel = self._channels.get(kind)
        return channel.author if channel else ""

    def label(self, key: AgentKey) -> str:
        """The channel's name in frames; one's own is `<kind>:me`."""
        return f"{key.kind}:{ME if self.of(key).own else key.agent}"
