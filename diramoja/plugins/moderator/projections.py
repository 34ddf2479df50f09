"""Cases, sanctions, appeals and moderators as rows of the read model; and the public log, which names nobody."""

from datetime import date, datetime
from typing import Any

from diramoja.core import Meta, Personal, Record, record
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import ActionTaken, AppealDecided
from diramoja.plugins.moderator.case_state import Appeal, Case, Exhibit, Reported, Sanction
from diramoja.plugins.moderator.moderator import Moderator, moderator
from diramoja.plugins.moderator.screening import Recusal
from diramoja.plugins.moderator.views import ProposalView

__all__ = [
    "AppealRecord",
    "CaseRecord",
    "CaseReportRecord",
    "CaseTextRecord",
    "LogRecord",
    "ModeratorRecord",
    "RecusalRecord",
    "SanctionRecord",
    "action_log",
    "appeal_log",
    "appeal_rows",
    "case_reports",
    "case_rows",
    "case_texts",
    "moderator_rows",
    "recusal_rows",
    "sanction_rows",
]


class CaseRecord(Record):
    """A case without the text of its post."""

    id: str
    phase: str
    origin: str
    about: str
    place: str
    topic: str
    post: str
    author: Personal[str]
    addressee: Personal[str]
    reason: str
    toxicity_ratio: float
    confidence_ratio: float
    severe: bool
    weight: float
    tags: tuple[str, ...]
    report_count: int
    authority: str
    escalation_reason: str
    claimed_by: Personal[str]
    opened_at: datetime
    overdue: bool
    proposal: ProposalView | None
    took_part: Personal[tuple[str, ...]]
    action: str | None
    post_action: str | None
    rule: str
    guidelines_version: str
    decision_reason: str
    decided_at: datetime | None
    review: str


class CaseTextRecord(Record):
    """The text of the post as it was when the case was opened, and when it was reported after an edit."""

    post: str
    case: str
    body: str
    revised: str


class CaseReportRecord(Record):
    """A report in a case."""

    case: str
    reporter: Personal[str]
    reason: str
    text: str


class RecusalRecord(Record):
    """Who acts in no case of a topic while this vote about it is open."""

    topic: str
    vote: str
    members: Personal[tuple[str, ...]]


class SanctionRecord(Record):
    """A decision about somebody."""

    id: str
    case: str
    member: Personal[str]
    action: str
    rule: str
    guidelines_version: str
    reason: str
    by: str
    post: str
    issued_at: datetime
    ends_at: datetime | None
    appeal_until: datetime
    state: str


class AppealRecord(Record):
    """An appeal."""

    id: str
    case: str
    sanction: str
    member: Personal[str]
    text: str
    filed_at: datetime
    state: str
    reason: str
    decided_at: datetime | None


class LogRecord(Record):
    """A decision without a name; its place in the event log is the key."""

    partition: int
    seq: int
    day: date
    action: str
    rule: str
    guidelines_version: str
    by: str


class ModeratorRecord(Record):
    """A moderator and the counts."""

    id: Personal[str]
    phase: str
    moderator_type: str
    authority_level: str
    topics: tuple[str, ...]
    regions: tuple[str, ...]
    active_cases: int
    decided: int
    actions: dict[str, int]
    response_s: float
    guidelines_version: str
    reviews_done: int
    reviews_differed: int
    appealed: int
    appeals_decided: int
    appeals_overturned: int


def _same(record: type[Record], source: object) -> dict[str, Any]:
    """The fields that both have."""
    return {name: getattr(source, name) for name in record.__struct_fields__ if hasattr(source, name)}


@record("moderation_case", key="id", of=case)
def case_rows(agent: str, state: Case) -> CaseRecord | None:
    """One row a case."""
    return None if state.phase == "absent" else CaseRecord(**{**_same(CaseRecord, state), "id": agent})


@record("moderation_case_text", key=("case", "post"), of=Exhibit)
def case_texts(agent: str, row: Exhibit) -> CaseTextRecord:
    """One row a case."""
    return CaseTextRecord(row.post, agent, row.body, row.revised)


@record("moderation_case_report", key=("case", "reporter"), of=Reported)
def case_reports(agent: str, row: Reported) -> CaseReportRecord:
    """One row a report."""
    return CaseReportRecord(agent, row.reporter, row.reason, row.text)


@record("moderation_recusal", key=("topic", "vote"), of=Recusal)
def recusal_rows(agent: str, row: Recusal) -> RecusalRecord:
    """One row a topic and open vote."""
    return RecusalRecord(agent, row.vote, row.members)


@record("moderation_sanction", key="id", of=Sanction)
def sanction_rows(agent: str, row: Sanction) -> SanctionRecord:
    """One row a decision that concerns somebody."""
    return SanctionRecord(**{**_same(SanctionRecord, row), "case": agent})


@record("moderation_appeal", key="id", of=Appeal)
def appeal_rows(agent: str, row: Appeal) -> AppealRecord:
    """One row an appeal."""
    return AppealRecord(**{**_same(AppealRecord, row), "case": agent})


@record("moderation_log", key=("partition", "seq"), on=ActionTaken)
def action_log(event: ActionTaken, meta: Meta) -> LogRecord:
    """One entry a decision."""
    return LogRecord(**{**_same(LogRecord, event), **_place(meta)})


@record("moderation_log", key=("partition", "seq"), on=AppealDecided)
def appeal_log(event: AppealDecided, meta: Meta) -> LogRecord:
    """One entry an appeal: what it was against, and what came of it."""
    outcome = "granted" if event.granted else "denied"
    named = {"action": f"{event.action}_appeal_{outcome}", "rule": event.rule, "by": "person"}
    return LogRecord(**{**named, "guidelines_version": event.guidelines_version, **_place(meta)})


def _place(meta: Meta) -> dict[str, Any]:
    return {"partition": meta.partition, "seq": meta.seq, "day": meta.at.date()}


@record("moderation_moderator", key="id", of=moderator)
def moderator_rows(agent: str, state: Moderator) -> ModeratorRecord | None:
    """One row a moderator."""
    return None if state.phase == "absent" else ModeratorRecord(**{**_same(ModeratorRecord, state), "id": agent})
