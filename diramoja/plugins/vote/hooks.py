"""What votes bring to a deployment."""

from pathlib import Path
from typing import Any

from diramoja.core import Channel, Job, Plugin, hookimpl
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.ballot_box import find_ballots
from diramoja.plugins.vote.ballot_box_state import ballot_box
from diramoja.plugins.vote.ballot_routes import Ballots, Receipts
from diramoja.plugins.vote.count_routes import Counts
from diramoja.plugins.vote.course import feel_pulse
from diramoja.plugins.vote.delegation import drop_delegated, find_uncast
from diramoja.plugins.vote.delegation_routes import OwnDelegations
from diramoja.plugins.vote.delegation_state import delegation
from diramoja.plugins.vote.dispute import dispute, find_committee
from diramoja.plugins.vote.dispute_routes import Disputes, VoteDisputes
from diramoja.plugins.vote.export_queries import HOLDINGS
from diramoja.plugins.vote.forgetting import find_delegators
from diramoja.plugins.vote.irregularities import find_irregularities
from diramoja.plugins.vote.participation import report_participation
from diramoja.plugins.vote.projections import RECORDS, topic_categories
from diramoja.plugins.vote.retention import drop_roll
from diramoja.plugins.vote.roll import correct_roll, fix_roll, freeze_roll
from diramoja.plugins.vote.routes import Objections, Votes
from diramoja.plugins.vote.sealing import drop_key, make_key
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.tally import count_ballots
from diramoja.plugins.vote.tie_routes import Ties

__all__ = ["register_commands", "register_plugin"]

_HERE = Path(__file__).parent
JOBS: list[Job[Any]] = [
    freeze_roll, correct_roll, fix_roll, feel_pulse, count_ballots, find_committee, make_key, drop_key, find_ballots,
    find_uncast, find_delegators, drop_delegated, find_irregularities, report_participation, drop_roll,
]  # fmt: skip


@hookimpl
def register_plugin() -> Plugin:
    """Votes with their rolls, polling stations, delegations and disputes."""
    return Plugin(
        name="vote",
        kinds=[vote, ballot_box, dispute, delegation],
        records=RECORDS,
        views=[topic_categories],
        jobs=JOBS,
        routes=[Votes, Objections, Ballots, Receipts, Counts, VoteDisputes, Disputes, OwnDelegations, Ties],
        settings=VoteSettings,
        holds=HOLDINGS,
        permissions={
            "vote.read": {"guest"},
            "vote.create": {"member"},
            "vote.schedule": {"member"},
            "vote.object": {"member", "membership_officer"},
            "vote.cast": {"supporter"},
            "vote.dispute": {"supporter"},
            "vote.extend": {"official"},
            "roll.decide": {"membership_officer"},
            "dispute.decide": {"official"},
            "vote.draw": {"leader", "official"},
            "delegation.own": {"member"},
        },
        channels={"vote": Channel("vote.read")},
        uses=["member"],
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )


@hookimpl
def register_commands(cli: Any) -> None:
    """`diramoja statutes`."""
    from diramoja.plugins.vote.cli import statutes

    cli.add_typer(statutes, name="statutes")
