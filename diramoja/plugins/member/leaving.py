"""Leaving and coming back, and asking for all that is held of oneself. What follows the term is in `forgetting`."""

from datetime import timedelta
from typing import Literal

from diramoja.core import Cancel, Command, Context, Decision, Put, Reject, RemindAt, Remove, Reply
from diramoja.plugins.member.contracts import MemberLeaving
from diramoja.plugins.member.forgetting import EraseMember
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, Export, Member, member, member_view, only_oneself
from diramoja.plugins.member.views import ExportView, LeavingView
from diramoja.plugins.notification.contracts import Notify, Subject, notify

__all__ = ["AskExport", "ForgetExport", "LeaveCommunity", "ReturnToCommunity"]


class LeaveCommunity(Command):
    """Be erased after the term; `posts` kept without their author, or deleted. By the member. Answers a LeavingView."""

    posts: Literal["keep", "delete"] = "keep"


class ReturnToCommunity(Command):
    """Take that back within the term; who does not leave stays. By the member. Answers a MemberView."""


class AskExport(Command):
    """Read all that is held of oneself, for some days. By the member. Answers an ExportView."""

    id: str


class ForgetExport(Command):
    """Its days are over. Told by the member to itself."""

    id: str


@member.on(*PRESENT)
def leave(state: Member, message: LeaveCommunity, context: Context) -> Decision:
    """Everything stays as it is until then; asked again, only the choice about posts changes."""
    if refusal := only_oneself(context):
        return refusal
    if state.erase_after:
        return state.but(posts_then=message.posts), Reply(LeavingView(state.erase_after, message.posts), status=202)
    at = context.now + timedelta(days=context.settings(MemberSettings).erase_after_days)
    told = Notify(
        kind="member.leaving",
        notice_class="statutory",
        subject=Subject("member", context.id),
        text="Your account will be deleted on {date}. Until then you can sign in and take it back.",
        values={"date": f"{at:%Y-%m-%d}"},
        key=f"leaving:{at.isoformat()}",
    )
    return (
        state.but(erase_after=at, posts_then=message.posts),
        RemindAt(at, EraseMember()),
        MemberLeaving(context.id, at),
        *notify(context, context.id, told),
        Reply(LeavingView(at, message.posts), status=202),
    )


@member.on(*PRESENT)
def return_to(state: Member, message: ReturnToCommunity, context: Context) -> Decision:
    """Nothing was changed meanwhile, so nothing has to be brought back."""
    if refusal := only_oneself(context):
        return refusal
    if state.erase_after is None:
        return Reply(member_view(context.id, state))
    back = state.but(erase_after=None, posts_then="keep")
    told = Notify(
        kind="member.returned",
        notice_class="statutory",
        subject=Subject("member", context.id),
        text="Your account stays: its deletion was taken back.",
        key=f"returned:{state.erase_after.isoformat()}",
    )
    view = Reply(member_view(context.id, back))
    return back, Cancel(EraseMember.wire_name), *notify(context, context.id, told), view


@member.on(*PRESENT)
def ask_export(state: Member, message: AskExport, context: Context) -> Decision:
    """Whoever else is signed in to the account does not do this unnoticed."""
    if refusal := only_oneself(context):
        return refusal
    settings = context.settings(MemberSettings)
    if known := context.row(Export, message.id):
        return Reply(ExportView(known.id, known.at, known.expires_at), status=202)
    if state.exports >= settings.exports_max:
        return Reject("exports_full", f"At most {settings.exports_max} exports can be read at a time.", 429)
    at = context.now + timedelta(days=settings.export_days)
    told = Notify(
        kind="member.export",
        notice_class="statutory",
        subject=Subject("export", message.id),
        text="All that is held of you was asked for from your account and can be read until {date}."
        " If that was not you, tell an administrator.",
        values={"date": f"{at:%Y-%m-%d}"},
    )
    return (
        state.but(exports=state.exports + 1),
        Put(Export(message.id, context.now, at)),
        RemindAt(at, ForgetExport(message.id), f"export:{message.id}"),
        *notify(context, context.id, told),
        Reply(ExportView(message.id, context.now, at), status=202),
    )


@member.on(*PRESENT)
def forget_export(state: Member, message: ForgetExport, context: Context) -> Decision:
    """Nothing was copied for it: only the leave to read goes."""
    if context.row(Export, message.id) is None:
        return None
    return state.but(exports=state.exports - 1), Remove(Export, message.id)
