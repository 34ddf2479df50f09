"""A polling station: who may cast what when, what it tells the vote, and how it ends."""

from collections import deque
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Command
from diramoja.core.messages import Row
from diramoja.plugins.vote.ballot_box import TRIES, EmptyBox, FinishSeal, ForgetBallots, TellTurnout
from diramoja.plugins.vote.ballot_box_state import BALLOT_BOX, Ballot, BallotBox, Eligible, ballot_box, eligible
from diramoja.plugins.vote.choices import RECEIPTS, counts_of, read, receipt_of, written
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.messages import BoxCounted, ExtendBox, NoteTurnout, PrepareBox, SealBox
from diramoja.plugins.vote.sealing import sealed_length
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import ReceiptView
from diramoja.plugins.vote.words import BallotForm
from diramoja.testing.play import Played, play

OPENS = datetime(2026, 3, 1, 8, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=10)
NOON = OPENS + timedelta(hours=4)
BOX = "vot_1-1"


def prepared(
    form: BallotForm = "choose_one", *, revote: bool = False, is_sealed: bool = False, shows_tally: bool = False
) -> PrepareBox:
    return PrepareBox(
        vote="vot_1",
        station=1,
        form=form,
        options=3,
        grades=5,
        seats=1,
        revote=revote,
        is_sealed=is_sealed,
        shows_tally=shows_tally,
        opens_at=OPENS,
        closes_at=CLOSES,
    )


class Station:
    """A station that keeps its state and rows, and hears what it tells itself, in order."""

    def __init__(self, prepare: PrepareBox | None = None) -> None:
        self.state = BallotBox()
        self.rows: dict[str, Ballot] = {}
        self.told: list[Command] = []
        self.waiting: deque[Command] = deque()
        self.decide(prepare or prepared(), told_by="vote")

    def decide(
        self, command: Command, *, sender: str = "", told_by: str = "", now: datetime = NOON, found: Eligible = "yes"
    ) -> Played[BallotBox]:
        rows: list[Row] = list(self.rows.values())
        played = play(
            ballot_box,
            self.state,
            command,
            id=BOX,
            sender=sender,
            told_by=told_by,
            rows=rows,
            now=now,
            settings=[VoteSettings()],
            facts={eligible: found},
        )
        self.state = played.state
        for row in played.puts:
            assert isinstance(row, Ballot)
            self.rows[row.member] = row
        for gone in played.removes:
            self.rows.pop(gone.key, None)
        for tell in played.tells:
            (self.waiting if tell.kind == BALLOT_BOX else self.told).append(tell.command)
        return played

    def cast(
        self, voter: str, *choices: int, now: datetime = NOON, found: Eligible = "yes", sealed: str | None = None
    ) -> Played[BallotBox]:
        ballot = CastBallot("vot_1", voter, choices, sealed)
        return self.decide(ballot, sender=voter, now=now, found=found)

    def hear(self, found: Eligible = "yes", *, now: datetime = NOON) -> Played[BallotBox]:
        """The next of what it told itself."""
        return self.decide(self.waiting.popleft(), sender=BOX, told_by=BALLOT_BOX, now=now, found=found)

    def code(self, played: Played[BallotBox]) -> tuple[str, int]:
        assert played.reject is not None
        return played.reject.code, played.reject.status


def test_a_ballot_is_kept_and_answered_with_its_receipt() -> None:
    station = Station()
    after = station.cast("mem_a", 2)
    receipt = receipt_of("vot_1", "mem_a", 1, "2")
    assert (after.reply, after.status) == (ReceiptView("vot_1", receipt, 1), 201)
    assert station.rows == {"mem_a": Ballot("mem_a", "2", receipt)}
    assert (station.state.ballots, station.state.sums) == (1, (0, 1, 0))


