"""A member is gone: they take part no more, and what they said is deleted; the others keep what they said."""

from typing import Any

from diramoja.core import Context, Decision, Put, Remove
from diramoja.plugins.conversation.contracts import ConversationChanged
from diramoja.plugins.conversation.state import Conversation, Message, Participant, conversation
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, former

__all__: list[str] = []


@conversation.on("absent", "open", "closed")
def forget_member(state: Conversation, message: ForgetMember, context: Context) -> Decision:
    """In a conversation of two nothing more is said. A group goes on with whoever joined next, as if they had left."""
    effects: list[Any] = []
    for collection, key in message.rows:
        said = context.row(Message, key) if collection == "message" else None
        if said is not None and said.sender == message.member:
            effects.append(Put(former(said, message.member).but(status="deleted", body="")))
        elif collection == "participant":
            effects.append(Remove(Participant, key))
    if message.member not in state.members:
        return former(state, message.member), *effects
    left = tuple(each for each in state.members if each != message.member)
    successor = left[0] if left and state.is_group and state.created_by == message.member else state.created_by
    shrunk = state.but(
        phase="open" if left else "closed",
        members=left,
        created_by=successor,
        walls=state.walls if state.is_group else (FORMER,),
    )
    return former(shrunk, message.member), *effects, ConversationChanged(context.id, left)
