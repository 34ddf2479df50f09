"""A stranger opens any folder and knows from the file names what is inside."""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.reference.pages import ROOT

PLUGIN_FILES = {
    "__init__.py", "contracts.py", "agent.py", "state.py", "rules.py", "projections.py", "queries.py", "views.py",
    "routes.py", "graphql.py", "notices.py", "settings.py", "hooks.py", "migrations", "locale", "README.md", "cli.py",
}  # fmt: skip
"""Of a plugin with several kinds also `<kind>.py` and `<kind>_state.py`; with several subjects `<subject>_` before
contracts, queries, routes or views."""
OF_A_SUBJECT = re.compile(r"[a-z]+_(contracts|queries|routes|views)\.py")
OWN_PLUGIN_FILES = {
    "conversation": {"forgetting.py", "participants.py", "seals.py"},  # Who takes part, or is gone; sealing.
    "topic": {  # What happens to posts and topics, by subject; counting; words; the jobs that look up members.
        "audiences.py", "counting.py", "edits.py", "forgetting.py", "keywords.py", "marks.py", "news.py", "posts.py",
        "reactions.py", "review.py", "scores.py", "shares.py", "summary.py", "support.py", "texts.py", "viewing.py",
        "wording.py",
    },
    "event": {  # Its handlers by subject; the jobs that look up members. At the edge: signing tickets, calendars.
        "audiences.py", "calendar.py", "charts.py", "checkin.py", "feedback.py", "forgetting.py", "invitations.py",
        "leaving.py", "questions.py", "schedule.py", "seating.py", "tickets.py", "topics.py", "wording.py",
    },
    "moderator": {"appeal.py", "decision.py", "guidelines.py", "review.py"},  # Of a case, by subject; its rules.
    "identity": {"secrets.py", "sessions.py"},  # What stays at the edge: hashing and sealing; tokens and their reuse.
    "member": {  # Its handlers by subject.
        "activity.py", "forgetting.py", "gatherings.py", "leaving.py", "sanctions.py", "scores.py", "voting.py",
        "walls.py", "writing.py",
    },
    "vote": {
        "cancelling.py", "course.py", "disputes.py", "forgetting.py", "irregularities.py",  # Of a vote.
        "participation.py", "recusal.py", "results.py", "retention.py", "roll.py", "tally.py",
        "ballot_box.py", "ballot_box_state.py", "choices.py", "publishing.py", "sealing.py", "ties.py",  # Of ballots.
        "delegated.py", "preview.py", "resolution.py", "statutes.py",  # Delegated ballots; what the statutes ask.
        "messages.py", "words.py",  # Among its agents and jobs, which no other plugin sends; terms and texts.
        "methods.py",  # Which method counts what.
        "charts.py", "list_page.py", "markup.py", "page.py",  # At the edge: how votes are shown to people.
        "record.py",  # And as an archive to keep.
    },
    "notification": {
        "outgoing.py", "choices.py",  # Of the inbox: out; what members decide.
        "bounces.py", "delivery.py", "letter.py", "letter.html", "page.html", "unsubscribe.py",  # At the edge.
    },
}  # fmt: skip
DATA = {".csv", ".toml", ".tsv", ".txt"}

ADAPTER_FILES = {"__init__.py", "settings.py", "client.py", "errors.py", "hooks.py", "README.md"}
PORT_FILES = {
    "broker.py", "cache.py", "classifier.py", "clock.py", "database.py", "forgetting.py", "mail.py", "push.py",
    "records.py", "search.py", "sms.py",
}  # fmt: skip
OWN_ADAPTER_FILES = {
    "nats": {"intake.py", "prefetch.py", "streams.py", "wire.py"},
    "outbox_log": {"outbox.py"},
    "postgres": {
        "commit.py", "event_log.py", "jobs.py", "literals.py", "migrations.py", "months.py",
        "operations.py", "ownership.py", "ports.py", "schema", "search_sql.py",
    },
    "vader": {"rules.py", "words.py"},
    "valkey": {"breaker.py"},
}  # fmt: skip

