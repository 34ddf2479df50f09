from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from diramoja.core import Command, RemindAfter, RemindAt
from diramoja.core.messages import encode
from diramoja.plugins.member.contracts import ConsentChanged, WallChanged
from diramoja.plugins.notification import hooks
from diramoja.plugins.notification.choices import walls_of
from diramoja.plugins.notification.contracts import (
    Digest,
    DigestLapsed,
    ForgetNotices,
    MarkAllRead,
    MarkRead,
    NoteConsent,
    NoteDelivery,
    NoteWall,
    NoticeClass,
    NotificationReceived,
    Notify,
    PreferencesView,
    QuietHours,
    QuietHoursOver,
    SetPreferences,
    Subject,
    SweepInbox,
    Unsubscribe,
)
from diramoja.plugins.notification.delivery import Deliver, FindOld, find_old, send_email, send_push, send_sms
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.state import Delivery, Dropped, Inbox, Notice, ReadMark, Wall, inbox
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

DAY = datetime(2026, 6, 10, 12, tzinfo=UTC)
NIGHT = datetime(2026, 6, 10, 23, tzinfo=UTC)
QUIET = QuietHours("22:00", "07:00")
MORNING = datetime(2026, 6, 11, 7, tzinfo=UTC)


def fresh(**preferences: Any) -> LoneAgent[Inbox]:
    agent = LoneAgent(inbox, "mem_a", has=["notification", "identity"], settings=[NotificationSettings()])
    if preferences:
        agent.take(SetPreferences(**preferences), sender="mem_a", now=DAY)
    return agent


def told(number: int = 1, notice_class: NoticeClass = "personal", kind: str = "topic.suggested", **more: Any) -> Notify:
    return Notify(kind, notice_class, Subject("topic", f"top_{number}"), "A topic: {title}", {"title": "T"}, **more)


def deliveries(agent: LoneAgent[Inbox]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(each.notice, each.channel): (each.state, each.reason) for each in agent.all_rows(Delivery)}


def dropped(agent: LoneAgent[Inbox]) -> dict[str, int]:
    return {each.reason: each.count for each in agent.all_rows(Dropped)}


def ids(agent: LoneAgent[Inbox]) -> list[str]:
    return [each.id for each in sorted(agent.all_rows(Notice), key=lambda each: each.seq)]


# --- telling ---


def test_a_notice_in_the_inbox_is_one_row_and_one_live_event() -> None:
    agent = fresh()
    agent.take(told(1), now=DAY)
    second = agent.take(told(2), now=DAY)
    [row] = second.puts
    assert isinstance(row, Notice) and row.seq == 2
    assert second.events == [NotificationReceived(row.id, "topic.suggested", "personal", Subject("topic", "top_2"))]
    assert (second.calls, second.reminders, second.tells) == ([], [], [])


def test_the_same_key_is_told_once() -> None:
    agent = fresh()
    agent.take(told(1), now=DAY)
    again = agent.take(told(1), now=DAY + timedelta(days=30))
    assert (again.puts, again.events) == ([], [])
    assert agent.take(told(1, key="other"), now=DAY).events
    assert agent.take(told(1, kind="topic.closed"), now=DAY).events
    assert len(ids(agent)) == 3


def test_what_is_late_is_dropped_and_counted() -> None:
    agent = fresh()
    for number in range(3):
        assert agent.take(told(number, valid_until=DAY), now=DAY).events == []
    assert (ids(agent), dropped(agent)) == ([], {"late": 3})


def test_a_kind_or_a_class_can_be_switched_off() -> None:
    agent = fresh(channels={"topic.suggested": (), "personal": ("push",)})
    agent.take(told(1), now=DAY)
    assert (ids(agent), dropped(agent)) == ([], {"off": 1})
    played = agent.take(told(1, kind="post.answered"), now=DAY)
    assert [call.job for call in played.calls] == [send_push]
    assert played.events == []


# --- walls ---


