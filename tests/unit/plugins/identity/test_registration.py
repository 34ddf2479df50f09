"""Joining as a conversation of agents: two who want one name are put in order, and the loser leaves nothing behind."""

import attrs
import pytest

from diramoja.core import Event, Row
from diramoja.plugins.identity.account import Account, Credentials, account
from diramoja.plugins.identity.contracts import GrantRole, Register, RevokeRole, Role
from diramoja.plugins.identity.hooks import register_plugin as identity
from diramoja.plugins.identity.name import Name, name
from diramoja.plugins.identity.projections import AccountRecord
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import MemberJoined, SetMembership
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

MEMBERS = attrs.evolve(members(), views=[])  # No search here.


def registration(username: str, email: str) -> Register:
    return Register(username, f"nam_u_{username}", f"nam_e_{email}", "sealed", "hash")


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(MEMBERS, identity())
    return runtime


def test_a_registration_takes_both_names_and_answers_with_the_member(stage: Runtime) -> None:
    sent = stage.send(account, "mem_a", registration("amina", "a"), sender="")
    assert (sent.status, sent.answer["username"], sent.answer["membership_level"]) == (201, "amina", "supporter")
    assert stage.state(name, "nam_u_amina") == Name("confirmed", "mem_a")
    assert stage.state(name, "nam_e_a") == Name("confirmed", "mem_a")
    assert stage.state(account, "mem_a").phase == "open"
    assert [event.username for event in stage.events(MemberJoined)] == ["amina"]
    stage.advance(days=1)
    assert stage.state(name, "nam_u_amina").phase == "confirmed"


@pytest.mark.parametrize(
    ("username", "email", "code"), [("amina", "b", "username_taken"), ("other", "a", "email_taken")]
)
def test_a_taken_name_is_refused_and_nothing_stays(stage: Runtime, username: str, email: str, code: str) -> None:
    stage.send(account, "mem_a", registration("amina", "a"), sender="")
    sent = stage.send(account, "mem_b", registration(username, email), sender="")
    assert (sent.status, sent.answer["code"]) == (409, code)
    assert stage.state(member, "mem_b").phase == "absent"
    assert stage.row(account, "mem_b", Credentials, f"nam_u_{username}") is None
    again = stage.send(account, "mem_c", registration("other", "b"), sender="")
    assert again.status == 201


def test_refused_account_may_ask_again_with_another_address(stage: Runtime) -> None:
    stage.send(account, "mem_a", registration("amina", "a"), sender="")
    assert stage.send(account, "mem_b", registration("baraka", "a"), sender="").status == 409
    again = stage.send(account, "mem_b", registration("baraka", "b"), sender="")
    assert (again.status, stage.state(account, "mem_b").phase) == (201, "open")
    assert stage.state(name, "nam_u_baraka") == Name("confirmed", "mem_b")


def test_a_reservation_that_is_not_confirmed_lapses(stage: Runtime) -> None:
    from diramoja.plugins.identity.contracts import ReserveName

    stage.send(name, "nam_u_x", ReserveName("username"), sender="mem_gone")
    assert stage.state(name, "nam_u_x").phase == "reserved"
    stage.advance(minutes=11)
    assert stage.state(name, "nam_u_x").phase == "absent"


@pytest.mark.parametrize("delay_m", [11, 60, 60 * 24])
@pytest.mark.parametrize("held_up", ["nam_u_amina", "nam_e_a"])
def test_name_is_not_given_to_another_while_its_account_is_held_up(stage: Runtime, held_up: str, delay_m: int) -> None:
    stage.control(name, held_up, "_pause")
    first = stage.send(account, "mem_a", registration("amina", "a"), sender="")
    stage.advance(minutes=delay_m)
    second = stage.send(account, "mem_b", registration("amina", "b"), sender="")
    stage.control(name, held_up, "_resume")
    assert (first.status, second.status, second.answer["code"]) == (201, 409, "username_taken")
    assert stage.state(name, "nam_u_amina") == Name("confirmed", "mem_a")
    assert stage.state(name, "nam_e_b").phase == "absent"
    assert [event.member for event in stage.events(MemberJoined)] == ["mem_a"]


def test_reservations_are_asked_for_no_more_once_they_are_settled(stage: Runtime) -> None:
    stage.send(account, "mem_a", registration("amina", "a"), sender="")
    stage.send(account, "mem_b", registration("baraka", "a"), sender="")
    assert {kind for kind, _, _ in stage.records.reminders} == {"member"}


@pytest.mark.parametrize("seed", range(25))
def test_many_want_one_name_and_one_gets_it_whatever_crashes(seed: int, runtime: Runtime) -> None:
    runtime.reseed(seed, crash_ratio=0.1)
    runtime.deploy(MEMBERS, identity())
    sents = [
        runtime.send(account, f"mem_{n}", registration("amina", f"e{n}"), sender="", settle=n % 3 == 0)
        for n in range(8)
    ]
    runtime.settle()
    assert sorted(sent.status or 0 for sent in sents) == [201] + [409] * 7
    winner = runtime.state(name, "nam_u_amina").owner
    for number in range(8):
        phase = runtime.state(account, f"mem_{number}").phase
        assert phase == ("open" if f"mem_{number}" == winner else "refused")
        owner = runtime.state(name, f"nam_e_e{number}").owner
        assert owner == (winner if f"mem_{number}" == winner else "")
    assert len(runtime.events(MemberJoined)) == 1
    assert runtime.dead_letters() == []


def test_roles_are_given_by_administrators_only() -> None:
    state = Account(phase="open")
    assert play(account, state, GrantRole("moderator"), roles=["member"]).reject
    given = play(account, state, GrantRole("moderator"), roles=["admin"])
    assert given.state.roles == ("moderator",)
    again = play(account, given.state, GrantRole("moderator"), roles=["admin"])
    assert again.events == []
    assert play(account, given.state, RevokeRole("moderator"), roles=["admin"]).state.roles == ()


@pytest.mark.parametrize("role", ["moderator", "membership_officer", "admin"])
def test_an_administrator_gives_roles_to_others_only(role: Role) -> None:
    own = play(account, Account(phase="open"), GrantRole(role), id="mem_a", sender="mem_a", roles=["admin"])
    assert own.reject and (own.reject.code, own.reject.status) == ("own_role", 403)
    given = play(account, Account(phase="open"), GrantRole(role), id="mem_a", sender="mem_b", roles=["admin"])
    assert given.state.roles == (role,)


def test_the_level_of_an_account_follows_the_member(stage: Runtime) -> None:
    stage.send(account, "mem_a", registration("amina", "a"), sender="")
    stage.send(member, "mem_a", SetMembership("dues paid", level="member"), roles=["membership_officer"])
    assert stage.state(account, "mem_a").level == "member"


def test_the_standing_of_an_account_follows_the_member(stage: Runtime) -> None:
    stage.send(account, "mem_a", registration("amina", "a"), sender="")
    stage.send(member, "mem_a", SetMembership("until May", standing="suspended_by_body"), roles=["membership_officer"])
    assert stage.state(account, "mem_a").standing == "suspended_by_body"
    [row] = stage.table("account", AccountRecord)
    assert (row.username, row.standing) == ("amina", "suspended_by_body")


def test_personal_fields_are_marked() -> None:
    from diramoja.core.messages import personal_fields

    marked: dict[type[Event | Row | Register], set[str]] = {
        Register: {"username", "email_sealed", "password_hash"},
        Credentials: {"email_sealed", "password_hash"},
    }
    for cls, fields in marked.items():
        assert fields <= personal_fields(cls)
