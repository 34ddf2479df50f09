"""The page of a vote: how it shows each phase and outcome, and the command that counts again."""

import re
from html import escape
from pathlib import Path

import attrs
import pytest

from diramoja.counting import BUILT_IN, Count, Majority, Profile, Ties
from diramoja.plugins.vote.count_queries import Shown
from diramoja.plugins.vote.page import OUTCOMES, PHASES, recount_command, vote_page
from diramoja.plugins.vote.views import DisputeView, OptionView, ResultView, RollView, VoteView
from diramoja.plugins.vote.words import Outcome, RollRule
from diramoja.ports.texts import filled
from tests.support.a_vote import HOSTILE, LATER, NOON, a_vote
from tools.texts import ROOT, catalogue, is_translated, texts_of


def a_count(vote: VoteView, ties: Ties | None = None) -> Count:
    profile = Profile.of("ranking", [each.text for each in vote.options], {(1,): 4, (2,): 4, (3,): 1, (): 1})
    majority = Majority(vote.majority, 20)
    return BUILT_IN["plurality"].count(profile, ties=ties or Ties(vote.tie_rule), majority=majority)


def shown(vote: VoteView, *, outcome: Outcome | None = None, count: Count | None = None) -> Shown:
    counted = count or a_count(vote)
    result = ResultView(
        vote_id=vote.id,
        outcome=outcome or counted.outcome,
        winners=counted.winners if outcome is None else (),
        lines=(),
        ballots=10,
        valid=9,
        blank=1,
        delegated=0,
        roll_size=20,
        roll_hash="r" * 64,
        quorum_needed=vote.quorum_needed,
        quorum_met=vote.quorum_needed <= 10,
        majority_needed=0,
        voting_method=vote.voting_method,
        majority=vote.majority,
        tie_rule=vote.tie_rule,
        tied=(),
        run_off=(),
        count_number=1,
        record_hash="b" * 64,
        published_at=LATER,
        effective_at=LATER,
        effective=False,
        disputes_open=1,
    )
    roll = RollView(vote.id, 20, "r" * 64, RollRule(), NOON, NOON)
    dispute = DisputeView("dsp_1", vote.id, HOSTILE, LATER, LATER, 1, filed_by="mem_secret")
    return Shown(vote, roll, result, counted, [dispute])


def rendered(given: Shown) -> str:
    return vote_page(given, filled)


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in {"results_published", "disputed"}])
def test_page_before_the_results_says_where_the_vote_stands(phase: str) -> None:
    vote = a_vote(quorum=9).but(phase=phase, published_at=None)
    page = rendered(Shown(vote, RollView(vote.id, 20, "r" * 64, RollRule(), NOON, NOON)))
    assert PHASES[phase] in page
    assert "9 ballots are needed" in page
    assert "Count it again" not in page


@pytest.mark.parametrize(
    ("method", "seats", "said"),
    [
        ("ranked_choice", 1, "options are ranked; the last one goes out until one has more than half (ranked_choice)"),
        ("ranked_choice", 2, "options are ranked; votes that one does not need are handed on (ranked_choice)"),
        ("simple_majority", 1, "one choice; the most votes win (simple_majority)"),
        ("of_a_plugin", 1, ">of_a_plugin<"),
    ],
)
def test_page_says_in_words_how_ballots_are_counted(method: str, seats: int, said: str) -> None:
    vote = a_vote().but(phase="open", published_at=None, voting_method=method, seats=seats)
    assert said in rendered(Shown(vote, RollView(vote.id, 20, "r" * 64, RollRule(), NOON, NOON)))


def test_page_escapes_whatever_people_wrote_and_names_nobody() -> None:
    page = rendered(shown(a_vote()))
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 5
    assert "mem_" not in page


@pytest.mark.parametrize("outcome", ["no_quorum", "annulled", "tied", "status_quo", "run_off", "no_majority"])
def test_page_says_the_outcome_and_shows_no_winner_where_there_is_none(outcome: Outcome) -> None:
    page = rendered(shown(a_vote(quorum=15), outcome=outcome))
    assert OUTCOMES[outcome] in page
    assert '<ul class="cards">' not in page
    assert "15 ballots were needed: missed" in page
    assert "Chosen:" not in page


def test_page_shows_winners_turnout_and_hashes() -> None:
    vote = a_vote(quorum=10)
    page = rendered(shown(vote, count=a_count(vote, Ties("lot", bytes(32)))))
    assert '<li class="card"><b dir="auto">' in page
    assert '<td class="n">10</td><td class="n">20</td><td class="n">50.0 %</td>' in page
    assert "Decided" not in page, "whoever is chosen stands there"
    assert "10 ballots were needed: reached" in page
    assert "r" * 64 in page
    assert "b" * 64 in page


