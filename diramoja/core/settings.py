"""Settings: a TOML file, then the environment, then the command line; later ones win. Unknown keys are refused.

    layers = read_layers(Path("diramoja.toml"), os.environ, ["nats.url=nats://10.0.0.7:4222"])
    settings = layers.load({"nats": NatsSettings, "runtime": RuntimeSettings})
    settings.of(NatsSettings).url

The environment gives `DIRAMOJA_<SECTION>__<KEY>`. There and on the command line lists are separated by commas, tables
are JSON. No message of an error holds a value: it could be a secret.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import msgspec

from diramoja.core.errors import SettingsError

__all__ = [
    "LoadedSettings",
    "Origin",
    "Settings",
    "SettingsLayers",
    "kind_and_bounds",
    "masked",
    "nearest",
    "read_layers",
    "read_secret",
]

ENVIRONMENT = "DIRAMOJA_"

_SECRET = re.compile(r"(password|passwd|secret|token|authorization|cookie|credentials?|(api|private|signing)_?key)$")
_IN_URL = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
_BEARER = re.compile(r"(Bearer\s+|eyJ)[\w.~+/=-]+", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every settings class: typed fields with a default, units in their names, bounds in `msgspec.Meta`.

    A field whose name ends in `_file` is a path, mostly to a secret; the environment may give the path, never the
    secret. In the deployment file it is relative to that file.
    """


@attrs.frozen
class Origin:
    """Where a value comes from; `place` is the file, the variable or the option."""

    layer: Literal["default", "file", "environment", "command line"]
    place: str = "default"

    def __str__(self) -> str:
        return self.place


@attrs.frozen
class _Given:
    value: Any
    origin: Origin
    folder: Path | None = None  # of the file it stands in

    @property
    def is_text(self) -> bool:
        return self.folder is None


@attrs.frozen
class LoadedSettings:
    """Checked settings by section name, and where each value comes from."""

    sections: Mapping[str, Settings]
    origins: Mapping[tuple[str, str], Origin]

    def of[S: Settings](self, cls: type[S]) -> S:
        """The settings of a class."""
        return next(each for each in self.sections.values() if type(each) is cls)

    def is_given(self, section: str, key: str) -> bool:
        """Whether a value was given, as opposed to the default."""
        return (section, key) in self.origins

    def by_class(self) -> dict[type, Settings]:
        """As the registry wants them."""
        return {type(each): each for each in self.sections.values()}

    def shown(self) -> Iterator[tuple[str, str, Any, Origin]]:
        """(section, key, value with secrets masked, origin) of every setting."""
        for section, settings in self.sections.items():
            for key in settings.__struct_fields__:
                value = masked(key, getattr(settings, key))
                yield section, key, value, self.origins.get((section, key), Origin("default"))


