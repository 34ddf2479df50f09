"""Delegations as values: made, replaced, refused, taken back, expired."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command, Plugin, RemindAt, Row, Tell
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.vote.contracts import DelegationChanged, ResultsPublished
from diramoja.plugins.vote.delegation import (
    DropDelegated,
    ExpireDelegation,
    FindUncast,
    ForgetDelegation,
    SeekUncast,
    TellUncast,
    after_results,
)
from diramoja.plugins.vote.delegation_state import (
    ALL,
    Delegation,
    Delegations,
    EndDelegation,
    SetDelegation,
    SettleDelegations,
    Trust,
    delegation,
)
from diramoja.plugins.vote.messages import BoxCounted
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DelegationView
from diramoja.testing.play import Played, play
from diramoja.testing.runtime import Runtime

MAY = datetime(2026, 5, 1, tzinfo=UTC)
A, B, C = "mem_a", "mem_b", "mem_c"
WIDE = {"vot_1": ("top_1", "healthcare"), "top_1": ("healthcare",), "healthcare": ()}
KINDS = {"vot": "vote", "top": "topic"}


RESULTS = ResultsPublished(
    vote="vot_1",
    title="Clinics",
    vote_type="poll",
    topic="",
    author=A,
    outcome="decided",
    winners=(1,),
    ballots=2,
    roll_size=3,
    count_number=1,
    published_at=MAY,
    effective_at=MAY + timedelta(days=3),
)


class World:
    """The one agent, played command by command, a minute each."""

    def __init__(self, settings: VoteSettings | None = None) -> None:
        self.state = Delegations()
        self.rows: dict[tuple[type[Row], str], Row] = {}
        self.now = MAY
        self.settings = settings or VoteSettings()

    def __call__(self, sender: str, command: Command) -> Played[Delegations]:
        self.now += timedelta(minutes=1)
        played = play(
            delegation,
            self.state,
            command,
            id=ALL,
            sender=sender,
            rows=list(self.rows.values()),
            now=self.now,
            settings=[self.settings],
            has=["notification"],
        )
        if played.reject is None:
            self.state = played.state
            for row in played.puts:
                self.rows[type(row), row.key] = row
            for gone in played.removes:
                self.rows.pop((gone.collection, gone.key), None)
        return played

    @property
    def ever(self) -> list[Delegation]:
        return [row for row in self.rows.values() if isinstance(row, Delegation)]

    def in_force(self, at: datetime) -> set[tuple[str, str, str]]:
        """As a count reads it: by what was in force at a time."""
        return {
            (each.member, each.scope, each.delegate)
            for each in self.ever
            if each.made_at <= at < min(each.expires_at, each.ended_at or each.expires_at)
        }


def lets(delegate: str, scope: str = "top_1", **more: object) -> SetDelegation:
    kind = KINDS.get(scope[:3], "category")
    return SetDelegation(scope, kind, delegate, WIDE[scope], **more)  # type: ignore[arg-type]  # a literal


@pytest.fixture
def world() -> World:
    return World()


def test_a_delegation_is_answered_with_its_chain_and_its_end(world: World) -> None:
    world(B, lets(C, "healthcare"))
    played = world(A, lets(B, shows_name=True))
    view = played.reply
    assert isinstance(view, DelegationView)
    assert (view.delegate, view.chain, view.effective, view.shows_name) == (B, (B, C), True, True)
    assert view.expires_at == world.now + timedelta(days=365)
    (made,) = (each for each in world.ever if each.member == A)
    assert played.events == [DelegationChanged(made.id, A, "top_1", "topic", is_in_force=True)]
    assert played.reminders == [RemindAt(made.expires_at, ExpireDelegation(A, made.id), name=f"expire:{made.id}")]


@pytest.mark.parametrize(("days", "kept"), [(10, 10), (365, 365), (900, 365)])
def test_a_delegation_lasts_as_wished_and_never_beyond_a_year(world: World, days: int, kept: int) -> None:
    world(A, lets(B, expires_at=world.now + timedelta(days=days, minutes=1)))
    assert world.ever[0].expires_at == world.now + timedelta(days=kept)


def test_a_term_that_is_over_is_refused(world: World) -> None:
    refused = world(A, lets(B, expires_at=MAY)).reject
    assert refused is not None
    assert (refused.code, refused.status) == ("expires_in_the_past", 400)


def test_a_circle_is_refused_when_made(world: World) -> None:
    world(A, lets(B))
    world(B, lets(C, "healthcare"))
    for refused in (world(C, lets(A)).reject, world(A, lets(A)).reject):
        assert refused is not None
        assert (refused.code, refused.status) == ("delegation_cycle", 409)
    assert world.in_force(world.now) == {(A, "top_1", B), (B, "healthcare", C)}


def test_a_chain_that_is_too_long_is_refused() -> None:
    world = World(VoteSettings(delegation_steps_max=2))
    world(B, lets(C))
    world(C, lets("mem_d"))
    refused = world(A, lets(B)).reject
    assert refused is not None
    assert refused.code == "delegation_too_deep"


def test_another_delegate_ends_the_first_delegation_and_the_count_still_knows_it(world: World) -> None:
    world(A, lets(B))
    before = world.now
    played = world(A, lets(C))
    assert world.in_force(before) == {(A, "top_1", B)}
    assert world.in_force(world.now) == {(A, "top_1", C)}
    assert [each.is_in_force for each in played.events if isinstance(each, DelegationChanged)] == [False, True]


def test_the_same_delegate_again_is_the_same_delegation_with_a_new_term(world: World) -> None:
    world(A, lets(B))
    (first,) = world.ever
    world(A, lets(B, shows_name=True))
    (second,) = world.ever
    assert (second.id, second.made_at, second.shows_name) == (first.id, first.made_at, True)
    assert second.expires_at > first.expires_at


def test_a_delegation_is_taken_back_and_forgotten_later(world: World) -> None:
    world(A, lets(B))
    assert world(A, EndDelegation("healthcare")).events == []
    played = world(A, EndDelegation("top_1"))
    assert world.in_force(world.now) == set()
    assert (Trust, A) not in world.rows
    (reminder,) = played.reminders
    assert isinstance(reminder, RemindAt)
    assert reminder.at == world.now + timedelta(days=90)
    assert isinstance(reminder.command, ForgetDelegation)
    world("", reminder.command)
    assert world.ever == []


def test_an_expired_delegation_ends_and_its_delegator_is_told(world: World) -> None:
    world(A, lets(B))
    world(A, lets(C, "healthcare"))
    (made,) = (each for each in world.ever if each.scope == "top_1")
    world.now = made.expires_at
    played = world("", ExpireDelegation(A, made.id))
    assert [each.agent for each in played.tells if isinstance(each.command, Notify)] == [A]
    trust = world.rows[Trust, A]
    assert isinstance(trust, Trust)
    assert [each.scope for each in trust.held] == ["healthcare"]
    assert world("", ExpireDelegation(A, made.id)).events == []


def test_a_delegation_that_was_renewed_does_not_expire_at_its_first_term(world: World) -> None:
    world(A, lets(B, expires_at=MAY + timedelta(days=2)))
    world(A, lets(B))
    world.now = MAY + timedelta(days=2)
    assert world("", ExpireDelegation(A, world.ever[0].id)).events == []


def test_what_expired_closes_no_circle(world: World) -> None:
    world(A, lets(B, expires_at=MAY + timedelta(days=2)))
    world.now = MAY + timedelta(days=2)
    assert world(B, lets(A)).reject is None


def test_nobody_delegates_in_more_scopes_than_allowed() -> None:
    world = World(VoteSettings(delegations_max=1))
    world(A, lets(B))
    world(A, lets(C))
    refused = world(A, lets(B, "healthcare")).reject
    assert refused is not None
    assert refused.code == "delegations_full"


def test_two_made_at_the_same_moment_cannot_close_a_circle(runtime: Runtime) -> None:
    runtime.deploy(Plugin("vote", kinds=[delegation], settings=VoteSettings), settings=[VoteSettings()])
    wishes = (A, lets(B)), (B, lets(C, "vot_1")), (C, lets(A, "healthcare"))
    sent = [runtime.send(delegation, ALL, wish, sender=member, settle=False) for member, wish in wishes]
    runtime.settle()
    assert [each.status for each in sent] == [200, 200, 409]
    assert sent[2].answer["code"] == "delegation_cycle"


def test_who_carried_whose_ballot_is_forgotten_after_a_while(world: World) -> None:
    (found,) = after_results(RESULTS)
    played = world("", found[1])
    (reminder,) = played.reminders
    assert isinstance(reminder, RemindAt)
    assert reminder.at == world.now + timedelta(days=90)
    (call,) = world("", reminder.command).calls
    assert call.payload == DropDelegated("vot_1")
    assert after_results(RESULTS.but(count_number=2)) == []


def test_those_whose_ballots_were_not_cast_are_told_page_by_page(world: World) -> None:
    (call,) = world("", SeekUncast("vot_1", "Clinics")).calls
    assert call.payload == FindUncast("vot_1", "Clinics")
    played = world("", TellUncast("vot_1", "Clinics", ((A, "over_limit"), (B, "no_ballot"))))
    assert [each.agent for each in played.tells] == [A, B]
    (call,) = played.calls
    assert call.payload == FindUncast("vot_1", "Clinics", B)


def test_delegations_are_settled_for_votes_alone(world: World) -> None:
    settle = SettleDelegations("vot_1")
    assert world("vot_1", settle).tells == []
    played = play(delegation, Delegations(), settle, id=ALL, sender="vot_1", told_by="vote", settings=[VoteSettings()])
    assert played.tells == [Tell("vote", "vot_1", BoxCounted(station=0, ballots=0))]


commands = st.tuples(
    st.sampled_from("abcd"),
    st.one_of(
        st.builds(lets, st.sampled_from("abcd"), st.sampled_from(sorted(WIDE))),
        st.builds(EndDelegation, st.sampled_from(sorted(WIDE))),
    ),
)


@given(st.lists(commands, max_size=25))
@settings(max_examples=150)
def test_what_was_in_force_is_known_at_every_time_since(drawn: list[tuple[str, Command]]) -> None:
    world = World()
    expected: dict[tuple[str, str], str] = {}
    known: list[tuple[datetime, set[tuple[str, str, str]]]] = []
    for member, command in drawn:
        played = world(member, command)
        if isinstance(command, SetDelegation) and played.reject is None:
            expected[member, command.scope] = command.delegate
        elif isinstance(command, EndDelegation):
            expected.pop((member, command.scope), None)
        known.append((world.now, {(*key, delegate) for key, delegate in expected.items()}))
    for at, force in known:
        assert world.in_force(at) == force
    held = {
        (each.member, each.scope, each.delegate)
        for row in world.rows.values()
        if isinstance(row, Trust)
        for each in row.held
    }
    assert held == world.in_force(world.now)
