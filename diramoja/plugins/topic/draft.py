"""A draft of a policy: a text in versions, changed by amendments that are proposed and decided."""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from diramoja.core import Context, Decision, Put, Reject, Remove, Reply, Tell
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import ModeratePost, TakeVerdict
from diramoja.plugins.topic.draft_contracts import (
    AmendmentDecided,
    AmendmentProposed,
    DecideAmendment,
    DraftOpened,
    OpenDraft,
    ProposeAmendment,
)
from diramoja.plugins.topic.draft_state import (
    Amendment,
    Draft,
    Proposer,
    Version,
    amendment_view,
    draft,
    draft_view,
)
from diramoja.plugins.topic.keywords import excerpt
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.texts import change_diff, lines_of, placed, replaced, sha256
from diramoja.plugins.topic.views import DraftView, HeldView

__all__ = ["draft"]

TEXT_CHARS = 40_000
OPEN_MAX = 200
"""Amendments that wait for a decision."""
OPEN_OF_ONE = 20
"""Those of one member among them, so that nobody fills the draft alone."""


@draft.on("absent")
def open_draft(state: Draft, message: OpenDraft, context: Context) -> Decision:
    text = _plain(message.text)
    pending = state.but(
        phase="pending",
        topic=message.topic,
        title=message.title,
        created_by=message.author,
        created_at=context.now,
        version=1,
        sha256=sha256(text),
    )
    first = Version("1", 1, text, pending.sha256, "", message.author, "", context.now)
    if not context.has("moderator"):
        return Put(first), *_opened(pending, first, context)
    asked = _asked(context.id, message.author, (message.title, text), context)
    return pending.but(held=HeldView("pending")), Put(first), asked


def _opened(state: Draft, first: Version, context: Context) -> tuple[Any, ...]:
    """All see it, and may amend it."""
    opened = state.but(phase="open", held=None)
    news = DraftOpened(context.id, opened.topic, opened.title, opened.created_by)
    return opened, news, Reply(_view(opened, first, context), status=201)


@draft.on("pending")
def draft_judged(state: Draft, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid it."""
    first = context.row(Version, "1")
    if message.post_id != context.id or first is None or state.held is None or state.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return _opened(state, first, context)
    held = state.but(held=HeldView(message.outcome, message.reason))
    return held, Reply(_view(held, first, context), status=201)


@draft.on("pending")
def draft_decided(state: Draft, message: ModeratePost, context: Context) -> Decision:
    """People let it be opened, now or after an appeal, or not."""
    first = context.row(Version, "1")
    if message.post_id != context.id or first is None:
        return None
    return _opened(state, first, context) if message.action == "publish" else state.but(held=None)


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
        held=HeldView("pending") if context.has("moderator") else None,
    )
    counted = state.but(waiting=state.waiting + 1), Put(proposer.but(waiting=proposer.waiting + 1))
    if not amendment.held:
        return *counted, *_shown(state, amendment, context)
    return *counted, Put(amendment), _asked(amendment.id, amendment.author, (text, message.reason), context)


def _shown(state: Draft, amendment: Amendment, context: Context) -> tuple[Any, ...]:
    """All see it, and it waits for a decision."""
    shown = amendment.but(held=None, is_removed=False)
    return (
        Put(shown),
        AmendmentProposed(context.id, state.topic, shown.id, shown.author),
        *_proposed(state, shown, context),
        _reply(shown, context, status=201),
    )


@draft.on("open")
def amendment_judged(state: Draft, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid it."""
    amendment = context.row(Amendment, message.post_id)
    if amendment is None or amendment.held is None or amendment.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return _shown(state, amendment, context)
    held = amendment.but(held=HeldView(message.outcome, message.reason))
    return Put(held), _reply(held, context, status=201)


@draft.on("open")
def amendment_decided(state: Draft, message: ModeratePost, context: Context) -> Decision:
    """People let it be seen, now or after an appeal, or not: then it waits for no decision."""
    amendment = context.row(Amendment, message.post_id)
    if amendment is None or amendment.held is None:
        return None
    if message.action != "publish":
        if amendment.is_removed:
            return None
        gone = Put(amendment.but(is_removed=True))
        return state.but(waiting=state.waiting - 1), gone, *_waits_no_more(amendment.author, context)
    if not amendment.is_removed:
        return _shown(state, amendment, context)
    proposer = context.row(Proposer, amendment.author) or Proposer(amendment.author)
    again = Put(proposer.but(waiting=proposer.waiting + 1))
    return state.but(waiting=state.waiting + 1), again, *_shown(state, amendment, context)


def _asked(id: str, author: str, texts: Sequence[str], context: Context) -> Tell:
    """Whoever sent the words waits for what comes of it."""
    words = ScreenText(id, author, "\n\n".join(filter(None, texts)))
    return Tell("screening", context.id, words, answers=True)


@draft.on("open")
def decide(state: Draft, message: DecideAmendment, context: Context) -> Decision:
    amendment = context.row(Amendment, message.amendment_id)
    if amendment is None or amendment.held:
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
        _reply(decided, context),
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


def _reply(amendment: Amendment, context: Context, status: int = 200) -> Reply:
    return Reply(amendment_view(context.id, structs.asdict(amendment)), status=status)


def _view(state: Draft, version: Version, context: Context) -> DraftView:
    return draft_view(context.id, structs.asdict(state) | {"text": version.text, "open_amendments": state.waiting})
