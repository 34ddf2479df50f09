"""The texts port: what people read, in their language. The application provides it from the plugins' catalogues."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["Texts", "filled", "msgid", "placeholders"]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
MISSING = "…"


class Texts(Protocol):
    """The catalogues of a deployment: English is the msgid, other languages come from `locale/<language>.po`."""

    @property
    def languages(self) -> Sequence[str]:
        """ISO 639 codes, English first."""
        ...

    def translate(self, language: str, text: str, values: Mapping[str, str] = {}) -> str:
        """The text in a language with its placeholders filled; in English where there is no translation."""
        ...


def msgid(text: str) -> str:
    """The same text: marks for the extraction of catalogues what is translated elsewhere."""
    return text


def placeholders(text: str) -> frozenset[str]:
    """The names that a text wants filled."""
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with `{name}` replaced, once: values are data, and braces within them stay. A missing one is "…"."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], MISSING), text)
