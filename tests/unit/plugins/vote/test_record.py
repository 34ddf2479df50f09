"""The record of an election: the same bytes each time, complete, and saying of itself how it is checked."""

import hashlib
import io
import tarfile
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from diramoja.core import Page, PageQuery
from diramoja.counting import BUILT_IN, Profile, Ties, explain, write_csv
from diramoja.plugins.vote.record import CONTENTS, ENTRIES_MAX, Record, packed
from diramoja.plugins.vote.record_queries import whole
from diramoja.plugins.vote.rules import terms_hash, terms_json
from diramoja.plugins.vote.views import AuditView, LotSecret, LotView, OptionView, ResultView, RollView
from diramoja.plugins.vote.words import RollRule, Terms, VoteOption
from tests.support.a_vote import NOON, a_vote

CLOSE = NOON + timedelta(days=3, microseconds=7)
NAMES = ("Ayo", "=Bahati", '"C#"')
ASKED = ("Who", "Say.", [VoteOption(name) for name in NAMES], Terms(options=3))
PROFILE = Profile.of("ranking", NAMES, {(2, 1): 5, (1,): 3, (3, 2, 1): 1, (): 1}, title="Who")
COUNT = BUILT_IN["instant_runoff"].count(PROFILE, ties=Ties("lot"))

VOTE = a_vote().but(
    title="Who",
    description="Say.",
    options=tuple(OptionView(n, text) for n, text in enumerate(NAMES, 1)),
    voting_method="ranked_choice",
    form="rank",
    anonymity_level="pseudonymous",
    quorum_ratio=0.0,
    closes_at=CLOSE,
    terms_hash=terms_hash(*ASKED),
)
RESULT = ResultView(
    vote_id="vot_1",
    outcome="decided",
    winners=(2,),
    lines=(),
    ballots=10,
    valid=9,
    blank=1,
    delegated=0,
    roll_size=20,
    roll_hash="r" * 64,
    quorum_needed=0,
    quorum_met=True,
    majority_needed=0,
    voting_method="ranked_choice",
    majority="plurality",
    tie_rule="lot",
    tied=(),
    run_off=(),
    count_number=1,
    record_hash=PROFILE.digest,
    published_at=CLOSE,
    effective_at=CLOSE + timedelta(days=3),
    effective=False,
    disputes_open=0,
)
RECORD = Record(
    vote=VOTE,
    terms=terms_json(*ASKED),
    roll=RollView("vot_1", 20, "r" * 64, RollRule(), NOON, NOON),
    result=RESULT,
    count=COUNT,
    lot=LotView("vot_1"),
    audit=[AuditView(1, NOON, "mem_author", "scheduled", VOTE.terms_hash)],
    disputes=[],
    ballots={"csv": write_csv(PROFILE), "txt": PROFILE.record},
    receipts=f"{'a' * 64}\n{'b' * 64}\n",
)


def opened(record: Record) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(packed(record)), mode="r:") as tar:
        return {each.name: tar.extractfile(each).read().decode() for each in tar}  # type: ignore[union-attr]


def test_the_same_vote_gives_the_same_bytes_wherever_it_is_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = packed(RECORD)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    backwards = attrs.evolve(RECORD, ballots=dict(sorted(RECORD.ballots.items(), reverse=True)))
    assert packed(backwards) == first
    assert hashlib.sha256(packed(attrs.evolve(RECORD, receipts=""))).digest() != hashlib.sha256(first).digest()


def test_headers_say_nothing_but_name_size_and_the_close() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(RECORD)), mode="r:") as tar:
        members = tar.getmembers()
        assert tar.pax_headers == {}
    assert [each.name for each in members] == sorted(each.name for each in members)
    for each in members:
        assert each.isreg()
        assert (each.mode, each.mtime) == (0o644, int(CLOSE.timestamp()))
        assert (each.uid, each.gid, each.uname, each.gname) == (0, 0, "", "")


