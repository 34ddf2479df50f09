"""One agent played as a value, command after command: its state, its own rows and what it said."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from diramoja.core import AgentKind, Command, Event, Row, Settings, State, Tell
from diramoja.testing.play import Played, play

__all__ = ["LoneAgent"]


@attrs.define
class LoneAgent[S: State]:
    """Applies every decision that is no rejection."""

    kind: AgentKind[S]
    id: str
    has: Sequence[str] = ()
    settings: Sequence[Settings] = ()
    state: S = attrs.field(init=False)
    rows: dict[tuple[str, str], Row] = attrs.field(factory=dict)
    events: list[Event] = attrs.field(factory=list)
    tells: list[Tell] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.state = self.kind.absent

    def take(
        self,
        command: Command,
        *,
        sender: str = "",
        roles: Sequence[str] = (),
        facts: Mapping[Any, Any] | None = None,
        now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    ) -> Played[S]:
        """Decide it, and become what was decided."""
        played = play(
            self.kind,
            self.state,
            command,
            id=self.id,
            sender=sender,
            roles=roles,
            rows=list(self.rows.values()),
            settings=self.settings,
            has=self.has,
            facts=facts,
            now=now,
        )
        self.state = played.state
        for row in played.puts:
            self.rows[row.wire_name, row.key] = row
        for remove in played.removes:
            self.rows.pop((remove.collection.wire_name, remove.key), None)
        self.events += played.events
        self.tells += played.tells
        return played

    def row[R: Row](self, collection: type[R], key: str) -> R | None:
        """An own row as it is now."""
        found = self.rows.get((collection.wire_name, key))
        return found if isinstance(found, collection) else None

    def all_rows[R: Row](self, collection: type[R]) -> list[R]:
        """The own rows of a collection."""
        return [row for row in self.rows.values() if isinstance(row, collection)]

    def said[E: Event](self, event: type[E]) -> list[E]:
        """What it published of a class."""
        return [each for each in self.events if isinstance(each, event)]