@pytest.mark.parametrize("wall", ["block", "blocked_by", "mute"])
def test_nothing_is_told_about_somebody_behind_a_wall_until_it_is_down(wall: Any) -> None:
    agent = fresh()
    agent.take(NoteWall("mem_b", wall, is_up=True))
    agent.take(told(1, about="mem_b"), now=DAY)
    assert (ids(agent), dropped(agent)) == ([], {"refused": 1})
    assert agent.take(told(2, about="mem_c"), now=DAY).events
    agent.take(NoteWall("mem_b", wall, is_up=False))
    assert (agent.all_rows(Wall), agent.state.walls) == ([], 0)
    assert agent.take(told(1, about="mem_b"), now=DAY).events


def test_what_is_statutory_passes_walls() -> None:
    agent = fresh()
    agent.take(NoteWall("mem_b", "block", is_up=True))
    assert agent.take(told(1, "statutory", about="mem_b"), now=DAY).events


def test_a_block_concerns_both_and_a_mute_only_whoever_muted() -> None:
    block, mute = (WallChanged("mem_a", "mem_b", wall, is_up=True) for wall in ("block", "mute"))
    assert walls_of(block) == [
        ("mem_a", NoteWall("mem_b", "block", is_up=True)),
        ("mem_b", NoteWall("mem_a", "blocked_by", is_up=True)),
    ]
    assert walls_of(mute) == [("mem_a", NoteWall("mem_b", "mute", is_up=True))]
    agent = fresh()
    for each in ("block", "mute"):
        agent.take(NoteWall("mem_b", each, is_up=True))
    agent.take(NoteWall("mem_b", "block", is_up=False))
    assert agent.state.walls == 1
    agent.take(told(1, about="mem_b"), now=DAY)
    assert ids(agent) == []


def test_a_wall_that_goes_up_in_the_night_holds_in_the_morning() -> None:
    agent = fresh(quiet_hours=QUIET)
    agent.take(told(1, about="mem_b"), now=NIGHT)
    agent.take(told(2, "statutory", about="mem_b"), now=NIGHT)
    agent.take(NoteWall("mem_b", "blocked_by", is_up=True), now=NIGHT)
    released = agent.take(QuietHoursOver(), now=MORNING)
    [event] = released.events
    assert isinstance(event, NotificationReceived) and event.notice_class == "statutory"
    assert deliveries(agent)[ids(agent)[0], "in_app"] == ("suppressed", "refused")


# --- caps ---


def test_three_of_participation_a_day_and_the_rest_in_one_digest() -> None:
    agent = fresh(channels={"participation": ("in_app", "email")})
    played = [agent.take(told(number, "participation"), now=DAY) for number in range(6)]
    assert [bool(each.events) for each in played] == [True] * 3 + [False] * 3
    assert [len(each.calls) for each in played] == [1, 1, 1, 0, 0, 0]
    assert played[3].reminders == [RemindAt(DAY.replace(hour=18), DigestLapsed())]
    assert played[4].reminders == []
    digest = agent.take(DigestLapsed(), now=DAY.replace(hour=18))
    [event] = digest.events
    assert isinstance(event, NotificationReceived) and event.kind == "notification.digest"
    [call] = digest.calls
    assert call.payload.listed == tuple(ids(agent)[3:6])
    notice = agent.row(Notice, event.notice)
    assert notice is not None and notice.values == {"count": "3"}
    assert agent.take(DigestLapsed(), now=DAY.replace(hour=19)).events == []
    assert agent.take(told(7, "participation"), now=DAY + timedelta(days=1)).events


def test_the_day_of_the_cap_is_the_members() -> None:
    agent = fresh(time_zone="Africa/Nairobi")
    evening = datetime(2026, 6, 10, 20, 50, tzinfo=UTC)  # 23:50 there
    for number in range(4):
        agent.take(told(number, "participation"), now=evening)
    assert len(agent.said(NotificationReceived)) == 3
    assert agent.take(told(5, "participation"), now=evening + timedelta(minutes=10)).events


