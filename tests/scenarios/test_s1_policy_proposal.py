"""S1, a policy proposal, facts 1 to 7 at small size: 400 members in good standing, 20 supporters.

The sentiment of fact 6 comes with its plugin; facts 8 to 12 are in `test_s1_policy_vote`.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from tests.scenarios.town import Listener, Town, report, soon, town
from tests.support.community import Person

INTERESTED = 120
QUIET = 5
PREFERRED = {"in_app": 60, "email": 30, "push": 20, "sms": 10}
OTHERS = 279
SUPPORTERS = 20
AUTHORS = 110
ANSWERED = 60
"""Authors of posts that others answer."""
EXTRA = 19
"""One author writes twenty times."""
SUGGESTED = "topic.suggested"
TOXIC = "You stupid worthless idiot, I hate you and hope that you die, disgusting horrible pathetic scum"


@attrs.define
class Story:
    """What the facts speak of."""

    town: Town
    author: Person
    interested: list[Person]
    channel_of: dict[str, str]
    quiet: list[Person]
    others: list[Person]
    watcher: Person
    clinics: str
    topic: dict[str, Any] = attrs.field(factory=dict)
    opened_at: float = 0.0
    shown_s: list[float] = attrs.field(factory=list)
    listener: Listener | None = None

    @property
    def path(self) -> str:
        return f"/v1/topics/{self.topic['id']}"

    def read(self) -> dict[str, Any]:
        answer = self.watcher.get(self.path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with town(tmp_path_factory.mktemp("s1")) as made:
        author = made.people("author", 1, level="member")[0]
        interested = made.people("health", INTERESTED, level="member", interests=["healthcare"])
        others = made.people("other", OTHERS, level="member", interests=["economy"])
        made.people("supporter", SUPPORTERS)
        opened = author.post(
            "/v1/topics",
            {
                "title": "Clinics in the villages",
                "description": "Clinics and nurses for every village: health care near home.",
                "category": "healthcare",
                "tags": ["clinics", "nurses"],
            },
        )
        assert opened.status_code == 201, opened.text
        channels = [channel for channel, count in PREFERRED.items() for _ in range(count)]
        quiet = interested[:QUIET]
        story = Story(
            made,
            author,
            interested,
            {person.id: channel for person, channel in zip(interested, channels, strict=True)},
            quiet,
            others,
            others[0],
            opened.json()["id"],
        )
        _settle(story)
        made.move(made.now + timedelta(days=8))
        _prefer(story)
        yield story
        if story.listener is not None:
            story.listener.close()


def _settle(story: Story) -> None:
    """The seeded topic has suggested itself to all."""
    soon(lambda: all(story.town.notices(each, SUGGESTED) for each in story.interested), 60)


def _prefer(story: Story) -> None:
    """Each has a channel; the quiet ones are in their quiet hours for the next two hours."""
    now = story.town.now
    hours = {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}

    def one(person: Person) -> None:
        body: dict[str, Any] = {"channels": {SUGGESTED: [story.channel_of[person.id]]}, "time_zone": "UTC"}
        if person in story.quiet:
            body |= {"quiet_hours": hours, "channels": {SUGGESTED: ["email"]}}
        answer = person.call("PUT", "/v1/me/preferences", body)
        assert answer.status_code == 200, answer.text

    story.town.each(story.interested, one)


def _suggestions(story: Story, person: Person) -> list[dict[str, Any]]:
    found = story.town.notices(person, SUGGESTED)
    return [each for each in found if each["subject"] == {"type": "topic", "id": story.topic["id"]}]


def _state(notice: dict[str, Any], channel: str) -> str:
    states: list[str] = [each["state"] for each in notice["channels"] if each["channel"] == channel]
    assert len(states) == 1, notice
    return states[0]


def test_fact_1_a_proposal_gets_tags_and_related_topics(story: Story) -> None:
    story.opened_at = time.monotonic()
    answer = story.author.post(
        "/v1/topics",
        {
            "title": "Free clinics and nurses for every village",
            "description": "A policy: every village gets a clinic with nurses, medicines and a free consultation.",
            "category": "healthcare",
            "policy_proposal": True,
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["phase"] == "new"
    story.topic = answer.json()
    soon(lambda: len(story.read()["tags"]) >= 2, 5)
    related = soon(lambda: story.watcher.get(f"{story.path}/related").json()["items"], 5)
    assert story.clinics in [each["id"] for each in related]


def test_fact_2_each_interested_member_is_told_once_on_their_channel(story: Story) -> None:
    awake = [each for each in story.interested if each not in story.quiet]

    def told(person: Person) -> bool:
        found = _suggestions(story, person)
        return bool(found) and _state(found[0], story.channel_of[person.id]) in ("sent", "delivered")

    soon(lambda: all(story.town.each(awake, told)), 60 - (time.monotonic() - story.opened_at))
    for person in awake:
        (notice,) = _suggestions(story, person)
        assert {each["channel"] for each in notice["channels"]} >= {story.channel_of[person.id]}
        assert notice["reason"]
    for person in (story.author, *story.others):
        assert _suggestions(story, person) == []


def test_fact_3_quiet_hours_are_kept_and_what_waited_is_sent_after(story: Story) -> None:
    for person in story.quiet:
        (notice,) = soon(lambda person=person: _suggestions(story, person), 60)  # type: ignore[misc]
        assert _state(notice, "email") == "queued"
    begun = story.town.now
    story.town.move(begun + timedelta(hours=1))
    assert {_state(_suggestions(story, each)[0], "email") for each in story.quiet} == {"queued"}
    story.town.move(begun + timedelta(hours=2, minutes=2))
    for person in story.quiet:
        soon(lambda person=person: _state(_suggestions(story, person)[0], "email") in ("sent", "delivered"), 60)  # type: ignore[misc]
        assert len(_suggestions(story, person)) == 1


def _write(story: Story, person: Person, body: str, reply_to: str | None = None) -> str:
    answer = person.post(f"{story.path}/posts", {"body": body, "reply_to": reply_to})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _shown(story: Story, posts: dict[str, float]) -> None:
    """Wait until a second member heard of all; keep how long each took."""
    assert story.listener is not None
    listener = story.listener

    def heard() -> dict[str, float]:
        return {event["data"]["post"]: at for at, event in listener.named("topic.post.published") if event["data"]}

    soon(lambda: posts.keys() <= heard().keys(), 30)
    story.shown_s += [heard()[post] - sent for post, sent in posts.items()]


def test_fact_4_authors_count_once_each(story: Story) -> None:
    authors = [*story.interested[QUIET:], *story.others[1:]][:AUTHORS]
    story.listener = Listener(story.town.platform, story.watcher, f"topic:{story.topic['id']}")
    long = "For our village a clinic means that nobody walks four hours with a sick child. " * 4

    sent: dict[str, float] = {}
    begun = time.monotonic()
    first = _write(story, authors[0], f"{long} To begin with.")
    sent[first] = begun
    soon(lambda: story.read()["phase"] == "active", 5)

    def top(place: int) -> str:
        begun = time.monotonic()
        post = _write(story, authors[place], f"{long} Reason {place}.")
        sent[post] = begun
        return post

    tops = [first, *story.town.each(range(1, ANSWERED), top)]
    _shown(story, dict(sent))

    def reply(place: int) -> None:
        begun = time.monotonic()
        post = _write(story, authors[place], f"I agree with this reason, from place {place}.", tops[place % ANSWERED])
        sent[post] = begun

    story.town.each(range(ANSWERED, AUTHORS), reply)
    for number in range(EXTRA):
        begun = time.monotonic()
        sent[_write(story, authors[-1], f"One more remark, number {number}.", tops[number])] = begun
    story.shown_s.clear()
    _shown(story, sent)
    assert len(sent) == AUTHORS + EXTRA
    assert story.read()["participation_count"] == AUTHORS
    assert story.read()["post_count"] == AUTHORS + EXTRA


def test_fact_5_what_is_published_is_seen_and_what_is_toxic_is_not(story: Story) -> None:
    report("post to visible by a second member", story.shown_s)
    assert story.listener is not None
    rude = story.others[-1]
    post = _write(story, rude, TOXIC)
    soon(lambda: rude.get(f"/v1/posts/{post}").json()["status"] in ("held", "hidden"), 5)
    assert rude.get(f"/v1/posts/{post}").json()["reason"]
    assert story.watcher.get(f"/v1/posts/{post}").status_code == 404
    heard = [event["data"]["post"] for _, event in story.listener.named("topic.post.published")]
    assert post not in heard
    assert len(heard) == len(set(heard)) == AUTHORS + EXTRA


def test_fact_6_a_good_discussion_trends_at_the_next_mark_once(story: Story) -> None:
    assert story.listener is not None
    story.town.to_the_next(15)
    soon(lambda: story.read()["phase"] == "trending", 5)
    assert story.read()["quality_score"] > 80
    assert story.read()["trending_score"] >= 60
    story.town.to_the_next(15)
    begun = time.monotonic()
    _shown(story, {_write(story, story.author, "A word after the second mark."): begun})  # All before it was heard.
    assert len(story.listener.named("topic.trending")) == 1


def test_fact_7_the_author_alone_is_told_that_it_is_ready(story: Story) -> None:
    (told,) = soon(lambda: story.town.notices(story.author, "topic.ready"), 5)
    assert told["subject"] == {"type": "topic", "id": story.topic["id"]}
    for person in (*story.interested, *story.others):
        assert story.town.notices(person, "topic.ready") == []
    (draft,) = soon(lambda: story.author.get("/v1/votes", params={"topic_id": story.topic["id"]}).json()["items"], 5)
    assert (draft["phase"], draft["created_by"]) == ("draft", story.author.id)
    assert story.watcher.get("/v1/votes").json()["items"] == []  # None opened by itself, and drafts are not shown.
    assert story.read()["voting_attached"] is None
