"""Whatever a built-in plugin tells people has a Swahili translation with the same placeholders."""

from pathlib import Path

import pytest

from diramoja.core import Plugin
from diramoja.ports.texts import placeholders
from tools.texts import LANGUAGES, TextError, catalogue, homes, is_translated, texts_of

HOMES = [each for each in homes() if texts_of(each[1])]


def test_texts_are_found_at_all() -> None:
    assert "notification" in {plugin.name for plugin, _ in HOMES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("plugin", "folder"), HOMES, ids=[plugin.name for plugin, _ in HOMES])
def test_every_text_is_translated_with_its_placeholders(plugin: Plugin, folder: Path, language: str) -> None:
    texts, known = texts_of(folder), catalogue(folder, language)
    assert plugin.locale == folder / "locale", "the plugin declares its catalogues"
    untranslated = {text: where for text, where in texts.items() if not is_translated(known, text)}
    assert untranslated == {}, "run `python -m tools.texts`, then translate"
    messages = [each for each in known if each.id]
    assert [each.id for each in messages if each.fuzzy] == []
    assert [each.id for each in messages if placeholders(str(each.id)) != placeholders(str(each.string))] == []


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('Notify("a.b", "personal", subject, "One {x}")', ["One {x}"]),
        ('Notify(kind="a.b", text="Two " "parts")', ["Two parts"]),
        ('Notify(text="One" if it else "Two")', ["One", "Two"]),
        ('TEXT = "Named"\nNotify(text=TEXT)', ["Named"]),
        ('TEXT = msgid("Marked")\nNotify(text=TEXT)', ["Marked"]),
        ('TEXTS: dict[str, str] = {"a": "One", "b": "Two"}\nNotify(text=TEXTS[which])', ["One", "Two"]),
        ('def tell():\n    text = "Local"\n    Notify(text=text)', ["Local"]),
        ("notify(context, member)", []),
    ],
)
def test_texts_are_read_off_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, texts: list[str]
) -> None:
    monkeypatch.setattr("tools.texts.ROOT", tmp_path)
    (tmp_path / "module.py").write_text(code)
    assert list(texts_of(tmp_path)) == texts


@pytest.mark.parametrize(
    "code", ['Notify(text=f"One {x}")', "Notify(text=elsewhere)", "Notify(**given)", "msgid(a + b)"]
)
def test_a_text_that_is_not_written_out_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("tools.texts.ROOT", tmp_path)
    (tmp_path / "module.py").write_text(code)
    with pytest.raises(TextError, match=r"module\.py, line 1"):
        texts_of(tmp_path)
