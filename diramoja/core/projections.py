"""Projections: a turn's changes → rows of the read model, and views fed from the event log.

    @record("talk_list", key="id", of=talk)             one row an agent, from its state after the turn
    def talk_list(agent: str, state: Talk) -> TalkRecord: ...

    @record("rating", key=("talk", "member"), of=Rating)    one row an own row; removed with it
    def rating(agent: str, row: Rating) -> RatingRecord: ...

    @record("talk_log", key="id", on=TalkRated)         one row an event
    def talk_log(event: TalkRated, meta: Meta) -> LogRecord: ...

    @view(on=[TalkAnnounced])                           over many agents, later, at least once, in batches
    async def search_index(events: Batch, search: Search) -> None: ...

A record function may return None: no row for this one (of an agent or an own row: an existing one is deleted).
The key of an own row's record is the agent's id and the own row's key, or that key alone: by it the row goes with it,
and one with another key is refused. Of a row that each agent has once, for good, the agent's id may be the key.
Records are written in the turn's transaction; the plugin's migrations create the tables.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, overload

import attrs

from diramoja.core.agents import AgentKind
from diramoja.core.messages import Event, Record, Row, State

__all__ = ["Batch", "Meta", "RecordProjection", "ViewProjection", "record", "view"]


class Meta(NamedTuple):
    """Around an event that a projection reads; `channel_seq` is None where it is not live."""

    kind: str
    agent: str
    partition: int
    seq: int
    channel_seq: int | None
    at: datetime
    correlation: str
    causation: str


type Batch = Sequence[tuple[Event, Meta]]


@attrs.frozen(eq=False)
class RecordProjection:
    """A declared record; exactly one of kind, row and event is given. `project` is the function."""

    table: str
    key: tuple[str, ...]
    kind: AgentKind[Any] | None
    row: type[Row] | None
    event: type[Event] | None
    project: Callable[..., Record | None]


@attrs.frozen(eq=False)
class ViewProjection:
    """A declared view; its cursor goes by `name`."""

    name: str
    events: tuple[type[Event], ...]
    feed: Callable[..., Awaitable[None]]


@overload
def record[S: State](
    table: str, *, key: str | tuple[str, ...], of: AgentKind[S]
) -> Callable[[Callable[[str, S], Record | None]], RecordProjection]: ...
@overload
def record[R: Row](
    table: str, *, key: str | tuple[str, ...], of: type[R]
) -> Callable[[Callable[[str, R], Record | None]], RecordProjection]: ...
@overload
def record[E: Event](
    table: str, *, key: str | tuple[str, ...], on: type[E]
) -> Callable[[Callable[[E, Meta], Record | None]], RecordProjection]: ...
def record(
    table: str,
    *,
    key: str | tuple[str, ...],
    of: AgentKind[Any] | type[Row] | None = None,
    on: type[Event] | None = None,
) -> Callable[[Callable[..., Record | None]], RecordProjection]:
    """Declare a record: the table, its key columns, and what a row is made from."""
    columns = (key,) if isinstance(key, str) else key
    kind = of if isinstance(of, AgentKind) else None
    row = of if isinstance(of, type) else None
    return lambda project: RecordProjection(table, columns, kind, row, on, project)


def view(on: Sequence[type[Event]]) -> Callable[[Callable[..., Awaitable[None]]], ViewProjection]:
    """Declare a view; the function's first parameter is the batch, the others are ports.

    It sees every event at least once, in order within a partition; so it writes idempotently.
    """
    return lambda feed: ViewProjection(f"{feed.__module__}.{feed.__name__}", tuple(on), feed)
