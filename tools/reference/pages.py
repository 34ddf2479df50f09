"""All generated files with their content, and which of them are not as the code says."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tools.reference.code_pages import errors_page, hooks_page, ports_page, settings_page
from tools.reference.commands import commands_page
from tools.reference.http import http_page, openapi, permissions_page
from tools.reference.messages import asyncapi, messages_page
from tools.reference.states import readmes, states_page

__all__ = ["ROOT", "pages", "stale"]

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code: change the code. -->"


def pages() -> dict[Path, str]:
    """Path → text."""
    made = {
        "hooks.md": hooks_page(),
        "ports.md": ports_page(),
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "states.md": states_page(),
        "messages.md": messages_page(),
        "http.md": http_page(),
        "permissions.md": permissions_page(),
        "commands.md": commands_page(),
    }
    files = {REFERENCE / name: f"{NOTE}\n{text}\n" for name, text in made.items()}
    files[REFERENCE / "messages.json"] = _json(asyncapi())
    files[REFERENCE / "openapi.json"] = _json(openapi())
    return files | readmes()


def _json(document: Any) -> str:
    text = msgspec.json.encode(_alike(document), order="deterministic")
    return msgspec.json.format(text, indent=1).decode() + "\n"


def _alike(value: Any) -> Any:
    """The same on every Python: from 3.13 on docstrings are stored without indentation, and 413 is renamed."""
    if isinstance(value, dict):
        return {key: _alike(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    if isinstance(value, str):
        return inspect.cleandoc(value).replace("Request Entity Too Large", "Content Too Large") if value else value
    return value


def stale(made: Mapping[Path, str]) -> list[Path]:
    """Those that are missing or differ."""
    return [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
