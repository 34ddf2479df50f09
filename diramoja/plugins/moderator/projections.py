"""Cases as rows of the read model: the queue of the moderators."""

from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.moderator.case import Case, Exhibit, Reported, case

__all__ = ["CaseRecord", "CaseReportRecord", "CaseTextRecord", "case_reports", "case_rows", "case_texts"]


class CaseRecord(Record):
    """A case without the text of its post."""

    id: str
    phase: str
    origin: str
    topic: str
    post: str
    author: Personal[str]
    reason: str
    toxicity_ratio: float
    report_count: int
    claimed_by: Personal[str]
    opened_at: datetime
    overdue: bool
    action: str | None
    rule: str
    guidelines_version: str
    decision_reason: str
    decided_at: datetime | None


class CaseTextRecord(Record):
    """The text of the post as it was when the case was opened."""

    post: str
    case: str
    body: str


class CaseReportRecord(Record):
    """A report in a case."""

    case: str
    reporter: Personal[str]
    reason: str
    text: str


@record("moderation_case", key="id", of=case)
def case_rows(agent: str, state: Case) -> CaseRecord | None:
    """One row a case."""
    if state.phase == "absent":
        return None
    return CaseRecord(
        id=agent,
        phase=state.phase,
        origin=state.origin,
        topic=state.topic,
        post=state.post,
        author=state.author,
        reason=state.reason,
        toxicity_ratio=state.toxicity_ratio,
        report_count=state.report_count,
        claimed_by=state.claimed_by,
        opened_at=state.opened_at,
        overdue=state.overdue,
        action=state.action,
        rule=state.rule,
        guidelines_version=state.guidelines_version,
        decision_reason=state.decision_reason,
        decided_at=state.decided_at,
    )


@record("moderation_case_text", key=("case", "post"), of=Exhibit)
def case_texts(agent: str, row: Exhibit) -> CaseTextRecord:
    """One row a case."""
    return CaseTextRecord(row.post, agent, row.body)


@record("moderation_case_report", key=("case", "reporter"), of=Reported)
def case_reports(agent: str, row: Reported) -> CaseReportRecord:
    """One row a report."""
    return CaseReportRecord(agent, row.reporter, row.reason, row.text)
