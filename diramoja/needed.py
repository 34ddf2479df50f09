"""What is wrong with what somebody sent or wrote, in words: which field, and what it takes.

Where msgspec says "Expected `float` <= 1.0 - at `$.quorum_ratio`", `complaint` says ("quorum_ratio", "Needed: a number,
at least 0, at most 1.").
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from diramoja.core.settings import kind_and_bounds

__all__ = ["complaint", "needed_at"]

_AT = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?P<what>unknown|required) field `(?P<name>[^`]*)`")
_STEP = re.compile(r"[^.\[\]]+")
_SAID = {"unknown": "There is no such field.", "required": "This is missing."}
TIME = "a time with its zone, such as 2026-05-01T18:00:00Z"


def complaint(error: Exception, of: Any) -> tuple[str, str]:
    """The path of the field, "" for the whole, and what is needed there.

    Args:
        error: from msgspec, as it decoded or converted.
        of: the type that it was to become.
    """
    text = str(error)
    at = _AT.search(text)
    path = at["path"] if at else ""
    if named := _NAMED.search(text):
        return ".".join(filter(None, (path, named["name"]))), _SAID[named["what"]]
    return path, needed_at(of, path) or (text[: at.start()] if at else text)


def needed_at(of: Any, path: str) -> str:
    """What the field at this path takes; "" where it has no words for it."""
    document = _document(of)
    schema: Mapping[str, Any] = document
    for step in _STEP.findall(path):
        schema = _below(_resolved(schema, document), step, document)
    words = _words(_resolved(schema, document), document)
    return f"Needed: {words}." if words else ""


@lru_cache(maxsize=512)
def _document(of: Any) -> Mapping[str, Any]:
    try:
        return msgspec.json.schema(of)
    except TypeError:
        return {}


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = document["$defs"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _below(schema: Mapping[str, Any], step: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a property, or of the items of a list; {} where there is none."""
    for each in (_resolved(each, document) for each in schema.get("anyOf", [schema])):
        found: Mapping[str, Any] = each.get("properties", {}).get(step) or each.get("items") or {}
        if found:
            return found
    return {}


def _words(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return TIME
    if "anyOf" in schema:
        return " or ".join(filter(None, (_words(_resolved(each, document), document) for each in schema["anyOf"])))
    if "enum" not in schema and schema.get("type") in {None, "null", "object"}:
        return ""
    return ", ".join(filter(None, kind_and_bounds(schema))).replace("a table", "objects")
