"""What topics bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.projections import post_rows, topic_rows, topic_texts
from diramoja.plugins.topic.routes import Posts, Topics

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """The kind topic, its lists and its routes."""
    return Plugin(
        name="topic",
        kinds=[topic],
        records=[topic_rows, topic_texts, post_rows],
        routes=[Topics, Posts],
        permissions={
            "topic.read": {"guest"},
            "topic.open": {"supporter"},
            "topic.follow": {"supporter"},
            "topic.close": {"supporter"},
            "post.write": {"supporter"},
            "post.react": {"supporter"},
            "post.report": {"supporter"},
        },
        channels={"topic": Channel("topic.read")},
        uses=["member"],
        migrations=Path(__file__).parent / "migrations",
    )
