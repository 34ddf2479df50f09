"""What several audits ask of the members' log and of the tables."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import asyncpg
import msgspec

from tests.chaos.asking import Done

__all__ = ["CREATED", "OK", "Add", "by_pair", "happened", "is_open", "last_held", "news_of", "own_rows"]

CREATED = 201
OK = 200

type Add = Callable[[str, object], None]


def happened(each: Done) -> bool:
    """Whether it was taken."""
    return each.status < 300  # HTTP's successes


def is_open(each: Done) -> bool:
    """Whether nobody can say if it happened."""
    return each.again and not happened(each)


async def news_of(database: asyncpg.Connection, *names: str) -> list[dict[str, Any]]:
    """Events of these names, in the order of each agent; `agent` is whose, `name` which."""
    sql = "SELECT agent, name, body FROM event_log WHERE name = ANY($1) ORDER BY partition, seq"
    rows = await database.fetch(sql, list(names))
    return [msgspec.json.decode(row["body"]) | {"agent": row["agent"], "name": row["name"]} for row in rows]


async def own_rows(database: asyncpg.Connection, kind: str, collection: str) -> list[tuple[str, dict[str, Any]]]:
    """(agent, row) of all agents of a kind."""
    sql = "SELECT agent, body FROM own_row WHERE kind = $1 AND collection = $2"
    rows = await database.fetch(sql, kind, collection)
    return [(row["agent"], msgspec.json.decode(row["body"])) for row in rows]


def last_held(done: Iterable[Done], do: str, undo: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs (who, about) for which it holds in the end; and those of which that cannot be said."""
    held: set[tuple[str, str]] = set()
    unsure: set[tuple[str, str]] = set()
    for each in done:
        if each.what in (do, undo):
            pair = each.who, each.about
            if not happened(each):
                unsure |= {pair} if each.again else set()
            elif each.what == do:
                held.add(pair)
            else:
                held.discard(pair)
    return held, unsure


def by_pair(done: Sequence[Done], *whats: str) -> dict[tuple[str, str], list[Done]]:
    """What each did of these to the same thing, in order: by (about, who)."""
    found: dict[tuple[str, str], list[Done]] = {}
    for each in done:
        if each.what in whats:
            found.setdefault((each.about, each.who), []).append(each)
    return found
