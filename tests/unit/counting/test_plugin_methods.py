"""A plugin adds a method of counting by the hook `register_counting_methods`."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from diramoja.core import hookimpl
from diramoja.core.errors import InvalidError, PluginError
from diramoja.core.host import discover
from diramoja.counting import BUILT_IN, Chooser, Count, Method, Profile, Round, all_methods
from tests.support.entry_points import installed


def borda(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """As many points as an option has others below it on the ballot."""
    points = [0] * len(profile.options)
    for row, weight in zip(profile.table.tolist(), profile.weights.tolist(), strict=True):
        for rank, place in enumerate(each for each in row if each >= 0):
            points[place] += weight * (len(points) - 1 - rank)
    chosen, ties = chooser.top(dict(enumerate(points)), seats)
    elected = tuple(profile.numbers[place] for place in chosen)
    rounds = (Round(number=1, step="total", votes=tuple(points), elected=elected, ties=ties),)
    return profile.count("borda", seats, winners=elected, rounds=rounds)


def bringing(methods: Sequence[Any]) -> Callable[[], Sequence[Any]]:
    def register_counting_methods() -> Sequence[Any]:
        return methods

    return hookimpl(register_counting_methods)


BORDA = Method("borda", "Borda", "ranking", borda)


def test_plugin_adds_a_method_that_counts_beside_the_built_in_ones() -> None:
    with installed(borda_plugin={"register_counting_methods": bringing([BORDA])}) as points:
        methods = all_methods(discover(points).counting_methods)
    assert {*methods} == {*BUILT_IN, "borda"}
    count = methods.named("borda").count(Profile.of("ranking", "ABC", {(1, 2, 3): 3, (2, 3, 1): 2}))
    assert (count.winners, count.rounds[0].votes) == ((2,), (6, 7, 2))


def test_tie_of_a_plugins_method_is_settled_as_any_other() -> None:
    count = BORDA.count(Profile.of("ranking", "AB", {(1, 2): 1, (2, 1): 1}))
    assert count.tie is not None
    assert (count.outcome, count.tie.contested) == ("tied", (1, 2))


def test_method_of_a_name_that_is_taken_is_refused() -> None:
    twin = Method("plurality", "Another", "ranking", borda)
    with installed(one={"register_counting_methods": bringing([twin])}) as points, pytest.raises(PluginError) as caught:
        all_methods(discover(points).counting_methods)
    assert "Two methods of counting are called plurality." in str(caught.value)


@pytest.mark.parametrize(
    ("brought", "said"),
    [(7, "register_counting_methods of bad 1.2 (bad) returns int."), (["borda"], "'borda' is no method of counting.")],
)
def test_what_is_no_method_is_refused(brought: Any, said: str) -> None:
    with (
        installed(bad={"register_counting_methods": bringing(brought)}) as points,
        pytest.raises(PluginError) as caught,
    ):
        all_methods(discover(points).counting_methods)
    assert said in str(caught.value)


def test_unknown_method_suggests_the_nearest() -> None:
    with pytest.raises(InvalidError, match=r"Did you mean schulze\?"):
        BUILT_IN.named("shulze")
