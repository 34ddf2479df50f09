"""The start page: what runs, who is there, and where to read on. Rendered here, in English or Swahili."""

import time
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import anyio
import attrs
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import Operations
from diramoja.core.registry import Ports, Registry
from diramoja_community.catalogue import language_of, other_languages, words
from diramoja_community.health import Health, Readiness
from diramoja_community.pages import PAGE_HEADERS, page
from diramoja_community.simulation import is_simulated

__all__ = ["start_route"]

KEEP_S = 5.0
"""Counting is not done anew for every visitor."""

POSTS = "SELECT count(*) AS count FROM post WHERE status = 'published'"
MODES = ("running", "paused", "failed")


@attrs.frozen
class Figures:
    """What is counted: agents by kind and mode, and published posts (None: there is no such table)."""

    agents: Mapping[str, Mapping[str, int]]
    posts: int | None


class Census:
    """Counts, and keeps the figures for a few seconds."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._figures = Figures({}, None)
        self._until = 0.0
        self._counting = anyio.Lock()

    async def figures(self) -> Figures:
        """The figures; the last known ones while the database is away."""
        async with self._counting:
            if time.monotonic() >= self._until:
                try:
                    agents = await self._ports.get(Operations).agent_counts()
                    self._figures = Figures(agents, await self._posts())
                except DiramojaError:
                    pass
                self._until = time.monotonic() + KEEP_S
            return self._figures

    async def _posts(self) -> int | None:
        try:
            row = await self._ports.get(Database).one(POSTS)
        except DiramojaError:
            return None
        return int(row["count"]) if row else None


def start_route(
    *, name: str, registry: Registry, ports: Ports, health: Health, connections: Callable[[], int]
) -> HTTPRouteHandler:
    """The page at /."""
    census = Census(ports)

    @get("/", include_in_schema=False, media_type=MediaType.HTML)
    async def start(request: Request[Any, Any, Any]) -> Response[str]:
        language = language_of(request.headers.get("accept-language", ""), request.query_params.get("lang", ""))
        figures, readiness = await census.figures(), await health.look()
        view = _View(words(language), name, registry, figures, readiness, connections())
        said = words(language)
        banner = said["simulation"] if is_simulated(ports.get(Clock)) else ""
        links = {"/votes": said["votes"]} if "vote" in registry.kinds else {}
        text = page(
            title=name,
            language=language,
            main=view.html(),
            home=name,
            links={**links, "/schema": said["api"]},
            banner=banner,
            others=other_languages(language),
        )
        headers = {**PAGE_HEADERS, "content-language": language, "vary": "accept-language"}
        return Response(text, media_type=MediaType.HTML, headers=headers)

    return start


@attrs.frozen
class _View:
    """One rendering."""

    words: Mapping[str, str]
    name: str
    registry: Registry
    figures: Figures
    readiness: Readiness
    connections: int

    def html(self) -> str:
        parts = (self._hero(), self._community(), self._runs(), self._agents(), self._developers())
        return "\n".join(parts)

    def _hero(self) -> str:
        status = self.readiness.status
        return (
            f'<div class="hero"><h1>{escape(self.name)}</h1><p>{escape(self.words["lead"])}</p>'
            f'<p class="state {status}" role="status">{escape(self.words[status])}</p></div>'
        )

    def _community(self) -> str:
        counts = {"members": self._total("member"), "topics": self._total("topic"), "posts": self.figures.posts}
        cards = [
            f'<li class="card"><b>{self._number(n)}</b><span>{self.words[k]}</span></li>' for k, n in counts.items()
        ]
        return _section(self.words["community"], f'<ul class="cards">{"".join(cards)}</ul>')

    def _total(self, kind: str) -> int | None:
        return sum(self.figures.agents.get(kind, {}).values()) if kind in self.registry.kinds else None

    def _number(self, value: int | None) -> str:
        return f"{value:,}".replace(",", "\u202f") if value is not None else "\u2013"

    def _runs(self) -> str:
        rows = [[self.words["gateway"], self._state("ok", ""), "", f"{self.words['live']}: {self.connections}"]]
        for name, check in self.readiness.checks.items():
            figures = ", ".join(f"{self.words[key]}: {self._number(n)}" for key, n in check.figures.items())
            rows.append([self.words[name], self._state(check.state, check.detail), f"{check.took_ms} ms", figures])
        heads = [self.words["part"], self.words["state"], self.words["took"], self.words["figures"]]
        plugins = ", ".join(escape(name) for name in self.registry.plugins)
        table = _table(heads, rows, numeric=(2,))
        return _section(self.words["runs"], f"{table}<p>{self.words['plugins']}: {plugins}</p>")

    def _state(self, state: str, detail: str) -> str:
        style = {"ok": "ok", "degraded": "warn"}.get(state, "bad")
        return f'<span class="{style}">{escape(detail or self.words.get(state, state))}</span>'

    def _agents(self) -> str:
        if not self.figures.agents:
            return _section(self.words["agents"], f'<p class="none">{escape(self.words["none"])}</p>')
        rows = [
            [escape(kind), *(self._number(modes.get(mode, 0)) for mode in MODES)]
            for kind, modes in sorted(self.figures.agents.items())
        ]
        heads = [self.words["kind"], *(self.words[mode] for mode in MODES)]
        return _section(self.words["agents"], _table(heads, rows, numeric=(1, 2, 3)))

    def _developers(self) -> str:
        links = {
            "/schema": ("docs", "docs_text"),
            "/schema/openapi.json": ("json", "json_text"),
            "/readyz": ("ready_link", "ready_text"),
            "/metrics": ("metrics", "metrics_text"),
        }
        cards = [
            f'<li class="card"><a href="{path}">{escape(self.words[title])}</a><p>{escape(self.words[text])}</p></li>'
            for path, (title, text) in links.items()
        ]
        return _section(self.words["build"], f'<ul class="cards">{"".join(cards)}</ul>')


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _table(heads: Iterable[str], rows: Iterable[list[str]], numeric: tuple[int, ...]) -> str:
    """A table of HTML cells; the first of each row is its head."""

    def style(place: int) -> str:
        return ' class="n"' if place in numeric else ""

    head = "".join(f'<th scope="col"{style(place)}>{escape(text)}</th>' for place, text in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{style(place)}>{cell}</td>" for place, cell in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