def test_a_close_that_no_archive_can_say_is_the_latest_one() -> None:
    late = attrs.evolve(RECORD, vote=VOTE.but(closes_at=datetime(2999, 1, 1, tzinfo=UTC)))
    with tarfile.open(fileobj=io.BytesIO(packed(late)), mode="r:") as tar:
        assert {each.mtime for each in tar} == {8**11 - 1}


def test_sums_and_readme_are_of_all_files() -> None:
    files = {name.removeprefix("vot_1/"): text for name, text in opened(RECORD).items()}
    sums = {name: sha256 for sha256, name in (line.split("  ") for line in files.pop("SHA256SUMS").splitlines())}
    assert sums == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    readme = files.pop("README.txt")
    assert set(files) == set(CONTENTS) - {"ballots.blt", "lot.json"}
    for name, said in CONTENTS.items():
        assert (f"  {name} " in readme and said in readme) is (name in files)
    assert f"  sha256sum terms.json\n  {sums['terms.json']}\n" in readme
    assert f"  sha256sum ballots.txt\n  {sums['ballots.txt']}\n" in readme
    assert (sums["terms.json"], sums["ballots.txt"]) == (VOTE.terms_hash, RESULT.record_hash)
    assert files["count.txt"].startswith(explain(COUNT)[2])
    assert files["count.txt"].endswith(f"\nSHA-256 of these ballots: {PROFILE.digest}\n")


def test_readme_says_what_the_count_alone_does_not() -> None:
    def readme(record: Record) -> str:
        return opened(record)["vot_1/README.txt"]

    assert "Result: Decided (count 1). It can be disputed until 2026-03-07 12:00 UTC." in readme(RECORD)
    for changes, said in (
        ({"effective": True}, "Decided (count 1). It stands."),
        ({"disputes_open": 1}, "It is disputed."),
        ({"outcome": "no_quorum", "quorum_needed": 15}, "(15 ballots were needed)"),
        ({"outcome": "annulled", "count_number": 2}, "The vote was annulled after a dispute"),
    ):
        assert said in readme(attrs.evolve(RECORD, result=RESULT.but(**changes))), changes
    assert "forgotten since" in readme(attrs.evolve(RECORD, receipts=""))
    assert "/v1/votes/vot_1/receipts" in readme(attrs.evolve(RECORD, vote=VOTE.but(anonymity_level="public")))
    assert "/receipts" not in readme(RECORD)


def test_readme_says_the_rules_that_the_terms_leave_out() -> None:
    readme = opened(RECORD)["vot_1/README.txt"]
    assert "  If votes are equal: a lot\n" in readme
    assert "  Ballots that are enough: any number\n" in readme
    enough = attrs.evolve(RECORD, result=RESULT.but(quorum_needed=12))
    assert "  Ballots that are enough: 12\n" in opened(enough)["vot_1/README.txt"]


@pytest.mark.parametrize(("entries", "read"), [(0, 0), (500, 500), (1_201, 1_201), (5_001, 5_000), (9_000, 5_000)])
async def test_long_lists_are_read_page_by_page_up_to_a_limit(entries: int, read: int) -> None:
    async def listed(page: PageQuery) -> Page[int]:
        last = int(page.after[0]) if page.after else 0
        items = range(last + 1, min(last + page.limit, entries) + 1)
        return Page(items, PageQuery.cursor(items[-1]) if items and items[-1] < entries else None)

    assert await whole(listed) == [*range(1, read + 1)]


def test_a_list_that_is_cut_says_so() -> None:
    long = attrs.evolve(RECORD, audit=[RECORD.audit[0]] * ENTRIES_MAX)
    assert "Lists end after 5000 entries; all are at /v1/votes/vot_1/audit" in opened(long)["vot_1/README.txt"]
    assert "Lists end" not in opened(RECORD)["vot_1/README.txt"]


def test_what_was_published_for_a_lot_is_there_and_receipts_go_when_they_are_forgotten() -> None:
    lot = LotView("vot_1", (LotSecret("mem_officer", "c" * 64),))
    names = opened(attrs.evolve(RECORD, lot=lot, receipts=""))
    assert "mem_officer" in names["vot_1/lot.json"]
    assert "vot_1/receipts.txt" not in names
