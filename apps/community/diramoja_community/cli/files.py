"""Commands that need no server: `init`, `settings`, `plugins` and `new plugin`."""

from pathlib import Path
from typing import Annotated

import typer

from diramoja_community.cli.console import Console

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(settings)
    app.command()(plugins)
    new = typer.Typer(no_args_is_help=True, help="Write the beginnings of something.")
    new.callback()(lambda: None)
    new.command("plugin")(new_plugin)
    app.add_typer(new, name="new")


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the deployment file goes.")] = Path(),
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    simulation: Annotated[
        bool, typer.Option("--simulation", help="Make the data folder for a simulation, whose time is set; for good.")
    ] = False,
) -> None:
    """Write a commented deployment file, and make the data folder beside it."""
    from diramoja.core.errors import ConflictError
    from diramoja_community.deployment import DEFAULT_FILE, sections
    from diramoja_community.deployment_file import deployment_file
    from diramoja_community.simulation import make_simulation

    console: Console = context.obj
    file = folder / DEFAULT_FILE
    if file.exists() and not force:
        raise ConflictError(f"{file} is there already.", cure="Give another folder, or --force to overwrite it.")
    data = console.data or Path("." if (folder / "VERSION").exists() else "data")  # A data folder gets its own file.
    text = deployment_file(sections(console.found), {("deployment", "data"): str(data)})
    (folder / data).mkdir(parents=True, exist_ok=True, mode=0o700)
    if simulation:
        make_simulation(folder / data)
    file.write_text(text, encoding="utf-8")
    console.answer(f"{file} written; its data folder is {(folder / data).absolute()}")
    if simulation:
        console.say("It is for simulation: POST /v1/simulation/clock sets its time, and every page says so.")
    console.say(f"Next: {'' if folder == Path() else f'cd {folder} && '}diramoja up")


def settings(
    context: typer.Context,
    section: Annotated[str, typer.Argument(help="Only this section.")] = "",
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show the settings in force and where each comes from; secrets are masked."""
    import msgspec

    from diramoja.core.errors import SettingsError
    from diramoja.core.settings import nearest
    from diramoja_community.deployment import load_settings

    console: Console = context.obj
    found = load_settings(console.found, console.config, console.options)
    if section and section not in found.sections:
        raise SettingsError(f"There is no section {section}.", cure=nearest(section, found.sections))
    shown = [each for each in found.shown() if section in ("", each[0])]
    if json:
        values = [
            {"section": name, "key": key, "value": value, "from": str(origin)} for name, key, value, origin in shown
        ]
        console.answer(msgspec.json.encode(values).decode())
        return
    rows = [
        (f"{name}.{key}", msgspec.json.encode(value).decode(), str(origin) if origin.layer != "default" else "")
        for name, key, value, origin in shown
    ]
    console.table("setting", "value", "from", rows=rows)


def plugins(context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List plugins with their kinds, messages and ports; adapters; methods of counting; what is heard in vain."""
    import msgspec

    from diramoja_community.listing import list_deployment

    console: Console = context.obj
    listing = list_deployment(console.load())
    if json:
        console.answer(msgspec.json.encode(listing).decode())
        return
    of_plugins = ("plugin", "version", "from", "kinds", "commands", "events", "ports")
    console.table(
        *of_plugins,
        rows=[
            (
                each.name if each.is_used else f"({each.name}: not used)",
                each.version,
                each.distribution,
                ", ".join(kind.name for kind in each.kinds),
                "\n".join(f"{kind.name}: {', '.join(kind.commands)}" for kind in each.kinds),
                ", ".join(each.events),
                ", ".join(each.ports),
            )
            for each in listing.plugins
        ],
    )
    of_adapters = ("adapter", "version", "from", "provides", "chosen for")
    console.table(
        *of_adapters,
        rows=[
            (each.name, each.version, each.distribution, ", ".join(each.provides), ", ".join(each.serves) or "-")
            for each in listing.adapters
        ],
    )
    methods = [(each.name, each.title, each.form, each.distribution or "diramoja") for each in listing.methods]
    console.table("method of counting", "", "ballots", "from", rows=methods)
    if listing.inert:
        rows = [(each.kind, each.event) for each in listing.inert]
        console.table("kind", "hears in vain: no plugin here publishes it", rows=rows)


def new_plugin(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A word of a-z, 0-9 and _: of the plugin and of its kind of agent.")],
    folder: Annotated[Path, typer.Option(help="Where the package's folder goes.")] = Path(),
) -> None:
    """Write a package with a plugin: one kind of agent, its routes, and a test that passes."""
    from diramoja_community.scaffold import write_plugin

    console: Console = context.obj
    written = write_plugin(name, folder, console.found)
    console.answer(f"{written} written")
    console.say(f"Next: pip install -e {written} && python -m pytest {written}; then diramoja up")
