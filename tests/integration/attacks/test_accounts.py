"""Accounts, tokens and keys: who pretends to be another, or asks twice, gets nothing for it."""

import base64
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from diramoja.core.tokens import Tokens
from tests.support.community import PASSWORD, Community, Person, until

TOPIC = {"title": "Opening hours", "description": "When?", "category": "healthcare"}


def at_once(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(call) for call in calls]]


def applicant(username: str, email: str = "", password: str = PASSWORD) -> dict[str, str]:
    return {"username": username, "email": email or f"{username}@people.example.org", "password": password}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


# --- registration ---


def test_twenty_at_once_for_one_username_make_one_member(platform: Community) -> None:
    def asks(number: int) -> Callable[[], httpx.Response]:
        return lambda: platform.http.post("/v1/members", json=applicant("wanted", f"r{number}@people.example.org"))

    answers = at_once([asks(number) for number in range(20)])
    assert Counter(map(code_of, answers)) == {(201, ""): 1, (409, "username_taken"): 19}
    winner = next(number for number, each in enumerate(answers) if each.status_code == 201)
    for number in range(20):
        again = platform.http.post("/v1/members", json=applicant(f"later_{number}", f"r{number}@people.example.org"))
        assert again.status_code == (409 if number == winner else 201), again.text


def test_twenty_at_once_for_one_email_make_one_member_and_free_the_names(platform: Community) -> None:
    def asks(number: int) -> Callable[[], httpx.Response]:
        return lambda: platform.http.post("/v1/members", json=applicant(f"same_{number}", "same@people.example.org"))

    answers = at_once([asks(number) for number in range(20)])
    assert Counter(map(code_of, answers)) == {(201, ""): 1, (409, "email_taken"): 19}
    loser = next(number for number, each in enumerate(answers) if each.status_code == 409)
    platform.join(f"same_{loser}")


def test_names_that_look_alike_are_one_name(platform: Community, amina: Person) -> None:
    for name in ("AMINA", "Amina", "\uff21mina", "ami\u212ana"[:3] + "na"):
        assert platform.http.post("/v1/members", json=applicant(name, "other@people.example.org")).status_code in (
            400,
            409,
        )
    for name in (
        "\u0430mina",
        "amina\u200b",
        "admin",
        "\uff21dmin",
        "me",
        "a",
        "a" * 31,
        "1amina",
        "ami na",
        "<b>",
        "amina\u0000",
    ):
        assert platform.http.post("/v1/members", json=applicant(name, "x@people.example.org")).status_code == 400, name


@pytest.mark.parametrize("given", ["\uff2bito", "KITO", " kito "])
def test_name_signs_in_as_it_was_given_when_joining(platform: Community, given: str) -> None:
    platform.http.post("/v1/members", json=applicant("kito"))
    answer = platform.http.post("/v1/auth/login", json={"username": given, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def test_email_of_wide_letters_signs_in_as_it_was_given(platform: Community) -> None:
    email = "\ufb01ona@people.example.org"
    assert platform.http.post("/v1/members", json=applicant("fiona", email)).status_code == 201
    assert platform.http.post("/v1/auth/login", json={"email": email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a@b..c", "a@-b.c", "a b@c.d", "a@b.c\r\nBcc: x@y.z", "@b.c", "a@@b.c", "a@b.c,d@e.f"]
)
def test_bad_email_is_refused(platform: Community, email: str) -> None:
    assert platform.http.post("/v1/members", json=applicant("nobody_1", email)).status_code == 400


def test_password_as_long_as_allowed_and_of_any_script_signs_in(platform: Community) -> None:
    password = "nenosiri ya siri 😀 كلمة " * 5
    assert platform.http.post("/v1/members", json=applicant("long_pass", password=password)).status_code == 201
    tokens = platform.http.post("/v1/auth/login", json={"username": "long_pass", "password": password})
    assert tokens.status_code == 200
    assert (
        platform.http.post("/v1/members", json=applicant("long_pass_2", password="x" * 64 + "y" * 65)).status_code
        == 400
    )


def test_administrator_is_never_made_by_joining(platform: Community) -> None:
    for more in ({"roles": ["admin"]}, {"level": "official"}, {"id": "mem_x"}, {"phase": "open"}):
        assert platform.http.post("/v1/members", json=applicant("sly_one") | more).status_code == 400


def test_admin_create_again_with_another_email_after_a_refusal(platform: Community, amina: Person) -> None:
    file = platform.data.parent / "secret"
    file.write_text(PASSWORD)
    create = ("admin", "create", "second_boss", "--password-file", str(file), "--email")
    refused = platform.command(*create, "amina@people.example.org")
    assert refused.returncode != 0 and "email" in refused.stderr
    made = platform.command(*create, "second_boss@people.example.org")
    assert made.returncode == 0, made.stderr


# --- tokens ---


def forged(token: str, **claims: Any) -> list[str]:
    head, body, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(body + "=="))

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    other = part(known | claims)
    return [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{other}.",
        f"{part({'alg': 'None'})}.{other}.{signature}",
        f"{part({'alg': 'HS512'})}.{other}.{signature}",
        f"{part({'alg': 'RS256'})}.{other}.{signature}",
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-2]}AA",
        f"{head}.{body}.{signature}.x",
        jwt.encode(known | claims, "x" * 32, algorithm="HS256"),
        "a.b.c",
        "..",
        "x" * 5_000,
        "null",
    ]


