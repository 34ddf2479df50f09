"""The methods that DiraMoja brings, and with them those of plugins."""

from collections.abc import Iterable, Sequence
from typing import Any

from diramoja.core.host import Brought
from diramoja.counting.instant_runoff import instant_runoff
from diramoja.counting.majority_judgement import majority_judgement
from diramoja.counting.meek_stv import meek_stv
from diramoja.counting.method import Method, Methods
from diramoja.counting.schulze import schulze
from diramoja.counting.scottish_stv import scottish_stv
from diramoja.counting.sums import approval, plurality, score

__all__ = ["BUILT_IN", "all_methods"]

BUILT_IN = Methods(
    [
        Method("plurality", "Most votes", "ranking", plurality, has_majority=True),
        Method("approval", "Approval", "marks", approval, has_majority=True),
        Method("score", "Score", "grades", score),
        Method("instant_runoff", "Instant runoff", "ranking", instant_runoff, seats="one", has_majority=True),
        Method("scottish_stv", "Single transferable vote (Scottish)", "ranking", scottish_stv),
        Method("meek_stv", "Single transferable vote (Meek)", "ranking", meek_stv),
        Method("schulze", "Schulze", "ranking", schulze, seats="one"),
        Method("majority_judgement", "Majority judgement", "grades", majority_judgement),
    ]
)


def all_methods(brought: Iterable[Brought[Sequence[Any]]]) -> Methods:
    """The built-in methods and those that plugins brought by the hook `register_counting_methods`.

    Raises:
        PluginError: two have one name, or one is no method.
    """
    return Methods([*BUILT_IN.values(), *(method for each in brought for method in each.value)])
