"""What a case knows, and what its handlers share; the handlers are in `case`, `decision`, `appeal` and `review`."""

from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Context, Personal, Reject, Row, State
from diramoja.fields import NEVER
from diramoja.plugins.moderator.case_contracts import Action, AuthorityLevel, CaseOrigin, PostAction, SanctionKind
from diramoja.plugins.moderator.contracts import Report
from diramoja.plugins.moderator.rules import Arrival, outranks
from diramoja.plugins.moderator.views import AppealState, CaseView, ProposalView

__all__ = [
    "Appeal",
    "Case",
    "Exhibit",
    "Reported",
    "Reporters",
    "Sanction",
    "case",
    "case_view",
    "exhibit_of",
    "refusal",
]

RECUSED = Reject("recused", "You take no part in a case about a post that you wrote, answered to or reported.", 403)
PARTIAL = Reject("recused", "You took part in this case: another moderator has to decide.", 403)
CLAIMED = Reject("claimed", "Another moderator has claimed this case.")
TOO_LOW = Reject("authority_too_low", "This case takes a moderator of a higher authority.", 403)


class Exhibit(Row):
    """The text of the post as it was, and as it was when it was reported after an edit; apart from the state."""

    post: str
    body: str
    revised: str = ""


class Reported(Row):
    """A report in the case."""

    reporter: Personal[str]
    id: str
    reason: str
    text: str
    weight: float = 1.0


class Reporters(Row):
    """A page of those who reported: (member, report), so that they can be told page by page."""

    page: str
    members: Personal[tuple[tuple[str, str], ...]]


class Sanction(Row):
    """A decision that concerns somebody. `ends_at` None: without a term."""

    id: str
    member: Personal[str]
    action: SanctionKind
    rule: str
    guidelines_version: str
    reason: str
    by: Literal["person", "software"]
    post: str
    issued_at: datetime
    ends_at: datetime | None
    appeal_until: datetime
    state: Literal["standing", "superseded", "lifted"] = "standing"
    appeal: str = ""


class Appeal(Row):
    """An appeal against a sanction of this case."""

    id: str
    sanction: str
    member: Personal[str]
    text: str
    filed_at: datetime
    state: AppealState = "filed"
    reason: str = ""
    decided_at: datetime | None = None


class Case(State, version=1):
    """What a case knows. `decided_by` is "" where software decided.

    `matter`: what the screening calls it; `place`: the kind of agent that holds the post.
    `took_part`: who proposed or decided; `arrivals`: the last reports.
    `sanction`: the last one, of software or people. `appeal`: the one that waits for people.
    """

    phase: Literal["absent", "open", "claimed", "escalated", "decided", "appealed", "confirmed", "overturned"] = (
        "absent"
    )
    origin: CaseOrigin = "report"
    about: Literal["post", "member"] = "post"
    matter: str = ""
    place: str = "topic"
    topic: str = ""
    post: str = ""
    author: Personal[str] = ""
    addressee: Personal[str] = ""
    reason: str = ""
    toxicity_ratio: float = 0.0
    confidence_ratio: float = 1.0
    severe: bool = False
    weight: float = 0.0
    tags: tuple[str, ...] = ()
    report_count: int = 0
    arrivals: tuple[Arrival, ...] = ()
    revisions: int = 0
    opened_at: datetime = NEVER
    overdue: bool = False
    authority: AuthorityLevel = "topic"
    escalated: bool = False
    escalation_reason: str = ""
    claimed_by: Personal[str] = ""
    took_part: Personal[tuple[str, ...]] = ()
    proposal: ProposalView | None = None
    action: Action | None = None
    post_action: PostAction | None = None
    rule: str = ""
    guidelines_version: str = ""
    decision_reason: str = ""
    bad_faith: bool = False
    decided_by: Personal[str] = ""
    decided_with: AuthorityLevel = "topic"
    decided_at: datetime | None = None
    sanction: str = ""
    appeal: str = ""
    review: Literal["", "asked", "done"] = ""


case = AgentKind("case", Case, prefix="cas", rows=[Exhibit, Reported, Reporters, Sanction, Appeal])


def concerns(state: Case, context: Context) -> bool:
    """Whether the sender is a party: author, addressee or reporter."""
    return context.sender in (state.author, state.addressee) or context.row(Reported, context.sender) is not None


def refusal(state: Case, context: Context, authority: AuthorityLevel) -> Reject | None:
    """Why the sender cannot take the case on or decide it."""
    if concerns(state, context):
        return RECUSED
    if state.proposal and context.sender in state.took_part:
        return PARTIAL
    if not outranks(authority, state.authority):
        return TOO_LOW
    return CLAIMED if state.claimed_by not in ("", context.sender) else None


def reported(report: Report) -> Reported:
    """The row of a report."""
    return Reported(report.reporter, report.id, report.reason, report.text, report.weight)


def exhibit_of(state: Case, context: Context) -> Exhibit:
    """The text that the case is about."""
    return context.row(Exhibit, state.post) or Exhibit(state.post, "")


def case_view(state: Case, context: Context) -> CaseView:
    """A case as the moderator who acts on it sees it."""
    exhibit = exhibit_of(state, context)
    shared = {name: getattr(state, name) for name in CaseView.__struct_fields__ if name in Case.__struct_fields__}
    more = {"topic_id": state.topic, "post_id": state.post, "author_id": state.author}
    own = {"id": context.id, "body": exhibit.body, "revised": exhibit.revised, "claimed_by": state.claimed_by or None}
    return CaseView(**{**shared, **more, **own})
