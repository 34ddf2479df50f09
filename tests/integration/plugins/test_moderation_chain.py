"""From a share, a report or a source to a decision and an appeal, in memory; also where workers die."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import pytest

from diramoja.core import Plugin
from diramoja.core.ports.database import Database
from diramoja.plugins.information.hooks import register_plugin as information
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import Join, SubmitPost
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    ActionTaken,
    AppealDecided,
    AppealFiled,
    CaseOpened,
    CaseOverdue,
    DecideAppeal,
    DecideCase,
    FileAppeal,
    GoOnDuty,
    WarningIssued,
)
from diramoja.plugins.moderator.contracts import CountShare
from diramoja.plugins.moderator.hooks import register_plugin as moderation
from diramoja.plugins.moderator.moderator import moderator
from diramoja.plugins.moderator.projections import AppealRecord, CaseRecord, LogRecord, SanctionRecord
from diramoja.plugins.moderator.screening import screening
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import OpenTopic, ReportPost
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.plugins.topic.state import Post
from diramoja.ports.classifier import Assessment, Classifier
from diramoja.ports.search import Search
from diramoja.testing.runtime import Runtime, Sent
from tests.support.shelf import Shelf

TOPIC = "top_1"
FLAGGED = "Read https://new-hoax.example/now"
PLUGINS: Sequence[Plugin] = (members(), topics(), moderation(), information())
ROLES = ["guest", "moderator", "supporter"]


class Ear:
    """A classifier that minds capital letters."""

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        return [Assessment(0.95 * text.isupper(), 0.9, 0, ("shouting",), "ear 1") for text in texts]


class Facts:
    """The database as facts, views and alerts of this deployment ask it."""

    def __init__(self) -> None:
        self.away = False

    async def fetch(self, sql: str, *args: Sequence[str]) -> list[dict[str, str]]:
        if self.away:
            raise TimeoutError
        source = {"domain": "new-hoax.example", "rating": "flagged", "reason": "Made up.", "evidence_url": "https://f"}
        return [source] if "information_source" in sql and source["domain"] in args[0] else []

    async def execute(self, sql: str, *args: object) -> int:
        return 0

    async def stream(self, sql: str, *args: object, page: int = 1000) -> AsyncIterator[dict[str, str]]:
        for id in ("mod_a",) if "moderation_moderator" in sql else ():
            yield {"id": id}


def deployed(runtime: Runtime) -> Facts:
    facts = Facts()
    runtime.deploy(*PLUGINS, ports={Classifier: Ear(), Database: facts, Search: Shelf()})
    runtime.send(topic, TOPIC, OpenTopic("Clinics", "Where?", "healthcare"), sender="mem_a")
    for author in ("mem_a", "mem_b", "mem_s"):
        runtime.send(member, author, Join(author), sender=author)
    runtime.send(moderator, "mod_a", GoOnDuty(), sender="mod_a")
    return facts


@pytest.fixture
def facts(runtime: Runtime) -> Iterator[Facts]:
    yield deployed(runtime)
    assert [each.verb for each in runtime.dead_letters() if each.kind != "member"] == []


def write(runtime: Runtime, post: str, body: str) -> None:
    runtime.send(member, "mem_b", SubmitPost(TOPIC, post, body), sender="mem_b")


def status(runtime: Runtime, post: str) -> str:
    row = runtime.row(topic, TOPIC, Post, post)
    assert row is not None
    return row.status


def decide(runtime: Runtime, id: str, action: str, sender: str = "mod_a") -> Sent:
    decision = DecideCase(action, "misinformation", "2026-01", "You were told.")  # type: ignore[arg-type]  # a literal
    return runtime.send(case, id, decision, sender=sender, roles=ROLES)


def shared_three_times(runtime: Runtime) -> str:
    for _ in range(4):
        runtime.send(screening, TOPIC, CountShare("pst_1", "mem_b", FLAGGED, "mem_s"))
    [about] = [event.case for event in runtime.events(CaseOpened) if event.origin == "sharing"]
    return about


@pytest.mark.usefixtures("facts")
def test_sharing_a_flagged_post_again_and_again_is_a_case_a_warning_and_an_appeal(runtime: Runtime) -> None:
    write(runtime, "pst_1", FLAGGED)
    about = shared_three_times(runtime)
    assert decide(runtime, about, "warn", sender="mem_s").answer["code"] == "recused"
    assert decide(runtime, about, "warn", sender="mem_b").answer["code"] == "recused"
    assert decide(runtime, about, "warn").answer["action"] == "warn"
    [warning] = runtime.events(WarningIssued)
    [sanction] = runtime.table("moderation_sanction", SanctionRecord)
    assert (warning.member, sanction.member, sanction.action, sanction.state) == ("mem_s", "mem_s", "warn", "standing")
    assert warning.appeal_until == sanction.issued_at + timedelta(days=14)
    assert status(runtime, "pst_1") == "published"
    logged = [entry for entry in runtime.table("moderation_log", LogRecord) if entry.action == "warn"]
    assert [(entry.rule, entry.by) for entry in logged] == [("misinformation", "person")]

    runtime.send(case, about, FileAppeal(sanction.id, "I quoted it to refute it."), sender="mem_s")
    [appeal] = runtime.events(AppealFiled)
    granted = DecideAppeal(appeal.appeal, granted=True, reason="So it was.")
    first = runtime.send(case, about, granted, sender="mod_a", roles=ROLES)
    assert (first.status, first.answer["code"]) == (403, "recused")
    second = runtime.send(case, about, granted, sender="mod_b", roles=ROLES)
    assert (second.status, second.answer["state"]) == (200, "granted")
    [decided] = runtime.events(AppealDecided)
    assert (decided.member, decided.granted, decided.action) == ("mem_s", True, "warn")
    assert runtime.table("moderation_sanction", SanctionRecord)[0].state == "lifted"
    assert runtime.table("moderation_appeal", AppealRecord)[0].state == "granted"
    assert runtime.state(moderator, "mod_a").appeals_overturned == 1


@pytest.mark.usefixtures("facts")
def test_a_removed_post_is_restored_by_a_granted_appeal(runtime: Runtime) -> None:
    write(runtime, "pst_1", "Near the market.")
    runtime.send(topic, TOPIC, ReportPost("rep_1", "pst_1", "spam"), sender="mem_a")
    [opened] = runtime.events(CaseOpened)
    decide(runtime, opened.case, "remove")
    assert status(runtime, "pst_1") == "removed"
    [sanction] = runtime.table("moderation_sanction", SanctionRecord)
    runtime.send(case, opened.case, FileAppeal(sanction.id, "No advertisement."), sender="mem_b")
    appeal = runtime.events(AppealFiled)[0].appeal
    runtime.send(case, opened.case, DecideAppeal(appeal, granted=True, reason="Right."), sender="mod_b", roles=ROLES)
    assert status(runtime, "pst_1") == "published"


@pytest.mark.usefixtures("facts")
def test_two_hundred_reports_hide_nothing_and_are_one_case(runtime: Runtime) -> None:
    write(runtime, "pst_1", "Near the market.")
    for number in range(200):
        report = ReportPost(f"rep_{number}", "pst_1", "spam", weight=0.1, region="north")
        runtime.send(topic, TOPIC, report, sender=f"mem_r{number}", settle=number % 50 == 49)
    [row] = runtime.table("moderation_case", CaseRecord)
    assert (row.phase, row.report_count, row.tags) == ("open", 200, ("burst",))
    assert row.weight == pytest.approx(20)
    assert status(runtime, "pst_1") == "published" and runtime.events(ActionTaken) == []
    runtime.advance(hours=48)
    assert status(runtime, "pst_1") == "published" and runtime.events(ActionTaken) == []


@pytest.mark.usefixtures("facts")
def test_a_case_that_nobody_decides_is_overdue_after_an_hour_once(runtime: Runtime) -> None:
    write(runtime, "pst_1", "NEAR THE MARKET!")
    runtime.advance(minutes=59)
    assert runtime.events(CaseOverdue) == []
    runtime.advance(hours=30)
    assert len(runtime.events(CaseOverdue)) == 1
    assert status(runtime, "pst_1") == "hidden"  # Severe: it waits for people.


def test_a_source_that_two_people_flagged_is_found_and_found_later_after_an_outage(
    runtime: Runtime, facts: Facts
) -> None:
    write(runtime, "pst_1", FLAGGED)
    assert [event.origin for event in runtime.events(CaseOpened)] == ["information"]
    facts.away = True
    write(runtime, "pst_2", FLAGGED)
    assert len(runtime.events(CaseOpened)) == 1 and status(runtime, "pst_2") == "published"
    runtime.advance(seconds=6)
    facts.away = False
    runtime.advance(seconds=20)
    assert [event.post for event in runtime.events(CaseOpened)] == ["pst_1", "pst_2"]


@pytest.mark.parametrize("seed", range(6))
def test_one_case_one_warning_and_one_appeal_whatever_crashes(seed: int) -> None:
    runtime = Runtime(seed=seed, crash_ratio=0.05)
    try:
        deployed(runtime)
        write(runtime, "pst_1", FLAGGED)
        about = shared_three_times(runtime)
        decide(runtime, about, "warn")
        [sanction] = runtime.table("moderation_sanction", SanctionRecord)
        runtime.send(case, about, FileAppeal(sanction.id, "No."), sender="mem_s")
        appeal = runtime.events(AppealFiled)[0].appeal
        runtime.send(case, about, DecideAppeal(appeal, granted=False, reason="No."), sender="mod_b", roles=ROLES)
        assert runtime.crashes > 0
        assert len(runtime.events(WarningIssued)) == len(runtime.events(AppealDecided)) == 1
        worker = runtime.state(moderator, "mod_a")
        assert (worker.decided, worker.appealed, worker.appeals_decided) == (1, 1, 1)
        assert runtime.state(case, about).phase == "confirmed" and runtime.dead_letters() == []
    finally:
        runtime.close()