LINES = 500
FUNCTION_LINES = 40
"""Without the docstring."""
CORE_LINES = 4_000
CONTRIB_LINES = 150

WORKPLACE = re.compile(r"/(work|root)/\w|shared/(spec|design)|issues (show|list)")


def folders(of: str) -> list[Path]:
    return sorted(each.parent for each in (ROOT / of).glob("*/__init__.py"))


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if each.name != "__pycache__" and each.suffix not in DATA}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of git")
    paths = [ROOT / each for each in listed.stdout.decode().split("\0") if each]
    return [each for each in paths if each.is_file()]


def sources() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if path.suffix == ".py":
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", folders("diramoja/plugins"), ids=lambda each: each.name)
def test_a_plugin_has_the_files_of_the_house(folder: Path) -> None:
    kinds = re.findall(r'AgentKind\(\s*"(\w+)"', all_text(folder))
    of_kinds = {name for kind in kinds for name in (f"{kind}.py", f"{kind}_state.py")}
    unknown = names(folder) - PLUGIN_FILES - of_kinds - OWN_PLUGIN_FILES.get(folder.name, set())
    assert [name for name in unknown if not OF_A_SUBJECT.fullmatch(name)] == []
    assert {"__init__.py", "contracts.py", "hooks.py", "README.md"} - names(folder) == set()


def test_the_handlers_of_a_plugin_come_with_its_hooks() -> None:
    """A module that registers handlers and that nobody imports would leave its messages without an answer."""
    handling = {
        ".".join(path.with_suffix("").parts)
        for path, text in sources()
        if path.parts[:2] == ("diramoja", "plugins") and re.search(r"^(@\w+\.on|\w+\.hears)\(", text, re.MULTILINE)
    }
    hooks = [f"diramoja.plugins.{each.name}.hooks" for each in folders("diramoja/plugins")]
    code = f"import sys, {', '.join(hooks)}; print(*(set({sorted(handling)}) - set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(handling) > 20
    assert ran.stdout.split() == []


@pytest.mark.parametrize("folder", folders("diramoja/adapters"), ids=lambda each: each.name)
def test_an_adapter_has_the_files_of_the_house(folder: Path) -> None:
    if folder.name == "embedded":
        pytest.skip("no adapter of a port: it runs the servers that the adapters connect to")
    allowed = ADAPTER_FILES | PORT_FILES | OWN_ADAPTER_FILES.get(folder.name, set())
    assert names(folder) - allowed == set()
    assert {"__init__.py", "settings.py", "hooks.py", "README.md"} - names(folder) == set()


def all_text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))


def test_no_file_is_too_long() -> None:
    long = {str(path): text.count("\n") for path, text in sources() if text.count("\n") > LINES}
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{path}:{node.name}": lines
        for path, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _lines(node)) >= FUNCTION_LINES
    }
    assert long == {}


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Of code and signature."""
    first = function.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function, clean=False) else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_no_file_names_the_place_where_it_was_written() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in WORKPLACE.finditer(text)]
    assert found == []


def code_lines(path: Path) -> int:
    """Lines with code: no blank ones, no comments, no docstrings, no `...` of a protocol."""
    with tokenize.open(path) as file:
        text = file.read()
    lines: set[int] = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_the_core_is_an_evenings_reading() -> None:
    count = sum(code_lines(path) for path in (ROOT / "diramoja" / "core").rglob("*.py"))
    print(f"diramoja/core: {count} lines of code")  # noqa: T201  # the figure is worth reading (pytest -rP)
    assert count < CORE_LINES


@pytest.mark.parametrize("folder", sorted((ROOT / "contrib").glob("*/diramoja_*")), ids=lambda each: each.name)
def test_an_example_plugin_is_short(folder: Path) -> None:
    assert sum(path.read_text().count("\n") for path in folder.parent.rglob("*.py")) < CONTRIB_LINES
