"""200 accounts report one post over the public API: nothing is hidden, one case, and people see that it was a burst."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.community import Community, Person, community, until

ACCOUNTS = 200
AT_ONCE = 8


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("burst")) as made:
        yield made


def test_200_accounts_that_report_a_post_hide_nothing(platform: Community) -> None:
    author, reader = platform.join("amina"), platform.join("baraka")
    moderator = platform.promote(platform.administrator(), platform.join("mosi"))
    topic = author.open_topic()
    post = author.write(topic, "The clinic should open at night as well.")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        crowd = list(pool.map(platform.join, (f"crowd_{number}" for number in range(ACCOUNTS))))
        for each in pool.map(lambda person: person.call("PUT", f"/v1/topics/{topic}/follow"), crowd):
            assert each.status_code == 204, each.text
        reports = list(pool.map(lambda person: _reported(person, post), crowd))
    assert len(set(reports)) == ACCOUNTS
    assert _reported(crowd[0], post, status=200) == reports[0]

    (case,) = until(lambda: _cases(moderator, reports=ACCOUNTS))
    assert case["tags"] == ["burst"]
    assert case["weight"] == pytest.approx(ACCOUNTS * 0.1)
    assert (case["state"] if "state" in case else case["phase"]) == "open"
    assert case["action"] is None
    for person in (reader, author, crowd[-1]):
        shown = person.get(f"/v1/posts/{post}").json()
        assert (shown["status"], shown["body"]) == ("published", "The clinic should open at night as well.")
        assert [each["id"] for each in person.get(f"/v1/topics/{topic}/posts").json()["items"]] == [post]
    assert author.get("/v1/me/sanctions").json()["items"] == []
    log = reader.get("/v1/moderation/log").json()["items"]
    assert log == []
    told = moderator.get("/v1/me/notifications", params={"limit": 100}).json()["items"]
    assert len([each for each in told if each["subject"]["id"] == case["id"]]) <= 1


def _reported(person: Person, post: str, status: int = 201) -> str:
    answer = person.post(f"/v1/posts/{post}/reports", {"reason": "spam"})
    assert answer.status_code == status, answer.text
    return str(answer.json()["id"])


def _cases(moderator: Person, *, reports: int) -> list[dict[str, object]]:
    found = moderator.get("/v1/moderation/cases").json()["items"]
    return [each for each in found if each["report_count"] == reports]
