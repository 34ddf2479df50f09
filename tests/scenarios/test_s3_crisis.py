"""S3, a crisis, facts 9 and 10: sharing what is flagged, a warning, an appeal. A source that two people flagged stands
in for the correction, which comes with its plugin.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from tests.scenarios.town import Town, soon, town
from tests.support.community import Person

HOAX = {
    "domain": "daily-invention.example",
    "rating": "flagged",
    "reason": "Invented interviews.",
    "evidence_url": "https://factcheck.example/daily-invention",
}
TOLD_WITHIN_S = 30
SHARES = 3


@attrs.define
class Story:
    """What the facts speak of."""

    town: Town
    moderators: list[Person]
    author: Person
    sharer: Person
    topic: str
    elsewhere: str
    post: str = ""
    case: str = ""
    sanction: str = ""

    def cases(self) -> list[dict[str, Any]]:
        """About the member who shares."""
        answer = self.moderators[0].get("/v1/moderation/cases?limit=100")
        assert answer.status_code == 200, answer.text
        return [each for each in answer.json()["items"] if each["author_id"] == self.sharer.id]

    def sanctions(self) -> list[dict[str, Any]]:
        """Of the member who shares."""
        items: list[dict[str, Any]] = self.sharer.get("/v1/me/sanctions").json()["items"]
        return items

    def reputation(self) -> dict[str, Any]:
        """Of the member who shares."""
        found: dict[str, Any] = self.sharer.get("/v1/me/engagement").json()["reputation"]
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with town(tmp_path_factory.mktemp("s3")) as made:
        moderators = [made.given_role(each, "moderator") for each in made.people("moderator", 3)]
        author, sharer, opener = made.people("member", 3, level="member")
        story = Story(made, moderators, author, sharer, opener.open_topic("Water"), opener.open_topic("Elsewhere"))
        proposed = moderators[0].post("/v1/information/sources", HOAX)
        assert proposed.status_code == 201, proposed.text
        confirmed = moderators[1].post(f"/v1/information/sources/{proposed.json()['id']}/confirm")
        assert confirmed.json()["state"] == "confirmed"
        story.post = author.write(story.topic, f"Read https://{HOAX['domain']}/water about the wells.")
        yield story


def test_fact_2_the_post_is_flagged_noted_and_its_author_told(story: Story) -> None:
    note = soon(lambda: story.sharer.get(f"/v1/posts/{story.post}/notes").json()["items"], TOLD_WITHIN_S)
    assert "Invented interviews." in note[0]["text"]
    told = soon(lambda: story.town.notices(story.author, "information.post.flagged"), TOLD_WITHIN_S)
    assert [each["subject"]["id"] for each in told] == [story.post]
    assert story.sharer.get(f"/v1/posts/{story.post}").json()["status"] == "published"


def test_fact_9_sharing_it_three_times_is_one_case_one_decision_and_one_warning(story: Story) -> None:
    path, body = f"/v1/posts/{story.post}/shares", {"topic_id": story.elsewhere}
    assert story.sharer.post(path, body).json()["code"] == "share_flagged"
    for number in range(SHARES + 1):
        answer = story.sharer.post(path, body | {"acknowledged": True, "comment": f"Look {number}."})
        assert answer.status_code == 201, answer.text
    [case] = soon(story.cases, TOLD_WITHIN_S)
    assert (case["origin"], case["about"], case["phase"], case["post_id"]) == ("sharing", "member", "open", story.post)
    story.case = case["id"]
    decision = {
        "action": "warn",
        "rule": "misinformation",
        "guidelines_version": "2026-01",
        "reason": "You were told that it is flagged, and shared it again.",
    }
    decided = story.moderators[0].post(f"/v1/moderation/cases/{story.case}/decisions", decision)
    assert decided.status_code == 200, decided.text
    [warning] = soon(story.sanctions, TOLD_WITHIN_S)
    assert (warning["kind"], warning["by"], warning["rule"]) == ("warn", "person", "misinformation")
    issued, until = (datetime.fromisoformat(warning[name]) for name in ("issued_at", "appeal_until"))
    assert until - issued == timedelta(days=14)
    story.sanction = warning["id"]
    [told] = soon(lambda: story.town.notices(story.sharer, "moderation.sanction.decided"), TOLD_WITHIN_S)
    assert told["class"] == "statutory" and told["subject"]["id"] == warning["id"]
    assert len(story.cases()) == 1

    log = story.town.platform.http.get("/v1/moderation/log?limit=100")
    [entry] = [each for each in log.json()["items"] if each["action"] == "warn"]
    assert (entry["rule"], entry["by"]) == ("misinformation", "person")
    for name in (story.sharer.id, story.sharer.username, story.post, story.case, warning["id"]):
        assert name not in log.text


def test_fact_10_an_appeal_is_decided_by_another_and_granted_takes_everything_back(story: Story) -> None:
    filed = story.sharer.post(f"/v1/me/sanctions/{story.sanction}/appeals", {"text": "I quoted it to refute it."})
    assert filed.status_code == 201, filed.text
    path = f"/v1/moderation/appeals/{filed.json()['id']}/decision"
    granted = {"granted": True, "reason": "The comments say so."}
    refused = story.moderators[0].post(path, granted)
    assert (refused.status_code, refused.json()["code"]) == (403, "recused")
    answer = story.moderators[1].post(path, granted)
    assert (answer.status_code, answer.json()["state"]) == (200, "granted")
    soon(lambda: [each for each in story.sanctions() if each["state"] == "lifted"], TOLD_WITHIN_S)
    [told] = soon(lambda: story.town.notices(story.sharer, "moderation.appeal.decided"), TOLD_WITHIN_S)
    assert told["class"] == "statutory"


def test_fact_10_granted_restores_state_and_reputation(story: Story) -> None:
    before = story.reputation()
    post = story.sharer.write(story.topic, "The wells are dry.")
    assert story.author.post(f"/v1/posts/{post}/reports", {"reason": "insult"}).status_code == 201
    case = soon(lambda: [each["id"] for each in story.cases() if each["post_id"] == post], TOLD_WITHIN_S)[0]
    decision = {
        "action": "restrict",
        "rule": "respect",
        "guidelines_version": "2026-01",
        "reason": "It attacks a person.",
        "term_ends": (story.town.now + timedelta(days=7)).isoformat(),
    }
    assert story.moderators[0].post(f"/v1/moderation/cases/{case}/decisions", decision).status_code == 200
    write = f"/v1/topics/{story.topic}/posts"
    soon(lambda: story.sharer.post(write, {"body": "More."}).status_code == 403, TOLD_WITHIN_S)
    assert soon(lambda: story.reputation()["bad"] > before["bad"], TOLD_WITHIN_S)

    sanction = next(each["id"] for each in story.sanctions() if each["kind"] == "restrict")
    filed = story.sharer.post(f"/v1/me/sanctions/{sanction}/appeals", {"text": "It says that the wells are dry."})
    assert filed.status_code == 201, filed.text
    path = f"/v1/moderation/appeals/{filed.json()['id']}/decision"
    assert story.moderators[2].post(path, {"granted": True, "reason": "So it does."}).status_code == 200
    soon(lambda: story.sharer.post(write, {"body": "More."}).status_code == 201, TOLD_WITHIN_S)
    assert soon(lambda: story.reputation() == before, TOLD_WITHIN_S)
