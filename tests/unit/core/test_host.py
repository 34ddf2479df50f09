"""What the host finds, what it refuses and whom it names."""

import types
from collections.abc import Mapping
from typing import Any, Literal

import pytest

from diramoja.core import AgentKind, Channel, Event, PortSpec, Record, Row, Settings, State, hookimpl, record
from diramoja.core.errors import PluginError
from diramoja.core.host import Deployment, assemble, discover
from tests.support.entry_points import BASE_ADAPTER, adapter_of, entry_point, installed, plugin_of


class Cat(State):
    phase: Literal["absent"] = "absent"


class Purr(Row):
    key_: str


class PurrRecord(Record):
    id: str


@record("purr", key="id", of=Purr)
def purrs(agent: str, row: Purr) -> PurrRecord:
    return PurrRecord(agent)


class PurrSettings(Settings, frozen=True, kw_only=True):
    loud: bool = False


class Controller:
    """As the web framework's, as far as the core looks."""

    path = "/cats"


def handler(path: str, method: str) -> Any:
    made = type("Handler", (), {})()
    made.paths, made.http_methods, made.opt = {path}, {method}, {}
    return made


class Cats(Controller):
    show = handler("/{cat_id:str}", "GET")


class CatsAgain(Controller):
    look = handler("/{id:str}/", "GET")


def compose(modules: Mapping[str, Mapping[str, Any]], **chosen: Any) -> Deployment:
    with installed(base=BASE_ADAPTER, **modules) as points:
        return assemble(discover(points), **chosen)


def refusal(modules: Mapping[str, Mapping[str, Any]], **chosen: Any) -> str:
    with pytest.raises(PluginError) as caught:
        compose(modules, **chosen)
    return str(caught.value)


def brings(**fields: Any) -> Mapping[str, Any]:
    return {"register_plugin": plugin_of(**fields)}


# --- finding ---


def test_plugins_of_all_packages_come_in_dependency_order() -> None:
    deployment = compose(
        {"a": brings(name="a", uses=["c"]), "b": brings(name="b"), "c": brings(name="c", uses=["b"])},
    )
    assert [each.value.name for each in deployment.plugins] == ["b", "c", "a"]
    assert str(deployment.plugins[0]) == "b 1.2 (b)"


def test_installed_built_ins_are_found_by_their_entry_points() -> None:
    assert {"nats", "postgres"} <= set(discover().adapters)


def test_entry_point_that_cannot_be_imported_is_named_with_its_package() -> None:
    with pytest.raises(PluginError) as caught:
        discover([entry_point("no_such_module.hooks", "some-package")])
    assert "some-package 1.2 (no_such_module.hooks)" in str(caught.value)
    assert "uninstall some-package" in str(caught.value)


def raising() -> None:
    raise RuntimeError("out of cats")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            {"register_plugin": hookimpl(lambda: 7)},
            "register_plugin of bad 1.2 (bad) returns int. It returns a Plugin.",
        ),
        ({"register_plugin": hookimpl(raising)}, "register_plugin of bad 1.2 (bad) raises RuntimeError: out of cats."),
        ({"register_plugn": hookimpl(raising)}, "unknown hook 'register_plugn'"),
        ({"register_plugin": hookimpl(lambda cats: cats)}, "bad 1.2 (bad) declares a wrong hook"),
        ({}, "bad 1.2 (bad) is a module without a hook"),
        (brings(name="Bad Name"), "bad 1.2 (bad) calls its plugin 'Bad Name'."),
        (brings(name="bad", kinds=["cat"]), "has 'cat' among its kinds. Use AgentKind."),
        (brings(name="bad", permissions={"cat.pet": {"memebr"}}), "the unknown role memebr. Did you mean member?"),
        (brings(name="bad", channels={"cat": Channel("x")}), "a channel for cat, which is no kind of its own"),
    ],
)
def test_broken_hook_is_refused_with_its_culprit(members: Mapping[str, Any], said: str) -> None:
    assert said in refusal({"bad": members})


# --- fitting together ---


@pytest.mark.parametrize(
    ("field", "one", "other", "claimed"),
    [
        ("kinds", [AgentKind("cat", Cat, prefix="cat")], [AgentKind("cat", Cat, prefix="ca")], "kind cat"),
        ("kinds", [AgentKind("cat", Cat, prefix="cat")], [AgentKind("dog", Cat, prefix="cat")], "id prefix cat"),
        ("records", [purrs], [purrs], "table purr"),
        ("routes", [Cats], [CatsAgain], "route GET /cats/{:str}"),
        ("permissions", {"cat.pet": {"member"}}, {"cat.pet": {"guest"}}, "permission cat.pet"),
        ("settings", PurrSettings, PurrSettings, "settings class PurrSettings"),
    ],
)
def test_two_plugins_that_claim_the_same_are_refused_by_name(field: str, one: Any, other: Any, claimed: str) -> None:
    said = refusal({"a": brings(name="a", **{field: one}), "b": brings(name="b", **{field: other})})
    assert f"a (a) and b (b) claim the same {claimed}." in said
    assert "leave one out of [deployment] plugins" in said


