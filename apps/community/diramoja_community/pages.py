"""What the HTML pages share: the frame around them, the style sheet, and their headers."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from string import Template

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

__all__ = ["PAGE_HEADERS", "page", "static_routes", "warned"]

PAGE_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    ),
}

STATIC: Mapping[str, str] = {"page.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}


@lru_cache(maxsize=8)
def _file(*path: str) -> str:
    return files("diramoja_community").joinpath(*path).read_text(encoding="utf-8")


def page(
    *, title: str, language: str, main: str, home: str, links: Mapping[str, str], banner: str = "", others: str = ""
) -> str:
    """A whole page.

    Args:
        title: of the window.
        language: in which it is.
        main: HTML.
        home: name of the deployment.
        links: where else to go, path → text.
        banner: stands above everything.
        others: HTML of links to the same page in other languages.
    """
    warned = f'<p class="banner" role="note">{escape(banner)}</p>' if banner else ""
    parts = [f'<a href="{escape(path)}">{escape(text)}</a>' for path, text in links.items()]
    return Template(_file("templates", "page.html")).substitute(
        title=escape(title),
        language=escape(language),
        main=main,
        home=escape(home),
        links=" ".join([*parts, others]),
        banner=warned,
    )


def warned(html: str, banners: Mapping[str, str]) -> str:
    """A page of a plugin with the banner of its language on top; one that has it stays as it is."""
    if 'class="banner"' in html:
        return html
    language = next((each for each in banners if f'<html lang="{each}"' in html), "en")
    return html.replace("<body>", f'<body>\n<p class="banner" role="note">{escape(banners[language])}</p>', 1)


def static_routes() -> list[HTTPRouteHandler]:
    """The files that pages load, each from memory."""

    @get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
    def static(name: str) -> Response[str]:
        if name not in STATIC:
            return Response("", status_code=404, media_type="text/plain")
        headers = {"cache-control": "public, max-age=3600"}
        return Response(_file("static", name), media_type=STATIC[name], headers=headers)

    return [static]
