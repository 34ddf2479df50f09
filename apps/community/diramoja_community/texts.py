"""The port Texts on the gettext catalogues that the plugins bring: `locale/<language>.po`, read at the start."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from diramoja.core.errors import PluginError
from diramoja.core.plugin import Plugin
from diramoja.ports.texts import filled, placeholders

__all__ = ["Catalogues"]

ENGLISH = "en"
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Catalogues:
    """Language → English text → translation."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def read(cls, plugins: Sequence[Plugin]) -> "Catalogues":
        """From the plugins in order; where two translate the same text, the first is taken.

        Raises:
            PluginError: a catalogue cannot be read, or a translation wants other placeholders than its text.
        """
        texts: dict[str, dict[str, str]] = {}
        for plugin in plugins:
            for file in sorted(plugin.locale.glob("*.po")) if plugin.locale else ():
                if not _LANGUAGE.fullmatch(file.stem):
                    raise PluginError(
                        f"The catalogue {file.name} of plugin {plugin.name} names no language.",
                        cure="Name it by an ISO 639 code, such as sw.po.",
                    )
                known = texts.setdefault(file.stem, {})
                for text, translation in _read(plugin, file).items():
                    known.setdefault(text, translation)
        return cls(texts)

    @property
    def languages(self) -> Sequence[str]:
        """See the port."""
        return (ENGLISH, *sorted(self._texts.keys() - {ENGLISH}))

    def translate(self, language: str, text: str, values: Mapping[str, str] = {}) -> str:
        """See the port."""
        return filled(self._texts.get(language, {}).get(text, text), values)


def _read(plugin: Plugin, file: Path) -> dict[str, str]:
    """What is translated; what is empty or marked as fuzzy is not."""
    try:
        with file.open("rb") as source:
            catalogue = read_po(source, locale=file.stem, abort_invalid=True)
    except (PoFileError, ValueError, OSError) as error:
        raise PluginError(
            f"The catalogue {file.name} of plugin {plugin.name} cannot be read: {type(error).__name__}.",
            cure="Check it with msgfmt.",
        ) from error
    found: dict[str, str] = {}
    for message in catalogue:
        if not isinstance(message.id, str) or not isinstance(message.string, str) or message.fuzzy:
            continue
        if message.id and message.string:
            _check(plugin, file, message.id, message.string)
            found[message.id] = message.string
    return found


def _check(plugin: Plugin, file: Path, text: str, translation: str) -> None:
    if placeholders(text) != placeholders(translation):
        raise PluginError(
            f"In {file.name} of plugin {plugin.name} the translation of {text[:60]!r} has other placeholders.",
            cure=f"It has {', '.join(sorted(placeholders(text))) or 'none'}.",
        )