@pytest.mark.parametrize(
    ("vote", "ties", "command"),
    [
        (a_vote(), Ties("lot"), "--seats 1 --ties lot --explain"),
        (a_vote(), Ties("lot", bytes(32)), f"--seats 1 --ties lot --seed {'00' * 32} --explain"),
        (
            a_vote(tie_rule="casting_vote"),
            Ties("casting_vote", casting=(2, 1)),
            "--seats 1 --ties casting_vote --casting 2,1 --explain",
        ),
        (
            a_vote(majority="of_roll", tie_rule="status_quo"),
            Ties("status_quo"),
            "--seats 1 --ties status_quo --majority of_roll --roll 20 --explain",
        ),
    ],
)
def test_command_counts_again_with_all_that_decided(vote: VoteView, ties: Ties, command: str) -> None:
    assert (
        recount_command(vote, a_count(vote, ties), 20, "vot_1.csv") == f"diramoja count plurality vot_1.csv {command}"
    )


@pytest.mark.parametrize("outcome", ["no_quorum", "annulled"])
def test_page_calls_nobody_elected_where_nothing_is_decided(outcome: Outcome) -> None:
    vote = a_vote(quorum=15)
    counted = a_count(vote, Ties("lot", bytes(32)))
    assert counted.winners
    page = rendered(shown(vote, outcome=outcome, count=counted))
    assert "elected" not in page.casefold()
    assert 'class="in"' not in page.split('id="count"')[1]
    assert "<small>ahead</small>" in page


def test_the_result_comes_first_and_then_what_was_asked() -> None:
    page = rendered(shown(a_vote()))
    assert re.findall(r'<section id="(\w+)">', page) == ["result", "asked", "turnout", "count", "again", "disputes"]


def test_page_says_when_it_opens_closes_was_moved_or_called_off() -> None:
    roll = RollView("vot_1", 20, "r" * 64, RollRule(), NOON, NOON)

    def page(**changes: object) -> str:
        return rendered(Shown(a_vote().but(published_at=None, **changes), roll))

    assert "<p>Opens 2026-03-01 12:00 UTC</p>" in page(phase="scheduled")
    assert "<p>Closes 2026-03-04 12:00 UTC</p>" in page(phase="open")
    assert "2026-03-04 12:00 UTC, moved by 45 minutes after an outage" in page(phase="open", extended_s=2_700)
    cancelled = page(phase="cancelled", cancel_reason=HOSTILE)
    assert f"<p>Reason: {escape(HOSTILE)}</p>" in cancelled
    assert "The results are shown here" not in cancelled


def test_texts_run_in_their_own_direction() -> None:
    page = rendered(shown(a_vote()))
    assert '<h1 dir="auto">' in page
    assert page.count('<li dir="auto">') == 3
    assert '<p class="lead" dir="auto">' in page
    assert '<pre dir="ltr"' in page


def test_the_largest_vote_is_a_small_page() -> None:
    names = [f"{n} ".ljust(200, "x") for n in range(1, 101)]
    ballots = {tuple((first + step - 1) % 100 + 1 for step in range(100)): first for first in range(1, 101)}
    profile = Profile.of("ranking", names, ballots)
    vote = a_vote().but(description="d" * 8_000, options=tuple(OptionView(n, text) for n, text in enumerate(names, 1)))
    for name in ("schulze", "scottish_stv", "instant_runoff"):
        counted = BUILT_IN[name].count(profile, seats=1, ties=Ties("lot", bytes(32)))
        given = shown(vote, count=counted)
        dispute = attrs.evolve(given, disputes=[given.disputes[0].but(text="t" * 4_000)] * 50)
        page = rendered(dispute)
        assert len(page.encode()) < 100_000, name
        assert f"Round {len(counted.rounds)}: " in page, "the last round is always there"
        assert ("further rounds are in the data of the count." in page) is (len(counted.rounds) > 1)


def test_grades_are_offered_as_csv_only() -> None:
    vote = attrs.evolve(shown(a_vote().but(form="grade", voting_method="score")))
    page = rendered(vote)
    assert "ballots.csv" in page
    assert "ballots.blt" not in page


def test_what_a_count_says_is_translated_with_the_votes() -> None:
    known = catalogue(ROOT / "diramoja" / "plugins" / "vote", "sw")
    texts = texts_of(Path(ROOT / "diramoja" / "counting"))
    assert len(texts) > 30
    assert [text for text in texts if not is_translated(known, text)] == []
