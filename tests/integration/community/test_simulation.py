"""A platform whose time is set: what is due by then is decided, what is stored bears that time, and pages say so."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from diramoja.core.keys import Keys
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.unsubscribe import Subscription, token_of
from diramoja_community.simulation import make_simulation
from tests.support.community import Community, Person, community, until

HELD_UNLESS_SEVERE = "What a stupid plan, this is rubbish"
RELEASED_AFTER = timedelta(hours=24)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    folder = tmp_path_factory.mktemp("simulation")
    (folder / "data").mkdir()
    make_simulation(folder / "data")
    with community(folder, "moderator.hide_toxicity_ratio=1.0", "moderator.hold_toxicity_ratio=0.1") as made:
        yield made


@pytest.fixture(scope="module")
def admin(platform: Community) -> Person:
    return platform.administrator()


def now_of(platform: Community) -> datetime:
    return datetime.fromisoformat(platform.http.get("/v1/simulation/clock").json()["now"])


def move(admin: Person, to: datetime) -> None:
    answer = admin.post("/v1/simulation/clock", {"now": to.isoformat()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["is_settled"]


def test_a_held_post_is_published_a_day_later(platform: Community, admin: Person) -> None:
    author = platform.join()
    topic = author.open_topic()
    post = author.write(topic, HELD_UNLESS_SEVERE, status="held")
    begun = now_of(platform)
    move(admin, begun + RELEASED_AFTER - timedelta(hours=1))
    assert author.get(f"/v1/posts/{post}").json()["status"] == "held"
    move(admin, begun + RELEASED_AFTER)
    until(lambda: author.get(f"/v1/posts/{post}").json()["status"] == "published")


def test_what_is_written_bears_the_time_that_was_set(platform: Community, admin: Person) -> None:
    wanted = now_of(platform) + timedelta(days=30)
    move(admin, wanted)
    author = platform.join()
    post = author.write(author.open_topic(), "The clinic opens at eight.")
    written = datetime.fromisoformat(author.get(f"/v1/posts/{post}").json()["created_at"])
    assert wanted <= written <= now_of(platform)


def test_time_outlives_a_crash_and_does_not_go_back(platform: Community, admin: Person) -> None:
    wanted = now_of(platform) + timedelta(days=1)
    move(admin, wanted)
    platform.kill()
    platform.start()
    assert now_of(platform) >= wanted
    again = platform.sign_in(admin.username)
    refused = again.post("/v1/simulation/clock", {"now": (wanted - timedelta(days=1)).isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (409, "clock_refused")


def test_every_page_says_that_it_is_a_simulation(platform: Community) -> None:
    for path in ("/", "/schema"):
        assert "its times are set, not real" in platform.http.get(path).text
    swahili = platform.http.get("/", headers={"accept-language": "sw"}).text
    assert "Huu ni uigaji" in swahili
    member = platform.join()
    token = token_of(
        Subscription(member.id, "post.replied", "personal"), Keys(platform.data / "secrets"), NotificationSettings()
    )
    page = platform.http.get("/v1/unsubscribe", params={"token": token})
    assert page.status_code == 200 and "its times are set, not real" in page.text
    assert page.text.index("its times are set") < page.text.index("<h1>")


def test_only_administrators_set_it_and_bad_times_are_refused(platform: Community) -> None:
    admin = platform.sign_in("boss_1")
    member = platform.join()
    assert member.post("/v1/simulation/clock", {"now": "2100-01-01T00:00:00Z"}).status_code == 403
    for bad in ({}, {"now": "tomorrow"}, {"now": "2027-01-01T00:00:00"}, {"now": 5}, {"now": None, "by": 1}):
        assert admin.post("/v1/simulation/clock", bad).status_code == 400