def test_forged_tokens_are_refused(platform: Community, amina: Person) -> None:
    for token in forged(amina.token, roles=["admin", "moderator", "supporter"]):
        for path in ("/v1/me", "/v1/agents", "/v1/topics"):
            answer = platform.http.get(path, headers={"authorization": f"Bearer {token}"})
            assert code_of(answer) == (401, "token_invalid"), token[:50]


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Token x", "Bearer a b"])
def test_other_authorization_is_refused(platform: Community, header: str) -> None:
    assert platform.http.get("/v1/me", headers={"authorization": header}).status_code == 401


def test_token_that_has_expired_is_refused_also_after_it_was_known(platform: Community, amina: Person) -> None:
    tokens = Tokens((platform.data / "secrets" / "access_token.key").read_bytes())
    short = tokens.issue_access(amina.id, ["supporter"], "ses_1", ttl_s=1.2)
    asks = {"authorization": f"Bearer {short}"}
    assert platform.http.get("/v1/me", headers=asks).status_code == 200
    until(lambda: code_of(platform.http.get("/v1/me", headers=asks)) == (401, "token_expired"))


def test_refresh_is_no_access_token_and_the_other_way_round(platform: Community) -> None:
    person = platform.join()
    assert platform.http.get("/v1/me", headers={"authorization": f"Bearer {person.refresh_token}"}).status_code == 401
    assert platform.http.post("/v1/auth/refresh", json={"refresh_token": person.token[:200]}).status_code == 401


def test_twice_the_same_refresh_token_at_once_is_a_lost_answer(platform: Community) -> None:
    person = platform.join()
    body = {"refresh_token": person.refresh_token}
    answers = at_once([lambda: platform.http.post("/v1/auth/refresh", json=body)] * 10)
    assert {each.status_code for each in answers} == {200}
    tokens = {each.json()["refresh_token"] for each in answers}
    assert len(tokens) == 10
    assert platform.http.post("/v1/auth/refresh", json={"refresh_token": tokens.pop()}).status_code == 200


def test_refresh_token_ends_with_the_session(platform: Community) -> None:
    person = platform.join()
    assert person.post("/v1/auth/logout").status_code == 204
    answer = platform.http.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert code_of(answer) == (401, "token_invalid")
    assert person.post("/v1/auth/logout").status_code == 204
    other = platform.join()
    assert platform.http.post("/v1/auth/refresh", json={"refresh_token": other.refresh_token}).status_code == 200


def test_logout_without_a_token_is_refused(platform: Community) -> None:
    assert platform.http.post("/v1/auth/logout").status_code == 401
    assert platform.http.post("/v1/auth/logout", headers={"authorization": "Bearer x"}).status_code == 401


# --- signing in ---


def test_tries_are_limited_and_the_name_is_not_told(platform: Community, amina: Person) -> None:
    def tries(username: str) -> list[tuple[int, str]]:
        body = {"username": username, "password": "wrong and wrong"}
        return [code_of(platform.http.post("/v1/auth/login", json=body)) for _ in range(12)]

    platform.join("locked")
    known, unknown = tries("locked"), tries("nobody_at_all")
    assert known == unknown == [(401, "credentials_invalid")] * 10 + [(429, "login_limited")] * 2
    right = platform.http.post("/v1/auth/login", json={"username": "locked", "password": PASSWORD})
    assert right.status_code == 429 and int(right.headers["retry-after"]) > 0
    same = platform.http.post("/v1/auth/login", json={"username": " LOCKED ", "password": PASSWORD})
    assert same.status_code == 429


