"""The command line as a page."""

from collections.abc import Iterator
from typing import Any

import typer

from diramoja_community.cli.application import EPILOG, app
from diramoja_community.cli.plugin_commands import plugin_commands
from tools.reference.built_in import found
from tools.reference.markdown import table

__all__ = ["commands", "commands_page"]


def commands() -> dict[str, Any]:
    """Every command by its words, those of plugins too."""
    root: Any = typer.main.get_command(app)
    return dict(_below("diramoja", {**root.commands, **plugin_commands(found())}))


def _below(words: str, group: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, command in group.items():
        if hasattr(command, "commands"):
            yield from _below(f"{words} {name}", command.commands)
        else:
            yield f"{words} {name}", command


def commands_page() -> str:
    """What `--help` says of each command."""
    root: Any = typer.main.get_command(app)
    parts = ["# Command line", EPILOG, table(("option", ""), map(_row, root.params))]
    for words, command in sorted(commands().items()):
        parameters = [each for each in command.params if each.name != "help"]
        arguments = " ".join(_named(each) for each in parameters if _is_argument(each))
        parts.append(f"## {' '.join(filter(None, (words, arguments)))}\n\n{command.help or ''}")
        parts += [table(("", ""), map(_row, parameters))] if parameters else []
    return "\n\n".join(parts)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _named(argument: Any) -> str:
    name = str(argument.name).upper()
    return name if argument.required else f"[{name}]"


def _row(parameter: Any) -> tuple[str, str]:
    if _is_argument(parameter):
        return f"`{parameter.name.upper()}`", getattr(parameter, "help", "") or ""
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return f"`{', '.join(parameter.opts)}{value}`", parameter.help or ""
