"""Whatever an author or an operator meets says what it is."""

import inspect
from collections.abc import Iterator

import pytest

from diramoja.core import errors
from diramoja_community.deployment import sections
from diramoja_community.deployment_file import describe
from tools.reference.built_in import deployment, found
from tools.reference.code_pages import hook_functions, methods, port_classes
from tools.reference.commands import commands
from tools.reference.http import permissions, routes
from tools.reference.messages import commands_of, events, kinds


def things() -> Iterator[tuple[str, str]]:
    """(what, its description)."""
    for name, hook in hook_functions().items():
        yield f"hook {name}", inspect.getdoc(hook) or ""
    for classes in port_classes().values():
        for cls in classes:
            yield f"port class {cls.__name__}", own_doc(cls)
            yield from ((f"port method {cls.__name__}.{m.__name__}", inspect.getdoc(m) or "") for m in methods(cls))
    for section, settings in sections(found()).items():
        yield f"section {section}", own_doc(settings)
        yield from ((f"setting {section}.{each.key}", each.text) for each in describe(section, settings))
    for name in errors.__all__:
        if name.endswith("Error"):
            yield f"error {name}", own_doc(getattr(errors, name))
    yield from messages()
    for route in routes():
        yield f"route {route.method} {route.path}", f"{route.summary} {route.text}"
        yield f"summary of {route.method} {route.path}", f"Answers: {route.summary}" if route.summary else ""
    for words, command in commands().items():
        yield f"command {words}", command.help or ""


def messages() -> Iterator[tuple[str, str]]:
    for kind in kinds():
        yield f"state {kind.name}", own_doc(kind.state)
        yield from ((f"row {kind.name} {name}", own_doc(row)) for name, row in kind.rows.items())
        yield from ((f"command {kind.name} {each.wire_name}", own_doc(each)) for each in commands_of(kind))
    yield from ((f"event {each.wire_name}", own_doc(each)) for each in events())


def own_doc(cls: type) -> str:
    """Not one that is inherited."""
    return vars(cls).get("__doc__") or ""


def test_everything_is_described() -> None:
    bare = [what for what, text in things() if len(text.split()) < 2]
    assert bare == []


@pytest.mark.parametrize("route", routes(), ids=lambda each: f"{each.method} {each.path}")
def test_every_route_names_a_declared_permission(route: object) -> None:
    assert getattr(route, "permission", "") in permissions()


def test_every_permission_is_asked_for_by_a_route_or_a_channel() -> None:
    asked = {route.permission for route in routes()}
    asked |= {channel.permission for each in deployment().plugins for channel in each.value.channels.values()}
    assert set(permissions()) - asked == set()
