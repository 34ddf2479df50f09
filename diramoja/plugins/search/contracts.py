"""What search answers."""

from collections.abc import Mapping, Sequence

from diramoja.core import View
from diramoja.ports.search import Hit

__all__ = ["FoundView", "SuggestionsView"]


class FoundView(View):
    """A page of results, best first. `facets`: counts by type and category over all that was ranked.

    `newest_only`: there are so many matches that only the newest were ranked and counted.
    """

    items: Sequence[Hit]
    facets: Mapping[str, Mapping[str, int]]
    next_cursor: str | None
    newest_only: bool = False


class SuggestionsView(View):
    """Titles and words that begin with what was typed, most frequent first."""

    items: Sequence[str]
