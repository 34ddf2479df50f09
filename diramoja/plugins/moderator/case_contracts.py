"""Cases, appeals and whoever decides them: messages; those of screening and reports are in contracts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal
from diramoja.fields import TEXT
from diramoja.plugins.moderator.contracts import Evidence, Report

__all__ = [
    "Action", "ActionTaken", "AlertKind", "AlertModerator", "AppealDecided", "AppealFiled", "AppealText",
    "AskReview", "AssignModerator", "AuthorityLevel", "CaseClaimed", "CaseEscalated", "CaseOpened",
    "CaseOrigin", "CaseOverdue", "CasePhase", "CaseReleased", "CaseRevised", "ClaimCase", "CountAppeal",
    "CountClaim", "CountDecision", "CountRelease", "CountReview", "DecideAppeal", "DecideCase", "EscalateCase",
    "FileAppeal", "ForgetSanction", "GoOffDuty", "GoOnDuty", "GuidelinesVersion", "JoinCase", "LapseCase",
    "MarkOverdue", "ModeratorType", "OpenCase", "PostAction", "Reason", "ReleaseCase", "ReviewCase",
    "ReviseCase", "RuleName", "SanctionKind", "TellReporters", "WarningIssued",
]  # fmt: skip

type PostAction = Literal["publish", "hide", "remove"]
type Action = Literal["publish", "hide", "remove", "warn", "restrict", "suspend", "ban"]
"""About the post: publish, hide, remove. About its author: warn, restrict, suspend, ban, by people alone."""
type SanctionKind = Literal["hide", "remove", "warn", "restrict", "suspend", "ban"]
"""The actions that concern somebody, and may be appealed."""
type CaseOrigin = Literal["held", "hidden", "report", "information", "sharing"]
"""Held or hidden by software, reported by members, flagged by the information broker; or about a member who goes on
sharing a flagged post."""
type CasePhase = Literal["absent", "open", "claimed", "escalated", "decided", "appealed", "confirmed", "overturned"]
type AuthorityLevel = Literal["topic", "regional", "global"]
type ModeratorType = Literal["human_volunteer", "human_official"]
type AlertKind = Literal[
    "overdue", "escalated", "reported", "appeal", "classifier_away", "topic_flagged", "topic_raised"
]
type RuleName = Annotated[
    str, Meta(pattern=r"^[\w.:/-]{1,60}$(?!\n)", description="the rule of the guidelines", examples=["respect"])
]
type GuidelinesVersion = Annotated[str, Meta(pattern=r"^[\w.:-]{1,40}$(?!\n)", examples=["2026-1"])]
type Reason = Annotated[
    str,
    Meta(min_length=1, max_length=1_000, pattern=TEXT, examples=["It attacks a person."]),
]
type AppealText = Annotated[
    str,
    Meta(min_length=1, max_length=4_000, pattern=TEXT, examples=["It was a quotation."]),
]


# --- to a case ---


class OpenCase(Command):
    """Open a case. `reason` says why, without quoting. `matter`: what the screening calls it, as in EndCase."""

    origin: CaseOrigin
    evidence: Evidence
    reason: str
    toxicity_ratio: float = 0.0
    confidence_ratio: float = 1.0
    report: Report | None = None
    matter: str = ""


class JoinCase(Command):
    """Add a report to a case that is not decided. `body`: the post as it is now."""

    report: Report
    body: str = ""


class ReviseCase(Command):
    """The post was changed while people look at it, and software held or hid the new text as well."""

    body: str
    reason: str
    toxicity_ratio: float
    confidence_ratio: float


class ClaimCase(Command):
    """Take the case on as the sender; again by the same moderator changes nothing. Answers a CaseView."""

    authority: AuthorityLevel = "topic"


class ReleaseCase(Command):
    """Give the case back to the queue. Answers a CaseView."""


class EscalateCase(Command):
    """Hand the case to the next higher authority, with what is known of it. Answers a CaseView."""

    reason: Reason
    authority: AuthorityLevel = "topic"


class DecideCase(Command):
    """Decide as the moderator who holds the case; one that nobody holds is claimed by it. Answers a CaseView.

    Attributes:
        action: a ban is proposed by the first official and takes effect when a second one decides the same.
        rule: of the guidelines of `guidelines_version`.
        term_ends: of a restriction or a suspension, which have to have one.
        post_action: what becomes of the post where `action` is about its author; None: what software held or hid is
            removed, else it stays as it is.
        bad_faith: the reports were made against better knowledge; with `publish` only.
        authority: of the sender.
    """

    action: Action
    rule: RuleName
    guidelines_version: GuidelinesVersion
    reason: Reason
    term_ends: Annotated[datetime, Meta(tz=True)] | None = None
    post_action: PostAction | None = None
    bad_faith: bool = False
    authority: AuthorityLevel = "topic"


class TellReporters(Command):
    """Tell a page of those who reported what became of it, and then the next one."""

    page: int


class LapseCase(Command):
    """Nobody reviewed it in time: a held post is published unless it is severe."""


class ForgetSanction(Command):
    """A sanction is kept for a year after its term, and no longer."""

    sanction: str


class MarkOverdue(Command):
    """Nobody reviewed it within the time that members may expect."""


class FileAppeal(Command):
    """Ask for another look at a decision about the sender. Answers an AppealView."""

    sanction: str
    text: AppealText


class DecideAppeal(Command):
    """Grant an appeal (the decision is overturned) or deny it, as somebody who took no part. Answers an AppealView."""

    appeal: str
    granted: bool
    reason: Reason
    authority: AuthorityLevel = "topic"


class AskReview(Command):
    """Have a second moderator decide the case without seeing the decision; it changes nothing but the accuracy."""


class ReviewCase(Command):
    """What the sender would have decided. Answers a ReviewView."""

    action: Action
    rule: RuleName
    guidelines_version: GuidelinesVersion


# --- to a moderator ---


class GoOnDuty(Command):
    """Alerts reach the sender from now on. Answers a ModeratorView."""


class GoOffDuty(Command):
    """No more alerts while somebody else is on duty. Answers a ModeratorView."""


class AssignModerator(Command):
    """Set authority and what is assigned; by an official, not for themselves. Answers a ModeratorView."""

    authority_level: AuthorityLevel
    topics: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    regions: Annotated[tuple[str, ...], Meta(max_length=100)] = ()


class CountClaim(Command):
    """A case is theirs. `is_official`: whether they hold that office."""

    case: str
    is_official: bool


class CountRelease(Command):
    """A case is theirs no more; they did not decide it."""

    case: str


class CountDecision(Command):
    """They decided a case, `response_s` seconds after it was opened."""

    case: str
    action: Action
    guidelines_version: GuidelinesVersion
    response_s: float


class CountReview(Command):
    """Somebody else would have decided the same, or not (F11)."""

    case: str
    agreed: bool


class CountAppeal(Command):
    """A decision of theirs was appealed, and then decided by others; None: it is filed (F11)."""

    case: str
    overturned: bool | None = None


class AlertModerator(Command):
    """Something waits for those on duty. `subject`: a case, an appeal or a topic."""

    alert: AlertKind
    subject: str
    key: str = ""


# --- events ---


class CaseOpened(Event, name="moderation.case.opened", live=True):
    """People are asked to look at a post."""

    case: str
    topic: str
    post: str
    origin: CaseOrigin


class CaseClaimed(Event, name="moderation.case.claimed", live=True):
    """A moderator has taken a case on; who it is is not said."""

    case: str


class CaseReleased(Event, name="moderation.case.released", live=True):
    """A case is back in the queue."""

    case: str


class CaseRevised(Event, name="moderation.case.revised", live=True):
    """A post with a case was changed and reported again; `revision` counts from 1."""

    case: str
    topic: str
    post: str
    revision: int


class CaseEscalated(Event, name="moderation.case.escalated", live=True):
    """A case asks for people, or for people of this authority. `by` software: as it is severe, or was not sure."""

    case: str
    topic: str
    post: str
    authority: AuthorityLevel
    by: Literal["person", "software"]


class CaseOverdue(Event, name="moderation.case.overdue", live=True):
    """A case that nobody decided in time."""

    case: str
    topic: str
    post: str


class ActionTaken(Event, name="moderation.action.taken", live=True):
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


class AppealFiled(Event, name="moderation.appeal.filed", live=True):
    """Somebody asks for another look at a decision about them."""

    case: str
    sanction: str
    appeal: str = ""
    topic: str = ""


class AppealDecided(Event, name="moderation.appeal.decided", live=True):
    """Other people decided: granted takes the sanction back."""

    case: str
    sanction: str
    member: Personal[str]
    action: Action
    granted: bool
    reason: str
    rule: str = ""
    guidelines_version: str = ""
