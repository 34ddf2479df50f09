"""What moderators, members and guests read, on a real PostgreSQL, of rows as the turn projects them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import msgspec
import pytest

from diramoja.core import Page, PageQuery, Plugin, Reader
from diramoja.core.errors import DeniedError, InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    AlertModerator,
    AppealFiled,
    AssignModerator,
    CaseEscalated,
    CaseOpened,
    CaseOverdue,
    DecideAppeal,
    DecideCase,
    FileAppeal,
    GoOnDuty,
    ReviewCase,
)
from diramoja.plugins.moderator.contracts import Evidence, FileReport, Report
from diramoja.plugins.moderator.hooks import register_plugin as moderation
from diramoja.plugins.moderator.moderator import moderator
from diramoja.plugins.moderator.projections import SanctionRecord
from diramoja.plugins.moderator.public_queries import case_of_sanction, log_list, sanction_list, statistics
from diramoja.plugins.moderator.queries import (
    appeal_list,
    authority_in,
    case_list,
    case_of_appeal,
    moderator_list,
    on_duty,
    on_duty_for_report,
    one_case,
    review_list,
)
from diramoja.plugins.moderator.screening import screening
from diramoja.plugins.moderator.views import CaseView, LogEntry
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.testing.runtime import Runtime
from tests.support.read_model import read_model

MODERATOR = Reader("mod_a", frozenset({"guest", "supporter", "moderator"}))
OTHER = Reader("mod_b", MODERATOR.roles)
OFFICIAL = Reader("mod_c", MODERATOR.roles | {"official"})
PLUGINS: Sequence[Plugin] = (members(), topics(), moderation())


class Duty:
    """The database as the alerts of the runtime in memory ask it."""

    async def stream(self, sql: str, *args: object) -> AsyncIterator[dict[str, str]]:
        yield {"id": "mod_a"}


def report(runtime: Runtime, number: int, reporter: str, weight: float) -> None:
    evidence = Evidence("top_1", f"pst_{number:02d}", f"mem_{number}", f"Post {number}", "mem_parent")
    filed = Report(f"rep_{number}_{reporter}", reporter, "insult", "Look.", weight)
    runtime.send(screening, "top_1", FileReport(filed, evidence))
    runtime.clock.advance(timedelta(minutes=1))


def played() -> Runtime:
    """12 cases; the fourth with three reports, three decided, one of these appealed."""
    runtime = Runtime()
    runtime.deploy(*PLUGINS, ports={Database: Duty()})
    runtime.send(moderator, "mod_a", GoOnDuty(), sender="mod_a")
    runtime.send(moderator, "mod_d", GoOnDuty(), sender="mod_d")
    runtime.send(moderator, "mod_d", AssignModerator("regional", topics=("top_9",)), sender="mod_c")
    for number in range(12):
        report(runtime, number, "mem_r", 0.5 if number % 2 else 0.25)
    for reporter in ("mem_s", "mem_t"):
        report(runtime, 3, reporter, 0.5)
    cases = [event.case for event in runtime.events(CaseOpened)]
    for number, action in ((0, "warn"), (1, "remove"), (2, "publish")):
        decided = DecideCase(action, "respect", "2026-01", f"Reason {number}.")  # type: ignore[arg-type]  # literals
        runtime.send(case, cases[number], decided, sender="mod_a", roles=sorted(MODERATOR.roles))
    sanctions = runtime.table("moderation_sanction", SanctionRecord)
    for sanction in sanctions:
        runtime.send(case, sanction.case, FileAppeal(sanction.id, "I meant no harm."), sender=sanction.member)
    appeal = runtime.events(AppealFiled)[0]
    runtime.send(case, appeal.case, DecideAppeal(appeal.appeal, granted=True, reason="Right."), sender="mod_b")
    assert [each.kind for each in runtime.dead_letters() if each.kind != "member"] == []
    return runtime


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    made = played()
    yield made
    made.close()


@pytest.fixture(scope="module")
def cases(runtime: Runtime) -> list[str]:
    return [event.case for event in runtime.events(CaseOpened)]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def db(runtime: Runtime, anyio_backend: str) -> AsyncIterator[Database]:
    async with read_model(runtime, PLUGINS) as database:
        yield database


async def all_cases(db: Database, limit: int) -> list[CaseView]:
    found: list[CaseView] = []
    page = PageQuery(limit)
    while True:
        answer: Page[CaseView] = await case_list(db, MODERATOR, page)
        found += answer.items
        if answer.next_cursor is None:
            return found
        page = PageQuery.read(limit, answer.next_cursor)


@pytest.mark.parametrize("limit", [1, 5, 100])
async def test_the_queue_is_by_weight_then_age_without_gap_or_repeat(
    db: Database, cases: list[str], limit: int
) -> None:
    heaviest = [cases[3], *(cases[n] for n in range(1, 12, 2) if n != 3), *(cases[n] for n in range(0, 12, 2))]
    assert [each.id for each in await all_cases(db, limit)] == heaviest


@pytest.mark.parametrize("where", ["true", "phase = 'open'", "overdue = true"])
async def test_the_queue_is_read_along_an_index(db: Database, where: str) -> None:
    async with db.begin() as session:
        for way in ("seqscan", "bitmapscan"):  # A dozen rows would be scanned.
            await session.execute(f"SET LOCAL enable_{way} = off")
        plan = await session.fetch(
            f"EXPLAIN SELECT id FROM moderation_case WHERE {where} AND (rank, id) > (-1, 'a')"
            " ORDER BY rank, id LIMIT 20"
        )
    text = "\n".join(str(row["QUERY PLAN"]) for row in plan)
    assert "Index" in text and "Sort" not in text and "ROW(rank, id)" in text


async def test_a_case_shows_reports_and_no_reporter(db: Database, cases: list[str]) -> None:
    seen = await one_case(db, MODERATOR, cases[3])
    assert (seen.report_count, seen.weight, seen.body, len(seen.reports)) == (3, 1.5, "Post 3", 3)
    assert "mem_r" not in msgspec.json.encode(seen).decode()
    with pytest.raises(MissingError):
        await one_case(db, MODERATOR, "cas_x")


async def test_filters_of_the_queue(db: Database, cases: list[str]) -> None:
    decided = (await case_list(db, MODERATOR, PageQuery(), phase="decided")).items
    assert [each.id for each in decided] == [cases[2]]
    assert (await case_list(db, MODERATOR, PageQuery(), overdue=True)).items == []
    assert len((await case_list(db, MODERATOR, PageQuery(), phase="open", overdue=False)).items) == 9


@pytest.mark.parametrize("after", [("x",), (1, 2, 3), ("a", "b"), (5, 5)])
async def test_a_cursor_of_another_list_is_refused(db: Database, after: tuple[str | int, ...]) -> None:
    page = PageQuery(after=after)
    for reading in (case_list(db, MODERATOR, page), log_list(db, page), review_list(db, MODERATOR, page)):
        with pytest.raises(InvalidError):
            await reading


async def test_what_a_second_opinion_is_asked_for_is_shown_without_the_decision(db: Database, cases: list[str]) -> None:
    blind = (await review_list(db, OTHER, PageQuery())).items
    assert [each.id for each in blind] == [cases[2]]  # The others are appealed.
    assert {each.action for each in blind} == {None} and {each.decision_reason for each in blind} == {""}
    assert (await one_case(db, OTHER, cases[2])).action is None
    assert (await one_case(db, MODERATOR, cases[2])).action == "publish"
    assert (await review_list(db, MODERATOR, PageQuery())).items == []
    for party in ("mem_parent", "mem_r", "mem_2"):
        assert (await review_list(db, Reader(party, MODERATOR.roles), PageQuery())).items == []


async def test_a_member_sees_decisions_about_oneself(db: Database, runtime: Runtime, cases: list[str]) -> None:
    now = runtime.clock.now()
    [warned] = (await sanction_list(db, "mem_0", now, PageQuery())).items
    [removed] = (await sanction_list(db, "mem_1", now, PageQuery())).items
    assert (warned.kind, warned.state, warned.appeal, warned.appeal_reason) == ("warn", "lifted", "granted", "Right.")
    assert (removed.kind, removed.by, removed.rule, removed.reason) == ("remove", "person", "respect", "Reason 1.")
    assert (removed.state, removed.appeal) == ("standing", "filed")
    assert removed.appeal_until == removed.issued_at + timedelta(days=14)
    assert (await sanction_list(db, "mem_9", now, PageQuery())).items == []
    assert await case_of_sanction(db, "mem_1", removed.id) == cases[1]
    with pytest.raises(MissingError):
        await case_of_sanction(db, "mem_0", removed.id)


async def test_appeals_wait_for_others(db: Database, runtime: Runtime, cases: list[str]) -> None:
    [waiting] = (await appeal_list(db, OTHER, PageQuery(), state="filed")).items
    assert (waiting.case_id, waiting.kind, waiting.text) == (cases[1], "remove", "I meant no harm.")
    assert (await appeal_list(db, Reader("mem_1"), PageQuery(), state="filed")).items == []
    assert len((await appeal_list(db, OTHER, PageQuery(), state="granted")).items) == 1
    assert await case_of_appeal(db, waiting.id) == cases[1]
    with pytest.raises(MissingError):
        await case_of_appeal(db, "apl_x")


async def test_the_log_names_nobody(db: Database, runtime: Runtime) -> None:
    found: list[LogEntry] = []
    page = PageQuery(1)
    while True:
        answer = await log_list(db, page)
        found += answer.items
        if answer.next_cursor is None:
            break
        page = PageQuery.read(1, answer.next_cursor)
    assert sorted(each.action for each in found) == ["publish", "remove", "warn", "warn_appeal_granted"]
    assert {(each.rule, each.by) for each in found} == {("respect", "person")}
    text = msgspec.json.encode(found).decode()
    for prefix in ("mem_", "mod_", "pst_", "top_", "cas_", "san_", "Reason"):
        assert prefix not in text


async def test_statistics_count_and_name_nobody(db: Database, runtime: Runtime) -> None:
    seen = await statistics(db, runtime.clock.now())
    assert (seen.waiting, seen.overdue, seen.decided, seen.in_time_ratio) == (9, 0, 3, 1.0)
    assert (seen.appeals_waiting, seen.appeals_granted, seen.appeals_denied) == (1, 1, 0)
    assert {(each.action, each.count) for each in seen.actions} == {("publish", 1), ("remove", 1), ("warn", 1)}
    assert seen.response_s_median is not None and seen.response_s_median > 0
    assert seen.accuracy.score is None


async def test_moderators_with_their_counts(db: Database) -> None:
    first = await moderator_list(db, PageQuery(1))
    assert first.next_cursor is not None
    [busy] = first.items
    assert (busy.id, busy.decided, busy.actions) == ("mod_a", 3, {"publish": 1, "remove": 1, "warn": 1})
    [idle] = (await moderator_list(db, PageQuery.read(1, first.next_cursor))).items
    assert (idle.id, idle.authority_level, idle.topics, idle.response_s) == ("mod_d", "regional", ("top_9",), None)


async def test_authority_is_as_assigned_and_officials_have_the_highest(db: Database, cases: list[str]) -> None:
    assert await authority_in(db, MODERATOR, cases[3]) == "topic"
    assert await authority_in(db, Reader("mod_d", MODERATOR.roles), cases[3]) == "regional"
    assert await authority_in(db, OFFICIAL, cases[3]) == "global"
    assert await authority_in(db, OTHER, "cas_x") == "topic"


@pytest.mark.parametrize("party", ["mem_3", "mem_r", "mem_parent"])
async def test_a_block_by_a_party_recuses_and_hides(db: Database, cases: list[str], party: str) -> None:
    columns = "member, other"
    async with db.begin() as session:
        more = await session.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'member_wall'"
            " AND is_nullable = 'NO' AND column_default IS NULL AND column_name NOT IN ('member', 'other')"
        )
    values = {"is_own": "true", "since": "'2026-01-01'"}
    names = [row["column_name"] for row in more]
    extra = "".join(f", {name}" for name in names), "".join(f", {values[name]}" for name in names)
    await db.execute(f"INSERT INTO member_wall ({columns}{extra[0]}) VALUES ('mod_b', $1{extra[1]})", party)
    try:
        with pytest.raises(DeniedError) as denied:
            await authority_in(db, OTHER, cases[3])
        assert denied.value.code == "recused"
        if party == "mem_3":
            assert cases[3] not in [each.id for each in (await case_list(db, OTHER, PageQuery(100))).items]
            with pytest.raises(MissingError):
                await one_case(db, OTHER, cases[3])
    finally:
        await db.execute("DELETE FROM member_wall")


async def test_alerts_reach_those_on_duty_for_the_topic(db: Database, cases: list[str]) -> None:
    async def reached(topic: str, number: int = 3) -> list[str]:
        return [id async for id in on_duty(CaseOverdue(cases[number], topic, "pst_03"), db)]

    assert await reached("top_1") == ["mod_a"]
    assert await reached("top_9") == ["mod_a", "mod_d"]
    assert await reached("top_1", 1) == ["mod_d"]  # mod_a decided it: nobody else is on duty for the topic.
    raised = CaseEscalated(cases[3], "top_1", "pst_03", "regional", "person")
    assert [id async for id in on_duty(raised, db)] == ["mod_d"]
    assert [id async for id in on_duty(raised.but(authority="global"), db)] == []
    await db.execute("UPDATE moderation_moderator SET phase = 'offline'")
    assert await reached("top_1") == ["mod_a", "mod_d"]
    opened = CaseOpened(cases[3], "top_1", "pst_03", "report")
    assert [id async for id in on_duty_for_report(opened, db)] == ["mod_a", "mod_d"]
    assert [id async for id in on_duty_for_report(opened.but(origin="held"), db)] == []


def test_a_second_opinion_is_counted(runtime: Runtime, cases: list[str]) -> None:
    opinion = ReviewCase("hide", "respect", "2026-01")
    assert runtime.send(case, cases[2], opinion, sender="mod_b").status == 201
    counted = runtime.state(moderator, "mod_a")
    assert (counted.reviews_done, counted.reviews_differed) == (1, 1)


def test_the_alert_of_an_overdue_case_is_told(runtime: Runtime, cases: list[str]) -> None:
    runtime.advance(hours=2)
    overdue = [event.case for event in runtime.events(CaseOverdue)]
    assert sorted(overdue) == sorted(cases[3:])
    assert AlertModerator.wire_name in moderator.commands
