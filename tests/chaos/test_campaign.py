"""A short campaign in the suite; long ones and the broken cores by command, see __main__.py."""

import asyncio
from pathlib import Path

from tests.chaos.campaign import Campaign, run

SEED = 11
FAULTS = 20


def test_a_campaign_of_faults_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    outcome = asyncio.run(run(Campaign(SEED, seconds=36, fault_every_s=1.2, rate=300), tmp_path))
    assert outcome.report.clean, (outcome.report.found, outcome.report.examples, outcome.timeline)
    assert outcome.quiet, outcome.timeline
    assert sum(outcome.faults.values()) >= FAULTS
    assert outcome.report.seen["acknowledged"] > 0
