"""A badge agent for each member, under the member's id: counts published posts and awards at 1, 10 and 100."""

from typing import Literal

from diramoja.core import AgentKind, Context, Decision, State
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.topic.contracts import PostPublished
from diramoja_badges.contracts import BadgeAwarded, CountPost

__all__ = ["Badges", "badge"]

AWARDS = {1: "first_post", 10: "ten_posts", 100: "hundred_posts"}


class Badges(State):
    """What a member has earned."""

    phase: Literal["absent", "counting"] = "absent"
    posts: int = 0
    badges: tuple[str, ...] = ()


badge = AgentKind("badge", Badges, prefix="bdg")


@badge.on("absent", "counting")
def count_post(state: Badges, message: CountPost, context: Context) -> Decision:
    counted = state.but(phase="counting", posts=state.posts + 1)
    award = AWARDS.get(counted.posts)
    return (counted.but(badges=(*state.badges, award)), BadgeAwarded(award, counted.posts)) if award else counted


@badge.on("absent", "counting")
def forget_member(state: Badges, message: ForgetMember, context: Context) -> Decision:
    return Badges()


badge.hears(PostPublished, to=lambda event: [(event.author, CountPost())])
