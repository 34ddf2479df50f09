"""Commands that plugins add: looked up by importing the plugins, remembered by name for the next `--help`."""

import json
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from diramoja.core.host import Found

__all__ = ["known_commands", "plugin_commands", "remember"]


def plugin_commands(found: "Found") -> Mapping[str, Any]:
    """The commands of all installed plugins by name."""
    import typer

    extra = typer.Typer()
    extra.callback()(lambda: None)
    found.add_commands(extra)
    commands: Mapping[str, Any] = typer.main.get_group(extra).commands
    return commands


def known_commands() -> dict[str, str]:
    """Name → help, as remembered; looked up where something else is installed now."""
    try:
        remembered = json.loads(_file().read_bytes())
        if remembered["installed"] == _installed():
            return {str(name): str(text) for name, text in remembered["commands"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # It is a cache: whatever is wrong with it, the plugins are asked.
    from diramoja.core.host import discover

    commands = {name: command.get_short_help_str() for name, command in plugin_commands(discover()).items()}
    remember(commands)
    return commands


def remember(commands: Mapping[str, str]) -> None:
    """For the next time; a cache that cannot be written is none."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_bytes(json.dumps({"installed": _installed(), "commands": dict(commands)}).encode())
    except OSError:
        return


def _file() -> Path:
    return platformdirs.user_cache_path("diramoja") / "commands.json"


def _installed() -> list[str]:
    return sorted(
        f"{point.dist.name if point.dist else ''} {point.dist.version if point.dist else ''} {point.value}"
        for point in entry_points(group="diramoja")
    )
