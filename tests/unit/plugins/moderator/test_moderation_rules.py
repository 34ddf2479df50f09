import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.plugins.moderator import notices
from diramoja.plugins.moderator.guidelines import read_guidelines
from diramoja.plugins.moderator.hooks import register_plugin
from diramoja.plugins.moderator.rules import Arrival, accuracy, authority_above, is_burst, outranks, reviewed
from diramoja.plugins.moderator.settings import ModerationSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = ModerationSettings()


def test_accuracy_by_hand() -> None:
    seen = accuracy(decided=100, appealed=20, appeals=(20, 3), reviews=(30, 1))
    # r_a = 3.5/21, r_r = 1.5/31: 100 (1 - (20 · .166667 + 80 · .048387) / 100) = 92.796
    assert seen.score == 92.8
    # Wilson with p = .92796, n = 50, z = 1.959964: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    assert (seen.low, seen.high, seen.reviewed) == (82.2, 97.3, 50)


def test_accuracy_needs_twenty_looks() -> None:
    assert accuracy(decided=100, appealed=9, appeals=(9, 0), reviews=(10, 0)).score is None
    assert accuracy(decided=100, appealed=9, appeals=(9, 0), reviews=(11, 0)).score is not None
    assert accuracy(decided=0, appealed=0, appeals=(0, 0), reviews=(20, 0)).score is None


counts = st.integers(0, 500)


@given(decided=st.integers(1, 2_000), appeals=counts, wrong=counts, reviews=counts, differed=counts)
def test_accuracy_stays_within_its_interval(
    *, decided: int, appeals: int, wrong: int, reviews: int, differed: int
) -> None:
    appeals, reviews = min(appeals, decided), min(reviews, decided)
    seen = accuracy(
        decided=decided,
        appealed=appeals,
        appeals=(appeals, min(wrong, appeals)),
        reviews=(reviews, min(differed, reviews)),
    )
    if appeals + reviews < 20:
        assert seen.score is None
        return
    assert seen.score is not None and seen.low is not None and seen.high is not None
    assert 0 <= seen.low <= seen.score + 0.1 and seen.score - 0.1 <= seen.high <= 100


def test_who_outranks_whom() -> None:
    assert outranks("topic", "topic") and outranks("global", "regional") and not outranks("topic", "regional")
    assert [authority_above(level) for level in ("topic", "regional", "global")] == ["regional", "global", "global"]


@given(minutes=st.lists(st.integers(0, 60), max_size=30), regions=st.lists(st.sampled_from("ab"), min_size=30))
def test_a_burst_is_more_than_five_of_a_kind_in_ten_minutes(minutes: list[int], regions: list[str]) -> None:
    arrivals = [
        Arrival(NOW - timedelta(minutes=m), r, takes_part=False) for m, r in zip(minutes, regions, strict=False)
    ]
    recent = [each.region for each in arrivals if each.at >= NOW - timedelta(minutes=10)]
    assert is_burst(arrivals, NOW, SETTINGS) == (max(recent.count("a"), recent.count("b")) > 5)


def test_reviews_are_chosen_alike_in_a_repeat() -> None:
    chosen = [reviewed("cas_1", NOW, 9, SETTINGS) for _ in range(3)]
    assert len(set(chosen)) == 1
    assert reviewed("cas_1", NOW, 4, SETTINGS)
    assert not reviewed("cas_1", NOW, 0, ModerationSettings(reviews_per_month=0, review_ratio=0.0))


def test_the_guidelines_shipped_have_rules_in_english_and_swahili() -> None:
    current = SETTINGS.guidelines.current
    assert current.version == "2026-01" and current.has("respect") and not current.has("nothing")
    assert all({"en", "sw"} <= set(rule.title) & set(rule.text) for rule in current.rules)


RULE = '[[versions.rules]]\nname = "a"\ntitle.en = "A"\ntext.en = "A."\n'
VERSION = '[[versions]]\nversion = "1"\n' + RULE


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (VERSION + RULE, "twice"),
        (VERSION + VERSION, "twice"),
        (VERSION.replace("title.en", "title.sw"), "English"),
        (VERSION + 'colour = "red"\n', "colour"),
        ("versions = []", "length"),
        ("versions = [", "guidelines_file"),
    ],
)
def test_guidelines_that_are_none_are_refused(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "guidelines.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=error):
        ModerationSettings(guidelines_file=str(file))


def test_earlier_versions_stay_and_the_last_one_holds() -> None:
    guidelines = read_guidelines(VERSION + VERSION.replace('"1"', '"2"'))
    assert guidelines.current.version == "2"
    assert guidelines.of("1") is not None and guidelines.of("3") is None


def test_every_notice_is_in_swahili_with_the_same_placeholders() -> None:
    told = [notices._DECIDED, notices._SCREENED, notices._REPORTED, notices._ALERTS]
    texts = {text for each in told for text in each.values()}  # type: ignore[attr-defined]  # dictionaries of texts
    folder = register_plugin().locale
    assert folder is not None
    catalogue = (folder / "sw.po").read_text(encoding="utf-8")
    pairs = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', catalogue, re.MULTILINE))
    assert texts < set(pairs)
    for english, swahili in pairs.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", swahili))
