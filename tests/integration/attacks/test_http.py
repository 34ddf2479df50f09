"""Bad input over HTTP: a clear 4xx, never a 500, and nothing of it stuck."""

import contextlib
import json
import socket
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from diramoja.core.gateway import PageQuery
from tests.support.community import Community, Person, until

TOPIC = {"title": "Opening hours", "description": "When?", "category": "healthcare"}
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"title":}',
    b"\xff\xfe",
    b'{"title": "\xc3\x28 and more", "description": "", "category": "economy"}',
    b'{"title": "a\\u0000b", "description": "", "category": "economy"}',
    b'{"title": "a\x00bcd", "description": "", "category": "economy"}',
    b'{"title": "lone \\ud800 one", "description": "", "category": "economy"}',
    b'{"title": "\\udfff\\ud800", "description": "", "category": "economy"}',
    b'{"title": 5, "description": "", "category": "economy"}',
    b'{"title": "abc", "description": null, "category": "economy"}',
    b'{"title": "abc", "description": "", "category": "economy", "created_by": "mem_x"}',
    b'{"title": "abc", "description": "", "category": "economy", "tags": "a"}',
    b'{"title": "abc", "description": "", "category": "economy", "tags": ["a", 1]}',
    b'{"title": "abc", "description": "", "category": "ECONOMY; DROP TABLE topic"}',
    b'{"title": "   ", "description": "", "category": "economy"}',
    b'{"title": "abc", "description": "", "category": "economy", "policy_proposal": "yes"}',
    b'{"title": "abc", "description": "", "category": "economy", "policy_proposal": 1}',
    b"[" * 50_000 + b"]" * 50_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b'{"title": 1e999999}',
    b'{"title": ' + b"9" * 5_000 + b"}",
    b'{"title": "' + b"a" * 201 + b'", "description": "", "category": "economy"}',
    b'{"title": "abc", "description": "' + b"a" * 4_001 + b'", "category": "economy"}',
]
IDS = ["top.a", "top%2Ea", "a%20b", "*", ">", "top_*", "%3E", "a%00b", "%ff", "a" * 129, "a" * 8_000, "%2e%2e", "-a"]
IDS += ["' OR 1=1 --", "%0d%0aX: y", "a%2Fb", "💥", "top_\u202eabc", "a%C3%28"]
PATHS = ["/v1/topics/{}", "/v1/topics/{}/posts", "/v1/posts/{}", "/v1/members/{}", "/v1/posts/{}/notes"]
PLACES: list[tuple[str | float, ...]] = [(), (1,), ("a",), ("a", "b"), ("a\x00", "b\x00"), ("2026-01-01", "a\x00")]
PLACES += [(10**30,), (10**30, 10**30), (1.5,), (1e308, 1), (-1, -1), ("2026", 1, 2)]
CURSORS: list[str] = [
    "x",
    "====",
    "🙂",
    "a" * 1_025,
    *(PageQuery.cursor(*values) for values in PLACES),
    PageQuery.cursor("0001-01-01T00:00:00+23:59", "a"),
    PageQuery.cursor("9999-12-31T23:59:59-23:59", "a"),
    PageQuery.cursor("2026-01-01T00:00:00", "a" * 500),
]
LISTS = ["/v1/topics", "/v1/topics?sort=active", "/v1/search?q=hours", "/v1/information/sources"]
LISTS += ["/v1/topics/{topic}/posts?sort=" + sort for sort in ("new", "old", "top")] + ["/v1/me/following"]
QUERIES = [
    "/v1/topics?limit=0",
    "/v1/topics?limit=101",
    "/v1/topics?limit=-1",
    "/v1/topics?limit=1e3",
    "/v1/topics?limit=",
    "/v1/topics?sort=worst",
    "/v1/topics?category=" + "a" * 41,
    "/v1/search",
    "/v1/search?q=",
    "/v1/search?q=" + "a" * 201,
    "/v1/search?q=%00",
    "/v1/search?q=a&from=yesterday",
    "/v1/search?q=a&limit=1000",
    "/v1/search/suggest?q=" + "a" * 61,
    "/v1/live/poll?channels=" + ",".join(["topic:a"] * 101),
    "/v1/live/poll?channels=topic:a&after=-1&wait=0",
    "/v1/live/poll?channels=topic:a&after=" + "9" * 19 + "&wait=0",
    "/v1/live/poll?channels=topic:a&wait=31",
    "/v1/live/poll?channels=topic:a&wait=nan",
    "/v1/live/poll?channels=topic:*&wait=0",
    "/v1/live/poll?channels=nothing:a&wait=0",
]
ODD_QUERIES = [
    "/v1/search?q=" + quote("'; DROP TABLE post; --"),
    "/v1/search?q=" + quote('" | & ! <-> :* ( ) \\'),
    "/v1/search?q=" + quote("%' OR ''='"),
    "/v1/search?q=" + quote("\u202e\U0001f600 habari za asubuhi مرحبا"),
    "/v1/search?q=%ff%fe",
    "/v1/search?q=" + quote("-" * 20),
    "/v1/search?q=a&q=b",
    "/v1/search?q=a&from=0001-01-01T00:00:00%2B14:00",
    "/v1/search?q=a&to=9999-12-31T23:59:59-14:00",
    "/v1/search?q=a&type=nothing&category=%27",
    "/v1/search/suggest?q=%25",
    "/v1/search/suggest?q=" + quote("_\\"),
    "/v1/topics?tag=%27%22%7B%7D",
    "/v1/topics?tag=%c3%28",
    "/v1/topics?limit=5&limit=0",
    "/v1/topics?" + "a=b&" * 5_000,
]


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


