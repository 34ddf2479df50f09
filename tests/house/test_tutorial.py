"""The tutorial, followed literally: its blocks in order, in one shell, in an empty folder."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tools.reference.pages import ROOT

TUTORIAL = ROOT / "docs" / "tutorial" / "first-agent.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEADLINE_S = 300

LAUNCHER = """\
#!{python}
from diramoja_community.cli import main

main()
"""

SCRIPT_HEAD = """\
set -eu
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
. .venv/bin/activate
"""


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def environment_that_sees_the_checkout(folder: Path) -> None:
    """What the block `install` would make, from what is installed here."""
    venv.create(folder / ".venv", with_pip=True, symlinks=True)
    binaries = folder / ".venv" / "bin"
    packages = folder / ".venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    here = sysconfig.get_path("purelib")
    (packages / "checkout.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    launcher = binaries / "diramoja"
    launcher.write_text(LAUNCHER.format(python=binaries / "python"))
    launcher.chmod(0o755)


def script(text: str, port: int) -> str:
    """The blocks as one script: `sh` as they stand, `python FILE` into their files."""
    parts = [SCRIPT_HEAD]
    for language, where, body in BLOCK.findall(text):
        if language == "sh" and where != "install":
            parts.append(f"echo '--- {len(parts)}'\n{body}\necho\n")
        elif language == "python":
            parts.append(f"cat > {where} <<'END_OF_FILE'\n{body}END_OF_FILE\n")
    whole = "".join(parts).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    return whole.replace("/path/to/the/checkout", str(ROOT))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the terminal shows."""
    folder = tmp_path_factory.mktemp("tutorial")
    environment_that_sees_the_checkout(folder)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DIRAMOJA_", "PYTEST_"))}
    environment |= {"DIRAMOJA_DEPLOYMENT__PORT": str(port), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    (folder / "follow.sh").write_text(script(TUTORIAL.read_text(encoding="utf-8"), port))
    shown, status = run(folder, environment)
    if "No matching distribution found for hatchling" in shown:
        pytest.skip("The package index cannot be reached: pip cannot build the plugin.")
    log = folder / "up.log"
    assert status == 0, shown + (log.read_text() if log.exists() else "")
    return shown


def run(folder: Path, environment: dict[str, str]) -> tuple[str, int]:
    """What the script shows, and its status; nothing that it started is left behind, also where it takes too long."""
    shell = subprocess.Popen(
        ["bash", "follow.sh"], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        return shell.communicate(timeout=DEADLINE_S)[0], shell.returncode
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGTERM)
        raise AssertionError(shell.communicate(timeout=30)[0]) from None


def test_every_step_of_the_tutorial_shows_what_it_says(followed: str) -> None:
    expected = [
        "diramoja-greeting written",
        "agent.py",
        "2 passed",
        "diramoja-greeting",
        "ready http://127.0.0.1:",
        '"code":"greeting_missing"',
        '"username":"amina"',
        '{"count":1,"latest":"Karibu!"}',
        '{"count":2,"latest":"Habari?"}',
        '{"count":2,"latest":"Habari?"}',
        "5 passed",
        "ready http://127.0.0.1:",
        '{"count":2,"latest":"Habari?"}',
        '"code":"greeting_shouted"',
        '{"count":3,"latest":"Kwaheri!"}',
        '"name":"greeting.note.added"',
        '"seq":2',
        '"code":"greeting_closed"',
        "closed",
        '{"count":1,"latest":"Hodi!"}',
        '"text": "Hodi!"',
    ]
    rest = followed
    for text in expected:
        assert text in rest, f"{text} does not follow in:\n{rest}"
        rest = rest.partition(text)[2]
