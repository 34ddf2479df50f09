"""What the articles of an organisation ask of a vote."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.statutes import Motion, Statute, breaches_in, findings_on
from diramoja.plugins.vote.words import BodySeat, RollRule, Terms

MAY = datetime(2026, 5, 1, tzinfo=UTC)
TERMS = Terms(
    vote_type="binding_vote",
    majority="two_thirds",
    quorum_ratio=0.5,
    category="healthcare",
    opens_at=MAY + timedelta(days=14),
    closes_at=MAY + timedelta(days=21),
)
CHAIR = BodySeat("bod_board", "chair")


def motion(roles: str = "official", seats: tuple[BodySeat, ...] = (), **terms: Any) -> Motion:
    return Motion(TERMS.but(**terms), MAY, frozenset(roles.split()), seats, seats)


def article(**rules: Any) -> Statute:
    return Statute(article="§ 12 (2)", **rules)


def broken(statute: Statute, of: Motion) -> list[str]:
    return [each.rule for each in breaches_in([statute], of)]


@pytest.mark.parametrize(
    ("rules", "kept", "other", "rule"),
    [
        ({"called_by": ("official",)}, motion(), motion("leader"), "called_by"),
        ({"called_by_bodies": ("bod_board",)}, motion(seats=(CHAIR,)), motion(), "called_by"),
        ({"notice_days": 14}, motion(), motion(opens_at=MAY + timedelta(days=13, hours=23)), "notice"),
        ({"open_days": 7}, motion(), motion(closes_at=MAY + timedelta(days=20)), "open_days"),
        ({"quorum_ratio": 0.5}, motion(), motion(quorum_ratio=0.49), "quorum"),
        ({"majorities": ("absolute", "two_thirds")}, motion(), motion(majority="plurality"), "majority"),
        ({"methods": ("simple_majority",)}, motion(), motion(voting_method="approval"), "method"),
        ({"anonymity_levels": ("public",)}, motion(), motion(anonymity_level="pseudonymous"), "anonymity"),
        ({"tie_rules": ("status_quo",)}, motion(), motion(tie_rule="lot"), "tie_rule"),
        ({"roll": RollRule(member_days=90)}, motion(roll=RollRule(member_days=90)), motion(), "roll"),
        ({"delegation": False}, motion(), motion(delegation=True), "delegation"),
        (
            {"casting_seat": CHAIR},
            motion(tie_rule="casting_vote", seats=(CHAIR,)),
            motion(tie_rule="casting_vote", seats=(BodySeat("bod_board", "member"),)),
            "casting_vote",
        ),
    ],
)
def test_a_rule_is_kept_or_broken(rules: dict[str, Any], kept: Motion, other: Motion, rule: str) -> None:
    assert broken(article(**rules), kept) == []
    assert broken(article(**rules), other) == [rule]
    assert [each.rule for each in findings_on([article(**rules)], kept)] == [rule]


@pytest.mark.parametrize(
    ("conditions", "of", "other"),
    [
        ({"vote_types": ("binding_vote",)}, motion(), motion(vote_type="poll")),
        ({"on_persons": True}, motion(on_persons=True), motion()),
        ({"on_persons": False}, motion(), motion(on_persons=True)),
        ({"categories": ("healthcare",)}, motion(), motion(category="economy")),
    ],
)
def test_an_article_speaks_only_of_the_votes_it_names(conditions: dict[str, Any], of: Motion, other: Motion) -> None:
    statute = article(quorum_ratio=0.9, **conditions)
    assert broken(statute, of) == ["quorum"]
    assert findings_on([statute], other) == []


def test_a_refusal_names_the_article_and_what_it_asks_for() -> None:
    statutes = [article(quorum_ratio=0.6, notice_days=21), Statute(article="§ 3", delegation=False)]
    found = breaches_in(statutes, motion(delegation=True))
    assert [str(each) for each in found] == [
        "§ 12 (2): notice of at least 21 days, not 14.",
        "§ 12 (2): a quorum of at least 0.6, not 0.5.",
        "§ 3: without delegation, not with delegation.",
    ]


def test_a_roll_may_be_narrowed_to_bodies_and_regions_the_article_does_not_name() -> None:
    rule = RollRule(regions=("north",), bodies=("bod_board",))
    assert broken(article(roll=RollRule()), motion(roll=rule)) == []
    assert broken(article(roll=RollRule(regions=("south",))), motion(roll=rule)) == ["roll"]
    same = RollRule(levels=("official", "leader", "active_member", "member"))
    assert broken(article(roll=RollRule()), motion(roll=same)) == []
    assert broken(article(roll=RollRule()), motion(roll=RollRule(standings=("good", "arrears")))) == ["roll"]


def test_a_casting_seat_matters_only_where_somebody_has_a_casting_vote() -> None:
    assert findings_on([article(casting_seat=CHAIR)], motion()) == []


def test_a_draft_without_times_breaks_the_rules_about_time() -> None:
    draft = motion(opens_at=None, closes_at=None)
    assert broken(article(notice_days=1, open_days=1), draft) == ["notice", "open_days"]


def test_without_statutes_everything_goes() -> None:
    assert findings_on((), motion()) == []


FILE = """
[vote]
[[vote.statutes]]
article = "§ 12 (2)"
vote_types = ["binding_vote"]
notice_days = 14
quorum_ratio = 1
roll = { member_days = 90 }
casting_seat = { body = "bod_board" }
"""


def test_statutes_are_read_from_the_deployment_file() -> None:
    (statute,) = msgspec.convert(tomllib.loads(FILE)["vote"], VoteSettings).statutes
    assert (statute.quorum_ratio, statute.casting_seat) == (1, CHAIR)
    assert statute.roll == RollRule(member_days=90)


@pytest.mark.parametrize(
    "line", ["quorum = 0.5", "quorum_ratio = 2", 'vote_types = ["referendum"]', 'article = ""', "notice_days = -1"]
)
def test_a_statute_that_says_nothing_known_is_refused(line: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"article": "§ 1"} | tomllib.loads(line), Statute)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 60), st.integers(-5, 60))
def test_more_than_an_article_asks_for_never_breaks_it(asked: float, given_: float, days: int, notice: int) -> None:
    statute = article(quorum_ratio=asked, notice_days=days)
    of = motion(quorum_ratio=given_, opens_at=MAY + timedelta(days=notice))
    assert broken(statute, of) == ["notice"] * (notice < days) + ["quorum"] * (given_ < asked)
