"""Writes the package of a new plugin from the templates that ship beside this file."""

import keyword
import re
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from diramoja.core.errors import ConflictError, InvalidError, UnavailableError
from diramoja.core.host import Found

__all__ = ["write_plugin"]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MAX_NAME = 40
SUFFIX = ".template"


def write_plugin(name: str, folder: Path, found: Found) -> Path:
    """Write `<folder>/diramoja-<name>`; its path.

    Args:
        name: of the plugin and of its kind.
        folder: where it goes.
        found: what is installed, so that the name clashes with nothing.

    Raises:
        InvalidError: the name can be none.
        ConflictError: something of that name is installed, or the folder exists.
        UnavailableError: it cannot be written.
    """
    _check_name(name, found)
    target = folder / f"diramoja-{name.replace('_', '-')}"
    if target.exists():
        raise ConflictError(f"{target} exists.", cure="Give another name or --folder.")
    words = {
        "name": name,
        "title": "".join(part.capitalize() for part in name.split("_")),
        "prefix": name.replace("_", ""),
        "path": name.replace("_", "-"),
        "dashed": name.replace("_", "-"),
        "version": version("diramoja"),
    }
    try:
        _write(files("diramoja_community") / "templates" / "plugin", target, words)
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def _check_name(name: str, found: Found) -> None:
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or keyword.iskeyword(name):
        raise InvalidError(
            f"A plugin cannot be called {name!r}.",
            cure=f"Use 1 to {MAX_NAME} of a-z, 0-9 and single _, a letter first, and no word of Python.",
        )
    kinds = {kind.name for each in found.plugins.values() for kind in each.value.kinds}
    if name in {*found.plugins, *found.adapters, *kinds}:
        raise ConflictError(f"There is a plugin, an adapter or a kind called {name}.", cure="Choose another name.")


def _write(source: Traversable, target: Path, words: dict[str, str]) -> None:
    target.mkdir(parents=True)
    for each in source.iterdir():
        name = Template(each.name.replace("NAME", "$name")).substitute(words)
        if each.is_dir():
            _write(each, target / name, words)
        elif name.endswith(SUFFIX):
            text = Template(each.read_text(encoding="utf-8")).substitute(words)
            (target / name.removesuffix(SUFFIX)).write_text(text, encoding="utf-8")
