"""No plugin keeps somebody who is gone: a kind that names members forgets them, and its plugin says what it holds."""

import pytest

from diramoja.core import AgentKind
from diramoja.core.messages import personal_fields
from diramoja.plugins.member.contracts import ForgetMember
from tools.reference.built_in import deployment
from tools.reference.messages import kinds

PLUGINS = [each.value for each in deployment().plugins]


def names_members(kind: AgentKind[object]) -> bool:  # type: ignore[type-var]  # any kind
    return any(personal_fields(each) for each in (kind.state, *kind.rows.values()))


@pytest.mark.parametrize("kind", kinds(), ids=lambda each: each.name)
def test_a_kind_that_names_members_forgets_them(kind: AgentKind[object]) -> None:  # type: ignore[type-var]  # any kind
    if kind.name == "member":
        assert kind.handler(ForgetMember.wire_name, "active") and kind.handler("forget_places", "erased")
    elif names_members(kind):
        assert ForgetMember.wire_name in kind.commands


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda each: each.name)
def test_a_plugin_that_names_members_says_what_it_holds_of_them(plugin: object) -> None:
    if any(names_members(kind) for kind in plugin.kinds):  # type: ignore[attr-defined]  # a Plugin
        assert plugin.holds  # type: ignore[attr-defined]
        named = [each.name for each in plugin.holds]  # type: ignore[attr-defined]
        assert len(named) == len({*named})
