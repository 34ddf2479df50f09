"""What search answers."""

from collections.abc import Mapping, Sequence

from diramoja.core import View
from diramoja.core.ports.search import Hit

__all__ = ["FoundView", "SuggestionsView"]


class FoundView(View):
    """A page of results, best first. `facets`: counts by type and category over the whole result."""

    items: Sequence[Hit]
    facets: Mapping[str, Mapping[str, int]]
    next_cursor: str | None


class SuggestionsView(View):
    """Titles and words that begin with what was typed, most frequent first."""

    items: Sequence[str]
