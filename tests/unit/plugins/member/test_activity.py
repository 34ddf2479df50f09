"""From active to dormant and back, engagement day by day, asked back, promoted, told of new topics."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from diramoja.core import Plugin
from diramoja.core.ports.database import Database
from diramoja.plugins.member.activity import FindTopics, Reengage, TopicHint
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import (
    CountPost,
    FollowMember,
    Join,
    PromotionOffered,
    RatePost,
    SetMembership,
    StateChanged,
    SuggestTopic,
)
from diramoja.plugins.member.hooks import register_plugin
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import DAY, Member, ReviewActivity
from diramoja.plugins.notification.contracts import Notify
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

MEMBERS = attrs.evolve(register_plugin(), views=[])
ACTIVE = Member(phase="active", username="amina", interests=("healthcare",))


class Topics:
    """Stands where the database is asked for topics."""

    def __init__(self, *titles: str) -> None:
        self.titles = titles

    async def fetch(self, sql: str, *args: object) -> list[dict[str, str]]:
        assert "member_topic" in sql
        return [{"id": f"top_{n}", "title": title} for n, title in enumerate(self.titles)]


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(MEMBERS)
    runtime.send(member, "mem_a", Join("amina", ("healthcare",)), sender="")
    return runtime


def phases(stage: Runtime) -> list[str]:
    return [event.phase for event in stage.events(StateChanged)]


def posts(stage: Runtime, days: int, *, thirds: int = 3) -> None:
    for day in range(days):
        post = f"pst_{stage.clock.now():%Y%m%d}_{day}"
        stage.send(member, "mem_a", FollowMember(f"mem_{post}"), sender="mem_a")
        stage.send(member, "mem_a", CountPost(post, is_reply=False), sender="")
        stage.send(member, "mem_a", RatePost(post, thirds), sender="")
        stage.advance(days=1)


def test_a_member_who_does_nothing_becomes_occasional_inactive_and_dormant(stage: Runtime) -> None:
    for days, phase in ((6, "active"), (2, "occasional"), (21, "occasional"), (2, "inactive"), (58, "inactive")):
        stage.advance(days=days)
        assert stage.state(member, "mem_a").phase == phase
    stage.advance(days=2)
    assert phases(stage) == ["occasional", "inactive", "dormant"]


def test_any_activity_leads_back_to_active(stage: Runtime) -> None:
    stage.advance(days=100)
    stage.send(member, "mem_a", FollowMember("mem_b"), sender="mem_a")
    assert phases(stage)[-1] == "active" and stage.state(member, "mem_a").phase == "active"
    stage.advance(days=8)
    assert stage.state(member, "mem_a").phase == "occasional"


def test_engagement_rises_day_by_day_falls_by_half_in_a_week_and_ends(stage: Runtime) -> None:
    posts(stage, 28)
    high = stage.state(member, "mem_a").engagement
    assert 85 < high < 100
    stage.advance(days=29)  # The last days leave the window, and then it decays.
    spent = stage.state(member, "mem_a")
    stage.advance(days=7)
    assert stage.state(member, "mem_a").engagement < spent.engagement
    stage.advance(days=400)
    over = stage.state(member, "mem_a")
    assert (over.phase, over.review_at) == ("dormant", None)
    assert over.engagement == pytest.approx(40)  # The quality of the last posts stays.
    assert "review_activity" not in {name for _, _, name in stage.records.reminders}


def test_a_member_without_posts_is_looked_at_only_when_the_phase_can_change(stage: Runtime) -> None:
    seen = set()
    for _ in range(120):
        stage.advance(days=1)
        seen.add(stage.state(member, "mem_a").review_at)
    assert len(seen) <= 5


def test_days_of_an_outage_are_made_up_for() -> None:
    days = tuple(range(739_000, 739_008))
    at = datetime.fromordinal(739_007).replace(tzinfo=ACTIVE.member_since.tzinfo)
    busy = ACTIVE.but(post_days=days, reviewed_at=at, last_active_at=at)

    def reviewed(state: Member, now: datetime) -> Member:
        return play(member, state, ReviewActivity(), id="mem_a", now=now, settings=[MemberSettings()]).state

    daily = busy
    for day in range(1, 41):
        daily = reviewed(daily, at + DAY * day)
    late = reviewed(busy, at + DAY * 40 + timedelta(hours=5))
    assert late.engagement == pytest.approx(daily.engagement)
    assert late.reviewed_at == at + DAY * 40 and reviewed(late, at + DAY * 40 + timedelta(hours=6)) == late


# --- asked back ---


@pytest.fixture
def lonely(runtime: Runtime) -> Runtime:
    inbox = Plugin(name="notification")
    runtime.deploy(MEMBERS, inbox, ports={Database: Topics("Clinics", "Wells")})
    runtime.send(member, "mem_a", Join("amina", ("healthcare",)), sender="")
    return runtime


def asked_back(stage: Runtime) -> int:
    """Notices to the inbox, which is not deployed here: its letters are dead."""
    return sum(each.verb == "notify" for each in stage.dead_letters())


def test_who_stays_away_is_asked_back_twice_and_not_again(lonely: Runtime) -> None:
    counts = []
    for days in (29, 2, 88, 2, 400):
        lonely.advance(days=days)
        counts.append(asked_back(lonely))
    assert counts == [0, 1, 1, 2, 2]


def test_a_reaction_lets_the_count_begin_anew(lonely: Runtime) -> None:
    lonely.advance(days=150)
    assert asked_back(lonely) == 2
    lonely.send(member, "mem_a", FollowMember("mem_b"), sender="mem_a")
    lonely.advance(days=29)
    assert asked_back(lonely) == 2
    lonely.advance(days=150)
    assert asked_back(lonely) == 4


def test_where_nothing_is_new_nobody_is_asked_and_the_time_does_not_count() -> None:
    away = ACTIVE.but(phase="inactive", reengaged=1)
    after = play(member, away, Reengage(()), id="mem_a", has=["notification"])
    assert (after.tells, after.state.reengaged) == ([], 0)


def test_the_notice_names_the_topics_and_comes_too_late_for_whoever_is_back(now: datetime) -> None:
    away = ACTIVE.but(phase="inactive", last_active_at=now - timedelta(days=40))
    found = Reengage((TopicHint("top_1", "Clinics"), TopicHint("top_2", "Wells")))
    asked = {"id": "mem_a", "has": ["notification"], "now": now, "settings": [MemberSettings()]}
    [told] = play(member, away, found, **asked).tells  # type: ignore[arg-type]  # keywords of play
    assert isinstance(told.command, Notify)
    assert told.command.values == {"days": "40", "topics": "Clinics · Wells"}
    back = away.but(last_active_at=now - timedelta(days=1))
    assert play(member, back, found, **asked).tells == []  # type: ignore[arg-type]  # keywords of play
    assert FindTopics(("healthcare",), now, 3).most == 3


# --- promotion ---


@pytest.mark.parametrize(("setting", "outcome"), [("suggest", "offered"), ("automatic", "taken"), ("off", "none")])
def test_high_engagement_for_long_offers_a_name_and_never_a_level(runtime: Runtime, setting: str, outcome: str) -> None:
    chosen = MemberSettings(promotion=setting)  # type: ignore[arg-type]  # one of its values
    runtime.deploy(MEMBERS, settings=[chosen])
    runtime.send(member, "mem_a", Join("amina"), sender="")
    runtime.send(member, "mem_a", SetMembership("dues", level="member"), sender="mem_off")
    posts(runtime, 40)
    assert runtime.state(member, "mem_a").promotion == "none"  # Above 80 since about two weeks.
    posts(runtime, 20)
    state = runtime.state(member, "mem_a")
    assert (state.promotion, state.membership_level) == (outcome, "member")
    assert [event.is_taken for event in runtime.events(PromotionOffered)] == [outcome == "taken"] * (setting != "off")


def test_supporters_are_not_promoted_by_a_score(stage: Runtime) -> None:
    posts(stage, 60)
    state = stage.state(member, "mem_a")
    assert state.engagement > 80 and state.promotion == "none" and state.membership_level == "supporter"


# --- new topics ---


def test_a_new_topic_is_suggested_to_whoever_has_the_interest_and_did_not_open_it() -> None:
    def suggested(state: Member, author: str = "mem_b", category: str = "healthcare") -> list[object]:
        message = SuggestTopic("top_1", "Clinics", category, author)
        return list(play(member, state, message, id="mem_a", has=["notification"], settings=[MemberSettings()]).tells)

    [told] = suggested(ACTIVE)
    assert told.agent == "mem_a" and told.kind == "inbox"  # type: ignore[attr-defined]  # a Tell
    notice = told.command  # type: ignore[attr-defined]  # a Tell
    assert (notice.kind, notice.subject.id, notice.about) == ("topic.suggested", "top_1", "mem_b")
    assert suggested(ACTIVE, author="mem_a") == suggested(ACTIVE, category="economy") == []
    assert suggested(ACTIVE.but(phase="restricted")) and suggested(ACTIVE.but(phase="suspended")) == []


# --- properties ---

STEPS = some.sampled_from([0, 1, 1, 2, 5, 9, 40, 100])


@settings(max_examples=40, deadline=None)
@given(some.lists(STEPS, max_size=25))
def test_the_phase_is_always_that_of_the_days_without_activity(steps: list[int]) -> None:
    stage = Runtime()
    try:
        stage.deploy(MEMBERS)
        stage.send(member, "mem_a", Join("amina"), sender="")
        last = stage.clock.now()
        for number, days in enumerate(steps):
            if days == 0:
                stage.send(member, "mem_a", FollowMember(f"mem_{number}"), sender="mem_a")
                if stage.state(member, "mem_a").last_active_at == stage.clock.now():
                    last = stage.clock.now()
            stage.advance(days=days)
            quiet = (stage.clock.now() - last) / DAY
            state = stage.state(member, "mem_a")
            expected = (
                "active" if quiet < 7 else "occasional" if quiet < 30 else "inactive" if quiet < 90 else "dormant"
            )
            assert state.phase == expected
            assert 0 <= state.engagement <= 100
    finally:
        stage.close()
