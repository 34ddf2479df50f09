"""Whatever a turn may write comes back as it was, through literals of arrays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from diramoja.adapters.postgres.client import Connection
from diramoja.adapters.postgres.literals import as_literals, literals

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TEXTS = [
    "",
    "plain",
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    "NULL",
    "null",
    " ",
    "a,b",
    "é ☃ 😀",
    "line\nfeed\ttab",
    "'",
    "\\x41",
    "%",
]
COLUMNS: list[tuple[str, list[Any]]] = [
    ("text", TEXTS),
    ("text", [*TEXTS, None]),
    ("bigint", [0, -1, 2**63 - 1, -(2**63)]),
    ("bigint", [1, None]),
    ("int", [0, 2**31 - 1]),
    ("bytea", [b"", b"\x00", b'{"a":"\\"}', bytes(range(256))]),
    ("bytea", [b"x", None]),
    ("timestamptz", [NOW, NOW + timedelta(microseconds=1), datetime(1, 1, 1, tzinfo=UTC), NOW]),
    ("timestamptz", [NOW, None]),
]


@pytest.mark.parametrize(("kind", "column"), COLUMNS)
async def test_a_column_comes_back_as_it_was(kind: str, column: list[Any], beside: Connection) -> None:
    sql, kinds = as_literals(f"SELECT $1::{kind}[]")
    assert await beside.fetchval(sql, *literals(kinds, [(value,) for value in column])) == column


async def test_a_nul_in_a_text_is_refused_and_moves_no_value(beside: Connection) -> None:
    sql, kinds = as_literals("SELECT $1::text[]")
    with pytest.raises(asyncpg.DataError):
        await beside.fetchval(sql, *literals(kinds, [("a\x00b",), ("c",)]))


def test_every_array_parameter_is_taken_from_a_literal() -> None:
    assert as_literals("SELECT unnest($1::text[], $2::bigint[])") == (
        "SELECT unnest($1::text::text[], $2::text::bigint[])",
        ("text", "bigint"),
    )
