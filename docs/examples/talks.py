"""The agent of the README: a talk that members rate.

python docs/examples/talks.py
"""

from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, Event, State
from diramoja.testing.play import play


class RateTalk(Command):
    """Rate the talk."""

    stars: int


class TalkRated(Event, name="talk.rated", live=True):
    """The running figures after a rating."""

    count: int
    total: int


class Talk(State):
    """What a talk knows."""

    phase: Literal["absent", "open", "closed"] = "absent"
    count: int = 0
    total: int = 0


talk = AgentKind("talk", Talk, prefix="tlk")


@talk.on("open")
def rate(state: Talk, message: RateTalk, context: Context) -> Decision:
    """Add up, and tell those who listen."""
    rated = state.but(count=state.count + 1, total=state.total + message.stars)
    return rated, TalkRated(rated.count, rated.total)


after = play(talk, Talk(phase="open", count=1, total=5), RateTalk(3))
assert after.events == [TalkRated(2, 8)]
