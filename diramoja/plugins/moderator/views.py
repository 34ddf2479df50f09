"""What moderators, members and guests are shown; no message crosses a plugin with these."""

from datetime import date, datetime
from typing import Literal

from diramoja.core import Personal, View
from diramoja.plugins.moderator.case_contracts import (
    Action,
    AuthorityLevel,
    CaseOrigin,
    CasePhase,
    ModeratorType,
    PostAction,
    SanctionKind,
)

__all__ = [
    "AccuracyView",
    "ActionCount",
    "AppealState",
    "AppealView",
    "BulkResult",
    "BulkView",
    "By",
    "CaseView",
    "GuidelinesView",
    "LogEntry",
    "ModeratorView",
    "ProposalView",
    "ReportedReason",
    "ReviewView",
    "RuleView",
    "SanctionState",
    "SanctionView",
    "StatisticsView",
]

type AppealState = Literal["none", "filed", "granted", "denied"]
type SanctionState = Literal["standing", "ended", "superseded", "lifted"]
type By = Literal["person", "software"]


class ReportedReason(View):
    """What a case shows of a report; not who sent it."""

    reason: str
    text: str


class ProposalView(View):
    """A ban that a second official has to confirm."""

    action: Action
    rule: str
    guidelines_version: str
    reason: str


class CaseView(View):
    """A case as moderators see it. `reports`: the first 100, when one case is asked for.

    `about`: whether it is about the post, or about a member who shares it. `place`: the kind that holds the post, with
    the id `topic_id`. `weight` orders the queue. `authority`: what it takes to decide it. `revised`: the post as it was
    when it was reported after an edit. While a second review is asked for, the decision is shown to those who made it.
    """

    id: str
    phase: CasePhase
    origin: CaseOrigin
    about: Literal["post", "member"]
    place: str
    topic_id: str
    post_id: str
    author_id: Personal[str]
    body: str
    revised: str
    reason: str
    toxicity_ratio: float
    confidence_ratio: float
    severe: bool
    weight: float
    tags: tuple[str, ...]
    authority: AuthorityLevel
    report_count: int
    claimed_by: Personal[str] | None
    opened_at: datetime
    overdue: bool
    escalation_reason: str = ""
    proposal: ProposalView | None = None
    action: Action | None = None
    post_action: PostAction | None = None
    rule: str = ""
    guidelines_version: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    reports: tuple[ReportedReason, ...] = ()


class BulkResult(View):
    """What became of one decision of many: `status` as the single call would answer it."""

    case_id: str
    status: int
    code: str = ""
    detail: str = ""


class BulkView(View):
    """One result a decision, in their order."""

    items: tuple[BulkResult, ...]


class ReviewView(View):
    """A second opinion is noted; the first one is not told."""

    case_id: str
    action: Action
    rule: str


class SanctionView(View):
    """A decision about oneself, and until when an appeal may be filed."""

    id: str
    kind: SanctionKind
    rule: str
    guidelines_version: str
    reason: str
    by: By
    post_id: str
    issued_at: datetime
    ends_at: datetime | None
    appeal_until: datetime
    state: SanctionState
    appeal: AppealState
    appeal_reason: str


class AppealView(View):
    """An appeal. `decision_reason` is for whoever filed it."""

    id: str
    sanction_id: str
    text: str
    filed_at: datetime
    state: AppealState
    decision_reason: str = ""
    case_id: str = ""
    kind: SanctionKind | None = None


class LogEntry(View):
    """A decision as everybody may see it: nobody and no post is named."""

    day: date
    action: str
    rule: str
    guidelines_version: str
    by: By


class RuleView(View):
    """A rule; language → text."""

    name: str
    title: dict[str, str]
    text: dict[str, str]


class GuidelinesView(View):
    """A version of the guidelines. `versions`: all that decisions may name, the last one holds."""

    version: str
    versions: tuple[str, ...]
    rules: tuple[RuleView, ...]


class AccuracyView(View):
    """0..100 (F11) with its 95% interval (Wilson); null below 20 decisions that others looked at."""

    score: float | None
    low: float | None
    high: float | None
    reviewed: int


class ModeratorView(View):
    """A moderator: authority, what is assigned, counts. `response_s`: mean seconds from opening to decision."""

    id: str
    phase: Literal["on_duty", "offline"]
    moderator_type: ModeratorType
    authority_level: AuthorityLevel
    topics: tuple[str, ...]
    regions: tuple[str, ...]
    active_cases: int
    decided: int
    actions: dict[str, int]
    response_s: float | None
    accuracy: AccuracyView
    guidelines_version: str


class ActionCount(View):
    """How often in the last 30 days."""

    action: str
    by: By
    count: int


class StatisticsView(View):
    """Moderation as a whole; nobody is named. `decided`, times and shares are of the last 30 days.

    `response_s_median`: seconds from opening to the decision by people.
    """

    waiting: int
    overdue: int
    appeals_waiting: int
    decided: int
    in_time_ratio: float | None
    response_s_median: float | None
    actions: tuple[ActionCount, ...]
    appeals_granted: int
    appeals_denied: int
    accuracy: AccuracyView
