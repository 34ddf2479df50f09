"""Polling stations in the runtime, with workers that die and a roll that cannot always be read."""

import random
from collections.abc import Sequence

import pytest

from diramoja.core.ports.database import Database
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.vote.ballot_box_state import ballot_box
from diramoja.plugins.vote.choices import RECEIPTS, receipt_of
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.hooks import register_plugin as votes
from diramoja.plugins.vote.messages import PrepareBox, SealBox
from diramoja.plugins.vote.projections import BallotRecord, StationRecord
from diramoja.plugins.vote.views import ReceiptView
from diramoja.testing.runtime import Runtime

VOTERS = 12
ON_ROLL = {f"mem_{number}" for number in range(VOTERS)}


class Roll:
    """The frozen roll, of which now and then a page is not to be had."""

    def __init__(self, seed: int, away_ratio: float) -> None:
        self._chance = random.Random(seed)
        self._away_ratio = away_ratio

    async def fetch(self, sql: str, votes: Sequence[str], asked: Sequence[str]) -> list[dict[str, str]]:
        if self._chance.random() < self._away_ratio:
            raise TimeoutError
        return [{"vote": vote, "member": each} for vote, each in zip(votes, asked, strict=True) if each in ON_ROLL]


def opened(runtime: Runtime, seed: int, away_ratio: float) -> None:
    runtime.deploy(members(), votes(), ports={Database: Roll(seed, away_ratio)})
    prepared = PrepareBox(
        vote="vot_1",
        station=1,
        form="rank",
        options=3,
        grades=0,
        seats=1,
        revote=True,
        is_sealed=False,
        shows_tally=False,
        opens_at=runtime.in_(hours=-1),
        closes_at=runtime.in_(hours=1),
    )
    runtime.send(ballot_box, "vot_1-1", prepared)


@pytest.mark.parametrize("seed", range(8))
def test_what_was_answered_is_what_is_counted_though_workers_die(runtime: Runtime, seed: int) -> None:
    opened(runtime, seed, away_ratio=0.3)
    runtime.reseed(seed, crash_ratio=0.1)
    chance, last = random.Random(seed), dict[str, tuple[str, ReceiptView]]()
    for _ in range(40):
        voter = f"mem_{chance.randrange(VOTERS + 2)}"  # Two of them are not on the roll.
        ranked = tuple(chance.sample((1, 2, 3), 3))
        sent = runtime.send(ballot_box, "vot_1-1", CastBallot("vot_1", voter, ranked), sender=voter)
        assert sent.status == (201 if voter in ON_ROLL else 403)
        if sent.status == 201:
            last[voter] = ",".join(map(str, ranked)), sent.read(ReceiptView)
    runtime.send(ballot_box, "vot_1-1", SealBox())
    runtime.reseed(seed, crash_ratio=0.0)
    runtime.settle()
    rows = {row.member: row for row in runtime.table("vote_ballot", BallotRecord)}
    assert {member: row.content for member, row in rows.items()} == {each: text for each, (text, _) in last.items()}
    for member, (text, receipt) in last.items():
        assert rows[member].receipt == receipt.receipt == receipt_of("vot_1", member, receipt.revision, text)
    [station] = runtime.table("vote_station", StationRecord)
    assert (station.phase, station.ballots) == ("sealed", len(last))
    assert int(station.checksum, 16) == sum(int(row.receipt, 16) for row in rows.values()) % RECEIPTS
    assert runtime.dead_letters() == []


def test_where_the_roll_stays_away_nobody_is_turned_away_as_a_stranger(runtime: Runtime) -> None:
    opened(runtime, 1, away_ratio=1.0)
    sent = runtime.send(ballot_box, "vot_1-1", CastBallot("vot_1", "mem_1", (1,)), sender="mem_1")
    assert sent.reject is not None
    assert (sent.status, sent.reject.code) == (503, "roll_unavailable")
    runtime.send(ballot_box, "vot_1-1", SealBox())
    assert runtime.state(ballot_box, "vot_1-1").phase == "sealed"
    assert runtime.dead_letters() == []
