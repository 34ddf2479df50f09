"""Bad input: a clear 4xx for each, never a 500, and nothing reaches an agent."""

import time
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from litestar import Controller, Litestar, get, post
from litestar.testing import TestClient

from diramoja.core import Command, Send
from tests.support import talks
from tests.support.gateway import Process, gateway_client
from tests.support.talks import RateTalk

type Client = TestClient[Litestar]


class Wide(Command):
    """Takes whatever JSON can say."""

    anything: Any = None
    number: int = 0
    text: str = ""


class Echo(Controller):
    path = "/echo"

    @post("/{talk_id:str}", permission="talk.read")
    async def echo(self, talk_id: str, data: Wide) -> Wide:
        return data

    @post("/{talk_id:str}/ratings", permission="talk.read")
    async def rate(self, talk_id: str, data: RateTalk, send: Send) -> None:
        raise AssertionError("bad input arrived")

    @get("/", permission="talk.read")
    async def ask(self, q: str, number: int = 0) -> str:
        return q


plugin = attrs.evolve(talks.plugin, routes=[Echo])
RATE = "/v1/echo/tlk_1/ratings"
WIDE = "/v1/echo/tlk_1"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Process]]:
    with gateway_client(tmp_path_factory.mktemp("gateway"), [plugin]) as (client, process):
        yield client, process


@pytest.fixture
def client(gateway: tuple[Client, Process]) -> Iterator[Client]:
    yield gateway[0]
    assert gateway[1].broker.stream == []


def deep(levels: int) -> bytes:
    return b'{"anything":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        (b"", "invalid", [""]),
        (b"{", "malformed", []),
        (b"{'stars': 5}", "malformed", []),
        (b'{"stars": NaN}', "malformed", []),
        (b'{"stars": Infinity}', "malformed", []),
        (b'{"stars": 5} trailing', "malformed", []),
        (b"\xff\xfe{}", "malformed", []),
        (b'{"stars": "\xff"}', "malformed", []),
        (b"null", "invalid", [""]),
        (b"[]", "invalid", [""]),
        (b'"5"', "invalid", [""]),
        (b"{}", "invalid", ["stars"]),
        (b'{"stars": "5"}', "invalid", ["stars"]),
        (b'{"stars": 5.5}', "invalid", ["stars"]),
        (b'{"stars": true}', "invalid", ["stars"]),
        (b'{"stars": null}', "invalid", ["stars"]),
        (b'{"stars": 6}', "invalid", ["stars"]),
        (b'{"stars": 0}', "invalid", ["stars"]),
        (b'{"stars": 5, "more": 1}', "invalid", ["more"]),
        (b'{"stars": ' + b"9" * 400 + b"}", "number_invalid", []),
        (b'{"stars": 1e400}', "invalid", ["stars"]),
        (b'{"stars": 5, "x": "\\u0000"}', "text_invalid", []),
    ],
)
def test_body_that_is_wrong_is_refused_with_its_reason(
    client: Client, body: bytes, code: str, fields: list[str]
) -> None:
    answer = client.post(RATE, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], [each["field"] for each in problem.get("errors", [])]) == (code, fields)
    assert all(each["message"] for each in problem.get("errors", []))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        *((b'{"text": "a\\u00%02xb"}' % n, "text_invalid") for n in range(32) if chr(n) not in "\n\t\r"),
        *((b'{"text": "a%cb"}' % n, "malformed") for n in range(32)),
        (b'{"text": "\\b"}', "text_invalid"),
        (b'{"text": "\\f"}', "text_invalid"),
        (b'{"text": "\x7f"}', "text_invalid"),
        (b'{"anything": {"\\u0000": 1}}', "text_invalid"),
        (b'{"anything": ["\\\\\\u0001"]}', "text_invalid"),
        (b'{"text": "\\ud800"}', "malformed"),
        (b'{"text": "\\ud800\\u0041"}', "malformed"),
        (b'{"text": "\xed\xa0\x80"}', "malformed"),
        (b'{"number": 9223372036854775808}', "number_invalid"),
        (b'{"number": -9223372036854775809}', "number_invalid"),
        (b'{"anything": [[1, {"a": 99999999999999999999}]]}', "number_invalid"),
        (deep(32), "too_deep"),
        (deep(60_000), "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"anything":' * 8_000, "too_deep"),
        (b"[" * 40 + b'"' + b'\\"' * 60_000, "too_deep"),
        (b"[" * 40 + b'"\\' * 60_000, "too_deep"),
    ],
)
def test_body_that_no_field_may_hold_is_refused(client: Client, body: bytes, code: str) -> None:
    begun = time.process_time()
    answer = client.post(WIDE, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert time.process_time() - begun < 5  # Of the CPU: some 10 ms, whatever the body.


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "line\\n\\ttab\\r"}',
        b'{"text": "a \\\\u0000 that is none, \\\\b neither"}',
        b'{"text": "\\ud83d\\ude00 \xf0\x9f\x98\x80 \\u00e9"}',
        b'{"text": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \\" {{{"}',
        b'{"number": 9223372036854775807, "text": "12345678901234567890123"}',
        deep(31),
    ],
)
def test_body_that_only_looks_wrong_is_taken(client: Client, body: bytes) -> None:
    answer = client.post(WIDE, content=body, headers={"content-type": "application/json; charset=utf-8"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
)
def test_body_of_another_media_type_is_415(client: Client, media_type: str) -> None:
    answer = client.post(RATE, content=b'{"stars": 5}', headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")


def test_body_beyond_the_limit_is_413_with_and_without_its_length(client: Client) -> None:
    body = b'{"text": "' + b"x" * 140_000 + b'"}'

    def chunks() -> Iterator[bytes]:
        yield from (body[place : place + 10_000] for place in range(0, len(body), 10_000))

    for content in (body, chunks()):
        answer = client.post(WIDE, content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "id", ["a.b", "*", "%3E", "a%20b", "%00", "a%0ab", "%ff", "-a", "_a", "x" * 129, "%E2%80%AE", "..%2e", "cmd.talk.*"]
)
def test_id_with_a_dot_a_wildcard_or_a_space_is_refused(client: Client, id: str) -> None:
    answer = client.post(f"/v1/echo/{id}/ratings", json={"stars": 5})
    assert (answer.status_code, answer.json()["code"]) == (400, "id_invalid")


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "é", "a\tb"])
def test_idempotency_key_of_another_form_is_refused(client: Client, key: str) -> None:
    answer = client.post(RATE, json={"stars": 5}, headers=[(b"idempotency-key", key.encode("latin-1"))])
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("query", ["q=%00", "q=a%0bb", "q=%1F", "q=%7f", "q=a&number=x", "q=a&number=1.5", ""])
def test_query_that_is_wrong_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/v1/echo?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_query_that_only_looks_wrong_is_taken(client: Client) -> None:
    assert client.get("/v1/echo?q=100%25%20%0A").text == "100% \n"


def test_path_that_is_none_and_method_that_is_none_are_problems(client: Client) -> None:
    for path in ("/v1/nothing", "/v1", "/v1/echo/a/b/c", "/v1/%00", "/../../etc/passwd"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "missing")
    answer = client.delete(WIDE)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"]
