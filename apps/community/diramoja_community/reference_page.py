"""The OpenAPI document as a page to read: no script, nothing from elsewhere."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import msgspec

from diramoja_community.pages import page

__all__ = ["reference_page"]

METHODS = ("get", "post", "put", "patch", "delete")


def reference_page(document: Mapping[str, Any], banner: str = "") -> str:
    """HTML of a document; `banner` stands above everything."""
    title = document["info"]["title"]
    parts = [
        f'<div class="hero"><h1>{escape(title)}</h1><p class="lead">{_prose(document["info"]["description"])}</p>',
        '<p><a href="/schema/openapi.json">openapi.json</a>, ',
        '<a href="/schema/openapi.yaml">openapi.yaml</a></p></div>',
    ]
    for tag, operations in sorted(_by_tag(document).items()):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts.extend(_operation(*each) for each in operations)
    home = title.partition(":")[0]
    return page(title=title, language="en", main="\n".join(parts), home=home, links={"/schema": "API"}, banner=banner)


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    found: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["Other"])[0]
                found.setdefault(tag, []).append((path, method.upper(), item[method]))
    return found


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    head = (
        f'<summary><span class="method {method}">{method}</span><code>{escape(path)}</code>'
        f"<span>{escape(operation.get('summary') or '')}</span></summary>"
    )
    return f'<details>{head}<div class="body">{"".join(_inside(operation))}</div></details>'


def _inside(operation: Mapping[str, Any]) -> Iterator[str]:
    if operation.get("description"):
        yield f"<p>{_prose(operation['description'])}</p>"
    if operation.get("parameters"):
        yield f"<h4>Parameters</h4><ul>{''.join(map(_parameter, operation['parameters']))}</ul>"
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<h4>Body</h4>{_example(media)}"
    for status, response in operation["responses"].items():
        described = f"<h4>{escape(status)} {_prose(response.get('description') or '')}</h4>"
        yield described
        if status < "3":
            for media in response.get("content", {}).values():
                yield _example(media)


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = ", required" if parameter.get("required") else ""
    text = _prose(parameter.get("description") or "")
    return f"<li><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}{needed}) {text}</li>"


def _example(media: Mapping[str, Any]) -> str:
    if media.get("example") is None:
        return ""
    text = msgspec.json.format(msgspec.json.encode(media["example"])).decode()
    return f'<pre tabindex="0">{escape(text)}</pre>'


def _prose(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))
