"""What conversations bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.plugins.conversation.agent import conversation
from diramoja.plugins.conversation.contracts import ConversationChanged
from diramoja.plugins.conversation.export_queries import HOLDINGS
from diramoja.plugins.conversation.projections import conversation_rows, message_rows, participant_rows
from diramoja.plugins.conversation.queries import may_write, takes_part
from diramoja.plugins.conversation.routes import Conversations, Messages
from diramoja.plugins.conversation.settings import ConversationSettings

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The kind conversation and its routes."""
    return Plugin(
        name="conversation",
        kinds=[conversation],
        records=[conversation_rows, participant_rows, message_rows],
        routes=[Conversations, Messages],
        settings=ConversationSettings,
        permissions={"conversation.own": {"supporter"}, "conversation.write": {"supporter"}},
        channels={
            "conversation": Channel(
                "conversation.own",
                allows=takes_part,
                author="member",
                changes=ConversationChanged.wire_name,
                presence=True,
                typing="conversation.write",
                may_write=may_write,
            )
        },
        uses=["member"],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
