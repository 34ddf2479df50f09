"""What people are told of moderation: English here, the other languages in `locale`."""

from datetime import datetime
from typing import Literal

from diramoja.plugins.moderator.case_contracts import AlertKind, AlertModerator, SanctionKind
from diramoja.plugins.moderator.case_state import Case, Sanction
from diramoja.plugins.moderator.contracts import Evidence, Verdict
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.notification.contracts import Notify, Subject

__all__ = [
    "alert_notice",
    "appeal_notice",
    "decision_notice",
    "publication_notice",
    "report_notice",
    "screening_notice",
]

_DECIDED: dict[SanctionKind, str] = {
    "hide": "Moderators hid your post (rule: {rule}). {reason} You can appeal until {appeal_until}.",
    "remove": "Moderators removed your post (rule: {rule}). {reason} You can appeal until {appeal_until}.",
    "warn": "Moderators warned you (rule: {rule}). {reason} The warning lapses on {ends_at}. You can appeal until"
    " {appeal_until}.",
    "restrict": "Moderators restricted what you can do until {ends_at} (rule: {rule}). {reason} You can appeal until"
    " {appeal_until}.",
    "suspend": "Moderators suspended your account until {ends_at} (rule: {rule}). {reason} You can appeal until"
    " {appeal_until}.",
    "ban": "Two officials closed your account to you (rule: {rule}). {reason} You can appeal until {appeal_until}.",
}
_SCREENED: dict[Verdict, str] = {
    "held": "Your post is held until a moderator has looked at it. {reason}",
    "hidden": "Software hid your post; a moderator will look at it. {reason} You can appeal.",
}
_SCREENED_TEXT: dict[Verdict, str] = {
    "held": "What you wrote is held until a moderator has looked at it. {reason}",
    "hidden": "Software hid what you wrote; a moderator will look at it. {reason} You can appeal.",
}
_REPORTED = {
    "confirmed": "Moderators looked at your report and acted on it.",
    "unfounded": "Moderators looked at your report and found that the post keeps the rules.",
    "bad_faith": "Moderators looked at your report and found that it was made against better knowledge.",
}
_ALERTS: dict[AlertKind, str] = {
    "overdue": "A case waits for longer than members may expect.",
    "escalated": "A case was escalated and waits for a moderator.",
    "reported": "A post was reported.",
    "appeal": "An appeal waits for a moderator who took no part.",
    "topic_flagged": "A topic is under review.",
    "topic_raised": "Moderation of a topic was raised: many posts of several authors were removed.",
    "classifier_away": "The classifier does not answer; the list of words decides about new posts.",
}


def screening_notice(evidence: Evidence, outcome: Verdict, reason: str) -> Notify:
    """To the author of what software held or hid; of hiding it is an action that may be appealed."""
    subject = _subject(evidence.place, evidence.topic, evidence.post)
    return Notify(
        kind=f"moderation.post.{outcome}",
        notice_class="statutory" if outcome == "hidden" else "personal",
        subject=subject,
        text=_SCREENED[outcome] if subject.type == "post" else _SCREENED_TEXT[outcome],
        values={"reason": reason},
        key=evidence.post,
    )


def publication_notice(decided: Case) -> Notify:
    """To the author of what was held or hidden and is published now."""
    subject = _subject(decided.place, decided.topic, decided.post)
    text = "Your post is published." if subject.type == "post" else "What you wrote is shown now."
    return Notify("moderation.post.published", "personal", subject, text)


def _subject(place: str, topic: str, post: str) -> Subject:
    """A post by its own id; another text by the agent that holds it."""
    return Subject("post", post) if place == "topic" and post != topic else Subject(place, topic)


def decision_notice(sanction: Sanction, settings: ModerationSettings) -> Notify:
    """To whom a decision of people concerns, with the rule, the reason and the way to appeal."""
    version = settings.guidelines.of(sanction.guidelines_version)
    titles = [rule.title["en"] for rule in version.rules if rule.name == sanction.rule] if version else []
    return Notify(
        kind="moderation.sanction.decided",
        notice_class="statutory",
        subject=Subject("sanction", sanction.id),
        text=_DECIDED[sanction.action],
        values={
            "rule": titles[0] if titles else sanction.rule,
            "reason": sanction.reason,
            "ends_at": _day(sanction.ends_at),
            "appeal_until": _day(sanction.appeal_until),
        },
    )


def appeal_notice(appeal: str, reason: str, *, granted: bool) -> Notify:
    """To whoever appealed."""
    text = (
        "Your appeal was granted: the decision is taken back. {reason}"
        if granted
        else "Your appeal was denied: the decision stands. {reason}"
    )
    subject = Subject("appeal", appeal)
    return Notify("moderation.appeal.decided", "statutory", subject, text, {"reason": reason})


def report_notice(post: str, outcome: Literal["confirmed", "unfounded", "bad_faith"], report: str) -> Notify:
    """To whoever reported, once their report is decided."""
    return Notify("moderation.report.decided", "personal", Subject("post", post), _REPORTED[outcome], key=report)


def alert_notice(message: AlertModerator) -> Notify:
    """To a moderator on duty; the same key is told once."""
    kinds = {"appeal": "appeal"} | dict.fromkeys(("classifier_away", "topic_flagged", "topic_raised"), "topic")
    return Notify(
        kind=f"moderation.alert.{message.alert}",
        notice_class="personal",
        subject=Subject(kinds.get(message.alert, "case"), message.subject),
        text=_ALERTS[message.alert],
        key=message.key or f"{message.alert}:{message.subject}",
    )


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""
