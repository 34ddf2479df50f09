"""Catalogues: what is translated, what falls back, and values that are only data."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Plugin
from diramoja.core.errors import PluginError
from diramoja.ports.texts import filled, placeholders
from diramoja_community.texts import Catalogues

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def plugin(folder: Path, name: str = "talks", **catalogues: str) -> Plugin:
    folder.mkdir(exist_ok=True)
    for language, text in catalogues.items():
        (folder / f"{language}.po").write_text(HEAD + text, encoding="utf-8")
    return Plugin(name=name, locale=folder)


def test_a_text_comes_in_its_language_and_else_in_english(tmp_path: Path) -> None:
    po = 'msgid "Hello {name}"\nmsgstr "Habari {name}"\n\nmsgid "Empty"\nmsgstr ""\n\n'
    po += '#, fuzzy\nmsgid "Vague"\nmsgstr "?"\n'
    texts = Catalogues.read([plugin(tmp_path, sw=po), Plugin(name="bare")])
    assert texts.languages == ("en", "sw")
    assert texts.translate("sw", "Hello {name}", {"name": "Amina"}) == "Habari Amina"
    assert texts.translate("en", "Hello {name}", {"name": "Amina"}) == "Hello Amina"
    assert texts.translate("de", "Hello {name}", {"name": "Amina"}) == "Hello Amina"
    assert [texts.translate("sw", each) for each in ("Empty", "Vague", "Unknown", "")] == [
        "Empty",
        "Vague",
        "Unknown",
        "",
    ]


def test_the_first_of_two_translations_is_taken(tmp_path: Path) -> None:
    one = plugin(tmp_path / "one", sw='msgid "Yes"\nmsgstr "Ndiyo"\n')
    two = plugin(tmp_path / "two", sw='msgid "Yes"\nmsgstr "Naam"\n\nmsgid "No"\nmsgstr "Hapana"\n')
    texts = Catalogues.read([one, two])
    assert [texts.translate("sw", each) for each in ("Yes", "No")] == ["Ndiyo", "Hapana"]


@pytest.mark.parametrize(
    ("language", "po", "said"),
    [
        ("sw", 'msgid "Hello {name}"\nmsgstr "Habari {jina}"\n', "other placeholders"),
        ("sw", 'msgid "Hello {name}"\nmsgstr "Habari"\n', "other placeholders"),
        ("swahili", "", "names no language"),
        ("sw", 'msgid "Hello"\nmsgstr "Habari"\nnonsense here\n', "cannot be read"),
    ],
)
def test_a_catalogue_that_would_show_nonsense_is_refused_at_the_start(
    tmp_path: Path, language: str, po: str, said: str
) -> None:
    with pytest.raises(PluginError, match=said):
        Catalogues.read([plugin(tmp_path, **{language: po})])


def test_values_are_data_and_what_is_missing_is_seen() -> None:
    assert filled("{a} and {b}", {"a": "{b}", "b": "{a.__class__}"}) == "{b} and {a.__class__}"
    assert filled("{a}{missing}{A}{0}{}{a!r}{a.b}", {"a": "x"}) == "x…{A}{0}{}{a!r}{a.b}"


@given(some.text(), some.dictionaries(some.sampled_from(["a", "b"]), some.text()))
def test_filling_never_fails_and_leaves_the_rest(text: str, values: dict[str, str]) -> None:
    shown = filled(text, values)
    assert placeholders(text) or shown == text
