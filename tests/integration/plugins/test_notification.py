"""Inboxes over HTTP and mail over SMTP, on the real servers."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from diramoja.plugins.notification.contracts import DigestLapsed, NoteWall, NoticeClass, Notify, Subject
from tests.support.community import Community, Person, community, until
from tests.support.mail_server import MailServer, mail_server
from tests.support.telling import tell

TEXT = "A topic in {interest}: {title}"


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, mailbox: MailServer) -> Iterator[Community]:
    options = (
        "ports.mail=smtp",
        "smtp.host=127.0.0.1",
        f"smtp.port={mailbox.port}",
        "smtp.security=none",
        "smtp.from_address=news@movement.example",
        "notification.public_url=https://movement.example",
    )
    with community(tmp_path_factory.mktemp("notification"), *options) as made:
        yield made


def suggestion(number: int, notice_class: NoticeClass = "participation", title: str = "Clinics") -> Notify:
    subject = Subject("topic", f"top_{number}")
    return Notify("topic.suggested", notice_class, subject, TEXT, {"interest": "healthcare", "title": title})


def prefer(person: Person, **preferences: Any) -> dict[str, Any]:
    answer = person.call("PUT", "/v1/me/preferences", preferences)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def notices(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.get(f"/v1/me/notifications{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def state_of(person: Person, channel: str) -> tuple[str, str]:
    [newest, *_] = notices(person)
    [found] = [each for each in newest["channels"] if each["channel"] == channel]
    return found["state"], found["reason"]


def settled(person: Person, channel: str) -> tuple[str, str]:
    until(lambda: state_of(person, channel)[0] != "queued")
    return state_of(person, channel)


def test_a_notice_is_in_the_inbox_once_and_in_the_members_language(platform: Community) -> None:
    person, other = platform.join(), platform.join()
    tell(platform, [("inbox", person.id, suggestion(1)), ("inbox", person.id, suggestion(1))])
    [notice] = notices(person)
    assert notice["reason"] == "A topic in healthcare: Clinics"
    assert (notice["kind"], notice["class"], notice["subject"]) == (
        "topic.suggested",
        "participation",
        {"type": "topic", "id": "top_1"},
    )
    [channel] = notice["channels"]
    assert (channel["channel"], channel["state"], notice["read_at"]) == ("in_app", "delivered", None)
    assert notices(other) == []


def test_reading_one_and_reading_all_up_to_one(platform: Community) -> None:
    person, other = platform.join(), platform.join()
    tell(platform, [("inbox", person.id, suggestion(number, "personal")) for number in range(1, 5)])
    fourth, third, second, first = notices(person)
    assert other.call("PUT", f"/v1/me/notifications/{first['id']}/read").status_code == 404
    for _ in range(2):
        assert person.call("PUT", f"/v1/me/notifications/{third['id']}/read").status_code == 204
    assert [each["id"] for each in notices(person, "?unread=true")] == [fourth["id"], second["id"], first["id"]]
    assert person.call("PUT", "/v1/me/notifications/read", {"up_to": second["id"]}).status_code == 204
    assert [each["id"] for each in notices(person, "?unread=true")] == [fourth["id"]]
    read_at = notices(person)[2]["read_at"]
    assert person.call("PUT", "/v1/me/notifications/read", {"up_to": fourth["id"]}).status_code == 204
    assert notices(person, "?unread=true") == []
    assert notices(person)[2]["read_at"] == read_at
    missing = person.call("PUT", "/v1/me/notifications/read", {"up_to": "ntc_none"})
    assert (missing.status_code, missing.json()["code"]) == (404, "notification_missing")
    page = person.get("/v1/me/notifications?limit=3").json()
    rest = person.get("/v1/me/notifications", params={"cursor": page["next_cursor"]}).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [
        each["id"] for each in (fourth, third, second, first)
    ]
    assert notices(person, "?kind=topic.suggested&unread=false")[0]["id"] == fourth["id"]
    assert notices(person, "?kind=other.kind") == []


def test_a_letter_in_html_and_text_that_one_click_switches_off(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("letters_1")
    prefer(person, language="sw", channels={"topic.suggested": ["email"]})
    tell(platform, [("inbox", person.id, suggestion(1, title="<b>Kliniki</b>\r\nBcc: x@y.z"))])
    assert settled(person, "email") == ("sent", "")
    [letter] = mailbox.letters("letters_1@")
    assert letter["X-Envelope-From"] == "news@movement.example"
    assert letter["Bcc"] is None and "Bcc: x@y.z" in letter["subject"]
    assert re.fullmatch(r"<ntc_\w+@movement\.example>", letter["message-id"])
    assert letter.get_content_type() == "multipart/alternative"
    text, html = (letter.get_body([kind]) for kind in ("plain", "html"))
    assert text is not None and html is not None
    assert "<b>Kliniki</b>" in text.get_content() and "&lt;b&gt;Kliniki&lt;/b&gt;" in html.get_content()
    assert '<html lang="sw">' in html.get_content() and "Fungua DiraMoja" in html.get_content()
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    [link] = re.findall(r"^<https://movement\.example(/v1/unsubscribe\?token=[\w-]+)>$", letter["list-unsubscribe"])
    assert person.id not in link and "suggested" not in link
    page = platform.http.get(link)
    assert page.status_code == 200 and "<button>" in page.text and person.id not in page.text
    assert person.get("/v1/me/preferences").json()["channels"] == {"topic.suggested": ["email"]}
    form = {"content-type": "application/x-www-form-urlencoded"}
    clicked = platform.http.post(link, content="List-Unsubscribe=One-Click", headers=form)
    assert (clicked.status_code, clicked.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert person.get("/v1/me/preferences").json()["channels"] == {"topic.suggested": []}
    tell(platform, [("inbox", person.id, suggestion(2))])
    assert len(notices(person)) == 1 and len(mailbox.letters("letters_1@")) == 1


def test_unsubscribing_takes_only_tokens_of_ours(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("letters_2")
    prefer(person, channels={"participation": ["in_app", "email"]})
    tell(platform, [("inbox", person.id, suggestion(1))])
    assert settled(person, "email") == ("sent", "")
    [letter] = mailbox.letters("letters_2@")
    token = letter["list-unsubscribe"].partition("token=")[2].rstrip(">")

    def refused(**options: Any) -> tuple[int, str]:
        answer = platform.http.post("/v1/unsubscribe", **options)
        return answer.status_code, answer.json()["code"]

    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for bad in (changed, token[:20], "x", "é" * 10, "A" * 900):
        assert refused(json={"token": bad})[0] == 400
    assert refused(json={"token": changed}) == (400, "token_invalid")
    for content in ("", "{}", "no json", '{"token": 5}', '{"token": "x", "more": 1}'):
        assert refused(content=content, headers={"content-type": "application/json"})[0] == 400
    assert platform.http.get("/v1/unsubscribe").status_code == 400
    assert platform.http.get("/v1/unsubscribe", params={"token": changed}).status_code == 400
    assert platform.http.post("/v1/unsubscribe", json={"token": token}).status_code == 204
    assert person.get("/v1/me/preferences").json()["channels"]["topic.suggested"] == ["in_app"]


def test_what_is_statutory_comes_to_inbox_and_email_and_stays(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("letters_3")
    prefer(person, channels={"personal": [], "participation": []})
    tell(
        platform,
        [("inbox", person.id, Notify("vote.opened", "statutory", Subject("vote", "vot_1"), "A vote is open."))],
    )
    assert settled(person, "email") == ("sent", "")
    assert {each["channel"] for each in notices(person)[0]["channels"]} == {"in_app", "email"}
    [letter] = mailbox.letters("letters_3@")
    assert letter["list-unsubscribe"] is None
    for kind in ("statutory", "vote.opened"):
        answer = person.call("PUT", "/v1/me/preferences", {"channels": {kind: ["in_app"]}})
        assert (answer.status_code, answer.json()["code"]) == (409, "statutory_notice")
    assert prefer(person, channels={"vote.opened": ["in_app", "email", "push"]})["channels"]


def test_an_address_that_is_refused_for_good_is_not_used_again(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("gone_1")
    prefer(person, channels={"personal": ["in_app", "email"]})
    tell(platform, [("inbox", person.id, suggestion(1, "personal"))])
    until(lambda: len(notices(person)) == 2)
    told, first = notices(person)
    assert told["kind"] == "notification.address_refused"
    assert first["channels"][1] | {"at": ""} == {
        "channel": "email",
        "state": "failed",
        "at": "",
        "reason": "address_refused",
    }
    assert person.get("/v1/me/preferences").json()["email_suspended"] is True
    tell(platform, [("inbox", person.id, suggestion(2, "personal"))])
    assert state_of(person, "email") == ("suppressed", "address_refused")
    assert prefer(person)["email_suspended"] is False
    log = platform.errors.read_text()
    assert "gone_1" not in log and "people.example.org" not in log


@pytest.mark.parametrize(("name", "reason"), [("full_1", "mailbox_full"), ("spam_1", "mail_refused")])
def test_other_refusals_say_nothing_about_the_address(platform: Community, name: str, reason: str) -> None:
    person = platform.join(name)
    prefer(person, channels={"personal": ["email"]})
    tell(platform, [("inbox", person.id, suggestion(1, "personal"))])
    assert settled(person, "email") == ("failed", reason)
    assert person.get("/v1/me/preferences").json()["email_suspended"] is False


def test_a_server_that_asks_for_another_try_gets_it(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("later_1")
    prefer(person, channels={"personal": ["email"]})
    tell(platform, [("inbox", person.id, suggestion(1, "personal"))])
    until(lambda: "job_failed" in platform.errors.read_text())
    assert state_of(person, "email") == ("queued", "")
    mailbox.let_in()
    assert settled(person, "email") == ("sent", "")
    assert len(mailbox.letters("later_1@")) == 1
    assert "later_1" not in platform.errors.read_text()


def test_sms_and_push_go_to_the_log_and_say_so(platform: Community) -> None:
    person = platform.join()
    prefer(person, channels={"personal": ["sms", "push"]})
    tell(platform, [("inbox", person.id, suggestion(1, "personal", "Secret meeting"))])
    assert {settled(person, channel) for channel in ("sms", "push")} == {("sent", "logged_only")}
    log = platform.errors.read_text()
    assert "message_logged_only" in log and "outbox_is_the_log" in log
    assert "Secret" not in log and person.id not in log


def test_more_than_the_cap_waits_for_the_digest(platform: Community) -> None:
    person = platform.join()
    tell(platform, [("inbox", person.id, suggestion(number)) for number in range(5)])
    states = [each["channels"][0]["state"] for each in notices(person)]
    assert states == ["suppressed", "suppressed", "delivered", "delivered", "delivered"]
    assert notices(person)[0]["channels"][0]["reason"] == "digest"


def test_a_digest_is_one_letter_with_what_is_not_late_by_then(platform: Community, mailbox: MailServer) -> None:
    person = platform.join("letters_5")
    prefer(person, channels={"participation": ["in_app", "email"]})
    soon = datetime.now(UTC) + timedelta(seconds=5)
    told = [suggestion(number, title=f"Topic {number}") for number in range(6)]
    told[4] = told[4].but(valid_until=soon)
    tell(platform, [("inbox", person.id, each) for each in told])
    until(lambda: len(mailbox.letters("letters_5@")) == 3 and datetime.now(UTC) > soon)
    tell(platform, [("inbox", person.id, DigestLapsed())])
    until(lambda: len(mailbox.letters("letters_5@")) == 4)
    digest = mailbox.letters("letters_5@")[-1]
    html = digest.get_body(["html"])
    assert digest["subject"] == "More that you could take part in: 2."
    assert html is not None and re.findall(r"<li>.*?: (.*?)</li>", html.get_content()) == ["Topic 3", "Topic 5"]
    assert notices(person)[0]["kind"] == "notification.digest"


def test_a_wall_hides_what_was_told_before_and_lets_nothing_new_in(platform: Community) -> None:
    person = platform.join()
    about = [suggestion(n, "personal").but(about=other) for n, other in enumerate(["mem_b", "mem_c", "mem_b"])]
    tell(platform, [("inbox", person.id, each) for each in about[:2]])
    assert len(notices(person)) == 2
    tell(platform, [("inbox", person.id, NoteWall("mem_b", "blocked_by", is_up=True)), ("inbox", person.id, about[2])])
    assert [each["subject"]["id"] for each in notices(person)] == ["top_1"]
    tell(platform, [("inbox", person.id, NoteWall("mem_b", "blocked_by", is_up=False))])
    assert len(notices(person)) == 2


def test_bad_preferences_are_refused(platform: Community) -> None:
    person = platform.join()
    bodies: list[Any] = [
        {"time_zone": "Mars/Base"},
        {"time_zone": "../etc/passwd"},
        {"language": "xx"},
        {"language": "english"},
        {"quiet_hours": {"start": "25:00", "end": "07:00"}},
        {"quiet_hours": {"start": "22:00"}},
        {"digest": {"at": "soon"}},
        {"channels": {"topic.suggested": ["pigeon"]}},
        {"channels": {"Topic": ["email"]}},
        {"channels": {f"a.b{'c' * number}": [] for number in range(101)}},
        {"unknown": 1},
        [],
    ]
    for body in bodies:
        answer = person.call("PUT", "/v1/me/preferences", body)
        assert answer.status_code == 400, (body, answer.text)
    assert platform.http.get("/v1/me/preferences").status_code == 401
    whole = {
        "language": "sw",
        "time_zone": "Africa/Nairobi",
        "quiet_hours": {"start": "22:00", "end": "06:30"},
        "digest": None,
        "channels": {"personal": ["in_app"]},
    }
    assert prefer(person, **whole) == {**whole, "email_suspended": False}
    assert person.get("/v1/me/preferences").json() == {**whole, "email_suspended": False}


def test_dropped_notices_are_counted_for_the_operator(platform: Community) -> None:
    person, admin = platform.join(), platform.administrator()
    late = suggestion(1).but(valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    tell(platform, [("inbox", person.id, late), ("inbox", person.id, suggestion(2, "campaign"))])
    assert notices(person) == []
    counts = admin.get("/v1/notifications/statistics").json()["dropped"]
    assert counts["late"] >= 1 and counts["consent"] >= 1
    assert person.get("/v1/notifications/statistics").status_code == 403


def test_the_inbox_is_live_for_its_member_alone(platform: Community) -> None:
    person, other = platform.join(), platform.join()
    url = platform.url.replace("http", "ws") + "/v1/live"
    with (
        connect(url, additional_headers={"authorization": f"Bearer {person.token}"}) as own,
        connect(url, additional_headers={"authorization": f"Bearer {other.token}"}) as others,
    ):
        own.send(json.dumps({"type": "subscribe", "channels": ["inbox:me"]}))
        others.send(json.dumps({"type": "subscribe", "channels": [f"inbox:{person.id}"]}))
        frames = [json.loads(own.recv(10)) for _ in range(2)]
        assert [each["type"] for each in frames] == ["authenticated", "subscribed"]
        tell(platform, [("inbox", person.id, suggestion(1))])
        frame = json.loads(own.recv(10))
        assert (frame["channel"], frame["name"]) == ("inbox:me", "notification.received")
        assert frame["data"]["notice"] == notices(person)[0]["id"]
        assert [json.loads(others.recv(10)).get("code") for _ in range(2)] == [None, "channel_denied"]


def test_mail_that_comes_back_later_suspends_the_address(
    platform: Community, mailbox: MailServer, tmp_path: Path
) -> None:
    person = platform.join("letters_4")
    prefer(person, channels={"personal": ["email"]})
    tell(platform, [("inbox", person.id, suggestion(1, "personal"))])
    assert settled(person, "email") == ("sent", "")
    [letter] = mailbox.letters("letters_4@")
    status = "Reporting-MTA: dns; mail.example\n\nFinal-Recipient: rfc822; x@y.z\nAction: failed\nStatus: 5.1.1\n"
    (tmp_path / "bounce").write_text(
        'Content-Type: multipart/report; report-type=delivery-status; boundary="X"\n\n--X\n'
        f"Content-Type: message/delivery-status\n\n{status}\n--X\n"
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: {letter['message-id']}\n\n--X--\n"
    )
    (tmp_path / "other").write_text("Subject: Hello\n\nYou.\n")
    noted = platform.command("bounces", str(tmp_path / "bounce"), str(tmp_path / "other"))
    assert noted.returncode == 0 and noted.stdout.startswith("1 of 2 noted"), noted.stderr
    until(lambda: person.get("/v1/me/preferences").json()["email_suspended"])
    channels = {each["kind"]: each["channels"][0] for each in notices(person)}
    assert (channels["topic.suggested"]["state"], channels["topic.suggested"]["reason"]) == (
        "failed",
        "address_refused",
    )
