"""What moderation brings to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, PortSpec, hookimpl
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.export_queries import HOLDINGS
from diramoja.plugins.moderator.moderator import moderator
from diramoja.plugins.moderator.projections import (
    action_log,
    appeal_log,
    appeal_rows,
    case_reports,
    case_rows,
    case_texts,
    moderator_rows,
    recusal_rows,
    sanction_rows,
)
from diramoja.plugins.moderator.routes import Appeals, Cases, Moderators, Publicity, Sanctions
from diramoja.plugins.moderator.screening import screening
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.ports.classifier import Classifier

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """Screening, cases with their queue and appeals, moderators."""
    return Plugin(
        name="moderator",
        kinds=[screening, case, moderator],
        records=[
            case_rows,
            case_texts,
            case_reports,
            sanction_rows,
            appeal_rows,
            action_log,
            appeal_log,
            moderator_rows,
            recusal_rows,
        ],
        routes=[Cases, Appeals, Moderators, Sanctions, Publicity],
        settings=ModerationSettings,
        permissions={
            "case.read": {"moderator"},
            "case.decide": {"moderator"},
            "moderator.read": {"moderator", "official"},
            "moderator.assign": {"official"},
            "moderation.read": {"guest"},
            "sanction.own": {"supporter"},
        },
        channels={"moderation:queue": Channel("case.read", hints_of="case")},
        ports=[PortSpec("classifier", Classifier)],
        uses=["topic"],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
