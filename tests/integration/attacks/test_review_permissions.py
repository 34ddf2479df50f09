"""What answers tell besides their status, and who can be kept out by others."""

from typing import Any

import httpx
import pytest

from tests.support.community import PASSWORD, Community, Person

TOXIC = "You are a worthless idiot and I hate you, you stupid idiot."
WRITES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("PUT", "/reactions/like", None),
    ("DELETE", "/reactions/agree", None),
    ("POST", "/reports", {"reason": "spam"}),
    ("GET", "/notes", None),
]


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


def told(answer: httpx.Response, post: str) -> tuple[int, str, list[str]]:
    """All that the answer says, but for the ids of post and request."""
    words = answer.text.replace(post, "<post>").replace(answer.headers["x-request-id"], "<request>")
    return answer.status_code, words, sorted(answer.headers)


@pytest.mark.parametrize("phase", ["open", "closed"])
def test_post_that_is_not_shown_is_told_from_a_missing_one_by_nothing(
    platform: Community, amina: Person, baraka: Person, phase: str
) -> None:
    topic = amina.open_topic()
    toxic = amina.post(f"/v1/topics/{topic}/posts", {"body": TOXIC}).json()["id"]
    deleted = amina.write(topic, "Soon gone.")
    assert amina.call("DELETE", f"/v1/posts/{deleted}").status_code == 204
    if phase == "closed":
        assert amina.post(f"/v1/topics/{topic}/close", {"reason": "Over."}).status_code == 204
    for method, path, body in WRITES:
        missing = told(baraka.call(method, f"/v1/posts/pst_nothing{path}", body), "pst_nothing")
        for post in (toxic, deleted):
            assert told(baraka.call(method, f"/v1/posts/{post}{path}", body), post) == missing


def test_deletion_is_repeated_with_its_key(amina: Person, topic: str) -> None:
    post = amina.write(topic, "Soon gone.")
    answers = [amina.call("DELETE", f"/v1/posts/{post}", key="gone-1").status_code for _ in range(2)]
    assert answers == [204, 204]
    assert amina.call("DELETE", f"/v1/posts/{post}", key="gone-2").status_code == 404


def test_reply_to_a_long_text_is_refused_and_not_kept(amina: Person, topic: str) -> None:
    answer = amina.post(f"/v1/topics/{topic}/posts", {"body": "abc", "reply_to": "x" * 60_000})
    assert answer.status_code == 400
    assert len(answer.content) < 1_000


def sign_in(platform: Community, name: str, address: str, password: str) -> int:
    """As a proxy on this machine passes it on."""
    body = {"username": name, "password": password}
    return platform.http.post("/v1/auth/login", json=body, headers={"x-forwarded-for": address}).status_code


def test_nobody_locks_another_out_from_one_address(platform: Community) -> None:
    owner = platform.join()
    tries = [sign_in(platform, owner.username, "198.51.100.7", "wrong") for _ in range(15)]
    assert tries == [401] * 10 + [429] * 5
    assert sign_in(platform, owner.username, "198.51.100.7", PASSWORD) == 429
    assert sign_in(platform, owner.username, "203.0.113.9", PASSWORD) == 200


def test_tries_from_many_addresses_are_bounded_together(platform: Community) -> None:
    owner = platform.join()
    tries = [sign_in(platform, owner.username, f"198.51.100.{n % 20}", "wrong") for n in range(105)]
    assert tries == [401] * 100 + [429] * 5