def test_nobody_casts_early_late_or_twice_or_off_the_roll() -> None:
    station = Station()
    assert station.code(station.cast("mem_a", 1, now=OPENS - timedelta(microseconds=1))) == ("vote_not_open", 409)
    assert station.code(station.cast("mem_a", 1, now=CLOSES)) == ("vote_closed", 409)
    assert station.code(station.cast("mem_x", 1, found="no")) == ("not_on_roll", 403)
    assert station.cast("mem_a", 1, now=OPENS).reject is None
    assert station.code(station.cast("mem_a", 2)) == ("revote_not_allowed", 409)
    assert station.cast("mem_b", 1, now=CLOSES - timedelta(microseconds=1)).reject is None


def test_before_the_station_is_set_up_the_vote_is_not_open() -> None:
    played = play(ballot_box, BallotBox(), CastBallot("vot_1", "mem_a", (1,)), sender="mem_a")
    assert played.reject is not None
    assert (played.reject.code, played.reject.status) == ("vote_not_open", 409)


def test_a_ballot_is_cast_by_its_voter_in_its_vote() -> None:
    station = Station()
    for ballot in (CastBallot("vot_1", "mem_a", (1,)), CastBallot("vot_2", "mem_b", (1,))):
        assert station.code(station.decide(ballot, sender="mem_b")) == ("not_yours", 403)
    told = CastBallot("vot_1", "mem_a", (1,), came_at=NOON)
    assert station.code(station.decide(told, sender="mem_b")) == ("not_yours", 403)
    assert station.code(station.decide(told, sender="mem_b", told_by="topic")) == ("not_yours", 403)


def test_a_later_ballot_replaces_the_earlier_one() -> None:
    station = Station(prepared(revote=True))
    first, second = station.cast("mem_a", 1), station.cast("mem_a", 3)
    assert (station.state.ballots, station.state.sums) == (1, (0, 0, 1))
    assert isinstance(first.reply, ReceiptView)
    assert isinstance(second.reply, ReceiptView)
    assert second.reply.revision == 2
    assert second.reply.receipt != first.reply.receipt
    assert station.rows["mem_a"].receipt == second.reply.receipt
    assert station.state.checksum == f"{int(second.reply.receipt, 16):x}"


def test_choices_are_checked_once_more() -> None:
    station = Station()
    assert station.code(station.cast("mem_a", 1, 2)) == ("choices_invalid", 400)
    assert station.code(station.cast("mem_a", sealed="AAAA")) == ("ballot_sealed", 400)
    assert station.rows == {}


def test_a_sealed_ballot_is_kept_as_it_comes_and_all_are_equally_long() -> None:
    station = Station(prepared("rank", is_sealed=True))
    sealed = "A" * sealed_length(len("1,2,3"))
    for other in (None, "A", sealed + "A"):
        assert station.code(station.cast("mem_a", sealed=other)) == ("ballot_not_sealed", 400)
    assert station.code(station.cast("mem_a", 1, sealed=sealed)) == ("ballot_not_sealed", 400)
    station.cast("mem_a", sealed=sealed)
    assert station.rows["mem_a"].content == sealed
    assert station.state.sums == ()


def test_turnout_is_told_a_little_later_and_only_what_came_since() -> None:
    station = Station(prepared(shows_tally=True))
    first = station.cast("mem_a", 1)
    assert [each.command for each in first.reminders] == [TellTurnout()]
    assert station.cast("mem_b", 1).reminders == []
    station.decide(TellTurnout())
    assert station.told == [NoteTurnout(1, 2, (2, 0, 0))]
    station.cast("mem_c", 2)
    station.decide(TellTurnout())
    assert station.told[1:] == [NoteTurnout(1, 1, (0, 1, 0))]


def test_who_replaces_a_ballot_changes_no_turnout() -> None:
    station = Station(prepared(revote=True))
    station.cast("mem_a", 1)
    station.decide(TellTurnout())
    assert station.cast("mem_a", 2).reminders == []


def test_a_sealed_station_says_how_many_and_takes_no_more() -> None:
    station = Station()
    station.cast("mem_a", 1)
    station.cast("mem_b", 1)
    station.decide(SealBox(), told_by="vote", now=CLOSES)
    total = sum(int(ballot.receipt, 16) for ballot in station.rows.values()) % RECEIPTS
    assert station.told == [BoxCounted(1, 2, f"{total:064x}")]
    assert station.code(station.cast("mem_c", 1))[0] == "vote_closed"
    assert station.decide(TellTurnout()).tells == []