class SettingsLayers:
    """What was given, unchecked: the sections are known only once the plugins are."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, _Given]] = {}
        self._begun: dict[str, Origin] = {}
        self._variables: dict[str, str] = {}

    def begin(self, section: str, origin: Origin) -> None:
        """Remember that a section is there, be it empty."""
        self._given.setdefault(section, {})
        self._begun[section] = origin

    def put(self, section: str, key: str, given: _Given) -> None:
        """Set a value over one of an earlier layer."""
        self._given.setdefault(section, {})[key] = given

    def suspect(self, variable: str) -> None:
        """Remember a variable that looks like a setting with one underscore too few."""
        self._variables[variable.removeprefix(ENVIRONMENT).lower()] = variable

    def load(self, sections: Mapping[str, type[Settings]]) -> LoadedSettings:
        """Check and convert.

        Raises:
            SettingsError: names the place, the key, what is wrong, the bounds, and the nearest name that exists.
        """
        self._refuse_unknown(sections)
        origins = {(section, key): given.origin for section, keys in self._given.items() for key, given in keys.items()}
        return LoadedSettings({name: self._section(name, cls) for name, cls in sections.items()}, origins)

    def _refuse_unknown(self, sections: Mapping[str, type[Settings]]) -> None:
        for section, keys in self._given.items():
            if section not in sections:
                place = next((given.origin for given in keys.values()), self._begun.get(section))
                raise SettingsError(f"{place}: there is no section [{section}].", cure=nearest(section, sections))
            for key, given in keys.items():
                fields = sections[section].__struct_fields__
                if key not in fields:
                    raise SettingsError(f"{given.origin}: [{section}] has no key {key}.", cure=nearest(key, fields))
        for name, cls in sections.items():
            for field in cls.__struct_fields__:
                if (variable := self._variables.get(f"{name}_{field}")) is not None:
                    cure = f"Write {ENVIRONMENT}{name.upper()}__{field.upper()}."
                    raise SettingsError(f"{variable} is no setting: two underscores follow the section.", cure=cure)

    def _section(self, name: str, cls: type[Settings]) -> Settings:
        types = {field.name: field.type for field in msgspec.structs.fields(cls)}
        given = self._given.get(name, {})
        values = {key: _converted(name, key, each, types[key]) for key, each in given.items()}
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"[{name}]: {error}") from error


def read_layers(file: Path | None, environ: Mapping[str, str], options: Iterable[str] = ()) -> SettingsLayers:
    """Read a deployment file (None: none), the environment, and `section.key=value` options, in this order.

    Raises:
        SettingsError: the file cannot be read or is no TOML, or an option has no `=`.
    """
    layers = SettingsLayers()
    if file is not None:
        _read_file(layers, file)
    for variable in sorted(environ):
        section, found, key = variable.removeprefix(ENVIRONMENT).lower().partition("__")
        if not variable.startswith(ENVIRONMENT):
            continue
        if found:
            layers.put(section, key, _Given(environ[variable], Origin("environment", variable)))
        else:
            layers.suspect(variable)
    for option in options:
        name, equals, value = option.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot):
            raise SettingsError("An option --set has the form section.key=value.")
        layers.put(section, key, _Given(value, Origin("command line", f"--set {section}.{key}")))
    return layers


def _read_file(layers: SettingsLayers, file: Path) -> None:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror}.", cure="Give another --config, or write one with diramoja init."
        ) from error
    except ValueError as error:
        raise SettingsError(f"{file} is no TOML: {error}.") from error
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{file}: {section} stands outside of a section.", cure="Put it under a [section].")
        layers.begin(section, Origin("file", str(file)))
        for key, value in table.items():
            layers.put(section, key, _Given(value, Origin("file", str(file)), file.absolute().parent))


def _converted(section: str, key: str, given: _Given, kind: Any) -> Any:
    try:
        value = _from_text(given.value, kind) if given.is_text else given.value
        made = msgspec.convert(value, kind, strict=not given.is_text)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        said, _, at = re.sub(r" '[^']*'", "", str(error)).partition(" - at `$")
        what = f"{given.origin}: {section}.{key}{at.rstrip('`')}"
        raise SettingsError(f"{what} is refused: {said}.", cure=_expected(kind, at)) from error
    if key.endswith("_file") and made:
        made = _readable(f"{given.origin}: {section}.{key}", made, given.folder)
    return made


def _expected(kind: Any, at: str) -> str:
    """In words, at a path such as `[0].title`."""
    document = found = msgspec.json.schema(kind)
    for step in re.findall(r"\w+", at):
        found = found.get("items") or found.get("properties", {}).get(step, {})
        found = document.get("$defs", {}).get(found.get("$ref", "").rpartition("/")[2], found)
    return f"It is {' '.join(filter(None, kind_and_bounds(found)))}."


def _from_text(value: str, kind: Any) -> Any:
    shape = msgspec.json.schema(kind).get("type")
    if shape == "array" and not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    return msgspec.json.decode(value) if shape in {"array", "object"} else value


def _readable(what: str, path: str, folder: Path | None) -> str:
    """The path, absolute; a secret that is not there is found out at the start, not at its first use."""
    absolute = Path(folder or ".", path).expanduser().absolute()
    if not os.access(absolute, os.R_OK) or absolute.is_dir():
        raise SettingsError(f"{what} names {absolute}, which is no file that can be read.")
    return str(absolute)


def nearest(word: str, names: Iterable[str]) -> str:
    """A sentence with the names that were probably meant."""
    known = sorted(names)
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Known are {', '.join(known) or 'none'}."


def masked(name: str, value: Any) -> Any:
    """The value as it may be shown: secrets go by their name, passwords in URLs and bearer tokens by their form."""
    if isinstance(value, Mapping):
        return {key: masked(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(masked(name, each) for each in value) if type(value) in {list, tuple} else repr(value)
    if value and _SECRET.search(name.lower()):
        return "***"
    if isinstance(value, str):
        return _BEARER.sub(r"\1***", _IN_URL.sub(r"\1:***@", value))
    return value


def read_secret(file: str, setting: str) -> str:
    """What the file holds that a setting such as "valkey.password_file" names, stripped; "" where it names none.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"The file of {setting} cannot be read: {reason}.", cure="Name a readable file.") from error


_KINDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_BOUNDS = {
    "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below",
    "minLength": "characters at least", "maxLength": "characters at most", "pattern": "matching",
}  # fmt: skip


def kind_and_bounds(schema: Mapping[str, Any]) -> tuple[str, str]:
    """The type and the bounds in words, from a JSON Schema."""
    bounds = ", ".join(f"{words} {schema[name]}" for name, words in _BOUNDS.items() if name in schema)
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}", bounds
    if "anyOf" in schema:
        kinds = (kind_and_bounds(each) for each in schema["anyOf"] if each.get("type") != "null")
        return " or ".join(" ".join(filter(None, each)) for each in kinds), bounds
    if schema.get("type") == "array":
        items: Mapping[str, Any] = schema.get("items") or {}
        return f"a list of {' '.join(filter(None, kind_and_bounds(items)))}", bounds
    return _KINDS.get(schema.get("type", ""), "a table"), bounds
