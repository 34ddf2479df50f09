"""A draft of a policy: a text in versions, changed by amendments that are proposed and decided."""

from datetime import UTC, datetime
from typing import Any, Literal

from diramoja.core import AgentKind, Context, Decision, Personal, Put, Reject, Remove, Reply, Row, State
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import (
    AmendmentDecided,
    AmendmentProposed,
    DecideAmendment,
    DraftOpened,
    OpenDraft,
    ProposeAmendment,
)
from diramoja.plugins.topic.keywords import excerpt
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.texts import Change, change_diff, lines_of, placed, replaced, sha256
from diramoja.plugins.topic.views import AmendmentStatus, AmendmentView, DraftView

__all__ = ["Amendment", "Draft", "Version", "amendment_view", "draft"]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TEXT_CHARS = 40_000
OPEN_MAX = 200
"""Amendments that wait for a decision."""
OPEN_OF_ONE = 20
"""Those of one member among them, so that nobody fills the draft alone."""


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
    """A change that somebody proposed to `version`."""

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

    @property
    def change(self) -> Change:
        """The lines it replaces, and how many come instead."""
        return self.from_line, self.to_line, len(lines_of(self.text))


class Proposer(Row):
    """How many amendments of a member wait."""

    member: Personal[str]
    waiting: int = 0


class Draft(State):
    """What a draft knows. `changes` lead from version 1 to the last, one each."""

    phase: Literal["absent", "open"] = "absent"
    topic: str = ""
    title: str = ""
    created_by: Personal[str] = ""
    created_at: datetime = _NEVER
    version: int = 0
    sha256: str = ""
    changes: tuple[Change, ...] = ()
    waiting: int = 0


draft = AgentKind("draft", Draft, prefix="dft", rows=[Version, Amendment, Proposer])


@draft.on("absent")
def open_draft(state: Draft, message: OpenDraft, context: Context) -> Decision:
    text = _plain(message.text)
    opened = state.but(
        phase="open",
        topic=message.topic,
        title=message.title,
        created_by=message.author,
        created_at=context.now,
        version=1,
        sha256=sha256(text),
    )
    first = Version("1", 1, text, opened.sha256, "", message.author, "", context.now)
    news = DraftOpened(context.id, message.topic, message.title, message.author)
    return opened, Put(first), news, Reply(_draft_view(opened, text, context), status=201)


@draft.on("open")
def propose(state: Draft, message: ProposeAmendment, context: Context) -> Decision:
    base = context.row(Version, str(message.version or state.version))
    if base is None:
        return Reject("version_missing", "This draft has no such version.", 404)
    if state.waiting >= OPEN_MAX:
        return Reject("amendments_full", "Too many amendments wait for a decision.")
    proposer = context.row(Proposer, context.sender) or Proposer(context.sender)
    if proposer.waiting >= OPEN_OF_ONE:
        return Reject("amendments_own_full", f"{OPEN_OF_ONE} amendments of yours wait for a decision here.")
    text = _plain(message.text)
    change = (message.from_line, message.to_line, len(lines_of(text)))
    after = replaced(base.text, change, text)
    if refusal := _unfit(base.text, after):
        return refusal
    amendment = Amendment(
        id=message.amendment_id,
        author=context.sender,
        version=base.number,
        from_line=message.from_line,
        to_line=message.to_line,
        text=text,
        reason=message.reason,
        diff=change_diff(base.text, change, text),
        created_at=context.now,
    )
    return (
        state.but(waiting=state.waiting + 1),
        Put(amendment),
        Put(proposer.but(waiting=proposer.waiting + 1)),
        AmendmentProposed(context.id, state.topic, amendment.id, context.sender),
        *_proposed(state, amendment, context),
        Reply(amendment_view(context.id, amendment), status=201),
    )


@draft.on("open")
def decide(state: Draft, message: DecideAmendment, context: Context) -> Decision:
    amendment = context.row(Amendment, message.amendment_id)
    if amendment is None:
        return Reject("amendment_missing", "There is no such amendment here.", 404)
    if context.sender != state.created_by and context.roles.isdisjoint(("leader", "official")):
        return Reject("not_author", "The draft's author, a leader or an official decides.", 403)
    if amendment.status != "proposed":
        return Reject("amendment_decided", "This amendment is decided.")
    accepted: tuple[Draft, Version] | Reject | None = (
        _accepted(state, amendment, context) if message.is_accepted else None
    )
    if isinstance(accepted, Reject):
        return accepted
    after = (accepted[0] if accepted else state).but(waiting=state.waiting - 1)
    decided = amendment.but(
        status="accepted" if accepted else "rejected",
        decided_by=context.sender,
        decision_reason=message.reason,
        decided_at=context.now,
    )
    return (
        after,
        Put(decided),
        *((Put(accepted[1]),) if accepted else ()),
        *_waits_no_more(amendment.author, context),
        _news(after, decided, context),
        *_told(state, decided, context),
        Reply(amendment_view(context.id, decided)),
    )


