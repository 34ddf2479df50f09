"""The turn, seen through the in-memory runtime."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest

from diramoja.core.decisions import Reject
from diramoja.core.ports.rows import AgentKey
from diramoja.testing.runtime import Runtime
from tests.support import talks
from tests.support.talks import AnnounceTalk, Misbehave, RateTalk, RateThrough, rater, talk


class Tones(talks.ToneOf):
    async def tones(self, stars: Sequence[int]) -> Sequence[str]:
        return ["warm" if each > 3 else "cool" for each in stars]


class Circle(talks.Circle):
    size = 0

    async def members(self) -> AsyncIterator[str]:
        for number in range(self.size):
            yield f"mem_{number}"


class Web(talks.Web):
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answer: Callable[[str], str] = lambda url: f"page of {url}"

    async def fetch(self, url: str) -> str:
        self.calls.append(url)
        return self.answer(url)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def circle() -> Circle:
    return Circle()


@pytest.fixture
def stage(runtime: Runtime, web: Web, circle: Circle) -> Runtime:
    ports: dict[type, object] = {
        talks.ToneOf: Tones(),
        talks.Circle: circle,
        talks.Web: web,
        talks.Board: talks.Board(),
    }
    runtime.deploy(talks.plugin, ports=ports)
    runtime.send(talk, "tlk_1", AnnounceTalk("Clinics", ends_at=runtime.in_(hours=1)), sender="mem_speaker")
    return runtime


def test_a_command_takes_effect_and_is_answered(stage: Runtime) -> None:
    sent = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a")
    assert (sent.status, sent.answer) == (201, {"count": 1})
    assert stage.state(talk, "tlk_1").total == 4
    assert stage.events(talks.Rated) == [talks.Rated(1, 4)]


def test_a_handler_without_reply_is_answered_204(stage: Runtime) -> None:
    assert stage.send(talk, "tlk_2", AnnounceTalk("Roads", ends_at=stage.in_(hours=1))).status == 204


def test_a_second_rating_replaces_the_first_also_in_one_batch(stage: Runtime) -> None:
    for stars in (5, 4, 3):
        stage.send(talk, "tlk_1", RateTalk(stars), sender="mem_a", settle=False)
    stage.settle()
    assert (stage.state(talk, "tlk_1").count, stage.state(talk, "tlk_1").total) == (1, 3)


def test_a_command_in_another_phase_is_rejected(stage: Runtime) -> None:
    assert stage.send(talk, "tlk_9", RateTalk(4)).reject == Reject("talk_missing", "There is no talk tlk_9.", 404)
    assert ("talk", "tlk_9") not in stage.records.snapshot
    stage.advance(hours=2)
    rejected = stage.send(talk, "tlk_1", RateTalk(4)).reject
    assert rejected and (rejected.code, rejected.status) == ("talk_over", 409)


def test_a_rule_rejects_and_nothing_changes(stage: Runtime) -> None:
    stage.deploy(settings=[talks.Mood(most_raters=1)])
    stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a")
    sent = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_b")
    assert sent.status == 409 and sent.answer["code"] == "talk_full"
    assert stage.state(talk, "tlk_1").count == 1


def test_the_answer_comes_from_the_agent_it_was_handed_to(stage: Runtime) -> None:
    sent = stage.send(rater, "mem_a", RateThrough("tlk_1", 5), sender="mem_a")
    assert (sent.status, sent.answer) == (201, {"count": 1})
    assert stage.row(talk, "tlk_1", talks.Rating, "mem_a") == talks.Rating("mem_a", 5)


def test_a_rejection_hops_away_is_the_answer(stage: Runtime) -> None:
    sent = stage.send(rater, "mem_a", RateThrough("tlk_missing", 5), sender="mem_a")
    assert sent.status == 404


def test_a_repeated_key_meets_the_first_answer(stage: Runtime) -> None:
    first = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a", key="once")
    stage.restart()
    stage.advance(days=6)
    again = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a", key="once")
    assert again.answer == first.answer and stage.state(talk, "tlk_1").count == 1


def test_a_repeated_key_with_another_body_changes_nothing(stage: Runtime) -> None:
    stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a", key="once")
    stage.send(talk, "tlk_1", RateTalk(1), sender="mem_a", key="once")
    assert stage.state(talk, "tlk_1").total == 4


def test_live_events_are_numbered_per_agent_without_gaps(stage: Runtime) -> None:
    stage.send(talk, "tlk_2", AnnounceTalk("Roads", ends_at=stage.in_(hours=1)))
    for number in range(6):
        stage.send(talk, f"tlk_{1 + number % 2}", RateTalk(3), sender=f"mem_{number}", settle=False)
    stage.settle()
    for agent in ("tlk_1", "tlk_2"):
        numbers = [row.channel_seq for row in stage.records.event_log if row.agent == agent and row.channel_seq]
        assert numbers == [1, 2, 3]


def test_hearing_reaches_named_agents_and_a_wide_audience(stage: Runtime, circle: Circle) -> None:
    circle.size = 1_203
    stage.send(talk, "tlk_3", AnnounceTalk("Water", ends_at=stage.in_(hours=1)), sender="mem_7")
    assert stage.state(rater, "mem_7").heard == ("tlk_3", "tlk_3")
    assert all(stage.state(rater, f"mem_{n}").heard == ("tlk_3",) for n in range(1_203) if n != 7)


def test_records_and_views_follow_the_turn(stage: Runtime) -> None:
    stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a")
    stage.send(talk, "tlk_1", RateTalk(2), sender="mem_b")
    assert stage.table("talk_list", talks.TalkRecord) == [talks.TalkRecord("tlk_1", "Clinics", "open", 2)]
    assert [r.stars for r in stage.table("talk_rating", talks.RatingRecord)] == [4, 2]
    assert [r.total for r in stage.table("talk_log", talks.LogRecord)] == [4, 6]
    stage.send(talk, "tlk_1", talks.ForgetRater("mem_a"))
    assert [r.member for r in stage.table("talk_rating", talks.RatingRecord)] == ["mem_b"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("raise", "handler_failed"),
        ("nonsense", "decision_invalid"),
        ("wrong_state", "decision_invalid"),
        ("wrong_phase", "decision_invalid"),
        ("wrong_row", "decision_invalid"),
        ("too_many", "decision_invalid"),
        ("wrong_type", "commit_refused"),
        ("too_long", "commit_refused"),
        ("bad_id", "commit_refused"),
    ],
)
def test_a_handler_that_misbehaves_stops_its_own_command_only(stage: Runtime, how: str, code: str) -> None:
    stage.send(talk, "tlk_1", RateTalk(5), sender="mem_a", settle=False)
    bad = stage.send(talk, "tlk_1", Misbehave(how), sender="mem_b", settle=False)
    stage.send(talk, "tlk_1", RateTalk(3), sender="mem_c", settle=False)
    stage.send(talk, "tlk_2", AnnounceTalk("Roads", ends_at=stage.in_(hours=1)), settle=False)
    stage.settle()
    assert stage.state(talk, "tlk_1").total == 8
    assert stage.state(talk, "tlk_2").phase == "open"
    [letter] = stage.dead_letters()
    assert (letter.code, letter.verb, letter.agent) == (code, "misbehave", "tlk_1")
    assert bad.status == 500 and letter.id in bad.answer["detail"]
    assert "mem_b" not in bad.answer["detail"]


def test_a_dead_letter_masks_personal_fields(stage: Runtime) -> None:
    class Odd(talks.ForgetRater):
        pass

    stage.send("talk", "tlk_1", Odd("mem_secret"))
    assert stage.dead_letters()[0].code == "verb_unknown"
    assert b"mem_secret" not in stage.dead_letters()[0].payload


def test_commands_to_unknown_kinds_and_agents_stop_nothing(stage: Runtime) -> None:
    sent = stage.send("nobody_knows", "xyz", RateTalk(3))
    assert sent.status == 500 and stage.dead_letters()[0].code == "kind_unknown"
    assert stage.send(talk, "tlk_1", RateTalk(3)).status == 201


def test_an_agent_that_always_fails_is_failed_and_parks_until_restarted(stage: Runtime) -> None:
    for number in range(10):
        stage.send(talk, "tlk_1", Misbehave("raise"), sender=f"mem_{number}")
    parked = stage.send(talk, "tlk_1", RateTalk(4), sender="mem_a")
    assert stage.records.snapshot[AgentKey("talk", "tlk_1")].mode == "failed"
    assert not parked.answered
    stage.control(talk, "tlk_1", "_restart")
    assert parked.status == 201 and stage.state(talk, "tlk_1").total == 4


def test_a_paused_agent_parks_and_resumes_in_order(stage: Runtime) -> None:
    stage.control(talk, "tlk_1", "_pause")
    sents = [stage.send(talk, "tlk_1", RateTalk(1 + n % 5), sender="mem_a") for n in range(1_203)]
    assert all(sent.status is None for sent in sents)
    stage.advance(minutes=5)
    stage.control(talk, "tlk_1", "_resume")
    assert all(sent.status == 201 for sent in sents)
    totals = [event.total for event in stage.events(talks.Rated)]
    assert totals == [1 + n % 5 for n in range(1_203)]
    assert stage.records.parked_rows == {}


def test_a_paused_kind_parks_also_agents_to_come(stage: Runtime) -> None:
    stage.records.modes["talk"] = "paused"
    sent = stage.send(talk, "tlk_new", AnnounceTalk("Roads", ends_at=stage.in_(hours=1)))
    assert not sent.answered
    assert stage.state(talk, "tlk_new").phase == "absent"
    del stage.records.modes["talk"]
    stage.settle()
    assert sent.status == 204 and stage.state(talk, "tlk_new").phase == "open"


def test_a_reminder_of_a_paused_agent_is_parked_too(stage: Runtime) -> None:
    stage.control(talk, "tlk_1", "_pause")
    stage.advance(hours=2)
    assert stage.state(talk, "tlk_1").phase == "open"
    stage.control(talk, "tlk_1", "_resume")
    assert stage.state(talk, "tlk_1").phase == "closed"


def test_a_repeated_reminder_of_a_paused_agent_is_missed(stage: Runtime) -> None:
    stage.send(rater, "mem_b", talks.Remind("every"))
    stage.control(rater, "mem_b", "_pause")
    stage.advance(hours=24, seconds=1)
    assert stage.records.parked_rows == {}
    stage.control(rater, "mem_b", "_resume")
    assert stage.state(rater, "mem_b").ticks == 0
    stage.advance(minutes=10)
    assert stage.state(rater, "mem_b").ticks == 1


def test_reminders_come_once_again_and_never_after_a_cancel(stage: Runtime) -> None:
    stage.send(rater, "mem_a", talks.Remind("after"))
    stage.send(rater, "mem_b", talks.Remind("every"))
    stage.send(rater, "mem_c", talks.Remind("cron"))
    stage.send(rater, "mem_d", talks.Remind("every"))
    stage.send(rater, "mem_d", talks.Remind("cancel"))
    stage.advance(hours=24, seconds=1)
    ticks = [stage.state(rater, f"mem_{name}").ticks for name in "abcd"]
    assert ticks == [1, 144, 1, 0]


@pytest.mark.parametrize(
    ("first", "second", "ticks"), [("every", "cancel", 0), ("after", "after", 1), ("every", "after", 1)]
)
def test_a_reminder_that_is_changed_in_the_turn_in_which_it_is_due_goes_by_the_change(
    stage: Runtime, first: str, second: str, ticks: int
) -> None:
    stage.send(rater, "mem_a", talks.Remind(first))
    stage.clock.advance(timedelta(minutes=10))
    stage.send(rater, "mem_a", talks.Remind(second))
    stage.advance(hours=1)
    assert stage.state(rater, "mem_a").ticks == ticks


def test_a_job_brings_its_result_back(stage: Runtime, web: Web) -> None:
    stage.send(rater, "mem_a", talks.LookUp("example.org"))
    assert stage.state(rater, "mem_a").looked_up == ("page of example.org",)
    assert web.calls == ["example.org"]


def test_a_job_that_fails_is_tried_again_then_reported(stage: Runtime, web: Web) -> None:
    def fail(url: str) -> str:
        raise ConnectionError(url)

    web.answer = fail
    stage.send(rater, "mem_a", talks.LookUp("example.org"))
    stage.advance(hours=1)
    assert len(web.calls) == 3
    assert stage.state(rater, "mem_a").looked_up == ("failed: ConnectionError",)


def test_a_cancelled_job_is_not_run(stage: Runtime, web: Web) -> None:
    def fail(url: str) -> str:
        raise ConnectionError(url)

    web.answer = fail
    stage.send(rater, "mem_a", talks.LookUp("example.org", key="page"))
    stage.send(rater, "mem_a", talks.StopLooking("page"))
    stage.advance(hours=1)
    assert len(web.calls) == 1 and stage.state(rater, "mem_a").looked_up == ()


def test_facts_come_in_one_call_and_fall_back(runtime: Runtime) -> None:
    heard: list[Sequence[int]] = []

    class Counting(talks.ToneOf):
        async def tones(self, stars: Sequence[int]) -> Sequence[str]:
            heard.append(list(stars))
            raise ConnectionError

    runtime.deploy(talks.plugin, ports={talks.ToneOf: Counting(), talks.Circle: Circle(), talks.Board: talks.Board()})
    runtime.send(talk, "tlk_1", AnnounceTalk("Clinics", ends_at=runtime.in_(hours=1)))
    sents = [runtime.send(talk, "tlk_1", RateTalk(n), sender=f"mem_{n}", settle=False) for n in (1, 2, 3)]
    runtime.settle()
    assert heard == [[1, 2, 3]]
    assert all(sent.status == 201 for sent in sents)


@pytest.mark.parametrize("seed", range(60))
def test_crashes_at_any_point_lose_nothing_and_repeat_nothing(seed: int, runtime: Runtime) -> None:
    runtime.reseed(seed, crash_ratio=0.15)
    web, circle = Web(), Circle()
    circle.size = 40
    ports: dict[type, object] = {
        talks.ToneOf: Tones(),
        talks.Circle: circle,
        talks.Web: web,
        talks.Board: talks.Board(),
    }
    runtime.deploy(talks.plugin, ports=ports)
    for place in range(3):
        announce = AnnounceTalk("Clinics", ends_at=runtime.in_(hours=1))
        runtime.send(talk, f"tlk_{place}", announce, sender="mem_speaker", settle=False)
    runtime.settle()
    sents = []
    for number in range(60):
        command = RateThrough(f"tlk_{number % 3}", 1 + number % 5)
        sents += [  # Every client asks twice.
            runtime.send(rater, f"mem_{number}", command, sender=f"mem_{number}", key="r", settle=number % 7 == 0)
            for _ in range(2)
        ]
    runtime.send(rater, "mem_look", talks.LookUp("example.org"))
    runtime.advance(hours=2)
    assert all(sent.status == 201 for sent in sents)
    for place in range(3):
        state = runtime.state(talk, f"tlk_{place}")
        assert (state.phase, state.count) == ("closed", 20)
        numbers = [
            row.channel_seq for row in runtime.records.event_log if row.agent == f"tlk_{place}" and row.channel_seq
        ]
        assert numbers == list(range(1, 22))
    assert all(runtime.state(rater, f"mem_{number}").rated == 1 for number in range(60))
    assert sorted(runtime.state(rater, "mem_3").heard) == ["tlk_0", "tlk_1", "tlk_2"]
    assert runtime.state(rater, "mem_look").looked_up == ("page of example.org",)
    published = {(e.subject, e.data) for e in runtime.broker.events}
    assert len(published) == len(runtime.records.event_log)
    assert runtime.crashes > 5