def test_without_a_digest_the_rest_is_in_the_inbox_only() -> None:
    agent = fresh(digest=None)
    last = [agent.take(told(number, "participation"), now=DAY) for number in range(4)][-1]
    assert (last.events, last.reminders, len(ids(agent))) == ([], [], 4)
    held = agent.row(Notice, ids(agent)[3])
    assert held is not None and held.held == "cap"


def test_a_digest_lists_so_many_and_counts_the_rest() -> None:
    agent = fresh()
    agent.settings = [NotificationSettings(participation_per_day=0, digest_max=2)]
    for number in range(5):
        agent.take(told(number, "participation"), now=DAY)
    digest = agent.take(DigestLapsed(), now=DAY.replace(hour=18))
    [notice] = [row for row in digest.puts if isinstance(row, Notice)]
    assert notice.values == {"count": "5"}


def test_a_digest_leaves_out_what_is_late_by_then() -> None:
    agent = fresh()
    agent.settings = [NotificationSettings(participation_per_day=0)]
    for number, hours in enumerate((1, 7, 2)):
        agent.take(told(number, "participation", valid_until=DAY + timedelta(hours=hours)), now=DAY)
    digest = agent.take(DigestLapsed(), now=DAY.replace(hour=18))
    [notice] = [row for row in digest.puts if isinstance(row, Notice)]
    assert (notice.values, dropped(agent)) == ({"count": "1"}, {"late": 2})


def test_a_digest_waits_for_the_end_of_quiet_hours() -> None:
    agent = fresh(quiet_hours=QUIET, digest=Digest("23:00"))
    for number in range(4):
        agent.take(told(number, "participation"), now=DAY)
    assert agent.take(DigestLapsed(), now=NIGHT).reminders == [RemindAt(MORNING, DigestLapsed())]
    assert agent.take(DigestLapsed(), now=MORNING).events


def test_campaigns_need_consent_and_come_twice_a_week() -> None:
    agent = fresh()
    agent.take(told(1, "campaign"), now=DAY)
    assert dropped(agent) == {"consent": 1}
    agent.take(NoteConsent(is_given=True))
    events = [agent.take(told(number, "campaign"), now=DAY).events for number in range(4)]
    assert [len(each) for each in events] == [1, 1, 0, 0]
    assert dropped(agent) == {"consent": 1, "cap": 2}
    assert agent.take(told(9, "campaign"), now=DAY + timedelta(days=7)).events
    agent.take(NoteConsent(is_given=False))
    assert agent.take(told(10, "campaign"), now=DAY + timedelta(days=14)).events == []


def test_other_consents_are_nothing_to_the_inbox() -> None:
    [hearing] = [each for each in inbox.hearings if each.event is ConsentChanged]
    assert hearing.to is not None
    assert list(hearing.to(ConsentChanged("mem_a", "connect", is_given=True))) == []
    assert list(hearing.to(ConsentChanged("mem_a", "campaign", is_given=True))) == [
        ("mem_a", NoteConsent(is_given=True))
    ]


# --- quiet hours ---


def test_quiet_hours_hold_up_every_channel_until_they_end() -> None:
    agent = fresh(quiet_hours=QUIET, channels={"personal": ("in_app", "email", "sms")})
    played = agent.take(told(1), now=NIGHT)
    assert (played.events, played.calls) == ([], [])
    assert set(deliveries(agent).values()) == {("queued", "quiet_hours")}
    assert played.reminders[-1] == RemindAt(MORNING, QuietHoursOver())
    released = agent.take(QuietHoursOver(), now=MORNING)
    assert len(released.events) == 1
    assert [call.job for call in released.calls] == [send_email, send_sms]
    assert agent.state.waiting == ()
    assert deliveries(agent)[ids(agent)[0], "in_app"] == ("delivered", "")


