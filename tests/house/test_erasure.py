"""No plugin keeps somebody who is gone: a kind that names members forgets them, and its plugin says what it holds."""

from typing import Any

import pytest

from diramoja.core import AgentKind, Plugin
from diramoja.core.messages import personal_fields
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from tools.reference.built_in import deployment
from tools.reference.messages import kinds

PLUGINS = [each.value for each in deployment().plugins]


def names_members(kind: AgentKind[Any]) -> bool:
    return any(personal_fields(each) for each in (kind.state, *kind.rows.values()))


@pytest.mark.parametrize("kind", kinds(), ids=lambda each: each.name)
def test_a_kind_that_names_members_forgets_them(kind: AgentKind[Any]) -> None:
    if kind.name == "member":
        assert kind.handler(ForgetMember.wire_name, "active") and kind.handler("forget_places", "erased")
    elif names_members(kind):
        handled = kind.commands[ForgetMember.wire_name].by_phase
        assert {*kind.phases} - {"absent"} <= {*handled}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda each: each.name)
def test_a_plugin_that_names_members_says_what_it_holds_of_them(plugin: Plugin) -> None:
    if any(names_members(kind) for kind in plugin.kinds):
        named = [each.name for each in plugin.holds]
        assert named and len(named) == len({*named})