def is_problem(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code and told["code"] and told["detail"]
    assert told["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("path", ["/v1/topics", "/v1/members", "/v1/auth/login", "/v1/auth/refresh"])
def test_bad_body_is_refused(amina: Person, path: str, body: bytes) -> None:
    is_problem(amina.call("POST", path, content=body, headers={"content-type": "application/json"}), 400)


@pytest.mark.parametrize("size", [131_073, 5_000_000])
def test_oversized_body_is_refused(amina: Person, size: int) -> None:
    body = b'{"title": "' + b"a" * size + b'"}'
    is_problem(amina.call("POST", "/v1/topics", content=body), 413)
    is_problem(amina.call("POST", "/v1/topics", content=iter([body])), 413)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a", ""])
def test_other_media_type_is_refused(amina: Person, media: str) -> None:
    is_problem(amina.call("POST", "/v1/topics", content=b"a=b", headers={"content-type": media}), 415, 400)


@pytest.mark.parametrize("id", IDS, ids=range(len(IDS)))
def test_bad_id_in_a_path_is_refused(amina: Person, id: str) -> None:
    for path in PATHS:
        is_problem(amina.get(path.format(quote(id, safe="%*"))), 400, 404, 405)
    is_problem(amina.call("PUT", f"/v1/topics/{quote(id, safe='%*')}/follow"), 400, 404)
    is_problem(amina.post(f"/v1/topics/{quote(id, safe='%*')}/posts", {"body": "abc"}), 400, 404)


@pytest.mark.parametrize("cursor", CURSORS, ids=range(len(CURSORS)))
def test_bad_cursor_is_never_a_failure(amina: Person, topic: str, cursor: str) -> None:
    for path in LISTS:
        sign = "&" if "?" in path else "?"
        answer = amina.get(f"{path.format(topic=topic)}{sign}cursor={quote(cursor)}")
        assert answer.status_code in (200, 400), (path, answer.text)


@pytest.mark.parametrize("path", QUERIES, ids=range(len(QUERIES)))
def test_bad_query_is_refused(amina: Person, path: str) -> None:
    is_problem(amina.get(path), 400, 404)


@pytest.mark.parametrize("path", ODD_QUERIES, ids=range(len(ODD_QUERIES)))
def test_odd_query_is_never_a_failure(amina: Person, path: str) -> None:
    assert amina.get(path).status_code in (200, 400)


@pytest.mark.parametrize("reply_to", ["", "*", "a.b", "x" * 10_000, "pst_missing", "\u202e"])
def test_reply_to_nothing_is_refused(amina: Person, topic: str, reply_to: str) -> None:
    is_problem(amina.post(f"/v1/topics/{topic}/posts", {"body": "abc", "reply_to": reply_to}), 400, 404)


def test_post_has_at_most_10_000_characters_of_any_script(amina: Person, topic: str) -> None:
    for sign in ("a", "é", "字", "😀"):
        answer = amina.post(f"/v1/topics/{topic}/posts", {"body": sign * 10_000})
        assert answer.status_code == 201, answer.text
        assert answer.json()["body"] == sign * 10_000
    is_problem(amina.post(f"/v1/topics/{topic}/posts", {"body": "a" * 10_001}), 400)
    is_problem(amina.post(f"/v1/topics/{topic}/posts", {"body": "😀" * 10_001}), 400)


@pytest.mark.parametrize(
    "body",
    [
        "Habari za asubuhi, wanachama wote!",
        "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 🇹🇿",
        "a\u202eb\u2066c",
        "e\u0301\u0327",
        "\ufeffstart",
        "x\u2028y",
    ],
)
def test_text_of_any_script_comes_back_as_it_was(amina: Person, baraka: Person, topic: str, body: str) -> None:
    post = amina.write(topic, body)
    assert baraka.get(f"/v1/posts/{post}").json()["body"] == body


@pytest.mark.parametrize(
    "text",
    ['<script>alert("x")</script> zebra', '"><img src=x onerror=alert(1)> zebra', "</mark><b>zebra", "&lt;b&gt; zebra"],
)
def test_markup_is_escaped_wherever_it_is_shown(amina: Person, topic: str, text: str) -> None:
    title = amina.open_topic(text)
    post = amina.write(title, text)
    found = until(lambda: [each for each in amina.get("/v1/search?q=zebra").json()["items"] if each["id"] == post])
    snippet = found[0]["snippet"].replace("<mark>", "").replace("</mark>", "")
    assert "<" not in snippet and ">" not in snippet
    page = amina.http.get("/", headers={"accept-language": '"><script>'})
    assert (
        page.status_code == 200
        and "zebra" not in page.text
        and "'unsafe-inline'"
        not in page.headers.get("content-security-policy", "'unsafe-inline'")
        .partition("script-src")[2]
        .partition(";")[0]
    )


def test_path_unknown_or_method_not_taken_is_a_problem(amina: Person) -> None:
    is_problem(amina.get("/v1/nothing"), 404)
    is_problem(amina.get("/v1/../etc/passwd"), 404)
    is_problem(amina.get("/static/..%2f..%2fsettings.py"), 404, 400)
    is_problem(amina.call("TRACE", "/v1/topics"), 405, 404)
    is_problem(amina.call("PATCH", "/v1/topics", {}), 405)


def test_request_id_that_could_forge_log_lines_is_replaced(amina: Person) -> None:
    for given in ('x" level="error', "a" * 129, "a b", ""):
        assert amina.get("/v1/topics", headers={"x-request-id": given}).headers["x-request-id"].startswith("req_")


RAW = [
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /v1/topics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    b"GET /v1/topics HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST /v1/topics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /v1/topics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/topics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/topics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /v1/topics/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET " + b"/a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /v1/topics HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\x00b\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", RAW, ids=range(len(RAW)))
def test_broken_http_is_refused_and_the_server_goes_on(platform: Community, request_bytes: bytes) -> None:
    where = urlsplit(platform.url)
    with socket.create_connection((where.hostname, where.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        with contextlib.suppress(OSError):  # It may be closed by now.
            connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:
            answer = b""
    assert not answer or b" 5" not in answer[:13]
    assert platform.http.get("/healthz").status_code == 200


def test_abrupt_end_of_a_body_leaves_nothing_behind(platform: Community, amina: Person) -> None:
    where = urlsplit(platform.url)
    head = f"POST /v1/topics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {amina.token}\r\nContent-Length: 500\r\n\r\n"
    for _ in range(20):
        with socket.create_connection((where.hostname, where.port), timeout=5) as connection:
            connection.sendall(head.encode() + json.dumps(TOPIC).encode())
    assert amina.post("/v1/topics", TOPIC).status_code == 201


def test_abrupt_end_of_a_body_is_no_failure_of_the_server(platform: Community) -> None:
    assert "client disconnected prematurely" not in platform.errors.read_text()


def test_search_for_many_signs_is_refused(amina: Person) -> None:
    is_problem(amina.get("/v1/search?q=" + "-" * 100), 400)


def test_whole_attack_wrote_no_failure(platform: Community) -> None:
    """Runs last: no request of this module may have ended in a failure of the server."""
    lines = platform.errors.read_text().splitlines()
    assert [each for each in lines if "request_failed" in each and "disconnected prematurely" not in each] == []
