"""Examples made from schemas: always the same, and valid by the schema they come from."""

from collections.abc import Mapping
from typing import Any

__all__ = ["Examples"]

TAIL = "0mq3v8x1kz6b4w9t7n2c"
DEEPEST = 6

WORDS: Mapping[str, str] = {
    "username": "amina",
    "email": "amina@example.org",
    "password": "correct horse battery staple",
    "title": "Evening clinics",
    "description": "Should clinics stay open until eight?",
    "body": "Yes: most of us work until six.",
    "text": "It was counted twice.",
    "reason": "Off topic",
    "q": "clinics",
    "category": "health",
    "region": "nairobi",
    "language": "en",
    "domain": "example.org",
    "url": "https://example.org/clinics",
    "token_type": "Bearer",
    "snippet": "Evening <mark>clinics</mark>",
    "channels": "topic:top_0mq3v8x1kz6b4w9t7n2c",
    "after": "12",
    "detail": "All 500 places are taken.",
    "code": "topic_closed",
}
PREFIXES: Mapping[str, str] = {"member": "mem", "author": "mem", "post": "pst", "reporter": "mem", "claimed_by": "mem"}
FORMATS: Mapping[str, Any] = {
    "date-time": "2026-11-25T09:30:00Z",
    "date": "2026-11-25",
    "time": "09:30:00Z",
    "duration": "PT1H",
    "uuid": "5b0e6f1c-7f3e-4f0e-9c55-0d5a2c6f9d11",
}


class Examples:
    """Makes examples; `prefixes` are those of the ids, by kind."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = {**PREFIXES, **prefixes}

    def of(self, schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        """An example of a schema; `schemas` are what it refers to, `name` is that of the field."""
        if "$ref" in schema:
            return self.of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
        for given in ("example", "const", "default"):
            if schema.get(given) is not None and schema.get(given) not in ("", [], ()):
                return schema[given]
        for given in ("examples", "enum"):
            if schema.get(given):
                return next(iter(schema[given].values() if isinstance(schema[given], dict) else schema[given]))
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                parts = [part for part in schema[several] if part.get("type") != "null"]
                return self.of(parts[0], schemas, name, depth) if parts else None
        return self._by_type(schema, schemas, name, depth)

    def _by_type(self, schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        match kind:
            case "object":
                return self._object(schema, schemas, depth)
            case "array":
                items = schema.get("items")
                count = max(1, schema.get("minItems", 0))
                singular = name.removesuffix("s")
                return [self.of(items, schemas, singular, depth + 1)] * count if items and depth < DEEPEST else []
            case "string":
                return self._text(schema, name)
            case "integer" | "number":
                return self._number(schema, kind)
            case "boolean":
                return True
        return None

    def _object(self, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
        if depth >= DEEPEST:
            return {}
        properties = schema.get("properties", {})
        return {name: self.of(each, schemas, name, depth + 1) for name, each in properties.items()}

    def _number(self, schema: Mapping[str, Any], kind: str) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        value = max(low, 3) if low <= 3 <= schema.get("maximum", 3) else low  # noqa: PLR2004  # some number
        value = min(value, schema.get("maximum", value))
        return int(value) if kind == "integer" else float(value)

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if (form := FORMATS.get(schema.get("format", ""))) is not None:
            return str(form)
        if name == "next_cursor":
            return "WyJ0b3BfMG1xM3Y4Il0"
        stem = name.removesuffix("_id")
        if name == "id" or stem != name or name in ("author", "claimed_by"):
            return f"{self._prefixes.get(stem, stem[:3] if stem != 'id' else 'top')}_{TAIL}"
        text = WORDS.get(name, name.replace("_", " ") or "text")
        return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "x")
