"""What search brings to a deployment."""

from diramoja.core import Plugin, PortSpec, hookimpl
from diramoja.plugins.search.projections import search_documents
from diramoja.plugins.search.routes import SearchRoutes
from diramoja.ports.search import Search

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """The documents and their routes."""
    return Plugin(
        name="search",
        views=[search_documents],
        routes=[SearchRoutes],
        permissions={"search.read": {"guest"}},
        ports=[PortSpec("search", Search)],
        uses=["member", "topic"],
    )
