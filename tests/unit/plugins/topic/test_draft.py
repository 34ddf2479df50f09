"""Versions of a draft, amendments made to older ones, and what holds whatever is decided."""

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from diramoja.core import Tell
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import ModeratePost, OpenTopic, TakeVerdict
from diramoja.plugins.topic.draft import draft
from diramoja.plugins.topic.draft_contracts import (
    AmendmentDecided,
    AmendmentProposed,
    DecideAmendment,
    DraftOpened,
    OpenDraft,
    ProposeAmendment,
    StartDraft,
)
from diramoja.plugins.topic.draft_state import Amendment, Draft, Version
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.texts import change_diff, lines_of, placed, replaced, sha256
from diramoja.plugins.topic.views import AmendmentView, DraftView, HeldView
from tests.support.lone_agent import LoneAgent

TEXT = "\n".join(f"Article {number}" for number in range(1, 10))


def opened(*has: str, text: str = TEXT) -> LoneAgent[Draft]:
    agent = LoneAgent(draft, "dft_1", has=has, settings=[TopicSettings()])
    agent.take(OpenDraft("top_1", "Night clinics", text, "mem_a"), sender="top_1")
    return agent


def propose(agent: LoneAgent[Draft], id: str, lines: tuple[int, int], text: str, *, version: int = 0) -> str:
    played = agent.take(ProposeAmendment(id, version, *lines, text, "Clearer."), sender="mem_b")
    return played.reject.code if played.reject else ""


def decide(
    agent: LoneAgent[Draft], id: str, *, accept: bool = True, sender: str = "mem_a", role: str = "member"
) -> str:
    played = agent.take(DecideAmendment(id, accept, "So."), sender=sender, roles=[role])
    return played.reject.code if played.reject else ""


def text(agent: LoneAgent[Draft]) -> str:
    row = agent.row(Version, str(agent.state.version))
    assert row is not None
    return row.text


# --- of a topic ---


def test_a_draft_is_begun_by_its_topic() -> None:
    agent = LoneAgent(topic, "top_1", settings=[TopicSettings(drafts_max=1)])
    agent.take(OpenTopic("Clinics", "", "healthcare", policy_proposal=True), sender="mem_a")
    start = StartDraft("dft_1", "Night clinics", TEXT)
    rejected = agent.take(start, sender="mem_b", roles=["member"]).reject
    assert rejected is not None and rejected.code == "not_creator"
    told = Tell("draft", "dft_1", OpenDraft("top_1", "Night clinics", TEXT, "mem_a"), answers=True)
    assert agent.take(start, sender="mem_a").tells == [told]
    rejected = agent.take(start, sender="mem_z", roles=["leader"]).reject
    assert rejected is not None and rejected.code == "drafts_full"


def test_a_draft_has_a_hash() -> None:
    agent = opened(text="One\r\ntwo")
    assert text(agent) == "One\ntwo"
    assert agent.state.sha256 == hashlib.sha256(b"One\ntwo").hexdigest()
    assert agent.said(DraftOpened) == [DraftOpened("dft_1", "top_1", "Night clinics", "mem_a")]
    played = LoneAgent(draft, "dft_2", settings=[TopicSettings()]).take(OpenDraft("top_1", "Title", "One", "mem_a"))
    assert isinstance(played.reply, DraftView) and played.status == 201


# --- amendments ---


def test_an_accepted_amendment_makes_a_version_with_hash_and_diff() -> None:
    agent = opened("notification")
    assert propose(agent, "amd_1", (3, 4), "Article three") == ""
    assert decide(agent, "amd_1") == ""
    assert lines_of(text(agent))[1:4] == ["Article 2", "Article three", "Article 5"]
    row = agent.row(Version, "2")
    assert row is not None
    assert (row.sha256, row.author, row.amendment) == (sha256(row.text), "mem_b", "amd_1")
    assert row.diff.splitlines() == [
        "line 1", " Article 1", " Article 2", "-Article 3", "-Article 4", "+Article three", " Article 5", " Article 6",
    ]  # fmt: skip
    [decided] = agent.said(AmendmentDecided)
    assert (decided.is_accepted, decided.version, decided.sha256) == (True, 2, row.sha256)
    assert [(tell.agent, tell.command.kind) for tell in agent.tells if isinstance(tell.command, Notify)] == [
        ("mem_a", "draft.amended"),
        ("mem_b", "draft.decided"),
    ]


def test_lines_are_inserted_and_taken_out() -> None:
    agent = opened(text="One\nTwo")
    for id, lines, instead in (("a", (1, 0), "Zero"), ("b", (4, 3), "Three"), ("c", (2, 2), "")):
        assert (propose(agent, id, lines, instead), decide(agent, id)) == ("", "")
    assert text(agent) == "Zero\nTwo\nThree"


