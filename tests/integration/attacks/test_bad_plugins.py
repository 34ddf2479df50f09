"""Plugins from outside that raise, return nonsense or register what they must not: the others go on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.community import Community, Person, until

PLUGIN = """
from typing import Any, Literal
from litestar import Controller, get, post
from diramoja.core import AgentKind, Command, Event, Plugin, Put, Row, Send, State, Tell, hookimpl, view
from diramoja.plugins.topic.contracts import PostPublished, TopicCreated

class Do(Command):
    how: str

class Happened(Event, name="bad.happened"):
    how: str

class Bad(State):
    phase: Literal["absent", "there"] = "absent"
    count: int = 0

class Stranger(Row):
    key_of: str

bad = AgentKind("bad", Bad, prefix="bad")

@bad.on("absent", "there")
def do(state: Bad, message: Do, context: Any) -> Any:
    if message.how == "raise":
        raise RuntimeError("secret of a plugin")
    if message.how == "exit":
        raise SystemExit(3)
    if message.how == "recurse":
        return do(state, message, context)
    return {
        "number": 5,
        "class": Bad,
        "list": [state],
        "other phase": state.but(phase="nowhere"),
        "wrong type": state.but(count="many"),
        "not JSON": state.but(count=object()),
        "row": Put(Stranger("a")),
        "many": tuple(Happened("x") for _ in range(2000)),
        "tell": Tell("nothing", "x", Do("x")),
        "tell to a bad id": Tell("topic", "a.b c", Do("x")),
        "generator": (each for each in [state]),
    }.get(message.how, state.but(phase="there", count=state.count + 1))

def deaf(event: Any) -> Any:
    raise RuntimeError("secret of a plugin")

bad.hears(PostPublished, to=deaf)
bad.hears(TopicCreated, to=lambda event: 5)

@view(on=[PostPublished])
async def broken_view(events: Any) -> None:
    raise RuntimeError("secret of a plugin")

class Routes(Controller):
    path = "/bad"

    @post("/{id:str}/{how:str}", permission="bad.do", status_code=204)
    async def act(self, id: str, how: str, send: Send) -> None:
        await send("bad", id, Do(how.replace("_", " ")))

    @get("/raise", permission="bad.do")
    async def fail(self) -> str:
        raise RuntimeError("secret of a plugin")

    @get("/nonsense", permission="bad.do")
    async def nonsense(self) -> Any:
        return object()

@hookimpl
def register_plugin() -> Plugin:
    return Plugin(name="bad", kinds=[bad], views=[broken_view], routes=[Routes],
        permissions={"bad.do": {"supporter"}}, uses=["topic"])
"""
NONSENSE = ["raise", "recurse", "number", "class", "list", "other_phase", "wrong_type", "not_JSON", "row", "many"]
NONSENSE += ["tell_to_a_bad_id", "generator", "exit"]


def install(folder: Path, source: str, name: str = "bad_plugin") -> dict[str, str]:
    """The environment in which this module is an installed plugin."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[diramoja]\n{name} = {name}\n")
    (folder / f"{name}.py").write_text(source)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DIRAMOJA_")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    folder = tmp_path_factory.mktemp("bad")
    made = Community(folder / "data", environ=install(folder / "site", PLUGIN))
    try:
        yield made.start()
    finally:
        made.stop()
        made.http.close()


@pytest.mark.parametrize("how", NONSENSE)
def test_handler_that_returns_nonsense_stops_its_own_command(platform: Community, amina: Person, how: str) -> None:
    answer = amina.post(f"/v1/bad/bad_{how}/{how}")
    assert answer.status_code == 500, answer.text
    assert answer.json()["dead_letter"].startswith("ded_") and "secret of a plugin" not in answer.text
    assert amina.post(f"/v1/bad/bad_{how}/well").status_code == 204
    shown = platform.command("dead-letters", "show", answer.json()["dead_letter"]) if how == "raise" else None
    assert shown is None or "RuntimeError" in shown.stdout


def test_plugin_that_cannot_hear_or_view_does_not_stop_posts(amina: Person, baraka: Person) -> None:
    topic = amina.open_topic("Zebras at the clinic")
    post = amina.write(topic, "Posts go on whatever that plugin does.")
    assert baraka.get(f"/v1/posts/{post}").json()["status"] == "published"
    until(lambda: post in baraka.get("/v1/search?q=whatever").text)


def test_route_that_fails_is_a_problem_without_its_text(platform: Community, amina: Person) -> None:
    for path in ("/v1/bad/raise", "/v1/bad/nonsense"):
        answer = amina.get(path)
        assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
        assert "secret of a plugin" not in answer.text and "Traceback" not in answer.text
    assert platform.http.get("/readyz").status_code == 200


def test_agent_that_fails_again_and_again_is_failed_and_restarts(amina: Person, admin: Person) -> None:
    def mode() -> str:
        agents = admin.get("/v1/agents?kind=bad&limit=100").json()["items"]
        return str(next((each["mode"] for each in agents if each["id"] == "bad_tired"), ""))

    while mode() != "failed":
        assert amina.post("/v1/bad/bad_tired/raise").status_code == 500
    assert admin.post("/v1/agents/bad/bad_tired/restart").status_code == 204
    until(lambda: amina.post("/v1/bad/bad_tired/well").status_code == 204)


BROKEN = {
    "an unknown hook": "from diramoja.core import hookimpl\n@hookimpl\ndef register_nothing():\n    return 1\n",
    "no import": "import nothing_of_this_name\n",
    "an error in the hook": (
        "from diramoja.core import hookimpl\n@hookimpl\ndef register_plugin():\n    raise RuntimeError('oops')\n"
    ),
    "a taken kind": (
        "from typing import Literal\nfrom diramoja.core import AgentKind, Plugin, State, hookimpl\n"
        "class S(State):\n    phase: Literal['absent'] = 'absent'\n"
        "@hookimpl\ndef register_plugin():\n"
        "    return Plugin(name='broken', kinds=[AgentKind('topic', S, prefix='top')])\n"
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_registration_is_refused_at_start_with_its_name(tmp_path: Path, what: str) -> None:
    environ = install(tmp_path / "site", BROKEN[what], "broken_plugin")
    refused = Community(tmp_path / "data", environ=environ).command("plugins")
    assert refused.returncode != 0, refused.stdout
    assert "broken" in refused.stderr and "Traceback" not in refused.stderr, refused.stderr


NO_TABLE = """
from typing import Literal
from diramoja.core import AgentKind, Plugin, Record, State, hookimpl, record

class Bad(State):
    phase: Literal["absent"] = "absent"

class BadRecord(Record):
    id: str

bad = AgentKind("bad", Bad, prefix="bad")

@record("bad_table", key="id", of=bad)
def broken_record(agent: str, state: Bad) -> BadRecord:
    return BadRecord(agent)

@hookimpl
def register_plugin() -> Plugin:
    return Plugin(name="bad", kinds=[bad], records=[broken_record])
"""


def test_plugin_whose_record_has_no_table_is_refused_at_start_with_its_name(tmp_path: Path) -> None:
    refused = Community(tmp_path / "data", environ=install(tmp_path / "site", NO_TABLE)).command("up", "--port", "0")
    assert refused.returncode == 2
    assert "bad_table" in refused.stderr and "migration" in refused.stderr, refused.stderr
