"""What a draft of a policy knows, and how it is shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET

from diramoja.core import AgentKind, Personal, Row, State
from diramoja.fields import NEVER
from diramoja.plugins.topic.texts import Change, lines_of
from diramoja.plugins.topic.views import AmendmentStatus, AmendmentView, DraftView, HeldView

__all__ = ["Amendment", "Draft", "Proposer", "Version", "amendment_view", "draft", "draft_view"]


class Version(Row):
    """A text of the draft. `id` is its number; `diff` is to the version before."""

    id: str
    number: int
    text: str
    sha256: str
    diff: str
    author: Personal[str]
    amendment: str
    created_at: datetime


class Amendment(Row):
    """A change that somebody proposed to `version`. `held`: why others do not see it; `is_removed`: by people."""

    id: str
    author: Personal[str]
    version: int
    from_line: int
    to_line: int
    text: str
    reason: str
    diff: str
    created_at: datetime
    status: AmendmentStatus = "proposed"
    decided_by: Personal[str] = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    held: HeldView | None = None
    is_removed: bool = False

    @property
    def change(self) -> Change:
        """The lines it replaces, and how many come instead."""
        return self.from_line, self.to_line, len(lines_of(self.text))


class Proposer(Row):
    """How many amendments of a member wait."""

    member: Personal[str]
    waiting: int = 0


class Draft(State):
    """What a draft knows. `changes` lead from version 1 to the last, one each; `held`: why it is pending."""

    phase: Literal["absent", "pending", "open"] = "absent"
    topic: str = ""
    title: str = ""
    created_by: Personal[str] = ""
    created_at: datetime = NEVER
    version: int = 0
    sha256: str = ""
    changes: tuple[Change, ...] = ()
    waiting: int = 0
    held: HeldView | None = None


draft = AgentKind("draft", Draft, prefix="dft", rows=[Version, Amendment, Proposer])


def draft_view(id: str, fields: Mapping[str, Any]) -> DraftView:
    """A draft as everybody sees it, of what it knows or of its row, with the text of its last version."""
    return DraftView(
        id=id,
        topic_id=fields["topic"],
        title=fields["title"],
        created_by=fields["created_by"],
        version=fields["version"],
        text=fields["text"],
        sha256=fields["sha256"],
        created_at=fields["created_at"],
        open_amendments=fields["open_amendments"],
        held=fields.get("held") or UNSET,
    )


def amendment_view(draft_id: str, fields: Mapping[str, Any]) -> AmendmentView:
    """An amendment as everybody sees it, of either row."""
    return AmendmentView(
        id=fields["id"],
        draft_id=draft_id,
        author_id=fields["author"],
        version=fields["version"],
        from_line=fields["from_line"],
        to_line=fields["to_line"],
        text=fields["text"],
        reason=fields["reason"],
        status=fields["status"],
        diff=fields["diff"],
        created_at=fields["created_at"],
        decision_reason=fields["decision_reason"],
        decided_at=fields["decided_at"],
        held=fields.get("held") or UNSET,
    )
