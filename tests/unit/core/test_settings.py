"""Settings from three layers, what is refused and how it is said."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from diramoja.core.errors import SettingsError
from diramoja.core.settings import LoadedSettings, Settings, masked, read_layers


class Dish(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=1)] = "soup"
    hot: bool | None = None


class Kitchen(Settings, frozen=True, kw_only=True):
    """Of a kitchen."""

    ovens: Annotated[int, msgspec.Meta(ge=1, le=9)] = 2
    heat: Literal["gas", "wood"] = "wood"
    cooks: list[str] = msgspec.field(default_factory=list)
    warm_s: float = 1.5
    shelf: dict[str, int] = msgspec.field(default_factory=dict)
    recipe_file: str = ""
    is_open: bool = False
    url: str = ""
    api_key: str = ""
    dishes: tuple[Dish, ...] = ()


def load(toml: str = "", environ: dict[str, str] | None = None, *options: str, folder: Path | None = None) -> Any:
    file = None
    if folder is not None:
        file = folder / "kitchen.toml"
        file.write_text(toml)
    return read_layers(file, environ or {}, options).load({"kitchen": Kitchen})


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        load(*args, **kwargs)
    return str(caught.value)


def test_later_layers_win_and_say_where_they_come_from(tmp_path: Path) -> None:
    toml = '[kitchen]\novens = 3\nheat = "gas"\ncooks = ["a"]\nwarm_s = 2'
    environ = {"DIRAMOJA_KITCHEN__OVENS": "4", "DIRAMOJA_KITCHEN__HEAT": "wood", "OTHER__KEY": "x"}
    loaded: LoadedSettings = load(toml, environ, "kitchen.ovens=5", folder=tmp_path)
    kitchen = loaded.of(Kitchen)
    assert (kitchen.ovens, kitchen.heat, kitchen.cooks, kitchen.warm_s) == (5, "wood", ["a"], 2.0)
    origins = {key: str(origin) for _, key, _, origin in loaded.shown()}
    assert origins["ovens"] == "--set kitchen.ovens"
    assert origins["heat"] == "DIRAMOJA_KITCHEN__HEAT"
    assert origins["cooks"] == str(tmp_path / "kitchen.toml")
    assert origins["is_open"] == "default"


def test_texts_become_numbers_lists_tables_and_truths() -> None:
    options = ["ovens=1", "cooks=ann, bob", 'shelf={"salt": 2}', "is_open=true", "warm_s=3"]
    kitchen = load("", None, *(f"kitchen.{option}" for option in options)).of(Kitchen)
    assert (kitchen.cooks, kitchen.shelf, kitchen.is_open, kitchen.warm_s) == (["ann", "bob"], {"salt": 2}, True, 3.0)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[kitchn]\n", "there is no section [kitchn]. Did you mean kitchen?"),
        ("[kitchn]\novens = 1", "there is no section [kitchn]. Did you mean kitchen?"),
        ("[kitchen]\nowens = 1", "[kitchen] has no key owens. Did you mean ovens?"),
        (
            "[kitchen]\novens = 0",
            "kitchen.ovens is refused: Expected `int` >= 1. It is a whole number at least 1, at most",
        ),
        ("[kitchen]\ndishes = [{name = ''}]", "dishes[0].name is refused: Expected `str` of length >= 1. It is text"),
        ("[kitchen]\ndishes = [{hot = 3}]", "dishes[0].hot is refused: Expected `bool | null`, got `int`. It is true"),
        ("[kitchen]\novens = '2'", "kitchen.ovens is refused: Expected `int`, got `str`."),
        ("[kitchen]\nheat = 'coal'", "kitchen.heat is refused: Invalid enum value. It is one of gas, wood."),
        ("ovens = 1", "ovens stands outside of a section."),
        ("[kitchen", "is no TOML: "),
        ("[kitchen]\nrecipe_file = 'gone.txt'", "/gone.txt, which is no file that can be read."),
    ],
)
def test_wrong_file_is_refused_with_its_name_and_the_bounds(tmp_path: Path, toml: str, said: str) -> None:
    message = refusal(toml, folder=tmp_path)
    assert said in message
    assert message.startswith(str(tmp_path / "kitchen.toml"))


@pytest.mark.parametrize(
    ("environ", "options", "said"),
    [
        ({"DIRAMOJA_KITCHEN__OVENS": "many"}, [], "DIRAMOJA_KITCHEN__OVENS: kitchen.ovens is refused"),
        ({"DIRAMOJA_KITCHEN__OWENS": "1"}, [], "DIRAMOJA_KITCHEN__OWENS: [kitchen] has no key owens."),
        ({"DIRAMOJA_KITCHEN_OVENS": "1"}, [], "two underscores follow the section. Write DIRAMOJA_KITCHEN__OVENS."),
        ({}, ["kitchen.ovens=12"], "--set kitchen.ovens: kitchen.ovens is refused: Expected `int` <= 9."),
        ({}, ["ovens"], "An option --set has the form section.key=value."),
        ({}, ["kitchen.shelf={"], "--set kitchen.shelf: kitchen.shelf is refused"),
    ],
)
def test_wrong_variable_or_option_is_refused_by_name(environ: dict[str, str], options: list[str], said: str) -> None:
    assert said in refusal("", environ, *options)


def test_variable_of_somebody_else_is_left_alone() -> None:
    assert load("", {"DIRAMOJA_SERVICE_HOST": "10.0.0.1", "DIRAMOJA_HOME": "/x"}).of(Kitchen).ovens == 2


def test_refusal_never_holds_the_value() -> None:
    assert "hunter2" not in refusal("", {"DIRAMOJA_KITCHEN__OVENS": "hunter2"})
    assert "hunter2" not in refusal("", None, "kitchen.heat=hunter2")


def test_file_of_a_secret_is_relative_to_the_deployment_file(tmp_path: Path) -> None:
    (tmp_path / "recipe").write_text("secret")
    kitchen = load("[kitchen]\nrecipe_file = 'recipe'", folder=tmp_path).of(Kitchen)
    assert kitchen.recipe_file == str(tmp_path / "recipe")


def test_missing_deployment_file_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: No such file.*diramoja init"):
        read_layers(tmp_path / "none.toml", {})


def test_secrets_are_shown_masked() -> None:
    shown = load("", None, "kitchen.api_key=hunter2", "kitchen.url=postgresql://u:hunter2@h/db").shown()
    values = {key: value for _, key, value, _ in shown}
    assert values["api_key"] == "***"
    assert values["url"] == "postgresql://u:***@h/db"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("password", "x", "***"),
        ("password_file", "/run/x", "/run/x"),
        ("headers", {"Authorization": "Bearer abc"}, {"Authorization": "***"}),
        ("note", "sent Bearer abc.def", "sent Bearer ***"),
        ("note", "eyJhbGciOiJI.eyJz.x-y", "eyJ***"),
        ("urls", ["nats://a:b@c:1"], ["nats://a:***@c:1"]),
        ("token", "", ""),
        ("count", 3, 3),
    ],
)
def test_masked_hides_what_looks_like_a_secret(name: str, value: Any, shown: Any) -> None:
    assert masked(name, value) == shown
