"""The search port: full text over what its readers may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

__all__ = ["Document", "Found", "Hit", "Search", "SearchQuery"]


class Document(msgspec.Struct, frozen=True):
    """What is found. `kind` is the type shown (topic, post, member); `visible` False takes it out of results."""

    id: str
    kind: str
    title: str
    body: str
    category: str
    author: str
    created_at: datetime
    language: str = "simple"
    visible: bool = True


class SearchQuery(msgspec.Struct, frozen=True):
    """What is asked. `q` is free text: words, "phrases", -without; `limit` 1 to 100.

    `hidden`: authors whose documents are neither found nor counted.
    """

    q: str
    kind: str = ""
    category: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 20
    cursor: str = ""
    hidden: Sequence[str] = ()


class Hit(msgspec.Struct, frozen=True):
    """A result; `snippet` is HTML-escaped with the matches in <mark>."""

    id: str
    type: str
    title: str
    snippet: str
    score: float
    created_at: datetime


class Found(msgspec.Struct, frozen=True):
    """A page of results, best first, with counts by type and category over all that was ranked.

    `newest_only`: there are so many matches that only the newest were ranked and counted.
    """

    items: Sequence[Hit]
    facets: Mapping[str, Mapping[str, int]]
    next_cursor: str | None
    newest_only: bool = False


class Search(Protocol):
    """What the core needs of a search engine."""

    async def index(self, documents: Sequence[Document]) -> None:
        """Insert or replace by id; readable by `find` afterwards."""
        ...

    async def remove(self, ids: Sequence[str]) -> None:
        """Remove by id; unknown ids are no error."""
        ...

    async def find(self, query: SearchQuery) -> Found:
        """Best first.

        Raises:
            InvalidError: the cursor is none of ours, or the query holds no word.
        """
        ...

    async def suggest(self, prefix: str, limit: int, hidden: Sequence[str] = ()) -> Sequence[str]:
        """Titles and words that begin with this, most frequent first; none that stands only with hidden authors."""
        ...
