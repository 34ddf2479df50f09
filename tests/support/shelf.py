"""The search port in memory, for agents and views that index; nobody asks it."""

from collections.abc import Sequence

from diramoja.ports.search import Document, Found, SearchQuery

__all__ = ["Shelf"]


class Shelf:
    """The search port as a dictionary."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}

    async def index(self, documents: Sequence[Document]) -> None:
        self.documents.update({document.id: document for document in documents})

    async def remove(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    async def find(self, query: SearchQuery) -> Found:
        raise NotImplementedError

    async def suggest(self, prefix: str, limit: int) -> Sequence[str]:
        raise NotImplementedError
