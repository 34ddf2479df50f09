"""The platform's own life: killed, started twice, stopped under load, on folders that it cannot know."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from diramoja_community.cli.application import run
from tests.support.community import PASSWORD, Community, Person, until
from tests.support.processes import as_before


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Community]:
    made = Community(tmp_path / "data", "embedded.sync=always")
    yield made.start()
    made.stop()
    made.http.close()


class Load:
    """Several who post one after the other, each post with a key of its own; what was answered is written down."""

    def __init__(self, person: Person, url: str, topic: str, writers: int = 6) -> None:
        self.person, self.url, self.topic = person, url, topic
        self.sent: dict[str, str] = {}
        self.answered: dict[str, dict[str, Any]] = {}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(writers)]
        for each in self._threads:
            each.start()

    def _write(self, writer: int) -> None:
        headers = {"authorization": f"Bearer {self.person.token}"}
        with httpx.Client(base_url=self.url, timeout=5) as http:
            for number in range(10_000):
                if self._ended.is_set():
                    return
                key = f"load-{writer}-{number}"
                self.sent[key] = f"Post {key}"
                try:
                    answer = http.post(
                        f"/v1/topics/{self.topic}/posts",
                        json={"body": self.sent[key]},
                        headers=headers | {"idempotency-key": key},
                    )
                except httpx.HTTPError:
                    return
                if answer.status_code == 201:
                    self.answered[key] = answer.json()

    def end(self) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()


def published(person: Person, topic: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = person.get(f"/v1/topics/{topic}/posts?sort=old&limit=100&cursor={cursor}").json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = page["next_cursor"]


def news(person: Person, topic: str) -> list[str]:
    """Ids of posts as the live channel announced them."""
    found: list[str] = []
    after = 0
    while True:
        page = person.get(f"/v1/live/poll?channels=topic:{topic}&after={after}&wait=0").json()
        if not page["events"]:
            return found
        found += [each["data"]["post"] for each in page["events"] if each["name"] == "topic.post.published"]
        after = page["after"][f"topic:{topic}"]


def test_killed_under_load_nothing_answered_is_lost_and_nothing_is_twice(instance: Community) -> None:
    person = instance.join("amina")
    topic = person.open_topic()
    load = Load(person, instance.url, topic)
    until(lambda: len(load.answered) > 100)
    instance.kill()
    load.end()
    begun = dict(load.answered)
    instance.start()
    again = Person(person.id, person.username, person.token, person.refresh_token, instance.http)
    for key, body in load.sent.items():  # What was not answered is asked again, and what was.
        answer = again.post(f"/v1/topics/{topic}/posts", {"body": body}, key=key)
        assert answer.status_code == 201, answer.text
        assert key not in begun or answer.json() == begun[key]
        load.answered[key] = answer.json()
    expected = {each["id"]: each["body"] for each in load.answered.values()}
    assert len(expected) == len(load.sent)
    until(lambda: all(each["status"] == "published" for each in published(again, topic)))
    posts = published(again, topic)
    assert {each["id"]: each["body"] for each in posts} == expected and len(posts) == len(expected)
    assert sorted(news(again, topic)) == sorted(expected)
    assert again.get(f"/v1/topics/{topic}").json()["post_count"] == len(expected)


def test_stopped_under_load_it_ends_clean_and_leaves_nothing_running(instance: Community) -> None:
    person = instance.join("amina")
    topic = person.open_topic()
    load = Load(person, instance.url, topic)
    until(lambda: len(load.answered) > 30)
    servers = instance.servers
    assert servers
    assert instance.stop() == 0
    load.end()
    _, alive = psutil.wait_procs(servers, timeout=10)
    assert alive == []
    assert "Traceback" not in instance.errors.read_text()
    instance.start()
    again = Person(person.id, person.username, person.token, "", instance.http)
    until(lambda: all(each["status"] == "published" for each in published(again, topic)))
    assert {each["id"] for each in load.answered.values()} <= {each["id"] for each in published(again, topic)}


def test_second_start_on_the_folder_and_a_taken_port_are_refused(instance: Community, tmp_path: Path) -> None:
    second = instance.command("up", "--port", "0")
    assert second.returncode != 0 and second.stdout == "" and str(instance.data) in second.stderr.replace("\n", "")
    assert instance.http.get("/readyz").status_code == 200
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = Community(tmp_path / "other").command("up", "--port", str(port))
    assert other.returncode != 0 and str(port) in other.stderr and "Traceback" not in other.stderr


def test_secrets_and_bodies_are_nowhere_in_clear(instance: Community) -> None:
    person = instance.join("amina")
    topic = person.open_topic()
    person.write(topic, "A public word.")
    instance.http.post("/v1/auth/login", json={"username": "amina", "password": "wrongwrongwrong"})
    instance.http.post("/v1/members", json={"username": "bad name", "email": "x@private.example", "password": PASSWORD})
    assert person.post("/v1/auth/logout").status_code == 204
    instance.stop()
    secrets = (PASSWORD, "wrongwrongwrong", "amina@people", "x@private", person.token, person.refresh_token)
    for folder, _, files in os.walk(instance.data):
        for name in files:
            written = (Path(folder) / name).read_bytes() if os.access(Path(folder) / name, os.R_OK) else b""
            for secret in secrets:
                assert secret.encode() not in written, (folder, name, secret[:10])
    assert not any(secret in instance.errors.read_text() for secret in secrets)


def test_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    made = Community(tmp_path / "data")
    made.start()
    assert made.stop() == 0
    version = made.data / "VERSION"
    known = json.loads(version.read_text())
    servers = known["servers"] | {"postgres": [99, 1]}
    for newer, word in ((known | {"format": 999}, "999"), (known | {"servers": servers}, "99"), ({}, "VERSION")):
        version.write_text(json.dumps(newer))
        refused = made.command("up", "--port", "0")
        assert refused.returncode != 0 and word in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[gateway]\nposts_per_huor = 5\n", "posts_per_huor"),
        ("[gatewai]\nposts_per_hour = 5\n", "gatewai"),
        ("[gatewai]\n", "gatewai"),
        ("[gateway\n", "TOML"),
        ("\x00", "TOML"),
        ("[identity]\npassword_min = 1\n", "password_min"),
        ('[identity]\npassword_min = "x"\n', "password_min"),
    ],
)
def test_mistyped_setting_is_refused_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, word: str
) -> None:
    file = tmp_path / "diramoja.toml"
    file.write_text(content)
    with as_before():
        assert run(["--data", str(tmp_path / "data"), "--config", str(file), "settings"]) != 0
    said = capsys.readouterr()
    assert said.out == "" and word in said.err and "Traceback" not in said.err


def test_second_signal_ends_at_once(tmp_path: Path) -> None:
    made = Community(tmp_path / "data").start()
    servers = made.servers
    process = psutil.Process(made.pid)
    for number in (signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    made._over(15)
    assert psutil.wait_procs(servers, timeout=10)[1] == []
