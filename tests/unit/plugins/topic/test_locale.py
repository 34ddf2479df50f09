"""Whatever members are told of topics has a translation with the same placeholders."""

import ast
import re
from pathlib import Path

from diramoja.plugins.topic import hooks

FOLDER = Path(hooks.__file__).parent
PLACEHOLDER = re.compile(r"\{[a-z]+\}")
TELLING = ("agent.py", "draft.py", "edits.py", "marks.py", "news.py", "review.py", "support.py")


def catalogue() -> dict[str, str]:
    text = (FOLDER / "locale" / "sw.po").read_text(encoding="utf-8")
    return dict(re.findall(r'msgid "(.+)"\nmsgstr "(.+)"\n', text))


def told() -> set[str]:
    """Texts with placeholders, which are no f-strings."""
    found: set[str] = set()
    for name in TELLING:
        tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
        parts = {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in ast.walk(each)}
        texts = (each for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in parts)
        found |= {each.value for each in texts if isinstance(each.value, str) and PLACEHOLDER.search(each.value)}
    return found


def test_every_notice_is_translated_and_nothing_else() -> None:
    assert set(catalogue()) == told()


def test_translations_have_the_placeholders_of_their_text() -> None:
    for text, translation in catalogue().items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translation)), text
