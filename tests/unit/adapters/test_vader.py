"""The classifier: shape, disguises, bounds; and, where the data is, how often it is wrong."""

import csv
import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.adapters.vader.classifier import VaderClassifier
from diramoja.adapters.vader.rules import toxicity_of
from diramoja.adapters.vader.settings import VaderSettings
from diramoja.adapters.vader.words import Entry, WordList, normalised
from diramoja.ports.classifier import Assessment

HOLD, HIDE = 0.6, 0.9
DATA = Path(os.environ.get("DIRAMOJA_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not (DATA / "text").is_dir(), reason="no labelled texts here (DIRAMOJA_TEST_DATA)")

CLASSIFIER = VaderClassifier(VaderSettings().read_words())


def toxicity(text: str) -> float:
    return CLASSIFIER.assess_one(text).toxicity


async def test_texts_are_assessed_in_order() -> None:
    kind, hostile = await CLASSIFIER.assess(["What a lovely idea, thank you!", "You are a motherfucking bastard."])
    assert kind.sentiment > 50 and kind.toxicity == 0 and kind.reasons == ()
    assert hostile.sentiment < -30 and hostile.toxicity >= HOLD and hostile.reasons == ("insult",)
    assert kind.model == hostile.model != ""
    assert await CLASSIFIER.assess([]) == []


@pytest.mark.parametrize("text", ["Go kill yourself", "nitakuua wewe", "these mudslimes"])
def test_threats_and_slurs_are_severe(text: str) -> None:
    assessment = CLASSIFIER.assess_one(text)
    assert assessment.toxicity >= HIDE and assessment.confidence >= 0.7


@pytest.mark.parametrize(
    "text", ["b1tch", "B\u200bitch", "biiiiitch", "\uff42\uff49\uff54\uff43\uff48", "a$$hole", "bitches!"]
)
def test_a_disguised_word_is_found(text: str) -> None:
    assert toxicity(f"you {text}") >= HOLD


@pytest.mark.parametrize(
    "text",
    [
        "Haki ya mtoto wa kike ni elimu.",
        "Scunthorpe has a class about bass assessment.",
        "I disagree strongly: this budget is terrible, wasteful and sad.",
        "The war killed thousands and destroyed the hospital. Awful!",
        "Call @bitchin or see https://example.org/bitch",
        "In 1990 we had 5 clinics, in 2020 only 3.",
        "",
    ],
)
def test_a_text_without_abuse_passes(text: str) -> None:
    assert toxicity(text) < HOLD


@given(st.text(max_size=400))
def test_any_text_is_assessed_within_bounds(text: str) -> None:
    assessment = CLASSIFIER.assess_one(text)
    assert isinstance(assessment, Assessment)
    assert 0 <= assessment.toxicity <= 1 and 0 <= assessment.confidence <= 1 and -100 <= assessment.sentiment <= 100


@given(st.lists(st.floats(0, 1)), st.floats(-1, 1), st.floats(0, 1))
def test_a_further_word_never_makes_a_text_less_toxic(weights: list[float], compound: float, further: float) -> None:
    entries = [Entry(weight, "insult") for weight in weights]
    assert toxicity_of([*entries, Entry(further, "insult")], -abs(compound)) >= toxicity_of(entries, 0.0) - 0.001


LONG = ["word " * 2_000, "\U0001f600" * 10_000, "@" * 10_000, "a1" * 5_000, "a!" * 5_000]
LONG += ["!" * 10_000, "a" + "!" * 9_999, "1!" * 5_000, "\ufdfa" * 10_000]


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_the_longest_texts_end_soon(text: str) -> None:
    begun = time.process_time()
    assert 0 <= toxicity(text) < HOLD
    assert time.process_time() - begun < 0.3  # Of the CPU: some 10 ms; what grows with the square takes 400.


def test_look_alikes_are_read_only_within_words() -> None:
    assert normalised("H4te 1990 3 @someone N0w!") == "hate 1990 3   nowi"


@pytest.mark.parametrize("line", ["word", "word\tmuch\tinsult", "word\t1.5\tinsult", "a\t0.5\tb\tc"])
def test_a_line_of_the_list_that_is_none_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        WordList.read(["# words", line])


def test_an_own_list_replaces_the_one_shipped(tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("banana\t0.8\tfruit\n", encoding="utf-8")
    own = VaderClassifier(VaderSettings(words_file=str(tmp_path / "own.tsv")).read_words())
    assert own.assess_one("Bananas for all").reasons == ("fruit",)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="words_file"):
        VaderSettings(words_file=str(tmp_path / "none.tsv"))


def labelled(file: str, label: str, limit: int = 1_500) -> list[str]:
    with gzip.open(DATA / "text" / file, "rt", encoding="utf-8") as lines:
        next(lines)
        pairs = (line.rstrip("\n").split("\t", 1) for line in lines)
        return [text for found, text in pairs if found == label][:limit]


def accepted_statements() -> Iterator[str]:
    for file in sorted((DATA / "polis").glob("*/comments.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            yield from (row["comment-body"] for row in csv.DictReader(lines) if row["moderated"] != "-1")


def share(texts: list[str], threshold: float) -> float:
    return sum(toxicity(text) >= threshold for text in texts) / len(texts)


@needs_data
@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("sentiment/semeval2013_16_train.tsv.gz", "1"),
        ("sentiment/tweeteval_sentiment_val.tsv.gz", "1"),
        ("sentiment/afrisenti_swa_train.tsv.gz", "1"),
        ("claims/claimbuster_train.tsv.gz", "0"),
    ],
)
def test_ordinary_texts_are_held_in_less_than_one_percent(file: str, label: str) -> None:
    assert share(labelled(file, label), HOLD) < 0.01


@needs_data
def test_statements_of_real_conversations_that_people_accepted_pass() -> None:
    assert share(list(accepted_statements()), HOLD) < 0.005


@needs_data
def test_most_hate_speech_is_held() -> None:
    assert share(labelled("toxicity/davidson.tsv.gz", "0"), HOLD) > 0.7
