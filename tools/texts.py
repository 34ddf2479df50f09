"""What people read, out of the code: the texts that the catalogues of each plugin have to translate.

    python -m tools.texts        adds what is missing to the catalogues there are, untranslated, and says what is left

A text is the `text` of a `Notify(...)`, or stands in `msgid("...")`. It is written where it is used: what cannot be
read off the code cannot be translated.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from diramoja.core import Plugin
from tools.reference.built_in import deployment

__all__ = ["ROOT", "TextError", "catalogue", "homes", "is_translated", "texts_of"]

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("sw",)
HEAD = """\
# {language} of the plugin {plugin}
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
TEXT_PLACE = 3
"""Of the text among the arguments of Notify."""


class TextError(Exception):
    """A text that is not written out where it is used."""


def written_in(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every text in a module.

    Babel's own extraction knows the arguments of a call by their place alone; here most are named.
    """
    tree = ast.parse(source)
    bound = _bound(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for text in _written(node, bound):
                yield node.lineno, text


def _bound(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Name → what is bound to it, anywhere in the module."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found.setdefault(node.target.id, []).append(node.value)
    return found


def _written(call: ast.Call, bound: Mapping[str, Sequence[ast.expr]]) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "msgid":
        yield from _literals(call.args[0], bound)
    elif name == "Notify":
        named = {each.arg: each.value for each in call.keywords}
        given = named.get("text") or (call.args[TEXT_PLACE] if len(call.args) > TEXT_PLACE else None)
        if given is None:
            raise TextError(f"line {call.lineno}: a Notify whose text is not seen")
        yield from _literals(given, bound)


def _literals(node: ast.expr, bound: Mapping[str, Sequence[ast.expr]]) -> Iterator[str]:
    """The texts that an expression may be: one, either of two, one of a table, or what a name is bound to."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, bound)
            yield from _literals(orelse, bound)
        case ast.Dict(values=values):
            for each in values:
                yield from _literals(each, bound)
        case ast.Subscript(value=ast.Name() | ast.Dict() as table):
            yield from _literals(table, bound)
        case ast.Call(func=ast.Name(id="msgid"), args=[inner]):
            yield from _literals(inner, bound)
        case ast.Name(id=name) if name in bound:
            rest = {each: values for each, values in bound.items() if each != name}
            for each in bound[name]:
                yield from _literals(each, rest)
        case _:
            raise TextError(f"line {node.lineno}: write the text out, or name what is bound to it in this module")


def homes() -> list[tuple[Plugin, Path]]:
    """The built-in plugins and their folders."""
    found = []
    for each in deployment().plugins:
        module = sys.modules[each.home]
        assert module.__file__ is not None
        found.append((each.value, Path(module.__file__).parent))
    return found


def texts_of(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """Text → where it is used, over all modules of a plugin.

    Raises:
        TextError: names the file and the line.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted(folder.rglob("*.py")):
        where = str(path.relative_to(ROOT))
        try:
            for line, text in written_in(path.read_text(encoding="utf-8")):
                found.setdefault(text, []).append((where, line))
        except TextError as error:
            raise TextError(f"{where}, {error}") from error
    return found


def catalogue(folder: Path, language: str) -> Catalog:
    """As it is on disk; empty where there is none."""
    path = folder / "locale" / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def is_translated(known: Catalog, text: str) -> bool:
    """Whether a catalogue has it."""
    found = known.get(text)
    return found is not None and bool(found.string)


def main() -> None:
    """Add what is missing."""
    for plugin, folder in homes():
        texts = texts_of(folder)
        for language in LANGUAGES if texts else ():
            known = catalogue(folder, language)
            missing = [text for text in texts if not is_translated(known, text)]
            for text in missing:
                known.add(text)
            path = folder / "locale" / f"{language}.po"
            path.parent.mkdir(exist_ok=True)
            if missing:
                with path.open("wb") as file:
                    file.write(HEAD.format(plugin=plugin.name, language=language).encode())
                    write_po(file, known, width=100, omit_header=True, ignore_obsolete=True)
            print(f"{plugin.name} {language}: {len(texts)} texts, {len(missing)} to translate")


if __name__ == "__main__":
    main()
