"""The guidelines of an organisation: versions of rules, each in several languages; read from a TOML file."""

import tomllib
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from diramoja.plugins.moderator.case_contracts import GuidelinesVersion, RuleName

__all__ = ["Guidelines", "Rule", "Version", "read_guidelines"]

type Texts = Annotated[dict[str, Annotated[str, Meta(min_length=1, max_length=2_000)]], Meta(min_length=1)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule; language → text, English at least."""

    name: RuleName
    title: Texts
    text: Texts


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a version; a decision names one of them."""

    version: GuidelinesVersion
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=200)]

    def has(self, rule: str) -> bool:
        """Whether there is such a rule."""
        return any(each.name == rule for each in self.rules)


class Guidelines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All versions, oldest first; the last one holds, and decisions may name an earlier one."""

    versions: Annotated[tuple[Version, ...], Meta(min_length=1, max_length=100)]

    @property
    def current(self) -> Version:
        """The one that holds."""
        return self.versions[-1]

    def of(self, version: str) -> Version | None:
        """The version of this name."""
        return next((each for each in self.versions if each.version == version), None)


def read_guidelines(text: str) -> Guidelines:
    """From TOML.

    Raises:
        ValueError: it is no TOML, no guidelines, names a version or a rule twice, or a text is not in English.
    """
    guidelines = msgspec.convert(tomllib.loads(text), Guidelines)
    _once([each.version for each in guidelines.versions], "version")
    for version in guidelines.versions:
        _once([rule.name for rule in version.rules], f"rule of version {version.version}")
        for rule in version.rules:
            _in_english(rule.name, rule.title, rule.text)
    return guidelines


def _once(names: list[str], what: str) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"the {what} {', '.join(sorted(twice))} is given twice")


def _in_english(rule: str, *texts: Mapping[str, str]) -> None:
    if not all("en" in each for each in texts):
        raise ValueError(f"the rule {rule} has no English text")
