"""Ties that people decide: the lot from secrets, the public draw, the casting vote."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from diramoja.core import Command, RemindAt, Row
from diramoja.counting import Ties, lot_order, lot_seed
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.contracts import FileDispute
from diramoja.plugins.vote.messages import SettleDispute, TakeResult
from diramoja.plugins.vote.results import TakeEffect
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Lot, Vote
from diramoja.plugins.vote.tally import CountBallots
from diramoja.plugins.vote.ties import CommitSecret, DecideTie, DrawLot, RemindOfLot, RevealSecret
from diramoja.plugins.vote.views import Tallied
from diramoja.plugins.vote.words import Terms
from diramoja.testing.play import Played, play

MAY = datetime(2026, 5, 1, tzinfo=UTC)
CLOSE = MAY + timedelta(days=7)
RECORD = "ab" * 32
SECRETS = {"mem_a": bytes(range(32)), "mem_b": bytes(range(1, 33)), "mem_c": bytes(range(2, 34))}
TIED = Tallied(outcome="tied", ballots=4, valid=4, votes=(2, 2), tied=(1, 2), record_hash=RECORD)
MINUTES = "Drawn from a hat in front of all who were there."


class World:
    """A vote that can be tied, played command by command."""

    def __init__(self, tie_rule: Any = "lot", **terms: Any) -> None:
        given = Terms(tie_rule=tie_rule, opens_at=MAY, closes_at=CLOSE, options=2, **terms)
        self.state = Vote(phase="open", title="Clinics", terms=given, roll_size=9, scheduled_by="mem_chief")
        self.rows: dict[tuple[type[Row], str], Row] = {}
        self.now = MAY

    def __call__(self, sender: str, command: Command, role: str = "official") -> Played[Vote]:
        played = play(
            vote,
            self.state,
            command,
            id="vot_1",
            sender=sender,
            roles=[role],
            rows=list(self.rows.values()),
            now=self.now,
            settings=[VoteSettings()],
            has=["notification"],
        )
        if played.reject is None:
            self.state = played.state
            self.rows |= {(type(row), row.key): row for row in played.puts}
        return played

    def commit(self, *officers: str) -> None:
        for each in officers:
            assert self(each, CommitSecret(hashlib.sha256(SECRETS[each]).hexdigest())).reject is None

    def tie(self) -> Played[Vote]:
        self.now = CLOSE + timedelta(minutes=1)
        self.state = self.state.but(phase="tallying", count_number=1)
        return self("", TakeResult(1, TIED))

    def reveal(self, officer: str) -> Played[Vote]:
        return self(officer, RevealSecret(SECRETS[officer].hex()))

    @property
    def lot(self) -> Lot:
        lot = self.rows[Lot, "lot"]
        assert isinstance(lot, Lot)
        return lot


def code(played: Played[Vote]) -> str:
    return played.reject.code if played.reject else ""


def told(played: Played[Vote]) -> list[str]:
    return [each.agent for each in played.tells if isinstance(each.command, Notify)]


def recount(played: Played[Vote]) -> CountBallots:
    (call,) = played.calls
    assert isinstance(call.payload, CountBallots)
    return call.payload


def test_a_lot_is_drawn_with_the_last_secret_and_the_ballots_are_counted_again() -> None:
    world = World()
    world.commit("mem_a", "mem_b")
    assert told(world.tie()) == ["mem_a", "mem_b"]
    first = world.reveal("mem_a")
    assert (first.calls, world.state.phase) == ([], "results_published")
    last = world.reveal("mem_b")
    seed = lot_seed([SECRETS["mem_b"], SECRETS["mem_a"]], bytes.fromhex(RECORD)).hex()
    assert (recount(last).seed, recount(last).number) == (seed, 2)
    assert (world.state.phase, world.state.lot_seed, world.lot.seed) == ("tallying", seed, seed)


def test_a_secret_that_was_not_committed_to_is_refused() -> None:
    world = World()
    world.commit("mem_a", "mem_b")
    assert code(world.reveal("mem_a")) == "vote_open"
    world.tie()
    assert code(world("mem_a", RevealSecret(SECRETS["mem_b"].hex()))) == "lot_invalid"
    assert code(world.reveal("mem_c")) == "lot_invalid"


def test_nobody_publishes_the_hash_of_another() -> None:
    world = World()
    world.commit("mem_a")
    assert code(world("mem_b", CommitSecret(hashlib.sha256(SECRETS["mem_a"]).hexdigest()))) == "lot_invalid"


def test_a_hash_can_be_replaced_until_the_close_and_not_after() -> None:
    world = World()
    world.commit("mem_a", "mem_a")
    assert len(world.lot.secrets) == 1
    world.now = CLOSE
    assert code(world("mem_a", CommitSecret("0" * 64))) == "vote_closed"


@pytest.mark.parametrize(
    ("world", "role", "expected"),
    [
        (World("run_off"), "official", "no_lot"),
        (World(), "member", "not_leader"),
        (World(on_persons=True, candidates=("mem_a", "mem_x")), "leader", "recused"),
    ],
)
def test_who_takes_no_part_in_the_lot(world: World, role: str, expected: str) -> None:
    assert code(world("mem_a", CommitSecret("0" * 64), role)) == expected


def test_where_a_secret_is_kept_back_the_lot_is_drawn_in_public_after_a_day() -> None:
    world = World()
    world.commit("mem_a", "mem_b")
    tied = world.tie()
    world.reveal("mem_a")
    draw = DrawLot((2, 1), MINUTES)
    assert code(world("mem_c", draw)) == "lot_pending"
    reminders = [each for each in tied.reminders if isinstance(each.command, RemindOfLot)]
    (late,) = (each for each in reminders if isinstance(each, RemindAt))
    world.now = late.at
    assert late.at == CLOSE + timedelta(minutes=1, days=1)
    assert told(world("", late.command)) == ["mem_chief"]
    assert code(world("mem_c", DrawLot((2,), MINUTES))) == "order_incomplete"
    assert code(world("mem_c", DrawLot((2, 2), MINUTES))) == "order_incomplete"
    world("mem_c", draw)
    drawn = world("mem_d", draw)
    assert (recount(drawn).casting, recount(drawn).seed) == ((2, 1), "")
    assert (world.lot.order, [each.member for each in world.lot.draws]) == ((2, 1), ["mem_c", "mem_d"])


def test_with_fewer_than_two_secrets_the_lot_is_drawn_in_public_at_once() -> None:
    world = World()
    world.commit("mem_a")
    world.tie()
    assert world("mem_b", DrawLot((1, 2), MINUTES)).reject is None


def test_what_one_officer_says_was_drawn_decides_nothing() -> None:
    world = World()
    world.commit("mem_a")
    world.tie()
    first = world("mem_b", DrawLot((1, 2), MINUTES))
    assert (first.calls, told(first)) == ([], ["mem_chief", "mem_a"])
    for again in (DrawLot((1, 2), MINUTES), DrawLot((2, 1), MINUTES), DrawLot((1, 2), MINUTES)):
        assert world("mem_b", again).calls == []
    assert world("mem_c", DrawLot((2, 1), MINUTES)).calls == []  # Another says otherwise: a third one, or a correction.
    assert (world.state.phase, world.lot.order) == ("results_published", ())
    assert recount(world("mem_d", DrawLot((2, 1), MINUTES))).casting == (2, 1)
    assert (world.state.phase, world.lot.order) == ("tallying", (2, 1))


def test_an_order_that_was_drawn_decides_like_a_lot() -> None:
    assert Ties("lot", b"", (2, 1)).order((1, 2)) == (2, 1)
    assert Ties("lot", b"\0" * 32, (2, 1)).order((1, 2)) == lot_order(b"\0" * 32, (1, 2))


def test_the_casting_member_alone_decides_and_only_a_tie() -> None:
    world = World("casting_vote", casting_member="mem_a")
    assert told(world.tie()) == ["mem_a"]
    assert code(world("mem_b", DecideTie((2, 1)))) == "not_casting_member"
    assert code(world("mem_a", DecideTie((2, 3)), "member")) == "order_incomplete"
    assert recount(world("mem_a", DecideTie((2, 1)), "member")).casting == (2, 1)
    world("", TakeResult(2, TIED.but(outcome="decided", winners=(2,), tied=())))
    assert world.state.outcome == "decided"
    assert code(world("mem_a", DecideTie((1, 2)), "member")) == "not_tied"


def test_a_tie_has_no_effect_until_it_is_decided() -> None:
    world = World()
    world.tie()
    world.now = CLOSE + timedelta(days=4)
    assert world("", TakeEffect()).events == []
    assert not world.state.is_effective


def test_a_dispute_takes_no_time_from_the_officers() -> None:
    """Else who would rather draw in public disputes the result until the day for the secrets is over."""
    world = World()
    world.commit("mem_a", "mem_b")
    world.tie()
    assert world("mem_x", FileDispute("dsp_1", "It is all wrong here.")).reject is None
    assert code(world.reveal("mem_a")) != ""
    world.now += timedelta(days=3)
    settled = world("", SettleDispute("dsp_1", "reject", "It is not."))
    assert [each.at for each in settled.reminders if isinstance(each, RemindAt)] == [world.now + timedelta(days=1)]
    assert code(world("mem_c", DrawLot((2, 1), MINUTES))) == "lot_pending"
    world.reveal("mem_a")
    world.reveal("mem_b")
    assert world.state.phase == "tallying"