def _accepted(state: Draft, amendment: Amendment, context: Context) -> tuple[Draft, Version] | Reject:
    """The next version; refused where other lines stand there now."""
    if len(state.changes) >= context.settings(TopicSettings).amendments_max:
        return Reject("amendments_full", "This draft was amended often enough: begin another.")
    current = context.row(Version, str(state.version))
    assert current is not None
    change = placed(amendment.change, state.changes[amendment.version - 1 :])
    text = replaced(current.text, change, amendment.text) if change else None
    if change is None:
        return Reject("amendment_outdated", "These lines were changed meanwhile: propose it to the last version.")
    if refusal := _unfit(current.text, text):
        return refusal
    assert text is not None
    number = state.version + 1
    version = Version(
        id=str(number),
        number=number,
        text=text,
        sha256=sha256(text),
        diff=change_diff(current.text, change, amendment.text),
        author=amendment.author,
        amendment=amendment.id,
        created_at=context.now,
    )
    return state.but(version=number, sha256=version.sha256, changes=(*state.changes, change)), version


def _waits_no_more(author: str, context: Context) -> tuple[Put | Remove, ...]:
    proposer = context.row(Proposer, author)
    if proposer is None:  # Proposed before they were counted.
        return ()
    left = proposer.but(waiting=proposer.waiting - 1)
    return (Put(left) if left.waiting else Remove(Proposer, author),)


def _unfit(before: str, after: str | None) -> Reject | None:
    if after is None:
        return Reject("lines_missing", "This version has no such lines.", 400)
    if after == before:
        return Reject("amendment_empty", "This changes nothing.", 400)
    if not after.strip() or len(after) > TEXT_CHARS:
        return Reject("draft_unfit", f"A draft has some text, and at most {TEXT_CHARS} characters.", 400)
    return None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _news(state: Draft, amendment: Amendment, context: Context) -> AmendmentDecided:
    return AmendmentDecided(
        draft=context.id,
        topic=state.topic,
        amendment=amendment.id,
        is_accepted=amendment.status == "accepted",
        reason=amendment.decision_reason,
        version=state.version,
        sha256=state.sha256,
    )


def _proposed(state: Draft, amendment: Amendment, context: Context) -> tuple[Any, ...]:
    if amendment.author == state.created_by:
        return ()
    notice = Notify(
        kind="draft.amended",
        notice_class="personal",
        subject=Subject("draft", context.id),
        text="An amendment to your draft {title} waits for your decision: {excerpt}",
        values={"title": state.title, "excerpt": excerpt(amendment.reason)},
        key=amendment.id,
        about=amendment.author,
    )
    return notify(context, state.created_by, notice)


def _told(state: Draft, amendment: Amendment, context: Context) -> tuple[Any, ...]:
    if amendment.author == context.sender:
        return ()
    texts = {
        "accepted": "Your amendment to {title} was accepted: {reason}",
        "rejected": "Your amendment to {title} was not accepted: {reason}",
    }
    notice = Notify(
        kind="draft.decided",
        notice_class="personal",
        subject=Subject("draft", context.id),
        text=texts[amendment.status],
        values={"title": state.title, "reason": amendment.decision_reason},
        key=amendment.id,
        about=context.sender,
    )
    return notify(context, amendment.author, notice)


# --- views ---


def _draft_view(state: Draft, text: str, context: Context) -> DraftView:
    return DraftView(
        id=context.id,
        topic_id=state.topic,
        title=state.title,
        created_by=state.created_by,
        version=state.version,
        text=text,
        sha256=state.sha256,
        created_at=state.created_at,
        open_amendments=state.waiting,
    )


def amendment_view(draft_id: str, row: Amendment) -> AmendmentView:
    """An amendment as everybody sees it."""
    return AmendmentView(
        id=row.id,
        draft_id=draft_id,
        author_id=row.author,
        version=row.version,
        from_line=row.from_line,
        to_line=row.to_line,
        text=row.text,
        reason=row.reason,
        status=row.status,
        diff=row.diff,
        created_at=row.created_at,
        decision_reason=row.decision_reason,
        decided_at=row.decided_at,
    )
