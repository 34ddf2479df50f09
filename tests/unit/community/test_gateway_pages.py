"""Health, metrics, operators, the API's description and the start page, over an in-memory worker."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from diramoja.core.errors import UnavailableError
from diramoja.core.ports.database import Database
from diramoja_community.bodies import read_json
from diramoja_community.catalogue import LANGUAGES, language_of
from diramoja_community.deployment import DeploymentSettings
from tests.support import talks
from tests.support.gateway import NoDatabase, Process, gateway_client
from tests.support.talks import ToneOf
from tests.unit.community.test_gateway import Talks, Tones, opened

type Client = TestClient[Litestar]

plugin = attrs.evolve(talks.plugin, routes=[Talks])
NAME = "Umoja <b>& Haki</b>"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[Client, Process]]:
    settings = DeploymentSettings(name=NAME)
    with gateway_client(tmp_path, [plugin], settings, ports={ToneOf: Tones()}) as (client, process):
        yield client, process


class Away(NoDatabase):
    async def one(self, sql: str, *args: Any) -> Any:
        raise UnavailableError("away")


# --- health ---


def test_health_of_a_gateway_with_all_its_parts_is_ready(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    opened(client, process)
    assert client.get("/healthz").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert {name: check["state"] for name, check in answer.json()["checks"].items()} == {
        "database": "ok",
        "broker": "ok",
        "workers": "ok",
    }
    assert answer.json()["checks"]["workers"]["figures"]["alive"] == 1


def test_health_without_workers_is_degraded_and_without_database_down(tmp_path: Path) -> None:
    with gateway_client(tmp_path, [plugin], ports={Database: Away(), ToneOf: Tones()}) as (client, process):
        process.records.workers_alive.clear()
        answer = client.get("/readyz")
        checks = answer.json()["checks"]
        assert (answer.status_code, answer.json()["status"]) == (503, "down")
        assert (checks["database"]["state"], checks["workers"]["state"]) == ("down", "degraded")
        assert client.get("/").status_code == 200


def test_metrics_are_what_prometheus_reads(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    opened(client, process)
    client.get("/v1/talks")
    client.get("/v1/nothing/at/all")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    line = re.compile(r'(# (HELP|TYPE) .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+-]+)')
    assert all(line.fullmatch(each) for each in answer.text.splitlines())
    assert 'diramoja_requests_total{method="GET",route="/v1/talks",status="200"} 1' in answer.text
    assert "\ndiramoja_dead_letters 0\n" in answer.text
    assert "\ndiramoja_jobs_waiting 1\n" in answer.text, "the job that the talk asked for: nobody works here"
    assert 'diramoja_request_seconds_bucket{method="GET",route="/v1/talks",le="+Inf"} 1' in answer.text
    assert 'diramoja_agents{kind="talk",mode="running"} 1' in answer.text
    assert "nothing" not in answer.text
    names = [each.split()[2] for each in answer.text.splitlines() if each.startswith("# TYPE")]
    assert len(names) == len(set(names))


# --- operators ---


def test_operator_pauses_resumes_and_restarts_an_agent(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    id, admin = opened(client, process), process.signed_in("mem_root", "admin")
    for verb, mode in (("pause", "paused"), ("resume", "running"), ("restart", "running")):
        assert client.post(f"/v1/agents/talk/{id}/{verb}", headers=admin).status_code == 204
        listed = client.get("/v1/agents?kind=talk", headers=admin).json()
        assert [(each["id"], each["mode"]) for each in listed["items"]] == [(id, mode)]
        assert [(each["kind"], each["agents"]) for each in listed["kinds"]] == [("talk", {mode: 1})]
    assert client.post("/v1/agents/talk/tlk_none/pause", headers=admin).json()["code"] == "agent_missing"
    assert client.post("/v1/agents/nothing/a/pause", headers=admin).json()["code"] == "kind_missing"


def test_operator_pauses_and_resumes_a_kind(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    admin = process.signed_in("mem_root", "admin")
    for verb, mode in (("pause", "paused"), ("resume", "running")):
        assert client.post(f"/v1/agents/talk/{verb}", headers=admin).status_code == 204
        kinds = {each["kind"]: each["mode"] for each in client.get("/v1/agents", headers=admin).json()["kinds"]}
        assert kinds == {"talk": mode, "rater": "running"}
    assert client.post("/v1/agents/nothing/pause", headers=admin).status_code == 404


def test_agents_are_for_administrators_only(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    assert client.get("/v1/agents").status_code == 401
    for roles in (("member",), ("moderator",)):
        assert client.get("/v1/agents", headers=process.signed_in("mem_a", *roles)).status_code == 403
    assert client.get("/v1/agents?mode=x", headers=process.signed_in("mem_a", "admin")).status_code == 400


# --- the description ---


def test_description_is_openapi_31_with_errors_and_examples(gateway: tuple[Client, Process]) -> None:
    document = gateway[0].get("/schema/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert {"400", "401", "404", "429", "503"} <= operation["responses"].keys(), where
            for status, response in operation["responses"].items():
                media = next(iter(response.get("content", {"": {"example": {}}}).values()))
                assert "example" in media, f"{where} {status}"
                if status >= "4":
                    assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert all("example" in each for each in operation.get("parameters", [])), where
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_description_can_be_read_by_a_validator(gateway: tuple[Client, Process]) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="The validator is not installed.")
    validator.validate(gateway[0].get("/schema/openapi.json").json())


def test_examples_of_bodies_are_taken_by_their_routes(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    document = client.get("/schema/openapi.json").json()
    seen = 0
    for route in client.app.routes:
        for method, (handler, _) in route.route_handler_map.items() if isinstance(route, HTTPRoute) else ():
            body = document["paths"].get(route.path_format, {}).get(method.lower(), {}).get("requestBody")
            if body is not None:
                field = handler.parsed_data_field
                assert field is not None
                read_json(msgspec.json.encode(body["content"]["application/json"]["example"]), field.annotation)
                seen += 1
    assert seen == 4


def test_description_is_there_as_yaml_and_as_a_page(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    document = client.get("/schema/openapi.json").json()
    assert msgspec.yaml.decode(client.get("/schema/openapi.yaml").content) == document
    page = client.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.text for path in document["paths"])
    check_page(page.text)


# --- pages ---


class Reader(HTMLParser):
    """What a page loads, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "iframe")
        assert "style" not in given
        assert not any(name.startswith("on") for name in given)
        if tag == "img":
            assert "alt" in given
        self.loads += [str(given[name]) for name in ("src", "href") if name in given]
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_page(text: str) -> None:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert all(each.startswith(("/", "#", "?lang=")) for each in reader.loads)
    assert reader.headings[0] == "h1"
    assert reader.headings.count("h1") == 1


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_start_page_says_what_runs(gateway: tuple[Client, Process], language: str) -> None:
    client, process = gateway
    opened(client, process)
    answer = client.get("/", headers={"accept-language": f"xx, {language};q=0.8"})
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert f'lang="{language}"' in answer.text
    assert LANGUAGES[language]["lead"] in answer.text
    assert LANGUAGES[language]["ready"] in answer.text
    assert "<h1>Umoja &lt;b&gt;&amp; Haki&lt;/b&gt;</h1>" in answer.text
    assert '<th scope="row">talk</th><td class="n">1</td>' in answer.text
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    check_page(answer.text)


def test_pages_load_only_what_is_here(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    for name, media_type in (("page.css", "text/css"), ("mark.svg", "image/svg+xml")):
        answer = client.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(media_type)
        assert "max-age" in answer.headers["cache-control"]
        assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", answer.text)
    for bad in ("page.html", "..%2fsettings.py", "x"):
        assert client.get(f"/static/{bad}").status_code == 404


def test_catalogue_has_every_word_in_every_language() -> None:
    assert len({frozenset(words) for words in LANGUAGES.values()}) == 1
    assert all(all(words.values()) for words in LANGUAGES.values())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("sw", "sw"),
        ("sw-KE,sw;q=0.9,en;q=0.8", "sw"),
        ("en;q=0.5, sw;q=0.7", "sw"),
        ("en, sw", "en"),
        ("de", "en"),
        ("sw;q=0", "en"),
        ("sw;q=x", "en"),
        (",;q=,;;" * 2000, "en"),
    ],
)
def test_language_is_what_the_reader_likes_best(header: str, language: str) -> None:
    assert language_of(header) == language