def test_unknown_name_takes_as_long_as_a_wrong_password(platform: Community) -> None:
    names = [platform.join().username for _ in range(8)]

    def took(username: str) -> float:
        begun = time.perf_counter()
        platform.http.post("/v1/auth/login", json={"username": username, "password": "wrong and wrong"})
        return time.perf_counter() - begun

    pairs = [(took(name), took(f"unknown_{name}")) for name in names * 4]
    wrong, unknown = (statistics.median(each) for each in zip(*pairs, strict=True))
    assert 0.5 < wrong / unknown < 2, (wrong, unknown)


@pytest.mark.parametrize(
    "body", [{"password": "x"}, {"username": "", "email": "", "password": "x"}, {"username": "x", "password": ""}]
)
def test_sign_in_without_a_name_or_password_is_refused(platform: Community, body: dict[str, str]) -> None:
    assert platform.http.post("/v1/auth/login", json=body).status_code in (400, 401)


# --- Idempotency-Key ---


def test_same_key_at_once_twenty_times_makes_one_topic(platform: Community, amina: Person) -> None:
    answers = at_once([lambda: amina.post("/v1/topics", TOPIC, key="twenty")] * 20)
    assert {each.status_code for each in answers} == {201}
    assert len({each.text for each in answers}) == 1


def test_same_key_with_another_body_or_route_is_refused(amina: Person) -> None:
    first = amina.post("/v1/topics", TOPIC, key="mine")
    topic = first.json()["id"]
    assert code_of(amina.post("/v1/topics", TOPIC | {"title": "Another"}, key="mine")) == (409, "idempotency_conflict")
    assert amina.post(f"/v1/topics/{topic}/posts", {"body": "abc"}, key="mine").status_code == 409
    assert amina.call("PUT", f"/v1/topics/{topic}/follow", key="mine").status_code == 409
    assert amina.post("/v1/topics", TOPIC, key="mine").text == first.text


def test_same_key_of_another_member_is_another_request(amina: Person, baraka: Person) -> None:
    first, second = (each.post("/v1/topics", TOPIC, key="shared") for each in (amina, baraka))
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


def test_same_key_to_different_agents_at_once_takes_effect_once(platform: Community, amina: Person) -> None:
    topics = [amina.open_topic() for _ in range(10)]

    def follows(topic: str) -> Callable[[], httpx.Response]:
        return lambda: amina.call("PUT", f"/v1/topics/{topic}/follow", key="ten_topics")

    answers = at_once([follows(topic) for topic in topics])
    assert Counter(each.status_code for each in answers) == {204: 1, 409: 9}
    counts = [amina.get(f"/v1/topics/{topic}").json()["follower_count"] for topic in topics]
    assert sum(counts) == 1


def test_refusal_is_kept_under_its_key_too(amina: Person) -> None:
    missing = amina.call("PUT", "/v1/topics/top_missing/follow", key="refused")
    assert missing.status_code == 404
    assert amina.call("PUT", "/v1/topics/top_missing/follow", key="refused").text.replace(
        missing.json()["request_id"], ""
    ).count("topic_missing") == missing.text.count("topic_missing")


def test_guests_who_share_a_key_do_not_share_an_account(platform: Community) -> None:
    key = {"idempotency-key": "1"}
    first = platform.http.post("/v1/members", json=applicant("guest_one"), headers=key)
    second = platform.http.post("/v1/members", json=applicant("guest_two"), headers=key)
    again = platform.http.post("/v1/members", json=applicant("guest_one"), headers=key)
    assert first.status_code == 201 and again.text == first.text
    assert code_of(second) == (409, "idempotency_conflict") and "guest_one" not in second.text
    wrong = applicant("guest_one", password="another password")
    assert platform.http.post("/v1/members", json=wrong, headers=key).status_code == 409


@pytest.mark.parametrize("key", ["", "a" * 129, "a b", "ké", "a\tb"])
def test_bad_key_is_refused(amina: Person, key: str) -> None:
    answer = amina.call("POST", "/v1/topics", TOPIC, headers={"idempotency-key": key.encode()})
    assert code_of(answer) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("key", ["a.b", "*", ">", "a/2", "';--", "{}", "\\", "a:b"])
def test_key_of_odd_signs_is_taken_and_replayed(amina: Person, key: str) -> None:
    first, second = (amina.post("/v1/topics", TOPIC, key=key) for _ in range(2))
    assert first.status_code == 201 and first.text == second.text


# --- what is left of secrets ---


def test_nothing_secret_is_in_the_log(platform: Community, amina: Person) -> None:
    written = platform.errors.read_bytes()
    written += b"".join(each.read_bytes() for each in (platform.data / "logs").iterdir() if each.is_file())
    for secret in (PASSWORD, "people.example.org", amina.token, amina.refresh_token, "nenosiri"):
        assert secret.encode() not in written, secret
