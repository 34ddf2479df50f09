"""What the information broker brings to a deployment."""

from pathlib import Path

from diramoja.core import Plugin, hookimpl
from diramoja.plugins.information.agent import information
from diramoja.plugins.information.projections import note_rows, note_visibility, source_rows
from diramoja.plugins.information.queries import HOLDINGS
from diramoja.plugins.information.routes import RATERS, Notes, Sources
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.information.source import source

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """Checks of posts, notes and sources."""
    return Plugin(
        name="information",
        kinds=[information, source],
        records=[note_rows, source_rows],
        views=[note_visibility],
        routes=[Notes, Sources],
        settings=InformationSettings,
        permissions={"information.read": {"guest"}, "source.rate": RATERS, "source.object": {"supporter"}},
        uses=["topic"],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
