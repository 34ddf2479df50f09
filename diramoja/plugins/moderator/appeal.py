"""Appeals: filed by whom a decision concerns, decided by people who took no part in it."""

from diramoja.core import Context, Decision, Event, Put, Reject, RemindAt, Reply, Tell
from diramoja.plugins.moderator.case_contracts import AppealDecided, AppealFiled, CountAppeal, DecideAppeal, FileAppeal
from diramoja.plugins.moderator.case_state import (
    PARTIAL,
    RECUSED,
    TOO_LOW,
    Appeal,
    Case,
    Sanction,
    case,
    concerns,
)
from diramoja.plugins.moderator.decision import forgotten
from diramoja.plugins.moderator.notices import appeal_notice
from diramoja.plugins.moderator.rules import outranks
from diramoja.plugins.moderator.views import AppealState, AppealView
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.topic.contracts import ModeratePost

__all__ = ["appeal_view"]


@case.on("open", "claimed", "escalated", "decided", "appealed", "confirmed", "overturned")
def file_appeal(state: Case, message: FileAppeal, context: Context) -> Decision:
    """Of what software did before people decided: their decision is the answer, and the case counts for more."""
    sanction = context.row(Sanction, message.sanction)
    if sanction is None or sanction.member != context.sender:
        return Reject("sanction_missing", "There is no such decision about you.", 404)
    if sanction.appeal:
        earlier = context.row(Appeal, sanction.appeal)
        same = earlier is not None and earlier.text == message.text
        return Reply(appeal_view(earlier)) if earlier and same else Reject("appeal_filed", "You appealed before.")
    if context.now > sanction.appeal_until:
        return Reject("appeal_late", "The time for an appeal is over.")
    if sanction.state != "standing":
        return Reject("appeal_moot", "This decision does not stand any more.")
    filed = Appeal(context.new_id("apl"), sanction.id, context.sender, message.text, context.now)
    people = sanction.by == "person"
    appealed = state.but(
        phase="appealed" if people else state.phase,
        appeal=filed.id,
        review="",
        tags=(*state.tags, "appealed"),
        weight=state.weight if people else state.weight + 1,
    )
    counted = [Tell("moderator", each, CountAppeal(context.id)) for each in state.took_part if people]
    event = AppealFiled(context.id, sanction.id, filed.id, state.topic)
    rows = Put(sanction.but(appeal=filed.id)), Put(filed)
    return appealed, *rows, event, *counted, Reply(appeal_view(filed), status=201)


@case.on("appealed")
def decide_appeal(state: Case, message: DecideAppeal, context: Context) -> Decision:
    """By equal or higher authority; of a ban by an official."""
    filed = context.row(Appeal, message.appeal)
    if filed is None or filed.state != "filed":
        return Reject("appeal_missing", "There is no such appeal to be decided.", 404)
    if concerns(state, context):
        return RECUSED
    if context.sender in state.took_part:
        return PARTIAL
    ban = state.action == "ban" and "official" not in context.roles
    if ban or not outranks(message.authority, state.decided_with):
        return TOO_LOW
    state_after: AppealState = "granted" if message.granted else "denied"
    settled = filed.but(state=state_after, reason=message.reason, decided_at=context.now)
    closed = state.but(phase="overturned" if message.granted else "confirmed", appeal="")
    counted = [Tell("moderator", each, CountAppeal(context.id, message.granted)) for each in state.took_part]
    told = notify(context, filed.member, appeal_notice(filed.id, message.reason, granted=message.granted))
    effects = _settled(state, message, context)
    return closed, Put(settled), *effects, *counted, *told, Reply(appeal_view(settled))


@case.on("open", "claimed", "escalated")
def answer_by_decision(state: Case, message: DecideAppeal, context: Context) -> Decision:
    """Nobody has decided yet: whoever decides the case answers the appeal."""
    return Reject("appeal_by_decision", "Decide the case: that answers the appeal.")


def _settled(state: Case, message: DecideAppeal, context: Context) -> list[Put | RemindAt | Event | Tell]:
    sanction = context.row(Sanction, state.sanction)
    if sanction is None:
        return []
    effects: list[Put | RemindAt | Event | Tell] = [
        AppealDecided(
            case=context.id,
            sanction=sanction.id,
            member=sanction.member,
            action=sanction.action,
            granted=message.granted,
            reason=message.reason,
            rule=sanction.rule,
            guidelines_version=sanction.guidelines_version,
        )
    ]
    if not message.granted:
        return effects
    lifted = sanction.but(state="lifted")
    effects += [Put(lifted), *forgotten(lifted, context)]
    if state.post_action in ("hide", "remove"):
        given_back = ModeratePost(state.post, "publish", message.reason, on_appeal=True)
        effects.append(Tell(state.place, state.topic, given_back))
    return effects


def appeal_view(appeal: Appeal) -> AppealView:
    """As whoever filed it sees it."""
    return AppealView(
        id=appeal.id,
        sanction_id=appeal.sanction,
        text=appeal.text,
        filed_at=appeal.filed_at,
        state=appeal.state,
        decision_reason=appeal.reason,
    )
