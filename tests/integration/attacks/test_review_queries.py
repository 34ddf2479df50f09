"""Cursors, dates and numbers that are made by hand."""

import base64
import json

import pytest

from tests.support.community import Community, Person

AT = "2024-01-01T00:00:00+00:00"
CURSORS: list[tuple[object, ...]] = [
    ("2024-01-01T00:00:00", "x"),
    ("0001-01-01T00:00:00+23:59", "x"),
    ("0001-01-01T00:00:00", "x"),
    ("9999-12-31T23:59:59-23:59", "x"),
    ("2024-W01-1", "x"),
    (AT, "a\x00b"),
    (AT, "\ud800"),
    (AT, "x" * 600),
    (),
    (1,),
    (1, 2),
    (True,),
    (1.5,),
    (-1,),
    (2**63,),
    (2**64, 1),
    (1e308, 1),
]
LISTS = [
    "topics?sort=new",
    "topics?sort=active",
    "topics/{topic}/posts?sort=new",
    "topics/{topic}/posts?sort=old",
    "topics/{topic}/posts?sort=top",
    "me/following?limit=5",
    "search?q=hours",
    "search?q=hours&type=topic",
    "information/sources?limit=5",
    "posts/pst_nothing/notes?limit=5",
]
QUERIES = [
    *(f"live/poll?channels=topic:a&wait={wait}" for wait in ("nan", "-nan", "inf", "1e999", "-1")),
    *(
        f"search?q=hours&{end}={at}"
        for end in ("from", "to")
        for at in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "nan", "inf", "1e300", "-1e15", "9" * 20)
    ),
]


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


@pytest.mark.parametrize("path", LISTS)
def test_cursor_made_by_hand_is_refused_or_taken_and_never_a_failure(amina: Person, topic: str, path: str) -> None:
    for values in CURSORS:
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        answer = amina.get(f"/v1/{path.format(topic=topic)}&cursor={cursor}")
        assert answer.status_code in (200, 400), (values, answer.text)


@pytest.mark.parametrize("path", LISTS)
def test_cursor_beyond_64_bits_or_of_odd_text_is_refused(amina: Person, topic: str, path: str) -> None:
    for values in ((AT, "\ud800"), (2**64, 1), (True,)):
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        assert amina.get(f"/v1/{path.format(topic=topic)}&cursor={cursor}").status_code == 400, values


@pytest.mark.parametrize("path", QUERIES)
def test_number_or_time_that_is_none_is_never_a_failure(platform: Community, path: str) -> None:
    assert platform.http.get(f"/v1/{path}", timeout=5).status_code in (200, 400)


def test_none_of_it_was_a_failure_in_the_log(platform: Community) -> None:
    assert "request_failed" not in platform.errors.read_text()
