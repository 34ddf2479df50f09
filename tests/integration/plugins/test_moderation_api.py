"""Moderation through the public API of the whole platform: decisions, appeals, sources, what guests may read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.community import Community, Person, community, until

TOXIC = "You stupid worthless idiot, I hate you and hope that you die, disgusting horrible pathetic scum"
RULE = {"rule": "respect", "guidelines_version": "2026-01", "reason": "It attacks a person."}
HOAX = {
    "domain": "www.Brand-New-Hoax.example",
    "rating": "flagged",
    "reason": "Invented interviews.",
    "evidence_url": "https://factcheck.example/hoax",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("moderation")) as made:
        yield made


@pytest.fixture(scope="module")
def admin(platform: Community) -> Person:
    return platform.administrator()


@pytest.fixture(scope="module")
def officer(platform: Community, admin: Person) -> Person:
    """Who gives levels."""
    person = platform.join("officer_1")
    given = admin.call("PUT", f"/v1/members/{person.id}/roles/membership_officer")
    return platform.sign_in("officer_1") if given.status_code == 200 else admin


@pytest.fixture(scope="module")
def moderators(platform: Community, admin: Person) -> list[Person]:
    return [platform.promote(admin, platform.join()) for _ in range(2)]


@pytest.fixture(scope="module")
def officials(platform: Community, admin: Person, officer: Person, moderators: list[Person]) -> list[Person]:
    people = [platform.join() for _ in range(3)]
    for person in people:
        level = {"level": "official", "reason": "Elected."}
        assert officer.call("PATCH", f"/v1/members/{person.id}/membership", level).status_code == 200
        assert admin.call("PUT", f"/v1/members/{person.id}/roles/moderator").status_code == 200
    return [official(platform, person, moderators[0]) for person in people]


def official(platform: Community, person: Person, other: Person) -> Person:
    """The same person, once the roles follow the level."""

    def signed_in() -> list[Person]:
        again = platform.sign_in(person.username)
        answer = again.call("PUT", f"/v1/moderation/moderators/{other.id}", {"authority_level": "topic"})
        return [again] if answer.status_code == 200 else []

    return until(signed_in)[0]


@pytest.fixture(scope="module")
def topic(platform: Community) -> str:
    return platform.join().open_topic()


def reported(author: Person, reporter: Person, moderator: Person, *, topic: str, text: str) -> tuple[str, str]:
    """A published post that is reported: (post, case)."""
    post = author.write(topic, text)
    assert reporter.post(f"/v1/posts/{post}/reports", {"reason": "insult"}).status_code == 201
    return post, case_about(moderator, post)


def case_about(moderator: Person, post: str) -> str:
    def look() -> list[str]:
        cases = moderator.get("/v1/moderation/cases?limit=100").json()["items"]
        return [each["id"] for each in cases if each["post_id"] == post]

    return until(look)[0]


def decide(person: Person, case: str, action: str, **more: Any) -> Any:
    return person.post(f"/v1/moderation/cases/{case}/decisions", RULE | {"action": action} | more)


def sanctions(person: Person) -> list[dict[str, Any]]:
    return list(person.get("/v1/me/sanctions").json()["items"])


def test_a_warning_is_appealed_and_decided_by_another(
    platform: Community, moderators: list[Person], topic: str
) -> None:
    author, reporter = platform.join(), platform.join()
    first, second = moderators
    _, case = reported(author, reporter, first, topic=topic, text="What a day.")
    assert decide(first, case, "warn").status_code == 200
    [warning] = until(lambda: sanctions(author))
    assert (warning["kind"], warning["by"], warning["rule"], warning["state"]) == (
        "warn",
        "person",
        "respect",
        "standing",
    )
    issued, ends, until_when = (datetime.fromisoformat(warning[n]) for n in ("issued_at", "ends_at", "appeal_until"))
    assert (ends - issued, until_when - issued) == (timedelta(days=180), timedelta(days=14))
    path = f"/v1/me/sanctions/{warning['id']}/appeals"
    assert reporter.post(path, {"text": "Me."}).json()["code"] == "sanction_missing"
    filed = author.post(path, {"text": "It was a joke among friends."}, key="appeal")
    assert (filed.status_code, filed.json()["state"]) == (201, "filed")
    assert author.post(path, {"text": "It was a joke among friends."}, key="appeal").json() == filed.json()
    same = author.post(path, {"text": "It was a joke among friends."})
    assert (same.status_code, same.json()) == (200, filed.json())
    appeal = f"/v1/moderation/appeals/{filed.json()['id']}/decision"
    body = {"granted": True, "reason": "So it was."}
    assert until(lambda: first.get("/v1/moderation/appeals").json()["items"])[0]["case_id"] == case
    refused = first.post(appeal, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "recused")
    assert second.post(appeal, body).json()["state"] == "granted"
    [lifted] = until(lambda: [each for each in sanctions(author) if each["state"] == "lifted"])
    assert (lifted["appeal"], lifted["appeal_reason"]) == ("granted", "So it was.")


def test_the_log_is_public_and_names_nobody(platform: Community, moderators: list[Person], topic: str) -> None:
    author, reporter = platform.join(), platform.join()
    post, case = reported(author, reporter, moderators[0], topic=topic, text="Here again.")
    assert decide(moderators[0], case, "remove").status_code == 200
    answer = until(lambda: _log_with(platform, "remove"))
    entry = next(each for each in answer.json()["items"] if each["action"] == "remove")
    assert entry == {
        "day": datetime.now(UTC).date().isoformat(),
        "action": "remove",
        "rule": "respect",
        "guidelines_version": "2026-01",
        "by": "person",
    }
    for name in (author.id, author.username, reporter.id, moderators[0].id, post, case, topic):
        assert name not in answer.text


def _log_with(platform: Community, action: str) -> Any:
    answer = platform.http.get("/v1/moderation/log?limit=100")
    return answer if any(each["action"] == action for each in answer.json()["items"]) else None


def test_guests_read_guidelines_and_statistics(platform: Community) -> None:
    guidelines = platform.http.get("/v1/moderation/guidelines").json()
    assert guidelines["version"] == "2026-01" and {"en", "sw"} <= set(guidelines["rules"][0]["text"])
    assert platform.http.get("/v1/moderation/guidelines?version=1999").json()["code"] == "guidelines_missing"
    statistics = platform.http.get("/v1/moderation/statistics")
    assert statistics.status_code == 200 and statistics.json()["accuracy"]["score"] is None


def test_a_ban_takes_two_officials(
    platform: Community, moderators: list[Person], officials: list[Person], topic: str
) -> None:
    author, reporter = platform.join(), platform.join()
    _, case = reported(author, reporter, moderators[0], topic=topic, text="Once more.")
    assert decide(moderators[0], case, "ban").json()["code"] == "not_official"
    assert decide(officials[0], case, "ban").json()["phase"] == "escalated"
    assert decide(officials[0], case, "ban").json()["code"] == "recused"
    assert sanctions(author) == []
    assert decide(officials[1], case, "ban").json()["action"] == "ban"
    assert [each["kind"] for each in until(lambda: sanctions(author))] == ["ban"]


def test_an_escalated_case_takes_a_higher_authority(
    platform: Community, moderators: list[Person], officials: list[Person], topic: str
) -> None:
    first, second = moderators
    _, case = reported(platform.join(), platform.join(), first, topic=topic, text="And again.")
    answer = first.post(f"/v1/moderation/cases/{case}/escalations", {"reason": "Not sure."})
    assert (answer.json()["phase"], answer.json()["authority"]) == ("escalated", "regional")
    assert decide(second, case, "publish").json()["code"] == "authority_too_low"
    assigned = officials[0].call(
        "PUT", f"/v1/moderation/moderators/{second.id}", {"authority_level": "regional", "regions": ["north"]}
    )
    assert assigned.json()["authority_level"] == "regional"
    assert until(lambda: decide(second, case, "publish").status_code == 200)
    listed = first.get("/v1/moderation/moderators?limit=100").json()["items"]
    assert next(each for each in listed if each["id"] == second.id)["regions"] == ["north"]


def test_many_are_decided_each_with_its_own_result(platform: Community, moderators: list[Person], topic: str) -> None:
    author, reporter = platform.join(), platform.join()
    cases = [reported(author, reporter, moderators[0], topic=topic, text=f"Number {n}.")[1] for n in range(3)]
    assert decide(moderators[1], cases[1], "publish").status_code == 200
    items = [RULE | {"case_id": each, "action": "hide"} for each in (*cases, "cas_missing")]
    answer = moderators[0].post("/v1/moderation/decisions/bulk", {"items": items}, key="bulk")
    results = answer.json()["items"]
    assert [(each["status"], each["code"]) for each in results] == [
        (200, ""),
        (409, "case_decided"),
        (200, ""),
        (404, "case_missing"),
    ]
    assert results[1]["detail"].startswith("The case is decided")
    assert moderators[0].post("/v1/moderation/decisions/bulk", {"items": items}, key="bulk").json() == answer.json()
    assert moderators[0].post("/v1/moderation/decisions/bulk", {"items": []}).status_code == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rule": "nothing"}, "rule_unknown"),
        ({"guidelines_version": "1999"}, "guidelines_version_unknown"),
        ({"action": "suspend"}, "term_invalid"),
        ({"term_ends": "2020-01-01T00:00:00Z"}, "term_invalid"),
        ({"term_ends": "2020-01-01T00:00:00"}, "invalid"),
        ({"authority": "global"}, "invalid"),
        ({"reason": " "}, "invalid"),
        ({"bad_faith": True}, "action_unfit"),
    ],
)
def test_a_decision_that_is_none_is_refused(
    *, platform: Community, moderators: list[Person], topic: str, change: dict[str, Any], code: str
) -> None:
    post = platform.join().post(f"/v1/topics/{topic}/posts", {"body": TOXIC}).json()["id"]
    answer = decide(moderators[0], case_about(moderators[0], post), **({"action": "remove"} | change))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_two_people_flag_a_source_and_a_third_decides_an_objection(
    platform: Community, moderators: list[Person], officials: list[Person], topic: str
) -> None:
    author, sources = platform.join(), "/v1/information/sources"
    assert author.post(sources, HOAX).status_code == 403
    proposed = moderators[0].post(sources, HOAX)
    assert (proposed.status_code, proposed.json()["state"]) == (201, "proposed")
    assert proposed.json()["domain"] == "brand-new-hoax.example"
    path = f"{sources}/{proposed.json()['id']}"
    assert platform.http.get(f"{sources}?state=proposed").json()["items"] == []
    waiting = until(lambda: moderators[1].get(f"{sources}?state=proposed").json()["items"])
    assert [each["id"] for each in waiting] == [proposed.json()["id"]]
    assert moderators[0].post(f"{path}/confirm").json()["code"] == "second_person_needed"
    assert moderators[1].post(f"{path}/confirm").json()["state"] == "confirmed"
    until(lambda: "brand-new-hoax.example" in platform.http.get(f"{sources}?limit=100&rating=flagged").text)

    post = author.write(topic, "Read https://news.brand-new-hoax.example/today")
    note = until(lambda: platform.http.get(f"/v1/posts/{post}/notes").json()["items"])[0]
    assert "Invented interviews." in note["text"] and note["author_id"] is None

    assert author.post(f"{path}/objections", {"text": "It is satire."}).json()["state"] == "disputed"
    decision = {"upheld": True, "reason": "So it is."}
    assert moderators[1].post(f"{path}/objections/decision", decision).json()["code"] == "second_person_needed"
    assert officials[0].post(f"{path}/objections/decision", decision).json()["state"] == "cleared"
    quiet = author.write(topic, "Read https://brand-new-hoax.example/tomorrow")
    assert platform.http.get(f"/v1/posts/{quiet}/notes").json()["items"] == []


@pytest.mark.parametrize(
    "change", [{"domain": "nodots"}, {"domain": "a b.example"}, {"evidence_url": "ftp://x"}, {"rating": "bad"}]
)
def test_a_source_that_is_none_is_refused(moderators: list[Person], change: dict[str, str]) -> None:
    assert moderators[0].post("/v1/information/sources", HOAX | change).status_code == 400


def test_moderators_go_on_and_off_duty(moderators: list[Person]) -> None:
    first = moderators[0]
    assert first.call("PUT", "/v1/moderation/duty").json()["phase"] == "on_duty"
    assert first.call("DELETE", "/v1/moderation/duty").json()["phase"] == "offline"