def test_a_rejected_one_changes_nothing() -> None:
    agent = opened()
    propose(agent, "amd_1", (1, 1), "Other")
    decide(agent, "amd_1", accept=False)
    assert (agent.state.version, text(agent), agent.state.waiting) == (1, TEXT, 0)
    assert decide(agent, "amd_1") == "amendment_decided"


def test_nobody_fills_a_draft_alone() -> None:
    agent = opened()
    codes = [propose(agent, f"amd_{number}", (1, 1), f"Version {number}") for number in range(21)]
    assert codes == [*[""] * 20, "amendments_own_full"]
    other = agent.take(ProposeAmendment("amd_c", 0, 2, 2, "Mine", "Clearer."), sender="mem_c")
    assert other.reject is None
    assert decide(agent, "amd_3", accept=False) == ""
    assert propose(agent, "amd_21", (1, 1), "One more") == ""


def test_an_older_one_is_placed_where_its_lines_are_now() -> None:
    agent = opened()
    propose(agent, "late", (5, 5), "Article five")
    for id, lines, instead in (("before", (2, 2), "a\nb\nc"), ("after", (9, 9), "z")):
        propose(agent, id, lines, instead, version=1)
        decide(agent, id)
    assert decide(agent, "late") == ""
    assert "c\nArticle 3\nArticle 4\nArticle five\nArticle 6" in text(agent)


def test_one_whose_lines_were_changed_is_outdated() -> None:
    agent = opened()
    for id in ("first", "second"):
        propose(agent, id, (5, 6), f"By {id}")
    decide(agent, "first")
    assert decide(agent, "second") == "amendment_outdated"
    assert agent.state.waiting == 1
    assert decide(agent, "second", accept=False) == ""


@pytest.mark.parametrize(
    ("lines", "instead", "version", "code"),
    [
        ((0, 0), "x", 0, "lines_missing"),
        ((9, 10), "x", 0, "lines_missing"),
        ((3, 1), "x", 0, "lines_missing"),
        ((11, 10), "x", 0, "lines_missing"),
        ((1, 1), "Article 1", 0, "amendment_empty"),
        ((1, 9), "", 0, "draft_unfit"),
        ((1, 1), "x", 7, "version_missing"),
    ],
)
def test_what_fits_no_version_is_refused(lines: tuple[int, int], instead: str, version: int, code: str) -> None:
    assert propose(opened(), "amd_1", lines, instead, version=version) == code


@pytest.mark.parametrize(
    ("sender", "role", "code"),
    [("mem_b", "member", "not_author"), ("mem_z", "leader", ""), ("mem_z", "official", ""), ("mem_a", "supporter", "")],
)
def test_it_is_decided_by_its_author_leaders_and_officials(sender: str, role: str, code: str) -> None:
    agent = opened()
    propose(agent, "amd_1", (1, 1), "Other")
    assert decide(agent, "amd_1", sender=sender, role=role) == code


# --- texts ---

texts = st.lists(st.text(alphabet="ab ", max_size=3), min_size=1, max_size=8).map("\n".join).filter(bool)


@given(texts, st.integers(0, 9), st.integers(0, 9), texts)
def test_replacing_touches_only_its_lines(before: str, first: int, last: int, instead: str) -> None:
    after = replaced(before, (first, last, 0), instead)
    lines = lines_of(before)
    if not 1 <= first <= last + 1 <= len(lines) + 1:
        assert after is None
        return
    assert after is not None
    assert lines_of(after) == [*lines[: first - 1], *lines_of(instead), *lines[last:]]


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3), st.integers(0, 3)), max_size=6), st.integers(1, 12))
def test_a_placed_line_is_the_same_line(changes: list[tuple[int, int, int]], line: int) -> None:
    """Each line has a name of its own; whatever was changed elsewhere, the placed line has that name."""
    lines = [f"line {number}" for number in range(1, 13)]
    done: list[tuple[int, int, int]] = []
    for number, (first, count, came) in enumerate(changes):
        change = (first, first + count - 1, came)
        new = replaced("\n".join(lines), change, "\n".join(f"new {number} {each}" for each in range(came)))
        if new is None or not new:
            continue
        lines = lines_of(new)
        done.append(change)
    found = placed((line, line, 1), done)
    assert (found is None) == (f"line {line}" not in lines)
    if found:
        assert lines[found[0] - 1] == f"line {line}"