def test_two_packages_with_one_name_are_refused() -> None:
    said = refusal({"a": brings(name="cat"), "b": brings(name="cat")})
    assert said == "a 1.2 (a) and b 1.2 (b) both bring the plugin cat. Uninstall one."


def test_two_events_of_one_name_are_refused() -> None:
    classes = [types.new_class("Purred", (Event,), {"name": "cat.purred"}) for _ in range(2)]
    for cls, home in zip(classes, ("x", "y"), strict=True):
        cls.__module__ = home
    said = refusal({"x": brings(name="x"), "y": brings(name="y")})
    assert "claim the same event cat.purred" in said


def test_missing_use_names_the_plugin_and_where_to_get_it() -> None:
    said = refusal({"a": brings(name="a", uses=["cats"]), "cat": brings(name="cat")})
    assert "Plugin a of a 1.2 (a) uses cats, which is not there. Installed are a, cat" in said
    said = refusal({"a": brings(name="a", uses=["cat"]), "cat": brings(name="cat")}, plugins=["a"])
    assert said.endswith("Add cat to [deployment] plugins, or leave a out.")


def test_circle_of_uses_is_shown() -> None:
    said = refusal({"a": brings(name="a", uses=["b"]), "b": brings(name="b", uses=["a"])})
    assert "a → b → a" in said


def test_plugin_that_is_not_installed_is_refused() -> None:
    assert "[deployment] plugins names bees" in refusal({"a": brings(name="a")}, plugins=["bees"])


# --- ports ---

NEEDY = brings(name="a", ports=[PortSpec("milk", Cat)])


def test_port_with_one_provider_needs_no_word() -> None:
    deployment = compose({"a": NEEDY, "cow": {"register_adapter": adapter_of("cow", "milk")}})
    assert deployment.ports["milk"] == ("cow",)
    assert deployment.protocols["milk"] is Cat
    assert deployment.ports["jobs"] == ("base",)


def test_port_without_an_adapter_names_who_needs_it() -> None:
    said = refusal({"a": NEEDY})
    assert said.startswith("plugin a of a 1.2 (a) needs the port milk, and no adapters provide it.")


def test_port_with_two_providers_asks_for_a_choice() -> None:
    farm = {"a": NEEDY, "cow": {"register_adapter": adapter_of("cow", "milk")}}
    farm["goat"] = {"register_adapter": adapter_of("goat", "milk")}
    assert "Write milk under [ports]: cow or goat." in refusal(farm)
    assert compose(farm, ports={"milk": "goat, cow"}).ports["milk"] == ("goat", "cow")


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ({"milk": "caw"}, "[ports] milk names the adapter caw, which is not installed. Did you mean cow?"),
        ({"milk": "base"}, "names base of base 1.2 (base), which does not provide milk. These do: cow."),
        ({"mlik": "cow"}, "[ports] names mlik, which nothing needs or provides. Did you mean milk?"),
    ],
)
def test_wrong_choice_of_adapter_is_refused(ports: Mapping[str, str], said: str) -> None:
    assert said in refusal({"a": NEEDY, "cow": {"register_adapter": adapter_of("cow", "milk")}}, ports=ports)


def test_two_plugins_with_different_protocols_for_a_port_are_refused() -> None:
    other = brings(name="b", ports=[PortSpec("milk", Purr)])
    said = refusal({"a": NEEDY, "b": other, "cow": {"register_adapter": adapter_of("cow", "milk")}})
    assert "Plugin b of b 1.2 (b) takes the port milk for a Purr; elsewhere it is a Cat." in said


# --- hearing ---


def test_hearing_of_an_absent_plugin_is_inert_and_listed() -> None:
    class Meowed(Event, name="cat.meowed"):
        pass

    Meowed.__module__ = "cats.contracts"
    kind = AgentKind("dog", Cat, prefix="dog")
    kind.hears(Meowed, to=lambda _event: [])
    deployment = compose({"a": brings(name="a", kinds=[kind])})
    assert [(each.kind, each.event) for each in deployment.inert] == [("dog", Meowed)]
    with_cats = {"a": brings(name="a", kinds=[kind]), "cats__hooks": brings(name="cats")}
    assert not compose(with_cats).inert
