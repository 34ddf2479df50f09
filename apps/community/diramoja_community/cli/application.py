"""The commands there are, the options that all of them have, and how an error ends a command."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from diramoja_community.cli import agents, counting, dead_letters, files, imports, operations, repair, serving
from diramoja_community.cli.console import Console
from diramoja_community.cli.plugin_commands import known_commands, plugin_commands, remember

__all__ = ["run"]

SHARED = {"--data": True, "--config": True, "--set": True, "--debug": False}
"""Options of every command, and whether a value follows."""

EPILOG = "Every command takes --data FOLDER, --config FILE, --set SECTION.KEY=VALUE and --debug."


class Group(TyperGroup):
    """The root: plugins' commands are looked up only when they are asked for, since that imports the plugins."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Ours, then those that plugins had when they were looked up last."""
        for name, text in known_commands().items():
            if name not in self.commands:
                self._add_remembered(name, text)
        return list(super().list_commands(ctx))

    def _add_remembered(self, name: str, text: str) -> None:
        stand_in = typer.Typer()
        stand_in.command(name, help=text)(lambda: None)
        self.commands[name] = typer.main.get_command(stand_in)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name.startswith("-"):
            return plain_flags(own, ctx)
        commands = plugin_commands(ctx.obj.found)
        remember({name: command.get_short_help_str() for name, command in commands.items()})
        return plain_flags(commands.get(cmd_name), ctx)

    def get_params(self, ctx: Any) -> list[Any]:
        """Those of the root."""
        return without_types(super().get_params(ctx))


def plain_flags(command: Any, ctx: Any) -> Any:
    """The command, whose help shows flags as they are written; typer would add that each is a `<bool>`."""
    if command is not None:
        without_types(command.get_params(ctx))
        for each in getattr(command, "commands", {}).values():
            plain_flags(each, ctx)
    return command


def without_types(params: list[Any]) -> list[Any]:
    """The same, the flags among them shown without a value."""
    for each in params:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return params


app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False, epilog=EPILOG, pretty_exceptions_enable=False)
for module in (files, serving, counting, imports, operations, agents, dead_letters, repair):
    module.add_to(app)


@app.callback()
def options(
    context: typer.Context,
    *,
    data: Annotated[Path | None, typer.Option(help="The data folder.", metavar="FOLDER")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The deployment file; default: diramoja.toml here or in the data folder.",
            envvar="DIRAMOJA_CONFIG",
            metavar="FILE",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting, over file and environment.", metavar="SECTION.KEY=VALUE"),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """DiraMoja: agents and a community platform."""
    context.obj.choose(data=data, config=config, options=settings or [], debug=debug)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0, 1 for what went wrong, 2 for what was asked or set wrongly."""
    console = Console()
    try:
        command = typer.main.get_command(app)
        command.main(hoisted(sys.argv[1:] if arguments is None else arguments), prog_name="diramoja", obj=console)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        console.say("interrupted")
        return 130
    except Exception as error:
        if console.debug:
            raise
        return ended_by(console, error)
    return 0


def ended_by(console: Console, error: BaseException) -> int:
    """Say in one line what went wrong; the exit code."""
    from diramoja.core.errors import DiramojaError, PluginError, SettingsError

    while isinstance(error, BaseExceptionGroup):
        error = next((each for each in error.exceptions if isinstance(each, DiramojaError)), error.exceptions[0])
    if isinstance(error, DiramojaError):
        console.complain(str(error))
        return 2 if isinstance(error, SettingsError | PluginError) else 1
    if isinstance(error, OSError) and error.filename:
        console.complain(f"{error.filename}: {error.strerror}.")
        return 1
    console.complain(f"{type(error).__name__}: {error}. This is a fault of ours; --debug shows where.")
    return 1


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the shared options in front, wherever they stood."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        has_value = SHARED.get(argument.partition("=")[0])
        (rest if has_value is None else front).append(argument)
        if has_value and "=" not in argument:
            front.extend(value for value in [next(waiting, None)] if value is not None)
    return [*front, *rest]
