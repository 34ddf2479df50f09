"""What a handler may know of the world besides its state and the message."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from diramoja.core.ids import sortable_id
from diramoja.core.messages import Row

if TYPE_CHECKING:
    from diramoja.core.facts import Fact

__all__ = ["Context", "RowNotLoadedError"]


class RowNotLoadedError(BaseException):
    """A handler asked for an own row that is not loaded; the runtime loads it and calls the handler again.

    A BaseException, so that a handler that catches Exception does not swallow it.
    """

    def __init__(self, collection: str, key: str) -> None:
        super().__init__(collection, key)
        self.collection = collection
        self.key = key


class Context:
    """The handler's view of the world. The same command decided again sees the same context.

    Attributes:
        id: the agent's own id.
        now: the broker's time of the message; of a reminder, its due time or the last message's, the later.
        sender: id of the member or agent that sent the command; "" for the runtime and the command line.
        roles: roles of the sender, checked by the gateway; empty for a tell.
        told_by: kind of the agent that told this; "" where it came from outside.
        command_id: id of the command, the same in every repeat.
    """

    __slots__ = (
        "_facts",
        "_has",
        "_minted",
        "_read",
        "_seed",
        "_settings",
        "command_id",
        "id",
        "now",
        "roles",
        "sender",
        "told_by",
    )

    def __init__(
        self,
        *,
        agent: str,
        now: datetime,
        sender: str,
        roles: frozenset[str],
        told_by: str,
        command_id: str,
        seed: str,
        read: Callable[[str, str], Row | None],
        settings: Mapping[type, Any],
        plugins: frozenset[str],
        facts: Mapping[str, Any],
    ) -> None:
        self.id = agent
        self.now = now
        self.sender = sender
        self.roles = roles
        self.told_by = told_by
        self.command_id = command_id
        self._seed = seed
        self._minted = 0
        self._read = read
        self._settings = settings
        self._has = plugins
        self._facts = facts

    def row[R: Row](self, collection: type[R], key: str) -> R | None:
        """The own row of this key as it is now, with what earlier messages of the batch changed."""
        found = self._read(collection.wire_name, key)
        return found if found is None or isinstance(found, collection) else None

    def fact[T](self, fact: "Fact[Any, T]") -> T:
        """The declared fact of this message; its fallback where it could not be had in time."""
        value: T = self._facts.get(fact.name, fact.fallback)
        return value

    def settings[T](self, of: type[T]) -> T:
        """The settings of the plugin, by their class."""
        value: T = self._settings[of]
        return value

    def has(self, plugin: str) -> bool:
        """Whether the deployment runs this plugin."""
        return plugin in self._has

    def new_id(self, prefix: str) -> str:
        """A new sortable id; the same in a repeat of this decision."""
        self._minted += 1
        return sortable_id(prefix, self.now, self._seed, self._minted)
