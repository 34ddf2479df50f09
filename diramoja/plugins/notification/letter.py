"""What letters and the page to unsubscribe look like: plain text, and HTML in which every value is escaped."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from string import Template

import msgspec

from diramoja.plugins.notification.contracts import NoticeClass
from diramoja.ports.mail import Letter
from diramoja.ports.texts import Texts, msgid

__all__ = ["Content", "letter_of", "unsubscribe_page"]

SUBJECT_CHARS = 100

OPEN = msgid("Open {community}")
WHY = msgid("You get this because you are a member of {community}.")
WHY_STATUTORY = msgid(
    "You get this because you are a member of {community}. Notices of this kind always come by email."
)
STOP = msgid("Send me no more email of this kind")
STOP_TITLE = msgid("No more email of this kind?")
STOP_TEXT = msgid("You will still find these notices in your inbox.")
STOPPED_TITLE = msgid("No more email of this kind")
STOPPED_TEXT = msgid("It is done. You can change this in your preferences at any time.")
STATUTORY_TITLE = msgid("This email cannot be switched off")
STATUTORY_TEXT = msgid("These notices come to the inbox and by email; they cannot be switched off.")


class Content(msgspec.Struct, frozen=True):
    """What a letter says, translated. `more` are the items of a digest."""

    text: str
    language: str
    notice_class: NoticeClass
    more: Sequence[str] = ()


def letter_of(
    content: Content, texts: Texts, *, id: str, to: str, community: str, url: str, stop_url: str
) -> Letter:  # keywords
    """The letter; `stop_url` "" where it cannot be switched off."""
    say = _Words(texts, content.language, community)
    why = say(WHY_STATUTORY if content.notice_class == "statutory" else WHY)
    subject = _one_line(content.text)
    stop = f'<p style="margin:0"><a href="{escape(stop_url)}">{escape(say(STOP))}</a></p>' if stop_url else ""
    html = Template(_file("letter.html")).substitute(
        language=escape(content.language),
        subject=escape(subject),
        community=escape(community),
        paragraphs=_paragraphs(content),
        url=escape(url),
        open=escape(say(OPEN)),
        why=escape(why),
        unsubscribe=stop,
    )
    lines = [content.text, *(f"- {each}" for each in content.more), "", f"{say(OPEN)}: {url}", "", "-- ", why]
    if stop_url:
        lines.append(f"{say(STOP)}: {stop_url}")
    return Letter(id, to, subject, "\n".join(lines) + "\n", html, content.language, stop_url)


def unsubscribe_page(language: str, texts: Texts, *, title: str, text: str, button: bool) -> str:
    """The page; with a button that posts to where the page came from."""
    say = _Words(texts, language, "")
    form = f'<form method="post"><button>{escape(say(STOP))}</button></form>' if button else ""
    return Template(_file("page.html")).substitute(
        language=escape(language), title=escape(say(title)), text=escape(say(text)), form=form
    )


class _Words:
    """Our own words in a language."""

    def __init__(self, texts: Texts, language: str, community: str) -> None:
        self._texts, self._language, self._values = texts, language, {"community": community}

    def __call__(self, text: str) -> str:
        return self._texts.translate(self._language, text, self._values)


def _paragraphs(content: Content) -> str:
    text = f'<p style="margin:0 0 16px">{escape(content.text)}</p>'
    if not content.more:
        return text
    return f"{text}\n<ul>{''.join(f'<li>{escape(each)}</li>' for each in content.more)}</ul>"


def _one_line(text: str) -> str:
    """As a subject: no control characters, which would begin another header."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= SUBJECT_CHARS else line[: SUBJECT_CHARS - 1].rstrip() + "…"


@lru_cache(maxsize=4)
def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