def test_a_diff_of_long_texts_takes_no_time() -> None:
    before = "\n".join("x" if number % 2 else "y" for number in range(10_000))
    begun = time.perf_counter()
    change_diff(before, (5_000, 5_100, 3), "a\nb\nc")
    assert time.perf_counter() - begun < 0.2


def test_a_diff_is_readable() -> None:
    assert change_diff("a\nb", (2, 2, 1), "c").splitlines() == ["line 1", " a", "-b", "+c"]


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2), texts, st.booleans(), st.integers(1, 3)), max_size=12))
def test_whatever_is_proposed_and_decided_the_hashes_are_those_of_the_texts(
    steps: list[tuple[int, int, str, bool, int]],
) -> None:
    agent = opened(text="One\nTwo\nThree")
    for number, (first, count, instead, accept, version) in enumerate(steps):
        propose(agent, f"amd_{number}", (first, first + count - 1), instead, version=min(version, agent.state.version))
        decide(agent, f"amd_{number}", accept=accept)
    versions = sorted(agent.all_rows(Version), key=lambda row: row.number)
    assert [row.number for row in versions] == list(range(1, agent.state.version + 1))
    assert all(row.sha256 == sha256(row.text) and row.text.strip() for row in versions)
    assert versions[-1].sha256 == agent.state.sha256
    amendments = agent.all_rows(Amendment)
    assert agent.state.waiting == sum(row.status == "proposed" for row in amendments)
    assert (
        agent.state.version == 1 + sum(row.status == "accepted" for row in amendments) == 1 + len(agent.state.changes)
    )


# --- screening ---


def test_a_draft_waits_for_its_screening_and_people_may_open_it() -> None:
    agent = opened("moderator")
    [asked] = agent.tells
    assert asked == Tell("screening", "dft_1", ScreenText("dft_1", "mem_a", f"Night clinics\n\n{TEXT}"), answers=True)
    assert (agent.state.phase, agent.events) == ("pending", [])
    played = agent.take(TakeVerdict("dft_1", "hidden", "It attacks."))
    assert isinstance(played.reply, DraftView)
    assert (played.status, played.reply.held) == (201, HeldView("hidden", "It attacks."))
    agent.take(TakeVerdict("dft_1", "cleared"))
    agent.take(ModeratePost("dft_1", "remove"))
    assert (agent.state.phase, agent.events) == ("pending", [])
    agent.take(ModeratePost("dft_1", "publish"))
    assert (agent.state.phase, len(agent.said(DraftOpened))) == ("open", 1)


def test_an_amendment_waits_for_its_screening() -> None:
    agent = opened("moderator")
    agent.take(TakeVerdict("dft_1", "cleared"))
    agent.take(ProposeAmendment("amd_1", 0, 1, 1, "Another line.", "It is clearer."), sender="mem_b")
    words = ScreenText("amd_1", "mem_b", "Another line.\n\nIt is clearer.")
    assert agent.tells[-1] == Tell("screening", "dft_1", words, answers=True)
    assert agent.said(AmendmentProposed) == []
    decision = DecideAmendment("amd_1", is_accepted=True, reason="Good.")
    rejected = agent.take(decision, sender="mem_a").reject
    assert rejected is not None and rejected.code == "amendment_missing"
    played = agent.take(TakeVerdict("amd_1", "cleared"))
    assert isinstance(played.reply, AmendmentView)
    assert (played.status, played.reply.status, played.reply.held) == (201, "proposed", UNSET)
    assert len(agent.said(AmendmentProposed)) == 1
    assert agent.take(decision, sender="mem_a").reject is None


def test_people_decide_of_a_held_amendment_and_what_waits_is_counted_once() -> None:
    agent = opened("moderator")
    agent.take(TakeVerdict("dft_1", "cleared"))
    agent.take(ProposeAmendment("amd_1", 0, 1, 1, "Another line.", "It is clearer."), sender="mem_b")
    played = agent.take(TakeVerdict("amd_1", "held", "Tone."))
    assert isinstance(played.reply, AmendmentView)
    assert (played.reply.held, agent.state.waiting) == (HeldView("held", "Tone."), 1)
    for _ in range(2):
        agent.take(ModeratePost("amd_1", "remove"))
        assert (agent.state.waiting, agent.said(AmendmentProposed)) == (0, [])
    for _ in range(2):
        agent.take(ModeratePost("amd_1", "publish"))
        assert (agent.state.waiting, len(agent.said(AmendmentProposed))) == (1, 1)
    agent.take(DecideAmendment("amd_1", is_accepted=False, reason="No."), sender="mem_a")
    assert agent.state.waiting == 0
