"""Who is invited: looked up by a job, a page at a time; each is noted and told by their own agent."""

from diramoja.core import Call, Context, Decision, Put, Reject, Reply
from diramoja.plugins.event.audiences import FindInvited, NoteInvited, find_invited
from diramoja.plugins.event.contracts import EventInvited, Invite
from diramoja.plugins.event.invitation_queries import Segment
from diramoja.plugins.event.state import AHEAD, Gathering, Invitation, event, only_organizer
from diramoja.plugins.event.views import InvitationsView

__all__: list[str] = []


@event.on(*AHEAD)
def invite(state: Gathering, message: Invite, context: Context) -> Decision:
    if refusal := only_organizer(state, context):
        return refusal
    by_segment = bool(message.interests or message.regions)
    if by_segment and context.roles.isdisjoint(("leader", "official")):
        return Reject("not_leader", "A leader or an official invites by interest or region.", 403)
    if not (by_segment or message.members):
        return Reject("invitation_empty", "Say whom: by interest, by region, or by name.", 400)
    segment = Segment(state.organizer, state.visibility, message.interests, message.regions, message.members)
    found = InvitationsView(message.selected, message.suppressed)
    call = Call(find_invited, FindInvited(context.id, segment), key=f"invite:{context.command_id}")
    return call, Reply(found, status=202)


@event.on(*AHEAD)
def note_invited(state: Gathering, message: NoteInvited, context: Context) -> Decision:
    noted = [
        effect
        for member in message.members
        for effect in (
            Put(Invitation(member, context.now)),
            EventInvited(context.id, member, state.organizer, state.title, state.starts_at),
        )
    ]
    if not message.has_more:
        return tuple(noted)
    last = message.members[-1]
    return *noted, Call(find_invited, FindInvited(context.id, message.segment, last), key=f"invite:{last}")
