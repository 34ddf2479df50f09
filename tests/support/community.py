"""The whole community platform as a child process, with its members: for tests that attack it from outside."""

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import psutil

from tests.support.platform_process import PROGRAM

__all__ = ["PASSWORD", "Community", "Person", "community", "until"]

PASSWORD = "a Secret-Sentence nobody guesses"
SETTINGS = (
    "embedded.sync=relaxed",
    "gateway.address_calls_per_hour=0",
    "gateway.calls_per_hour=0",
    "gateway.posts_per_hour=0",
    "gateway.votes_per_hour=0",
    "identity.argon2_memory_kib=4096",
    "identity.argon2_passes=1",
    "identity.tries_per_address=100000",
)
"""No limits that a test would run into, and quick passwords."""


def until[T](look: Callable[[], T], *, within_s: float = 30.0) -> T:
    """What `look` returns as soon as it is true.

    Raises:
        AssertionError: it never was.
    """
    end = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < end, f"This did not become true within {within_s} s."
        time.sleep(0.02)
    return found


@attrs.frozen
class Person:
    """Somebody who is signed in; calls go out with their token."""

    id: str
    username: str
    token: str
    refresh_token: str
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None, *, key: str = "", **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | ({"idempotency-key": key} if key else {})
        given = {} if body is None else {"json": body}
        return self.http.request(method, path, headers=headers | options.pop("headers", {}), **given, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, body, **options)

    def open_topic(self, title: str = "Opening hours") -> str:
        body = {"title": title, "description": "When?", "category": "healthcare"}
        answer = self.post("/v1/topics", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def write(self, topic: str, body: str, *, status: str = "published", reply_to: str | None = None) -> str:
        """A post that has come to this status."""
        answer = self.post(f"/v1/topics/{topic}/posts", {"body": body, "reply_to": reply_to})
        assert answer.status_code == 201, answer.text
        post = str(answer.json()["id"])
        until(lambda: self.get(f"/v1/posts/{post}").json()["status"] == status)
        return post


class Community:
    """`diramoja up` on a folder; `start` and `kill` as often as wanted."""

    def __init__(self, data: Path, *settings: str, environ: dict[str, str] | None = None) -> None:
        self.data = data
        self.environ = environ or {k: v for k, v in os.environ.items() if not k.startswith("DIRAMOJA_")}
        self._options = [word for each in (*SETTINGS, *settings) for word in ("--set", each)]
        self._numbers = itertools.count()
        self.errors = data.parent / "stderr"
        self.process: subprocess.Popen[str] | None = None
        self.http = httpx.Client(timeout=20)

    def start(self) -> "Community":
        with self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                [*PROGRAM, *self._on_folder, "up", "--port", "0"],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), self.errors.read_text()[-2000:]
        self.http.close()
        self.http = httpx.Client(base_url=line.split()[1], timeout=20)
        return self

    @property
    def _on_folder(self) -> list[str]:
        return ["--data", str(self.data), *self._options]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def options(self) -> list[str]:
        """The settings that it was started with."""
        return self._options[1::2]

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    @property
    def servers(self) -> list[psutil.Process]:
        """All processes that the instance started."""
        return list(psutil.Process(self.pid).children(recursive=True))

    def kill(self) -> None:
        """As a power failure ends it; waits for the servers to be gone as well."""
        assert self.process is not None
        servers = self.servers
        self.process.kill()
        self._over()
        psutil.wait_procs(servers, timeout=10)

    def stop(self, timeout_s: float = 30) -> int:
        if self.process is None:
            return 0
        self.process.terminate()
        return self._over(timeout_s)

    def _over(self, timeout_s: float = 30) -> int:
        assert self.process is not None and self.process.stdout is not None
        code = self.process.wait(timeout_s)
        self.process.stdout.close()
        self.process = None
        return code

    @contextmanager
    def another_gateway(self) -> Iterator[str]:
        """A second gateway of the instance, for the block; its address."""
        with self.errors.open("a") as errors:
            process = subprocess.Popen(
                [*PROGRAM, *self._on_folder, "up", "--join", "--roles", "gateway", "--port", "0"],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("ready "), self.errors.read_text()[-2000:]
            yield line.split()[1].rstrip("/")
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command on the folder, to its end."""
        return subprocess.run(
            [*PROGRAM, *self._on_folder, *arguments],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def join(self, username: str = "") -> Person:
        """A new supporter who is signed in."""
        name = username or f"person_{next(self._numbers)}"
        body = {"username": name, "email": f"{name}@people.example.org", "password": PASSWORD}
        answer = self.http.post("/v1/members", json=body)
        assert answer.status_code == 201, answer.text
        return self.sign_in(name)

    def sign_in(self, username: str) -> Person:
        answer = self.http.post("/v1/auth/login", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        member = self.http.get("/v1/me", headers=headers).json()["id"]
        return Person(member, username, tokens["access_token"], tokens["refresh_token"], self.http)

    def administrator(self, username: str = "boss_1") -> Person:
        """Made by the command, the only way."""
        file = self.data.parent / "password"
        file.write_text(PASSWORD)
        made = self.command(
            "admin", "create", username, "--email", "boss@people.example.org", "--password-file", str(file)
        )
        assert made.returncode == 0, made.stderr
        return self.sign_in(username)

    def promote(self, admin: Person, person: Person, role: str = "moderator") -> Person:
        """The same person with this role: moderator, membership_officer or admin."""
        answer = admin.call("PUT", f"/v1/members/{person.id}/roles/{role}")
        assert answer.status_code == 200, answer.text
        return self.sign_in(person.username)


@contextmanager
def community(folder: Path, *settings: str) -> Iterator[Community]:
    """One that runs for the block."""
    made = Community(folder / "data", *settings)
    try:
        yield made.start()
    finally:
        made.stop()
        made.http.close()
