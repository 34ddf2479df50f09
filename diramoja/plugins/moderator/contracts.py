"""Screening and cases: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "Action",
    "ActionTaken",
    "AppealDecided",
    "AppealFiled",
    "CaseOpened",
    "CaseOrigin",
    "CaseOverdue",
    "CasePhase",
    "CaseView",
    "ClaimCase",
    "DecideCase",
    "EndCase",
    "Evidence",
    "FileReport",
    "FlagPost",
    "JoinCase",
    "LapseCase",
    "MarkOverdue",
    "OpenCase",
    "Outcome",
    "PostAction",
    "PostCleared",
    "ReleaseCase",
    "Report",
    "ReportView",
    "ReportedReason",
    "ScreenPost",
    "WarningIssued",
]

type Outcome = Literal["cleared", "held", "hidden"]
type PostAction = Literal["publish", "hide", "remove"]
type Action = Literal["publish", "hide", "remove", "warn", "restrict", "suspend", "ban"]
"""About the post: publish, hide, remove. About its author: warn, restrict, suspend, ban, by people alone."""
type CaseOrigin = Literal["held", "hidden", "report", "information"]
type CasePhase = Literal["absent", "open", "claimed", "decided"]

_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
type Rule = Annotated[
    str, Meta(pattern=r"^[\w.:/-]{1,60}$", description="the rule of the guidelines", examples=["respect"])
]
type GuidelinesVersion = Annotated[str, Meta(pattern=r"^[\w.:-]{1,40}$", examples=["2026-1"])]
type Reason = Annotated[
    str,
    Meta(min_length=1, max_length=1_000, pattern=r"^(?=[\s\S]*\S)" + _NO_CONTROLS, examples=["It attacks a person."]),
]


class Evidence(View):
    """A post as it was when a case about it was opened. `place`: the kind of agent that holds it."""

    topic: str
    post: str
    author: Personal[str]
    body: str
    place: str = "topic"


class Report(View):
    """What a member reported. `reason` is a word such as spam, insult or false."""

    id: str
    reporter: Personal[str]
    reason: str
    text: str
    weight: float = 1.0
    """0..1 (F4): orders the queue, hides nothing."""


# --- to the screening of a topic ---


class ScreenPost(Command):
    """Judge a post that nobody else has seen yet; published as PostCleared."""

    post: str
    author: Personal[str]
    body: str


class FileReport(Command):
    """Take a report into the open case about the post, or open one. Answers a ReportView; one a member and post."""

    report: Report
    evidence: Evidence


class FlagPost(Command):
    """Have people look at a post that stays as it is, because of what the information broker found."""

    evidence: Evidence
    reason: str


class EndCase(Command):
    """The case about this post is decided: the next report opens another."""

    post: str


# --- to a case ---


class OpenCase(Command):
    """Open a case about a post. `reason` says why, without quoting."""

    origin: CaseOrigin
    evidence: Evidence
    reason: str
    toxicity_ratio: float = 0.0
    report: Report | None = None


class JoinCase(Command):
    """Add a report to a case that is not decided."""

    report: Report


class ClaimCase(Command):
    """Take the case on as the sender; again by the same moderator changes nothing. Answers a CaseView."""


class ReleaseCase(Command):
    """Give the case back to the queue. Answers a CaseView."""


class DecideCase(Command):
    """Decide as the moderator who holds the case; an open one is claimed by it. Answers a CaseView."""

    action: PostAction
    rule: Rule
    guidelines_version: GuidelinesVersion
    reason: Reason


class LapseCase(Command):
    """Nobody reviewed it in time: a held post is published unless it is severe."""


class MarkOverdue(Command):
    """Nobody reviewed it within the time that members may expect."""


# --- events ---


class PostCleared(Event, name="moderation.post.cleared"):
    """What screening says of a post. `last`: no further check follows. `reason` is for the author."""

    topic: str
    post: str
    author: Personal[str]
    body: str
    outcome: Outcome
    reason: str
    last: bool


class CaseOpened(Event, name="moderation.case.opened"):
    """People are asked to look at a post."""

    case: str
    topic: str
    post: str
    origin: CaseOrigin


class CaseOverdue(Event, name="moderation.case.overdue"):
    """A case that nobody decided in time."""

    case: str
    topic: str
    post: str


class ActionTaken(Event, name="moderation.action.taken"):
    """A decision about a post or its author. `by` is people or software; who it was is in the case.

    `sanction` names it for whoever it concerns ("" where it concerns nobody, such as publishing); `ends_at` None:
    without a term. An appeal may be filed until `appeal_until`.
    """

    case: str
    topic: str
    post: str
    author: Personal[str]
    action: Action
    rule: str
    guidelines_version: str
    reason: str
    by: Literal["person", "software"]
    sanction: str = ""
    ends_at: datetime | None = None
    appeal_until: datetime | None = None


class WarningIssued(Event, name="moderation.warning.issued"):
    """People warned a member; it lapses by itself. Published beside its ActionTaken."""

    sanction: str
    member: Personal[str]
    rule: str
    guidelines_version: str
    reason: str
    lapses_at: datetime
    appeal_until: datetime


class AppealFiled(Event, name="moderation.appeal.filed"):
    """Somebody asks for another look at a decision about them."""

    case: str
    sanction: str


class AppealDecided(Event, name="moderation.appeal.decided"):
    """Other people decided: granted takes the sanction back."""

    case: str
    sanction: str
    member: Personal[str]
    action: Action
    granted: bool
    reason: str


# --- views ---


class ReportView(View):
    """What a reporter sees of a report; never the case or other reporters."""

    id: str
    status: Literal["received"]


class ReportedReason(View):
    """What a case shows of a report; not who sent it."""

    reason: str
    text: str


class CaseView(View):
    """A case as moderators see it. `reports`: the first 100, when one case is asked for."""

    id: str
    phase: CasePhase
    origin: CaseOrigin
    topic_id: str
    post_id: str
    author_id: Personal[str]
    body: str
    reason: str
    toxicity_ratio: float
    report_count: int
    claimed_by: Personal[str] | None
    opened_at: datetime
    overdue: bool
    action: Action | None = None
    rule: str = ""
    guidelines_version: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    reports: tuple[ReportedReason, ...] = ()