def test_an_extended_station_takes_ballots_longer() -> None:
    station = Station()
    station.decide(ExtendBox(CLOSES + timedelta(hours=1)), told_by="vote")
    assert station.cast("mem_a", 1, now=CLOSES + timedelta(minutes=59)).reject is None
    assert station.code(station.cast("mem_b", 1, now=CLOSES + timedelta(hours=1)))[0] == "vote_closed"


def test_a_ballot_whose_voter_cannot_be_looked_up_is_decided_again_as_of_when_it_came() -> None:
    station = Station()
    assert station.cast("mem_a", 1, found="unknown").reply is None
    assert station.rows == {}
    after = station.hear(now=CLOSES + timedelta(minutes=1))
    assert after.status == 201
    assert station.rows["mem_a"].content == "1"


def test_a_ballot_that_waits_for_the_roll_is_counted_although_the_station_is_being_sealed() -> None:
    station = Station()
    station.cast("mem_a", 1, found="unknown")
    station.decide(SealBox(), told_by="vote", now=CLOSES)
    assert station.told == []
    assert station.code(station.cast("mem_b", 1, now=CLOSES))[0] == "vote_closed"
    while station.waiting:
        waits = isinstance(station.waiting[0], CastBallot)
        station.hear("unknown" if waits and station.waiting[0].tries < TRIES else "yes", now=CLOSES)  # type: ignore[attr-defined]  # narrowed by the line above
    assert station.state.phase == "sealed"
    assert [ballot.member for ballot in station.rows.values()] == ["mem_a"]
    assert isinstance(station.told[-1], BoxCounted)


def test_a_ballot_is_refused_in_the_end_where_the_roll_stays_away() -> None:
    station = Station()
    station.cast("mem_a", 1, found="unknown")
    last = Played(station.state)
    while station.waiting:
        last = station.hear("unknown")
    assert station.code(last) == ("roll_unavailable", 503)


def test_of_a_vote_that_was_called_off_nothing_remains() -> None:
    station = Station()
    station.cast("mem_a", 1)
    after = station.decide(SealBox(is_cancelled=True), told_by="vote")
    assert [call.job.name.rpartition(".")[2] for call in after.calls] == ["find_ballots"]
    assert station.told == []
    station.decide(ForgetBallots(("mem_a",), more=False), told_by="job")
    assert station.rows == {}


def test_a_station_forgets_what_was_sealed_once_it_is_published_and_keeps_who_voted() -> None:
    station = Station(prepared(is_sealed=True))
    receipts = []
    for member in ("mem_a", "mem_b"):
        after = station.cast(member, sealed="A" * sealed_length(1))
        assert isinstance(after.reply, ReceiptView)
        receipts.append(after.reply.receipt)
    station.decide(SealBox(), told_by="vote", now=CLOSES)
    assert len(station.decide(EmptyBox(), told_by="job").calls) == 1
    assert len(station.decide(ForgetBallots(("mem_a",), more=True), told_by="job").calls) == 1
    assert station.decide(ForgetBallots(("mem_b", "mem_gone"), more=False), told_by="job").calls == []
    assert [(row.content, row.receipt) for row in station.rows.values()] == [("", receipt) for receipt in receipts]


def test_a_public_station_keeps_its_ballots() -> None:
    station = Station()
    station.cast("mem_a", 1)
    station.decide(SealBox(), told_by="vote", now=CLOSES)
    assert station.decide(EmptyBox(), told_by="job").calls == []


# --- whatever happens, in whatever order ---

