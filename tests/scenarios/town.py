"""People of a scenario: many members who join, sign in and act at the same time, through the public API only."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from diramoja_community.simulation import make_simulation
from tests.support.community import PASSWORD, Community, Person, community, until

__all__ = ["SLACK", "Listener", "Town", "report", "soon", "town"]

SLACK = float(os.environ.get("DIRAMOJA_TEST_SLACK", "5"))
"""Real-time limits of the facts are multiplied by this: a shared machine is no measurement."""
AT_ONCE = 8


class Town:
    """A platform whose time is set, an administrator, an officer, and members by name."""

    def __init__(self, platform: Community) -> None:
        self.platform = platform
        self.admin = platform.administrator()
        self.officer = self.given_role(platform.join("officer_1"), "membership_officer")

    # --- people ---

    def given_role(self, person: Person, role: str) -> Person:
        """The same person, signed in anew with a role in addition."""
        answer = self.admin.call("PUT", f"/v1/members/{person.id}/roles/{role}")
        assert answer.status_code == 200, answer.text
        return self.platform.sign_in(person.username)

    def given_level(self, person: Person, level: str) -> Person:
        """The same person, signed in anew with a level that the officer gave."""
        body = {"level": level, "standing": "good", "reason": "Dues and identity were verified."}
        answer = self.officer.call("PATCH", f"/v1/members/{person.id}/membership", body)
        assert answer.status_code == 200, answer.text
        return self.platform.sign_in(person.username)

    def people(self, name: str, count: int, *, level: str = "", **profile: Any) -> list[Person]:
        """So many who joined, with what a profile has; with a level they are members in good standing."""

        def one(number: int) -> Person:
            username = f"{name}_{number}"
            body = {"username": username, "email": f"{username}@people.example.org", "password": PASSWORD}
            answer = self.platform.http.post("/v1/members", json=body | profile)
            assert answer.status_code == 201, answer.text
            member = Person(answer.json()["id"], username, "", "", self.platform.http)
            return self.given_level(member, level) if level else self.platform.sign_in(username)

        return self.each(range(count), one)

    def each[A, B](self, items: Iterable[A], act: Callable[[A], B]) -> list[B]:
        """Several at the same time; the results in order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(act, items))

    # --- time ---

    @property
    def now(self) -> datetime:
        """Domain time."""
        return datetime.fromisoformat(self.platform.http.get("/v1/simulation/clock").json()["now"])

    def move(self, to: datetime) -> None:
        """Set the clock."""
        answer = self.admin.post("/v1/simulation/clock", {"now": to.isoformat()}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["is_settled"], "What was due is not decided in time."

    def to_the_next(self, minutes: int) -> datetime:
        """Set the clock to the next mark of so many minutes."""
        step = timedelta(minutes=minutes)
        mark = datetime.fromtimestamp((self.now.timestamp() // step.total_seconds() + 1) * step.total_seconds(), UTC)
        self.move(mark)
        return mark

    # --- looks ---

    def notices(self, person: Person, kind: str) -> list[dict[str, Any]]:
        """What a member was told, of a kind."""
        answer = person.get("/v1/me/notifications", params={"kind": kind, "limit": 100})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


class Listener:
    """A member's WebSocket: every event with the time at which it came, by `time.monotonic`."""

    def __init__(self, platform: Community, person: Person, *channels: str) -> None:
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._socket = connect(
            platform.url.replace("http", "ws") + "/v1/live",
            additional_headers={"authorization": f"Bearer {person.token}"},
            max_size=None,
        )
        self._socket.send(json.dumps({"type": "subscribe", "channels": list(channels)}))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()
        assert self._ready.wait(10 * SLACK)

    def _hear(self) -> None:
        for text in self._socket:
            frame = json.loads(text)
            if frame["type"] == "subscribed":
                self._ready.set()
            if frame["type"] == "event":
                self.events.append((time.monotonic(), frame))

    def named(self, name: str) -> list[tuple[float, dict[str, Any]]]:
        """The events of a name."""
        return [each for each in list(self.events) if each[1]["name"] == name]

    def close(self) -> None:
        self._socket.close()


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def report(what: str, seconds: Sequence[float]) -> None:
    """Print the percentiles; only a benchmark judges them."""
    if seconds:
        p50, p99 = _percentile(seconds, 50), _percentile(seconds, 99)
        print(f"{what}: p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms of {len(seconds)}")  # noqa: T201


@contextmanager
def town(folder: Path, *settings: str) -> Iterator[Town]:
    """A platform on a new folder made for simulation, for the block."""
    (folder / "data").mkdir()
    make_simulation(folder / "data")
    with community(folder, "logging.level=warning", *settings) as platform:
        platform.http = httpx.Client(
            base_url=platform.http.base_url, timeout=30, limits=httpx.Limits(max_connections=2 * AT_ONCE)
        )
        yield Town(platform)


def soon[T](look: Callable[[], T], within_s: float) -> T:
    """What `look` returns as soon as it is true, within a fact's real time, with slack."""
    return until(look, within_s=within_s * SLACK)
