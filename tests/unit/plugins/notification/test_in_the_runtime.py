"""Inboxes in the runtime: told by another agent, with workers that die, over nights and outages."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from diramoja.core import AgentKind, Command, Context, Decision, Plugin, State
from diramoja.plugins.notification.contracts import (
    NotificationReceived,
    Notify,
    QuietHours,
    SetPreferences,
    Subject,
    notify,
)
from diramoja.plugins.notification.hooks import register_plugin
from diramoja.plugins.notification.projections import DeliveryRecord, DroppedRecord, NoticeRecord
from diramoja.plugins.notification.state import inbox
from diramoja.testing.runtime import Runtime


class Cry(Command):
    """Tell somebody."""

    member: str
    number: int
    valid_until: datetime | None = None


class Crier(State):
    """Remembers nothing."""

    phase: Literal["absent", "here"] = "absent"


crier = AgentKind("crier", Crier, prefix="cri")


@crier.on("absent", "here")
def cry(state: Crier, message: Cry, context: Context) -> Decision:
    notice = Notify(
        "crier.cried",
        "personal",
        Subject("crier", f"{message.number}"),
        "Hear!",
        valid_until=message.valid_until,
    )
    return state.but(phase="here"), *notify(context, message.member, notice)


PLUGIN = Plugin(name="crier", kinds=[crier])


def test_where_nobody_is_notified_the_teller_works_all_the_same(runtime: Runtime) -> None:
    runtime.deploy(PLUGIN)
    assert runtime.send(crier, "cri_1", Cry("mem_a", 1)).status == 204
    assert runtime.records.tables.get("notice", {}) == {} and runtime.dead_letters() == []


@pytest.mark.parametrize("seed", range(8))
def test_each_notice_is_told_once_though_workers_die(runtime: Runtime, seed: int) -> None:
    runtime.deploy(PLUGIN, register_plugin())
    runtime.reseed(seed, crash_ratio=0.1)
    for number in range(12):
        for _ in range(2):
            runtime.send(crier, f"cri_{number % 3}", Cry(f"mem_{number % 4}", number))
    runtime.reseed(seed, crash_ratio=0.0)
    runtime.settle()
    told = runtime.events(NotificationReceived)
    assert len(told) == 12 == len({each.notice for each in told})
    assert len(runtime.table("notice", NoticeRecord)) == 12
    assert runtime.dead_letters() == []


def test_a_night_passes_and_an_outage(runtime: Runtime) -> None:
    runtime.deploy(PLUGIN, register_plugin())
    start = runtime.clock.now()
    shown = start.astimezone(UTC)
    quiet = QuietHours((shown - timedelta(hours=1)).strftime("%H:%M"), (shown + timedelta(hours=6)).strftime("%H:%M"))
    runtime.send(inbox, "mem_a", SetPreferences(quiet_hours=quiet), sender="mem_a")
    for number, hours in enumerate((2, 7, None)):
        runtime.send(crier, "cri_1", Cry("mem_a", number, start + timedelta(hours=hours) if hours else None))
    assert runtime.events(NotificationReceived) == []
    runtime.advance(hours=5)
    assert runtime.events(NotificationReceived) == []
    runtime.restart()
    runtime.clock.advance(timedelta(hours=3))  # Nothing runs meanwhile: the second is late by then.
    runtime.settle()
    [told] = runtime.events(NotificationReceived)
    assert told.subject.id == "2"
    states = {row.notice: row.state for row in runtime.table("notice_delivery", DeliveryRecord)}
    assert sorted(states.values()) == ["delivered", "suppressed", "suppressed"]
    assert [(row.reason, row.count) for row in runtime.table("notice_dropped", DroppedRecord)] == [("late", 2)]
    runtime.advance(hours=24)
    assert len(runtime.events(NotificationReceived)) == 1


def test_what_was_told_while_nothing_ran_is_dropped_if_it_is_late_by_then(runtime: Runtime) -> None:
    runtime.deploy(PLUGIN, register_plugin())
    soon = runtime.in_(minutes=30)
    for number, valid_until in enumerate((soon, None)):
        notice = Notify("a.b", "personal", Subject("crier", f"{number}"), "Hear!", valid_until=valid_until)
        runtime.send(inbox, "mem_a", notice, settle=False)
    runtime.clock.advance(timedelta(hours=1))
    runtime.settle()
    assert [each.subject.id for each in runtime.events(NotificationReceived)] == ["1"]
    assert [(row.reason, row.count) for row in runtime.table("notice_dropped", DroppedRecord)] == [("late", 1)]
