"""A short campaign in the suite; long ones and the broken cores by command, see __main__.py."""

import asyncio
from pathlib import Path

from tests.chaos.campaign import Campaign, run

SEED = 11
FAULTS = 20
FAULTS_OF_MEMBERS = 5
LEAST_DONE = 40


def test_a_campaign_of_faults_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    outcome = asyncio.run(run(Campaign(SEED, seconds=36, fault_every_s=1.2, rate=300), tmp_path))
    assert outcome.report.clean, (outcome.report.found, outcome.report.examples, outcome.timeline)
    assert outcome.quiet, outcome.timeline
    assert sum(outcome.faults.values()) >= FAULTS
    assert outcome.report.seen["acknowledged"] > 0


def test_with_all_plugins_what_members_do_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    campaign = Campaign(SEED, seconds=20, fault_every_s=2.0, rate=40, web_rate=5, workers=2, with_plugins=True)
    outcome = asyncio.run(run(campaign, tmp_path))
    assert outcome.report.clean, (outcome.report.found, outcome.report.examples, outcome.timeline)
    assert outcome.quiet, outcome.timeline
    assert sum(outcome.faults.values()) >= FAULTS_OF_MEMBERS
    assert outcome.report.seen["things that members did"] > LEAST_DONE
    assert outcome.report.seen["rows of event_guest"] > 0
