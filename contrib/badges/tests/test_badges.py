from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime
from diramoja_badges.agent import Badges, badge
from diramoja_badges.contracts import BadgeAwarded, CountPost
from diramoja_badges.hooks import register_plugin


def test_tenth_post_brings_a_badge_and_the_eleventh_none() -> None:
    tenth = play(badge, Badges(phase="counting", posts=9, badges=("first_post",)), CountPost())
    told = tenth.events, play(badge, tenth.state, CountPost()).events
    assert (tenth.state.badges, *told) == (("first_post", "ten_posts"), [BadgeAwarded("ten_posts", 10)], [])


def test_badges_of_a_hundred_posts_survive_crashes(runtime: Runtime) -> None:
    runtime.crash_ratio = 0.02
    runtime.deploy(register_plugin())
    for _ in range(100):
        runtime.send(badge, "mem_1", CountPost())
    assert [event.badge for event in runtime.events(BadgeAwarded)] == ["first_post", "ten_posts", "hundred_posts"]
