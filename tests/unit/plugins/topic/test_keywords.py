import pytest

from diramoja.plugins.topic.keywords import TERMS, excerpt, keywords, tags_of, words
from diramoja.plugins.topic.summary import subtopics_of, summarised


def test_words_are_singular_and_say_something() -> None:
    assert words("The Clinics and the nurses of https://example.org/clinics: 24 hours!") == ["clinic", "nurse", "hour"]


def test_swahili_stop_words_are_left_out() -> None:
    assert words("Zahanati kwa ajili ya watu wote") == ["zahanati", "ajili"]


def test_the_title_weighs_more_and_given_tags_count() -> None:
    terms = keywords("Evening clinics", "Nurses and clinics.", ["rural"])
    assert list(terms) == ["clinic", "evening", "rural", "nurse"]
    assert terms["clinic"] > terms["evening"] == terms["rural"] > terms["nurse"]


def test_many_words_are_cut_to_the_heaviest() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = " ".join(f"{one}{two}word" for one in letters for two in letters)
    assert len(keywords("", text)) == TERMS


@pytest.mark.parametrize(
    ("title", "text", "tags"),
    [
        ("Free clinics for all", "A clinic with nurses and medicines.", {"clinics", "nurses", "medicine"}),
        ("Zahanati kila kijiji", "Daktari na dawa.", {"clinics", "doctors", "medicine"}),
    ],
)
def test_a_healthcare_proposal_gets_tags_of_its_vocabulary(title: str, text: str, tags: set[str]) -> None:
    found = tags_of(keywords(title, text), "healthcare", (), 5)
    assert tags <= set(found) and len(found) <= 5


def test_given_tags_come_first_and_are_not_repeated() -> None:
    terms = keywords("Clinics", "Clinics in villages", ["clinic"])
    assert tags_of(terms, "healthcare", ("clinic",), 5) == ("clinic", "village")


def test_a_category_without_vocabulary_has_tags_all_the_same() -> None:
    assert tags_of(keywords("Football pitches", "Grass"), "sports", (), 5) == ("football", "pitch", "grass")


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("a\n b") == "a b"
    assert excerpt("x" * 100) == "x" * 79 + "…"


POSTS = [
    ("pst_1", "mem_a", "The clinic closes at noon. Nurses leave the village before the evening begins."),
    ("pst_2", "mem_b", "Our village clinic closes at noon, and the nurses leave."),
    ("pst_3", "mem_c", "Buses to the hospital are expensive for the village. I like football very much indeed."),
    ("pst_4", "mem_d", "The buses to the hospital leave at seven."),
]


def test_a_summary_says_what_many_posts_say_once() -> None:
    lines = summarised(POSTS, 2)
    assert [line.post_id for line in lines] == ["pst_2", "pst_3"]
    assert lines == summarised(POSTS, 2)
    assert all(line.text in text for line in lines for _, _, text in [POSTS[int(line.post_id[-1]) - 1]])
    assert summarised([]) == ()


def test_subtopics_are_of_several_posts_and_not_the_topic_itself() -> None:
    assert subtopics_of(POSTS, frozenset({"clinic", "village"})) == ("leave", "buse", "close", "hospital", "noon")
