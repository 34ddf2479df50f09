"""Somebody sees what is held of them, leaves, comes back, leaves for good: and is found nowhere any more."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest
from nats.js.api import ConsumerConfig

from diramoja.adapters.embedded import read_endpoint
from diramoja_community.simulation import make_simulation
from tests.support.community import PASSWORD, Community, Person, community, until

TERM = timedelta(days=14)
DAY = timedelta(days=1)
SECRET = "kanarienvogel"
"""A name that occurs nowhere else."""
SERVERS = ("postgres", "nats", "valkey")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    folder = tmp_path_factory.mktemp("erasure")
    (folder / "data").mkdir()
    make_simulation(folder / "data")
    with community(folder) as made:
        yield made


@pytest.fixture(scope="module")
def admin(platform: Community) -> Person:
    return platform.administrator()


def now_of(platform: Community) -> datetime:
    return datetime.fromisoformat(platform.http.get("/v1/simulation/clock").json()["now"])


def move(platform: Community, admin: Person, by: timedelta) -> None:
    """The administrator signs in anew: tokens go by real time, and the server by another address after a crash."""
    answer = platform.sign_in(admin.username).post("/v1/simulation/clock", {"now": (now_of(platform) + by).isoformat()})
    assert answer.status_code == 200, answer.text


def does(who: Person, method: str, path: str, body: Any = None) -> Any:
    answer = who.call(method, path, body)
    assert answer.is_success, (path, answer.text)
    return answer.json() if answer.content else None


async def fetched(platform: Community, sql: str, *args: Any) -> list[Any]:
    endpoint = read_endpoint(platform.data)
    assert endpoint is not None
    connection = await asyncpg.connect(endpoint.urls["postgres"])
    try:
        return list(await connection.fetch(sql, *args))
    finally:
        await connection.close()


def rows(platform: Community, sql: str, *args: Any) -> list[Any]:
    return asyncio.run(fetched(platform, sql, *args))


def tables_naming(platform: Community, word: str) -> dict[str, int]:
    """Table → rows with this word in them, in whichever column."""

    async def look() -> dict[str, int]:
        sql = "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname !~ '^(pg_|inf)'"
        found: dict[str, int] = {}
        for (name,) in await fetched(platform, sql):
            count = f"SELECT count(*) FROM {name} AS r WHERE position($1 IN r::text) + position($2 IN r::text) > 0"
            [(number,)] = await fetched(platform, count, word, word.encode().hex())
            found |= {name.removeprefix("public."): number} if number else {}
        return found

    return asyncio.run(look())


def files_naming(platform: Community, word: str) -> list[Path]:
    """Logs and whatever else the platform wrote, but for the stores of the servers."""
    files = [platform.errors, *(each for each in platform.data.rglob("*") if each.is_file())]
    own = [each for each in files if each.suffix == ".log" or not {*each.parts} & {*SERVERS}]
    return [each for each in own if word.encode() in each.read_bytes()]


async def commands_naming(platform: Community, word: str) -> int:
    endpoint = read_endpoint(platform.data)
    assert endpoint is not None
    client = await nats.connect(endpoint.urls["nats"])
    try:
        stream = client.jetstream()
        left = (await stream.stream_info("COMMANDS")).state.messages
        if not left:
            return 0
        subscription = await stream.pull_subscribe("", stream="COMMANDS", config=ConsumerConfig(mem_storage=True))
        return sum(word.encode() in each.data for each in await subscription.fetch(left, timeout=5))
    finally:
        await client.close()


def looked(platform: Community, member: str) -> int:
    """How often everything was looked through for somebody who was erased; -1: they are not."""
    [row] = rows(platform, "SELECT body FROM snapshot WHERE kind = 'member' AND agent = $1", member)
    state = json.loads(row["body"])
    return int(state["looked"]) if state["phase"] == "erased" else -1


def only_shells_are_left(platform: Community, member: str) -> None:
    """Their agents are there and know nothing; besides, the number is in the names of chains that are not yet over."""
    assert tables_naming(platform, member).keys() <= {"snapshot", "job", "request", "reminder"}
    sql = "SELECT agent, body FROM snapshot WHERE agent = $1 OR position(convert_to($1, 'UTF8') IN body) > 0"
    found = rows(platform, sql, member)
    phases = [(row["agent"], json.loads(row["body"])["phase"]) for row in found]
    assert {*phases} <= {(member, phase) for phase in ("erased", "closed", "absent")}


def erase(platform: Community, admin: Person, member: str) -> None:
    move(platform, admin, TERM)
    until(lambda: looked(platform, member) >= 1, within_s=60)


def look_again(platform: Community, admin: Person, member: str) -> None:
    move(platform, admin, DAY)
    until(lambda: looked(platform, member) == 2, within_s=60)


def words(name: str) -> tuple[str, str, str]:
    """What somebody writes and nobody else: in posts, in a text before an edit, in messages and reports."""
    return f"zirp{name[:4]} tweet", f"piep{name[:4]} first", f"tirili{name[:4]} whisper"


def live_in(platform: Community, name: str, others: tuple[Person, Person]) -> tuple[Person, dict[str, str]]:
    """Somebody who did whatever members do, with words that can be found again."""
    baraka, chege = others
    posted, edited, said = words(name)
    person = platform.join(name)
    does(person, "PATCH", "/v1/me", {"interests": ["healthcare"], "region": "nairobi", "age_group": "25_34"})
    does(person, "PUT", "/v1/me/consents", {"campaign": True})
    does(person, "PUT", "/v1/me/preferences", {"time_zone": "Africa/Nairobi", "language": "sw"})
    does(person, "PUT", f"/v1/members/{baraka.id}/follow")
    does(person, "PUT", f"/v1/members/{chege.id}/mute")
    does(baraka, "PUT", f"/v1/members/{person.id}/follow")
    topic = person.open_topic()
    other = baraka.open_topic("Buses at night")
    first = person.write(topic, f"{posted} once https://who.int")
    does(baraka, "PUT", f"/v1/topics/{topic}/follow")
    does(baraka, "PUT", f"/v1/posts/{first}/reactions/like")
    does(person, "PUT", f"/v1/topics/{other}/follow")
    his = baraka.write(other, "Buses should run until two.")
    reply = person.write(other, f"{edited}: every hour, @{baraka.username}", reply_to=his)
    does(baraka, "PUT", f"/v1/posts/{reply}/reactions/agree")
    does(person, "PATCH", f"/v1/posts/{reply}", {"body": f"{posted}: twice an hour"})
    until(lambda: posted in person.get(f"/v1/posts/{reply}").json()["body"])
    does(person, "PUT", f"/v1/posts/{his}/reactions/disagree")
    does(person, "POST", f"/v1/posts/{his}/reports", {"reason": "spam", "text": f"{said} in a report"})
    until(lambda: rows(platform, "SELECT 1 FROM moderation_case_report WHERE reporter = $1", person.id))
    pair = does(person, "POST", "/v1/conversations", {"member_ids": [baraka.id]})["id"]
    does(person, "POST", f"/v1/conversations/{pair}/messages", {"body": said})
    does(baraka, "POST", f"/v1/conversations/{pair}/messages", {"body": "Asante"})
    group = does(person, "POST", "/v1/conversations", {"member_ids": [baraka.id, chege.id], "title": "Buses"})["id"]
    until(lambda: len(does(person, "GET", f"/v1/conversations/{group}")["members"]) == 3)
    until(lambda: "notices" in told_of(baraka, person))
    return person, {
        "topic": topic,
        "other": other,
        "first": first,
        "reply": reply,
        "his": his,
        "pair": pair,
        "group": group,
    }


def told_of(who: Person, whom: Person) -> str:
    kinds = {each["kind"] for each in does(who, "GET", "/v1/me/notifications?limit=100")["items"]}
    return "notices" if {"post.replied", "conversation.message"} <= kinds else ""


@pytest.fixture(scope="module")
def others(platform: Community) -> tuple[Person, Person]:
    return platform.join("baraka"), platform.join("chege")


def whole_export(who: Person) -> list[dict[str, Any]]:
    asked = does(who, "POST", "/v1/me/exports")
    items, cursor = [], ""
    while True:
        page = does(who, "GET", f"/v1/me/exports/{asked['id']}?limit=7&cursor={cursor}")
        assert len(page["items"]) <= 7
        items += page["items"]
        if (cursor := page["next_cursor"]) is None:
            return items


def test_an_export_holds_what_every_plugin_knows_and_is_ones_own(
    platform: Community, others: tuple[Person, Person]
) -> None:
    person, made = live_in(platform, "exporter", others)
    items = whole_export(person)
    held = {(each["plugin"], each["holding"]) for each in items}
    assert {plugin for plugin, _ in held} == {
        "member", "identity", "topic", "conversation", "notification", "moderator", "badges",
    }  # fmt: skip
    text = json.dumps(items)
    for word in (*words("exporter"), "exporter@people.example.org", made["group"], "25_34", "campaign"):
        assert word in text, word
    acts = [each["data"] for each in items if each["holding"] == "acts"]
    assert {"what": "reaction", "topic": made["other"], "post": made["his"], "axis": "stance"} in acts
    assert "Asante" not in text  # What others said is theirs.
    assert "password" not in text and "argon2" not in text
    [export] = [each["data"]["id"] for each in items if each["holding"] == "exports"]
    assert others[0].get(f"/v1/me/exports/{export}").json()["code"] == "export_missing"
    assert platform.http.get(f"/v1/me/exports/{export}").status_code == 401
    for _ in range(2):
        does(person, "POST", "/v1/me/exports")
    assert person.post("/v1/me/exports").json()["code"] == "exports_full"
    kinds = [each["kind"] for each in does(person, "GET", "/v1/me/notifications")["items"]]
    assert kinds.count("member.export") == 3


def test_whoever_leaves_may_not_write_and_comes_back_to_all(
    platform: Community, admin: Person, others: tuple[Person, Person]
) -> None:
    person, made = live_in(platform, "returner", others)
    before = [does(person, "GET", path) for path in ("/v1/me", "/v1/me/consents", "/v1/me/walls", "/v1/conversations")]
    left = does(person, "DELETE", "/v1/me")
    assert datetime.fromisoformat(left["erase_after"]) - now_of(platform) > TERM - timedelta(minutes=5)
    assert does(person, "DELETE", "/v1/me?posts=delete") == {**left, "posts": "delete"}
    until(lambda: others[0].get(f"/v1/members/{person.id}").status_code == 404)
    assert does(person, "GET", "/v1/me")["erase_after"] == left["erase_after"]
    for method, path, body in (
        ("POST", f"/v1/topics/{made['other']}/posts", {"body": "One more"}),
        ("POST", "/v1/topics", {"title": "One more", "description": "Why?", "category": "healthcare"}),
        ("PUT", f"/v1/posts/{made['his']}/reactions/like", None),
    ):
        refused = person.call(method, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "leaving"), refused.text
    move(platform, admin, TERM - DAY)
    back = platform.sign_in("returner")
    does(back, "POST", "/v1/me/restore")
    does(back, "POST", "/v1/me/restore")
    move(platform, admin, TERM)
    after = [does(back, "GET", path) for path in ("/v1/me", "/v1/me/consents", "/v1/me/walls", "/v1/conversations")]
    assert [{**each, "activity": ""} for each in after] == [{**each, "activity": ""} for each in before]
    back.write(made["other"], "I am back.")
    assert others[0].get(f"/v1/members/{person.id}").status_code == 200


def test_whoever_left_is_found_nowhere_even_if_all_died_meanwhile(
    platform: Community, admin: Person, others: tuple[Person, Person]
) -> None:
    baraka = others[0]
    person, made = live_in(platform, SECRET, others)
    posted, edited, said = words(SECRET)
    for word in (SECRET, posted, edited):
        assert tables_naming(platform, word)
    whole_export(person)
    does(person, "DELETE", "/v1/me?posts=delete")
    move(platform, admin, TERM)
    platform.kill()
    platform.start()
    baraka = platform.sign_in(baraka.username)
    until(lambda: looked(platform, person.id) >= 1, within_s=60)
    look_again(platform, admin, person.id)
    for word in (SECRET, posted, edited, said, f"{SECRET}@people.example.org"):
        with contextlib.suppress(AssertionError):  # What is left is named below.
            until(lambda word=word: not tables_naming(platform, word), within_s=10)  # type: ignore[misc]  # bound per turn
        assert (word, tables_naming(platform, word), files_naming(platform, word)) == (word, {}, [])
    only_shells_are_left(platform, person.id)
    until(lambda: asyncio.run(commands_naming(platform, SECRET)) == 0, within_s=120)
    assert platform.http.post("/v1/auth/login", json={"username": SECRET, "password": PASSWORD}).status_code == 401
    for post in (made["first"], made["reply"]):
        assert baraka.get(f"/v1/posts/{post}").status_code == 404
    assert does(baraka, "GET", f"/v1/topics/{made['topic']}")["created_by"] == "mem_former"
    heard = does(baraka, "GET", f"/v1/conversations/{made['pair']}/messages")["items"]
    assert [(each["body"], each["sender_id"]) for each in heard] == [("Asante", baraka.id), ("", "mem_former")]
    refused = baraka.post(f"/v1/conversations/{made['pair']}/messages", {"body": "Still there?"})
    assert refused.json()["code"] == "blocked"
    does(baraka, "POST", f"/v1/conversations/{made['group']}/messages", {"body": "We go on."})
    platform.join(SECRET)  # The names are free.


def test_posts_that_are_kept_have_no_author_and_count_as_before(
    platform: Community, admin: Person, others: tuple[Person, Person]
) -> None:
    baraka = platform.sign_in("baraka")
    person, made = live_in(platform, "keeper", (baraka, platform.sign_in("chege")))
    before = does(baraka, "GET", f"/v1/topics/{made['other']}")
    his = does(baraka, "GET", f"/v1/posts/{made['his']}")["reactions"]
    search = f"/v1/search?q={words('keeper')[0].replace(' ', '+')}"
    found = lambda: made["reply"] in [each["id"] for each in does(baraka, "GET", search)["items"]]  # noqa: E731
    until(found)  # What was not read of the log before it is redacted is not read any more.
    does(person, "DELETE", "/v1/me")
    erase(platform, admin, person.id)
    look_again(platform, admin, person.id)
    baraka = platform.sign_in("baraka")
    kept = does(baraka, "GET", f"/v1/posts/{made['reply']}")
    assert (kept["author_id"], words("keeper")[0] in kept["body"]) == ("mem_former", True)
    assert does(baraka, "GET", f"/v1/posts/{made['his']}")["reactions"] == his
    after = does(baraka, "GET", f"/v1/topics/{made['other']}")
    for name in ("participation_count", "post_count", "quality_score"):
        assert after[name] == before[name], name
    assert after["follower_count"] == before["follower_count"] - 1
    assert found()
    assert tables_naming(platform, "keeper@people") == {}
    only_shells_are_left(platform, person.id)
    assert baraka.get("/v1/members/mem_former").json()["code"] == "member_missing"
    does(baraka, "DELETE", f"/v1/posts/{made['his']}")


def writes_nothing(gone: Person, event: str, other: Person) -> None:
    """The last token of somebody who is gone may live on."""
    for method, path, more in (
        ("PUT", "/v1/me/calendar-feed", None),
        ("PUT", f"{event}/rsvp", {"answer": "yes"}),
        ("POST", f"{event}/questions", {"body": "Am I still here?"}),
        ("PUT", f"/v1/members/{other.id}/block", None),
    ):
        refused = gone.call(method, path, more)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid"), (path, refused.text)


def test_whoever_left_is_at_no_event(platform: Community, admin: Person) -> None:
    officer = platform.promote(platform.sign_in(admin.username), platform.join("officer"), "membership_officer")
    host = platform.join("host")
    level = {"level": "member", "standing": "good", "reason": "Dues paid."}
    does(officer, "PATCH", f"/v1/members/{host.id}/membership", level)
    host, next_in_line, person = platform.sign_in("host"), platform.join("next_in_line"), platform.join("goer")
    starts_at = (now_of(platform) + timedelta(days=60)).isoformat()
    body = {"event_type": "meeting", "title": "Buses", "starts_at": starts_at, "duration_minutes": 60, "capacity": 1}
    event = f"/v1/events/{does(host, 'POST', '/v1/events', body)['id']}"
    does(host, "POST", f"{event}/open")
    assert does(person, "PUT", f"{event}/rsvp", {"answer": "yes"})["state"] == "confirmed"
    assert does(next_in_line, "PUT", f"{event}/rsvp", {"answer": "yes"})["position"] == 1
    asked = does(person, "POST", f"{event}/questions", {"body": "Until when do they run?"})["id"]
    other = does(host, "POST", f"{event}/questions", {"body": "Who pays?"})["id"]
    until(lambda: len(does(host, "GET", f"{event}/questions")["items"]) == 2)
    does(person, "PUT", f"/v1/questions/{other}/upvote")
    feed = does(person, "PUT", "/v1/me/calendar-feed")["url"]
    assert platform.http.get(feed).status_code == 200
    held = {each["holding"] for each in whole_export(person) if each["plugin"] == "event"}
    assert held == {"event_answers", "event_questions"}
    does(person, "DELETE", "/v1/me")
    erase(platform, admin, person.id)
    assert platform.http.get(feed).status_code == 401
    writes_nothing(person, event, host)
    assert rows(platform, "SELECT 1 FROM event_feed") == []
    look_again(platform, admin, person.id)
    only_shells_are_left(platform, person.id)
    next_in_line, host = platform.sign_in("next_in_line"), platform.sign_in("host")
    assert does(next_in_line, "GET", f"{event}/rsvp")["state"] == "confirmed"
    found = {
        each["id"]: (each["author_id"], each["upvotes"]) for each in does(host, "GET", f"{event}/questions")["items"]
    }
    assert found == {asked: ("mem_former", 0), other: (host.id, 1)}


def test_a_topic_counts_its_readers_without_knowing_them(platform: Community) -> None:
    reader = platform.join()
    topic = reader.open_topic("Counted")

    def seen() -> int:
        return int(does(reader, "GET", f"/v1/topics/{topic}")["views_count"])

    assert seen() == 0
    until(lambda: seen() >= 3, within_s=30)
    assert [[*row] for row in rows(platform, "SELECT * FROM topic_viewed WHERE topic = $1 AND views > 3", topic)]


# --- terms of what is held of those who stay ---


def test_who_reacted_is_forgotten_a_year_after_the_close_and_the_counts_stay(
    platform: Community, admin: Person
) -> None:
    person, other = platform.join(), platform.join()
    topic = person.open_topic()
    post = person.write(topic, "The clinic opens at eight.")
    for who, kind in ((person, "agree"), (other, "disagree"), (other, "like")):
        does(who, "PUT", f"/v1/posts/{post}/reactions/{kind}")
    reactions = does(other, "GET", f"/v1/posts/{post}")["reactions"]
    does(person, "POST", f"/v1/topics/{topic}/close", {"reason": "Done."})
    kept = "SELECT key FROM own_row WHERE kind = 'topic' AND agent = $1 AND collection = 'reaction'"
    move(platform, admin, 364 * DAY)
    assert len(rows(platform, kept, topic)) == 3
    move(platform, admin, 2 * DAY)
    until(lambda: rows(platform, kept, topic) == [])
    assert does(platform.sign_in(other.username), "GET", f"/v1/posts/{post}")["reactions"] == reactions


def test_no_address_is_kept_of_a_session_and_no_word_of_a_search(platform: Community) -> None:
    person = platform.join()
    does(person, "GET", f"/v1/search?q={SECRET}+unheard")
    sql = (
        "SELECT column_name FROM information_schema.columns WHERE table_name IN ('account_session', 'account_refresh')"
    )
    columns = {row[0] for row in rows(platform, sql)}
    assert columns == {
        "id", "member", "created_at", "expires_at", "revoked_at", "token", "session", "issued_at", "rotated_at",
    }  # fmt: skip
    assert tables_naming(platform, "127.0.0.1") == {}
    assert (tables_naming(platform, "unheard"), files_naming(platform, "unheard")) == ({}, [])