def test_what_is_late_before_quiet_hours_end_is_suppressed_and_counted() -> None:
    agent = fresh(quiet_hours=QUIET)
    agent.take(told(1, valid_until=NIGHT + timedelta(hours=1)), now=NIGHT)
    assert (list(deliveries(agent).values()), dropped(agent)) == ([("suppressed", "late")], {"late": 1})
    agent.take(told(2, valid_until=MORNING + timedelta(minutes=1)), now=NIGHT)
    agent.take(QuietHoursOver(), now=MORNING + timedelta(hours=1))  # Everything was down for an hour.
    assert (agent.said(NotificationReceived), dropped(agent)) == ([], {"late": 2})


def test_in_the_last_hours_a_statutory_notice_is_not_held_up() -> None:
    agent = fresh(quiet_hours=QUIET)
    first = agent.take(told(1, "statutory", valid_until=NIGHT + timedelta(hours=5)), now=NIGHT)
    assert first.events == []
    assert RemindAt(NIGHT + timedelta(hours=3), QuietHoursOver()) in first.reminders
    released = agent.take(QuietHoursOver(), now=NIGHT + timedelta(hours=3))
    assert (len(released.events), len(released.calls)) == (1, 1)
    assert agent.take(told(2, "statutory", valid_until=NIGHT + timedelta(hours=2)), now=NIGHT).events
    assert agent.take(told(3, valid_until=NIGHT + timedelta(hours=10)), now=NIGHT).events == []


def test_no_more_than_so_many_wait() -> None:
    agent = fresh(quiet_hours=QUIET)
    agent.settings = [NotificationSettings(queue_max=2)]
    for number in range(4):
        agent.take(told(number), now=NIGHT)
    assert len(agent.state.waiting) == 2
    assert list(deliveries(agent).values())[2:] == [("suppressed", "too_many")] * 2


def test_new_quiet_hours_are_for_what_waits_too() -> None:
    agent = fresh(quiet_hours=QUIET)
    agent.take(told(1), now=NIGHT)
    changed = agent.take(SetPreferences(quiet_hours=None), sender="mem_a", now=NIGHT)
    assert changed.reminders == [RemindAt(NIGHT, QuietHoursOver())]
    assert agent.take(QuietHoursOver(), now=NIGHT).events


# --- deliveries ---


def test_what_became_of_a_message_is_noted() -> None:
    agent = fresh(channels={"personal": ("sms",)})
    [call] = agent.take(told(1), now=DAY).calls
    assert call.payload == Deliver("mem_a", ids(agent)[0], "sms")
    agent.take(NoteDelivery(ids(agent)[0], "sms", "sent", "logged_only"), now=DAY)
    assert list(deliveries(agent).values()) == [("sent", "logged_only")]


def test_without_accounts_nobody_has_an_address() -> None:
    agent = fresh(channels={"personal": ("in_app", "email")})
    agent.has = ["notification"]
    assert agent.take(told(1), now=DAY).calls == []
    assert list(deliveries(agent).values()) == [("suppressed", "no_address")]


def test_a_refused_address_is_left_alone_until_the_member_saves_the_preferences() -> None:
    agent = fresh(channels={"personal": ("in_app", "email")})
    agent.take(told(1), now=DAY)
    played = agent.take(NoteDelivery(ids(agent)[0], "email", "failed", "address_refused"), now=DAY)
    [event] = played.events
    assert isinstance(event, NotificationReceived) and event.kind == "notification.address_refused"
    assert agent.take(NoteDelivery(ids(agent)[0], "email", "failed", "address_refused"), now=DAY).events == []
    assert agent.take(told(2), now=DAY).calls == []
    assert agent.take(told(3, "statutory"), now=DAY).calls == []
    view = agent.take(SetPreferences(), sender="mem_a", now=DAY).reply
    assert isinstance(view, PreferencesView) and not view.email_suspended
    assert len(agent.take(told(4), now=DAY).calls) == 1


