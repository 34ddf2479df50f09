"""What topics bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, PortSpec, hookimpl
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.audiences import count_standing, find_mentioned, find_officials
from diramoja.plugins.topic.draft import draft
from diramoja.plugins.topic.draft_routes import Amendments, Drafts, TopicDrafts
from diramoja.plugins.topic.export_queries import HOLDINGS
from diramoja.plugins.topic.feed_routes import Feeds
from diramoja.plugins.topic.forgetting import find_reactions
from diramoja.plugins.topic.projections import RECORDS
from diramoja.plugins.topic.queries import may_write
from diramoja.plugins.topic.routes import Posts, Topics
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.ports.forgetting import Forgetting

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The kinds topic and draft, their lists and their routes."""
    return Plugin(
        name="topic",
        kinds=[topic, draft],
        records=RECORDS,
        jobs=[find_mentioned, find_officials, count_standing, find_reactions],
        routes=[Topics, Posts, TopicDrafts, Drafts, Amendments, Feeds],
        settings=TopicSettings,
        permissions={
            "topic.read": {"guest"},
            "topic.open": {"supporter"},
            "topic.edit": {"supporter"},
            "topic.follow": {"supporter"},
            "topic.close": {"supporter"},
            "topic.pin": {"supporter"},
            "topic.support": {"member"},
            "topic.answer": {"official"},
            "topic.review": {"moderator"},
            "post.write": {"supporter"},
            "post.react": {"supporter"},
            "post.report": {"supporter"},
            "draft.begin": {"supporter"},
            "draft.amend": {"member"},
            "draft.decide": {"supporter"},
            "feed.read": {"supporter"},
        },
        channels={
            "topic": Channel("topic.read", author="author", presence=True, typing="post.write", may_write=may_write),
            "draft": Channel("topic.read", author="author"),
        },
        uses=["member"],
        holds=HOLDINGS,
        ports=[PortSpec("forgetting", Forgetting)],
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
