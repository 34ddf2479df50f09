"""What moderation brings to a deployment."""

from pathlib import Path

from diramoja.core import Plugin, PortSpec, hookimpl
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.projections import case_reports, case_rows, case_texts
from diramoja.plugins.moderator.routes import Cases
from diramoja.plugins.moderator.screening import screening
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.ports.classifier import Classifier

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """Screening, cases and their queue."""
    return Plugin(
        name="moderator",
        kinds=[screening, case],
        records=[case_rows, case_texts, case_reports],
        routes=[Cases],
        settings=ModerationSettings,
        permissions={"case.read": {"moderator"}, "case.decide": {"moderator"}},
        ports=[PortSpec("classifier", Classifier)],
        uses=["topic"],
        migrations=Path(__file__).parent / "migrations",
    )