@pytest.mark.parametrize("reason", ["mailbox_full", "mail_refused", "mail_unavailable"])
def test_other_failures_leave_the_address_in_use(reason: str) -> None:
    agent = fresh(channels={"personal": ("email",)})
    agent.take(told(1), now=DAY)
    agent.take(NoteDelivery(ids(agent)[0], "email", "failed", reason), now=DAY)
    assert len(agent.take(told(2), now=DAY).calls) == 1


# --- choices ---


def test_a_statutory_kind_cannot_be_switched_off() -> None:
    agent = fresh()
    agent.take(told(1, "statutory", kind="vote.opened"), now=DAY)
    for kind in ("statutory", "vote.opened", "moderation.sanction.decided"):
        refused = agent.take(SetPreferences(channels={kind: ("in_app",)}), sender="mem_a", now=DAY).reject
        assert refused is not None and (refused.code, refused.status) == ("statutory_notice", 409)
        both = agent.take(SetPreferences(channels={kind: ("email", "in_app")}), sender="mem_a", now=DAY)
        assert both.reject is None
    for command in (Unsubscribe("vote.opened", "participation"), Unsubscribe("other.kind", "statutory")):
        refused = agent.take(command, sender="guest", now=DAY).reject
        assert refused is not None and refused.code == "statutory_notice"


def test_unsubscribing_ends_the_email_of_one_kind() -> None:
    agent = fresh(channels={"personal": ("in_app", "email")})
    agent.take(Unsubscribe("topic.suggested", "personal"), sender="guest", now=DAY)
    assert agent.take(Unsubscribe("topic.suggested", "personal"), sender="guest", now=DAY).puts == []
    assert agent.take(told(1), now=DAY).calls == []
    assert len(agent.take(told(2, kind="post.answered"), now=DAY).calls) == 1


@pytest.mark.parametrize("command", [MarkRead("ntc_1"), MarkAllRead("ntc_1"), SetPreferences(language="sw")])
def test_an_inbox_is_its_members(command: Command) -> None:
    agent = fresh()
    agent.take(told(1), now=DAY)
    refused = agent.take(command, sender="mem_b", now=DAY).reject
    assert refused is not None and refused.status == 403


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    refused = fresh().take(SetPreferences(time_zone="Mars/Base"), sender="mem_a", now=DAY).reject
    assert refused is not None and (refused.code, refused.status) == ("time_zone_unknown", 400)


def test_reading_all_is_one_mark_and_the_places_go_round() -> None:
    agent = fresh()
    for number in range(12):
        agent.take(told(number), now=DAY)
    for id in ids(agent):
        agent.take(MarkAllRead(id), sender="mem_a", now=DAY)
    assert len(agent.all_rows(ReadMark)) == 8
    assert agent.take(MarkAllRead(ids(agent)[3]), sender="mem_a", now=DAY).puts == []
    assert agent.take(MarkRead(ids(agent)[3]), sender="mem_a", now=DAY).puts == []


# --- forgetting ---


def test_old_notices_go_and_the_same_key_is_told_again() -> None:
    agent = fresh(channels={"personal": ("in_app", "email")})
    first = agent.take(told(1), now=DAY)
    assert RemindAfter(timedelta(days=90), SweepInbox()) in first.reminders
    agent.take(NoteDelivery(ids(agent)[0], "email", "sent"), now=DAY)
    later = DAY + timedelta(days=90)
    [call] = agent.take(SweepInbox(), now=later).calls
    assert (call.job, call.payload) == (find_old, FindOld("mem_a", DAY))
    forgotten = agent.take(ForgetNotices(tuple(ids(agent))), now=later)
    assert (ids(agent), deliveries(agent), agent.state.kept, forgotten.reminders) == ([], {}, 0, [])
    again = agent.take(told(1), now=later)
    assert again.events and RemindAfter(timedelta(days=90), SweepInbox()) in again.reminders