VOTERS = ("mem_a", "mem_b", "mem_c")
FOUND = some.sampled_from(["yes", "yes", "yes", "no", "unknown"])
CASTS = some.tuples(some.just("cast"), some.sampled_from(VOTERS), some.lists(some.integers(0, 4), max_size=3), FOUND)
STEPS: some.SearchStrategy[tuple[str, str, list[int], str]] = some.one_of(
    CASTS,
    CASTS,
    some.tuples(some.just("hear"), some.just(""), some.just([]), FOUND),
    some.tuples(some.sampled_from(["turnout", "seal", "extend"]), some.just(""), some.just([]), some.just("yes")),
)


class Model:
    """What must be: the last ballot that each voter was answered for."""

    def __init__(self) -> None:
        self.ballots: dict[str, tuple[str, int]] = {}
        self.turnout = 0

    def take(self, command: CastBallot, after: Played[BallotBox]) -> None:
        if after.status != 201:
            return
        revision = self.ballots.get(command.voter, ("", 0))[1] + 1
        assert isinstance(after.reply, ReceiptView)
        assert after.reply.revision == revision
        row = next(row for row in after.puts if isinstance(row, Ballot))
        self.ballots[command.voter] = (row.content, revision)


@given(
    some.sampled_from(["choose_one", "approve", "rank", "grade"]),
    some.sampled_from(["once", "again and again"]),
    some.lists(STEPS, max_size=60),
)
def test_no_ballot_is_lost_or_counted_twice(
    form: BallotForm, often: str, steps: list[tuple[str, str, list[int], str]]
) -> None:
    revote = often == "again and again"
    station, model, now = Station(prepared(form, revote=revote, shows_tally=True)), Model(), NOON
    for what, voter, choices, found in steps:
        now += timedelta(minutes=20)
        if what == "cast":
            ballot = CastBallot("vot_1", voter, tuple(choices))
            model.take(ballot, station.decide(ballot, sender=voter, now=now, found=_eligible(found)))
        elif what == "hear" and station.waiting:
            _hear(station, model, now, _eligible(found))
        elif what == "turnout":
            station.decide(TellTurnout(), now=now)
        elif what == "seal" and now >= station.state.closes_at:
            station.decide(SealBox(), told_by="vote", now=now)
        elif what == "extend":
            station.decide(ExtendBox(CLOSES + timedelta(hours=2)), told_by="vote", now=now)
        _check(station, model)
    station.decide(SealBox(), told_by="vote", now=CLOSES + timedelta(hours=9))
    while station.waiting:
        _hear(station, model, now, "yes")
    _check(station, model)
    _check_end(station, model)


def _eligible(found: str) -> Eligible:
    return "yes" if found == "yes" else "no" if found == "no" else "unknown"


def _hear(station: Station, model: Model, now: datetime, found: Eligible) -> None:
    command = station.waiting[0]
    after = station.hear(found, now=now)
    if isinstance(command, CastBallot):
        model.take(command, after)


def _check(station: Station, model: Model) -> None:
    state, rows = station.state, station.rows
    assert {member: (row.content, row.revision) for member, row in rows.items()} == model.ballots
    assert state.phase in ballot_box.phases
    assert state.ballots == len(rows)
    assert int(state.checksum, 16) == sum(int(row.receipt, 16) for row in rows.values()) % RECEIPTS
    counts = [counts_of(state.form, read(row.content), options=3) for row in rows.values()]
    assert list(state.sums) == [sum(each) for each in zip(*counts, strict=True)] or not counts
    assert all(
        row.receipt == receipt_of("vot_1", row.member, row.revision, row.content)
        and written(read(row.content)) == row.content
        for row in rows.values()
    )
    turnouts = [told for told in station.told if isinstance(told, NoteTurnout)]
    assert state.phase == "sealed" or sum(told.ballots for told in turnouts) == state.told


def _check_end(station: Station, model: Model) -> None:
    """Each station says once what it has, and that is all that voters were answered for."""
    assert station.state.phase == "sealed"
    counted = [told for told in station.told if isinstance(told, BoxCounted)]
    assert [told.ballots for told in counted] == [len(model.ballots)]
    assert not any(isinstance(each, CastBallot | FinishSeal) for each in station.waiting)
