"""What the information broker brings to a deployment."""

from pathlib import Path

from diramoja.core import Plugin, hookimpl
from diramoja.plugins.information.agent import information
from diramoja.plugins.information.projections import note_rows, note_visibility
from diramoja.plugins.information.routes import Notes, Sources
from diramoja.plugins.information.settings import InformationSettings

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """Checks of posts, notes and sources."""
    return Plugin(
        name="information",
        kinds=[information],
        records=[note_rows],
        views=[note_visibility],
        routes=[Notes, Sources],
        settings=InformationSettings,
        permissions={"information.read": {"guest"}},
        uses=["topic"],
        migrations=Path(__file__).parent / "migrations",
    )
