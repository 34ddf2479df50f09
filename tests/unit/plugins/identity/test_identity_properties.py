"""Whatever comes in whatever order: accounts and names stay in their phases, and a name has one account."""

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as some

from diramoja.core import AgentKind, Command
from diramoja.plugins.identity.account import Account, Credentials, account
from diramoja.plugins.identity.contracts import (
    ConfirmName,
    GrantRole,
    LapseName,
    NameLapsing,
    NameReserved,
    NameTaken,
    NoteLevel,
    NoteStanding,
    Register,
    ReleaseName,
    ReserveName,
    RevokeRole,
)
from diramoja.plugins.identity.hooks import register_plugin as identity
from diramoja.plugins.identity.name import Name, name
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import MemberJoined
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

MEMBERS = attrs.evolve(members(), views=[])  # No search here.
PEOPLE = ("mem_a", "mem_b", "mem_c")
USERNAMES = ("amina", "baraka")
EMAILS = ("x", "y", "z")


def registration(username: str, email: str) -> Register:
    return Register(username, f"nam_u_{username}", f"nam_e_{email}", "sealed", "hash")


REGISTRATIONS = some.builds(registration, some.sampled_from(USERNAMES), some.sampled_from(EMAILS))
WHATS = some.sampled_from(["username", "email"])
TO_ACCOUNT = some.one_of(
    REGISTRATIONS,
    some.builds(NameReserved, WHATS),
    some.builds(NameTaken, WHATS),
    some.sampled_from(
        [NameLapsing(), GrantRole("admin"), RevokeRole("admin"), NoteLevel("leader"), NoteStanding("arrears")]
    ),
)
TO_NAME = some.one_of(some.builds(ReserveName, WHATS), some.sampled_from([ConfirmName(), ReleaseName(), LapseName()]))


@given(some.lists(some.tuples(TO_ACCOUNT, some.sampled_from(["nam_u_amina", "nam_e_x", "mem_a"])), max_size=20))
def test_no_sequence_of_commands_leaves_the_phases_of_an_account(sequence: list[tuple[Command, str]]) -> None:
    state, rows = Account(), dict[str, Credentials]()
    for command, sender in sequence:
        after = play(account, state, command, id="mem_a", sender=sender, roles=["admin"], rows=list(rows.values()))
        state = after.state
        rows.update({row.key: row for row in after.puts if isinstance(row, Credentials)})
        for removed in after.removes:
            rows.pop(removed.key, None)
        assert state.phase in account.phases
        assert set(rows) == ({state.username_key} if state.phase in ("naming", "open") else set())


@given(some.lists(some.tuples(TO_NAME, some.sampled_from(PEOPLE)), max_size=20))
def test_no_sequence_of_commands_gives_a_name_to_two(sequence: list[tuple[Command, str]]) -> None:
    state = Name()
    for command, sender in sequence:
        before, state = state, play(name, state, command, sender=sender, told_by="account").state
        assert state.phase in name.phases
        assert bool(state.owner) == (state.phase != "absent")
        if before.owner and sender != before.owner:
            assert state == before


@attrs.frozen
class Held:
    """An agent that is paused or goes on."""

    agent: tuple[AgentKind[Any], str]
    verb: str


AGENTS: list[tuple[AgentKind[Any], str]] = [
    *((account, person) for person in PEOPLE),
    *((name, f"nam_u_{username}") for username in USERNAMES),
    *((name, f"nam_e_{email}") for email in EMAILS),
]
STEPS = some.one_of(
    some.tuples(some.sampled_from(PEOPLE), REGISTRATIONS),
    some.builds(Held, some.sampled_from(AGENTS), some.sampled_from(["_pause", "_resume"])),
    some.sampled_from([1, 11, 700]),
)


@settings(max_examples=60, deadline=None)
@given(some.lists(STEPS, min_size=3, max_size=15), some.integers(0, 1_000), some.sampled_from([0.0, 0.05]))
def test_each_name_has_one_account_however_long_agents_are_held_up(
    steps: list[Any], seed: int, crash_ratio: float
) -> None:
    runtime = Runtime(seed, crash_ratio)
    try:
        runtime.deploy(MEMBERS, identity())
        sents = []
        for step in steps:
            if isinstance(step, Held):
                runtime.control(*step.agent, step.verb)
            elif isinstance(step, int):
                runtime.advance(minutes=step)
            else:
                sents.append(runtime.send(account, *step, sender="guest"))
        for kind, agent in AGENTS:
            runtime.control(kind, agent, "_resume")
        runtime.advance(minutes=30)
        assert {sent.status for sent in sents} <= {201, 409}
        _check(runtime)
    finally:
        runtime.close()


def _check(runtime: Runtime) -> None:
    accounts = {person: runtime.state(account, person) for person in PEOPLE}
    opened = {person: state for person, state in accounts.items() if state.phase == "open"}
    assert all(state.phase in ("absent", "refused", "open") for state in accounts.values())
    owners = {key: runtime.state(name, key) for kind, key in AGENTS if kind is name}
    kept = {key: state.owner for key, state in owners.items() if state.phase != "absent"}
    wanted = {key: person for person, state in opened.items() for key in (state.username_key, state.email_key)}
    assert kept == wanted and len(wanted) == 2 * len(opened)
    assert {state.phase for state in owners.values()} <= {"absent", "confirmed"}
    assert {kind for kind, _, _ in runtime.records.reminders} <= {"member"} and not runtime.dead_letters()
    assert {event.member for event in runtime.events(MemberJoined)} == set(opened)
    assert all(runtime.state(member, person).phase == "active" for person in opened)
