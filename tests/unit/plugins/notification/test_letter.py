"""Letters: the same words for eyes and for plain readers, and nothing in them that is markup."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.plugins.notification.hooks import register_plugin
from diramoja.plugins.notification.letter import Content, letter_of, unsubscribe_page
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.unsubscribe import Subscription, read_token, token_of, unsubscribe_url
from diramoja.ports.mail import Letter
from diramoja_community.texts import Catalogues

TEXTS = Catalogues.read([register_plugin()])
SETTINGS = NotificationSettings(public_url="https://movement.example/")


class Reader(HTMLParser):
    """Which elements there are, and the words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given: Mapping[str, str | None] = dict(attrs)
        self.links += [given["href"] or ""] if tag == "a" else []
        self.language = given.get("lang") or self.language

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def letter(content: Content, stop_url: str = "https://movement.example/stop?token=x") -> Letter:
    return letter_of(
        content,
        TEXTS,
        id="ntc_1",
        to="a@b.c",
        community="The <Movement>",
        url="https://movement.example",
        stop_url=stop_url,
    )


def test_a_letter_says_the_same_in_both_parts() -> None:
    made = letter(Content("More: 2.", "sw", "participation", ["One & two", "<b>Three</b>"]))
    reader = read(made.html)
    for words in ("More: 2.", "One & two", "<b>Three</b>", "Fungua The <Movement>", "Usinitumie tena barua pepe"):
        assert words in made.text and words in "".join(reader.words)
    assert reader.links == ["https://movement.example", "https://movement.example/stop?token=x"]
    assert all(link in made.text for link in reader.links)
    assert reader.language == "sw" and "main" in reader.tags and "title" in reader.tags
    assert (made.subject, made.language) == ("More: 2.", "sw")


def test_what_cannot_be_switched_off_has_no_link_and_says_why() -> None:
    made = letter(Content("A vote is open.", "en", "statutory"), stop_url="")
    assert read(made.html).links == ["https://movement.example"]
    assert "always come by email" in made.text and made.unsubscribe_url == ""


@given(some.text(min_size=1), some.lists(some.text(min_size=1), max_size=3))
def test_no_text_becomes_markup_or_a_header(text: str, more: list[str]) -> None:
    made = letter(Content(text, "en", "personal", more))
    plain = read(letter(Content("x", "en", "personal", ["x"] * len(more))).html)
    assert read(made.html).tags == plain.tags
    assert made.subject.isprintable() and len(made.subject) <= 100


def test_the_page_has_a_button_only_where_there_is_something_to_do() -> None:
    asked = read(unsubscribe_page("sw", TEXTS, title="No more email of this kind?", text="x", button=True))
    done = read(unsubscribe_page("sw", TEXTS, title="No more email of this kind", text="x", button=False))
    assert (asked.tags.count("button"), done.tags.count("button"), asked.language) == (1, 0, "sw")


def test_a_token_is_sealed_and_different_each_time(tmp_path: Path) -> None:
    keys, others = Keys(tmp_path / "a"), Keys(tmp_path / "b")
    whose = Subscription("mem_amina", "topic.suggested", "participation")
    first, second = (token_of(whose, keys, SETTINGS) for _ in range(2))
    assert first != second and read_token(first, keys, SETTINGS) == read_token(second, keys, SETTINGS) == whose
    assert unsubscribe_url(first, SETTINGS) == f"https://movement.example/v1/unsubscribe?token={first}"
    with pytest.raises(InvalidError):
        read_token(first, others, SETTINGS)
    for place in range(len(first)):
        changed = first[:place] + ("A" if first[place] != "A" else "B") + first[place + 1 :]
        try:
            assert read_token(changed, keys, SETTINGS) == whose  # Of the last character not all bits count.
        except InvalidError:
            continue
        assert place == len(first) - 1


@given(some.text(max_size=80) | some.binary(max_size=80).map(lambda raw: raw.hex()))
def test_other_tokens_are_none_of_ours(token: str) -> None:
    with pytest.raises(InvalidError):
        read_token(token, KEYS, SETTINGS)


class _OneKey(Keys):
    def __init__(self) -> None:
        pass

    def get(self, name: str, file: str = "") -> bytes:
        return b"k" * 32


KEYS = _OneKey()
