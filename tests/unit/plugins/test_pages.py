"""Lists in pages: nothing is left out or shown twice, and a cursor of another list is refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import PageQuery
from diramoja.core.errors import InvalidError
from diramoja.pages import Moment, Number, paged, place

moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(st.sets(st.tuples(moments, texts), max_size=30), st.integers(1, 7))
def test_page_by_page_each_row_comes_once(keys: set[tuple[datetime, str]], limit: int) -> None:
    rows = [{"at": at, "id": id} for at, id in sorted(keys)]
    seen: list[dict[str, Any]] = []
    page = PageQuery(limit)
    while True:
        after = place(page, tuple[Moment, str])
        left = [row for row in rows if after is None or (row["at"], row["id"]) > after]
        found = paged(left[: limit + 1], page, dict, "at", "id")
        seen += found.items
        assert len(found.items) <= limit
        if found.next_cursor is None:
            break
        page = PageQuery.read(limit, found.next_cursor)
    assert seen == rows


def test_days_and_numbers_come_back_as_they_were() -> None:
    rows = [{"day": date(2026, 5, 1), "seq": 7}, {"day": date(2026, 4, 1), "seq": 1}]
    cursor = paged(rows, PageQuery(1), dict, "day", "seq").next_cursor
    assert cursor is not None
    assert place(PageQuery.read(1, cursor), tuple[date, Number]) == (date(2026, 5, 1), 7)


@pytest.mark.parametrize(
    "after",
    [
        ("2026-05-01T00:00:00+00:00",),
        ("2026-05-01T00:00:00", "a"),
        ("yesterday", "a"),
        (5, "a"),
        ("2026-05-01T00:00:00+00:00", 5),
        ("2026-05-01T00:00:00+00:00", "a", "b"),
    ],
)
def test_a_cursor_of_another_list_is_refused(after: tuple[str | int | float, ...]) -> None:
    with pytest.raises(InvalidError) as refused:
        place(PageQuery(20, after), tuple[Moment, str])
    assert refused.value.code == "cursor_invalid"


def test_a_cursor_with_a_sign_that_no_text_has_is_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        PageQuery.read(20, PageQuery.cursor("2026-05-01T00:00:00+00:00", "a\x00"))
    assert refused.value.code == "cursor_invalid"


def test_a_number_that_the_database_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidError):
        place(PageQuery(20, (2**63,)), tuple[Number])
