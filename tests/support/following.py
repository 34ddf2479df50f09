"""Pages of the docs that are followed literally: their blocks in order, in one shell, in a folder of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.reference.pages import ROOT

__all__ = ["follow", "shown_in_order"]

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


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _environment_that_sees_the_checkout(folder: Path) -> None:
    """What the block `install` would make, from what is installed here."""
    venv.create(folder / ".venv", with_pip=True, symlinks=True)
    binaries = folder / ".venv" / "bin"
    packages = folder / ".venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    here = sysconfig.get_path("purelib")
    (packages / "checkout.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    launcher = binaries / "diramoja"
    launcher.write_text(LAUNCHER.format(python=binaries / "python"))
    launcher.chmod(0o755)


def _script(text: str, port: int) -> str:
    """The blocks as one script: `sh` as they stand, `python FILE` into their files."""
    parts = [SCRIPT_HEAD]
    for language, where, body in BLOCK.findall(text):
        if language == "sh" and where != "install":
            parts.append(f"echo '--- {len(parts)}'\n{body}\necho\n")
        elif language == "python":
            parts.append(f"cat > {where} <<'END_OF_FILE'\n{body}END_OF_FILE\n")
    whole = "".join(parts).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    return whole.replace("/path/to/the/checkout", str(ROOT))


def follow(folder: Path, pages: Sequence[Path]) -> str:
    """All that the terminal shows of one page after the other; skipped where pip cannot reach the package index."""
    _environment_that_sees_the_checkout(folder)
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DIRAMOJA_", "PYTEST_"))}
    environment |= {"DIRAMOJA_DEPLOYMENT__PORT": str(port), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    (folder / "follow.sh").write_text(_script(text, port))
    shown, status = _run(folder, environment)
    if "No matching distribution found for hatchling" in shown:
        pytest.skip("The package index cannot be reached: pip cannot build the plugin.")
    logs = "".join(log.read_text() for log in folder.rglob("up.log"))
    assert status == 0, shown + logs
    return shown


def shown_in_order(shown: str, expected: Sequence[str]) -> None:
    """Assert that each follows the one before."""
    rest = shown
    for text in expected:
        assert text in rest, f"{text} does not follow in:\n{rest}"
        rest = rest.partition(text)[2]


def _run(folder: Path, environment: dict[str, str]) -> tuple[str, int]:
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