def test_while_notices_are_left_another_look_follows() -> None:
    agent = fresh()
    for number in range(3):
        agent.take(told(number), now=DAY)
    assert agent.take(ForgetNotices(tuple(ids(agent)[:1]), more=True)).reminders == [
        RemindAfter(timedelta(0), SweepInbox())
    ]
    assert agent.take(ForgetNotices(tuple(ids(agent)[:1]))).reminders == [RemindAfter(timedelta(days=7), SweepInbox())]


def test_the_plugin_declares_its_jobs() -> None:
    assert set(hooks.register_plugin().jobs) == {send_email, send_sms, send_push, find_old}


# --- whatever comes ---

CHANNELS = some.lists(some.sampled_from(["in_app", "email", "sms", "push"]), max_size=4).map(tuple)
CLASSES = some.sampled_from(["statutory", "personal", "participation", "campaign"])
AHEAD = some.none() | some.integers(-1, 20).map(lambda hours: DAY + timedelta(hours=hours))
COMMANDS: some.SearchStrategy[Command] = some.one_of(
    some.builds(
        told,
        some.integers(0, 5),
        CLASSES,
        kind=some.sampled_from(["a.b", "c.d"]),
        valid_until=AHEAD,
        about=some.sampled_from(["", "mem_b"]),
    ),
    some.builds(
        SetPreferences,
        channels=some.dictionaries(some.sampled_from(["a.b", "participation", "campaign"]), CHANNELS),
        quiet_hours=some.sampled_from([None, QUIET, QuietHours("11:00", "13:00")]),
        digest=some.sampled_from([None, Digest("12:30")]),
        time_zone=some.sampled_from(["UTC", "Africa/Nairobi", "America/New_York"]),
    ),
    some.builds(NoteWall, some.just("mem_b"), some.sampled_from(["block", "blocked_by", "mute"]), some.booleans()),
    some.builds(NoteConsent, some.booleans()),
    some.builds(Unsubscribe, some.sampled_from(["a.b", "c.d"]), CLASSES),
    some.builds(
        NoteDelivery,
        some.just("ntc_1"),
        some.just("email"),
        some.sampled_from(["sent", "failed"]),
        some.sampled_from(["", "address_refused"]),
    ),
    some.sampled_from([QuietHoursOver(), DigestLapsed(), SweepInbox(), MarkRead("ntc_1"), MarkAllRead("ntc_1")]),
)


@settings(max_examples=200, deadline=None)
@given(some.lists(some.tuples(COMMANDS, some.integers(0, 9)), max_size=40))
def test_no_sequence_of_commands_breaks_what_always_holds(sequence: Sequence[tuple[Command, int]]) -> None:
    agent, now, by_day = fresh(), DAY, dict[str, int]()
    for command, hours in sequence:
        now += timedelta(hours=hours, minutes=1)
        played = agent.take(command, sender="mem_a", now=now)
        _check(agent, played, now)
        zone_day = agent.state.day
        fresh_ones = [
            each
            for each in played.puts
            if isinstance(each, Notice) and each.notice_class == "participation" and not each.held
        ]
        if isinstance(command, Notify) and fresh_ones:
            by_day[zone_day] = by_day.get(zone_day, 0) + 1
        assert max(by_day.values(), default=0) <= 3


def _check(agent: LoneAgent[Inbox], played: Played[Inbox], now: datetime) -> None:
    state = agent.state
    assert state.phase in inbox.phases
    assert state.kept == len(agent.all_rows(Notice)) <= state.count
    assert state.walls == len(agent.all_rows(Wall))
    assert len(encode(state)) < 16_384
    assert state.day_count <= 3 and state.week_count <= 2
    for event in played.events:
        assert isinstance(event, NotificationReceived)
        row = agent.row(Notice, event.notice)
        assert row is not None and "in_app" in row.channels
        assert row.notice_class != "campaign" or state.consents_to_campaigns or row.created_at < now
    for reminder in played.reminders:
        assert not isinstance(reminder, RemindAt) or reminder.at >= now
    waiting = {(each.notice, each.channel) for each in state.waiting}
    assert all(deliveries(agent)[each] == ("queued", "quiet_hours") for each in waiting)
