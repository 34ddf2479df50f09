"""JSON Schema of messages, by msgspec itself: it knows bounds, tags, generics and aliases that Litestar does not.

Litestar's document holds a placeholder for each type; `fill` puts the schemas in their places.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_origin

import msgspec
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import inspect

__all__ = ["MessageSchemas"]

PLACE = "msgspec:"
REFERENCE = "#/components/schemas/{name}"


class MessageSchemas(OpenAPISchemaPlugin):
    """Collects the message types of the routes of one application."""

    def __init__(self) -> None:
        self._types: list[Any] = []

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether this is a msgspec struct, perhaps a generic one."""
        of = get_origin(value) or value
        return isinstance(of, type) and issubclass(of, msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """A placeholder."""
        self._types.append(field_definition.annotation)
        return Schema(title=f"{PLACE}{len(self._types) - 1}")

    def fill(self, document: dict[str, Any], *others: type) -> dict[str, Any]:
        """The document with the schemas in, and with those of other types among its components."""
        types = [*self._types, *others]
        schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
        for struct in _structs(types):
            _mark_times(struct, components.get(struct.cls.__name__, {}))
        filled: dict[str, Any] = _filled(document, schemas)
        filled["components"].setdefault("schemas", {}).update(components)
        return filled


def _structs(types: Iterable[Any]) -> Iterator[inspect.StructType]:
    """Every struct within these types, once."""
    seen: set[type] = set()
    waiting: list[Any] = list(inspect.multi_type_info(types))
    while waiting:
        each = waiting.pop()
        if isinstance(each, inspect.StructType):
            if each.cls in seen:
                continue
            seen.add(each.cls)
            yield each
            waiting.extend(field.type for field in each.fields)
        parts = getattr(each, "types", None) or getattr(each, "item_types", None) or ()
        waiting.extend(parts)
        waiting.extend(
            getattr(each, name) for name in ("type", "item_type", "key_type", "value_type") if hasattr(each, name)
        )


def _mark_times(struct: inspect.StructType, schema: Mapping[str, Any]) -> None:
    """Msgspec says `format: date-time` only of times that must have a zone; ours have one by convention."""
    for field in struct.fields:
        found = getattr(field.type, "types", (field.type,))
        if any(isinstance(each, inspect.DateTimeType) for each in found):
            described = schema.get("properties", {}).get(field.encode_name, {})
            for each in (described, *described.get("anyOf", ())):
                if each.get("type") == "string":
                    each["format"] = "date-time"


def _filled(value: Any, schemas: tuple[Mapping[str, Any], ...]) -> Any:
    if isinstance(value, dict):
        title = value.get("title")
        if isinstance(title, str) and title.startswith(PLACE):
            return dict(schemas[int(title.removeprefix(PLACE))])
        return {key: _filled(each, schemas) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, schemas) for each in value]
    return value
