"""Screening of texts, and reports: messages and views; those of cases and moderators are in case_contracts."""

from typing import Literal

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "ClassifierAway",
    "ClassifierBack",
    "CountShare",
    "EndCase",
    "EndRecusal",
    "Evidence",
    "FileReport",
    "FlagPost",
    "PostCleared",
    "RecuseMembers",
    "Report",
    "ReportView",
    "ScreenPost",
    "ScreenText",
    "Verdict",
]  # fmt: skip

type Verdict = Literal["cleared", "held", "hidden"]
"""What software says of a text; people outrank it."""


class Evidence(View):
    """A post, or another text, as it was when a case about it was opened.

    `author`: whom the case is about. `addressee`: whose post it answers, or who wrote the post that `author` shares.
    `place`: the kind of agent that holds it; its id is `topic`.
    """

    topic: str
    post: str
    author: Personal[str]
    body: str
    addressee: Personal[str] = ""
    place: str = "topic"


class Report(View):
    """What a member reported. `reason` is a word such as spam, insult or false."""

    id: str
    reporter: Personal[str]
    reason: str
    text: str
    weight: float = 1.0
    """0..1 (F4): orders the queue, hides nothing."""
    region: str = ""
    takes_part: bool = False
    """Whether the reporter wrote in the topic or follows it."""


# --- to the screening of a topic ---


class ScreenPost(Command):
    """Judge a post that nobody else has seen yet; published as PostCleared."""

    post: str
    author: Personal[str]
    body: str
    addressee: Personal[str] = ""


class ScreenText(Command):
    """Judge a text that is no post, before others see it; told by the agent that holds it, with the id of its own.

    The agent hears a TakeVerdict with this `text_id`, and a ModeratePost once people decide; `answers` are handed back.
    """

    text_id: str
    author: Personal[str]
    body: str
    addressee: Personal[str] = ""


class CountShare(Command):
    """A member shared a flagged post, and had been told; after the third time people look at it."""

    post: str
    author: Personal[str]
    body: str
    sharer: Personal[str]


class FileReport(Command):
    """Take a report into the open case about the post, or open one. Answers a ReportView; one a member and post."""

    report: Report
    evidence: Evidence


class FlagPost(Command):
    """Have people look at a post that stays as it is, because of what the information broker found."""

    evidence: Evidence
    reason: str


class EndCase(Command):
    """The case about this matter is decided: the next report opens another.

    `post`: the id of the post; of a case about a member who shares it, `<post>:<member>`.
    """

    post: str


class RecuseMembers(Command):
    """While a vote about this topic is open, those who stand in it or proposed it act in no case of the topic.

    Told by the vote when it opens; EndRecusal follows when it is over.
    """

    vote: str
    members: Personal[tuple[str, ...]]


class EndRecusal(Command):
    """The vote is closed or called off."""

    vote: str


# --- events ---


class PostCleared(Event, name="moderation.post.cleared"):
    """What screening says of a post. `last`: no further check follows. `reason` is for the author."""

    topic: str
    post: str
    author: Personal[str]
    body: Personal[str]
    outcome: Verdict
    reason: str
    last: bool
    addressee: Personal[str] = ""


class ClassifierAway(Event, name="moderation.classifier.away"):
    """The list of words decides about the posts of a topic: the classifier does not answer. `since`: a day."""

    topic: str
    since: str


class ClassifierBack(Event, name="moderation.classifier.back"):
    """The classifier decides again about the posts of a topic."""

    topic: str


# --- views ---


class ReportView(View):
    """What a reporter sees of a report; never the case or other reporters."""

    id: str
    status: Literal["received"]
