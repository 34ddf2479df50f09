"""Finds the CPython interpreters of a machine that DiraMoja can run on.

Names on PATH may be shims that fail when called, and the newest interpreter often lies outside
PATH in the folder of a version manager. So every candidate is run and asked what it is.

Runs on Python 3.6 and newer, with the standard library only.
"""

import glob
import json
import os
import platform
import subprocess
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

__all__ = ["PREFERRED", "Interpreter", "Search", "advice", "candidates", "probe", "search"]

PREFERRED = ("3.13", "3.12", "3.14")
"""Versions that can be used, best first; the first two are the tested ones."""

BITS = 64
PROBE_TIMEOUT_S = 15

# Python 2 can run this as well, so that it is refused by version and not by a traceback.
PROBE = """
import importlib, json, platform, struct, sys, sysconfig
missing = []
for name in ("ctypes", "hashlib", "lzma", "sqlite3", "ssl", "zlib"):
    try:
        importlib.import_module(name)
    except Exception:
        missing.append(name)
try:
    import ensurepip, venv
    pip = True
except Exception:
    pip = False
print(json.dumps({
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "bits": struct.calcsize("P") * 8,
    "final": sys.version_info[3] == "final",
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "implementation": platform.python_implementation(),
    "missing": missing,
    "pip": pip,
    "version": list(sys.version_info[:3]),
}))
"""

# Where version managers, installers and CI images put interpreters. `{home}` stands for each home
# folder, other names in braces for environment variables; a pattern with an unset one is left out.
FOLDERS = (
    "{PYENV_ROOT}/versions/*/bin/python3",
    "{home}/.pyenv/versions/*/bin/python3",
    "/opt/pyenv/versions/*/bin/python3",
    "/usr/local/pyenv/versions/*/bin/python3",
    "{MISE_DATA_DIR}/installs/python/*/bin/python3",
    "{home}/.local/share/mise/installs/python/*/bin/python3",
    "{ASDF_DATA_DIR}/installs/python/*/bin/python3",
    "{home}/.asdf/installs/python/*/bin/python3",
    "{UV_PYTHON_INSTALL_DIR}/*/bin/python3",
    "{XDG_DATA_HOME}/uv/python/*/bin/python3",
    "{home}/.local/share/uv/python/*/bin/python3",
    "{home}/.local/share/hatch/pythons/*/python/bin/python3",
    "{home}/.rye/py/*/bin/python3",
    "{home}/.local/bin/python3.1[2-4]",
    "{RUNNER_TOOL_CACHE}/Python/*/*/bin/python3",
    "/opt/hostedtoolcache/Python/*/*/bin/python3",
    "/opt/homebrew/opt/python@3.*/bin/python3.1[2-4]",
    "/usr/local/opt/python@3.*/bin/python3.1[2-4]",
    "/home/linuxbrew/.linuxbrew/opt/python@3.*/bin/python3.1[2-4]",
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
    "/opt/local/bin/python3.1[2-4]",
    "/usr/local/bin/python3.1[2-4]",
    "/usr/bin/python3.1[2-4]",
    "/opt/python*/bin/python3",
    "/opt/python/*/bin/python3",
    "{home}/.nix-profile/bin/python3.1[2-4]",
    "{CONDA_PREFIX}/bin/python3",
    "{home}/*conda3/bin/python3",
    "{home}/*conda3/envs/*/bin/python3",
    "{home}/miniforge3/bin/python3",
    "{home}/miniforge3/envs/*/bin/python3",
    "/opt/*conda*/bin/python3",
)


class Interpreter(NamedTuple):
    """What one candidate said about itself."""

    path: str
    version: Tuple[int, int, int]
    has_pip: bool
    """Whether it can make a virtual environment with pip in it."""
    refusal: str = ""
    """Why DiraMoja cannot run on it; empty where it can."""

    @property
    def series(self) -> str:
        """The version as major.minor."""
        return "%d.%d" % self.version[:2]


class Search(NamedTuple):
    """The outcome of a search."""

    best: Optional[Interpreter]
    seen: List[Interpreter]
    """All that answered, in the order in which they were asked."""
    silent: List[Tuple[str, str]]
    """The path and the reason of each that exists and does not answer."""


def candidates(environ: Mapping[str, str], homes: Sequence[str]) -> List[str]:
    """List existing paths worth asking, those whose path names a preferred version first."""
    paths: List[str] = []
    for path in _all_candidates(environ, homes):
        if path not in paths and os.access(path, os.X_OK) and os.path.isfile(path):
            paths.append(path)

    def rank(path: str) -> int:
        named = [i for i, series in enumerate(PREFERRED) if series in path]
        return min(named) if named else len(PREFERRED)

    return sorted(paths, key=rank)


def _all_candidates(environ: Mapping[str, str], homes: Sequence[str]) -> Iterator[str]:
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    for name in ["python" + series for series in PREFERRED] + ["python3", "python"]:
        for folder in folders:
            yield os.path.join(folder, name)
    for folder in folders:
        # The shims of pyenv and asdf lie beside the installations that they choose from.
        root, last = os.path.split(folder.rstrip("/"))
        if last == "shims":
            for pattern in ("versions/*/bin/python3", "installs/python/*/bin/python3"):
                for path in sorted(glob.glob(os.path.join(glob.escape(root), pattern))):
                    yield path
    for pattern in FOLDERS:
        for home in homes if "{home}" in pattern else [""]:
            for path in _matches(pattern, dict(environ, home=home)):
                yield path


def _matches(pattern: str, names: Mapping[str, str]) -> List[str]:
    values = {name: glob.escape(value) for name, value in names.items() if value}
    try:
        return sorted(glob.glob(pattern.format(**values)))
    except KeyError:
        return []


def probe(path: str, environ: Optional[Mapping[str, str]] = None) -> Interpreter:
    """Run an interpreter and return what it is.

    Raises:
        ValueError: It fails, hangs or says something else; the text says which.
    """
    try:
        done = subprocess.run(
            [path, "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PROBE_TIMEOUT_S,
            env=None if environ is None else dict(environ),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError("no answer within %d s" % PROBE_TIMEOUT_S) from None
    except OSError as error:
        raise ValueError(error.strerror or "cannot be run") from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(lines[0] if lines else "exit status %d" % done.returncode)
    try:
        answer = json.loads(done.stdout.decode("utf-8", "replace"))
        major, minor, micro = answer["version"]
        return Interpreter(answer["base"], (major, minor, micro), answer["pip"], _refusal(answer))
    except (KeyError, TypeError, ValueError):
        raise ValueError("does not answer like Python") from None


def _refusal(answer: Dict[str, object]) -> str:
    version = answer["version"]
    assert isinstance(version, list)
    if "%d.%d" % (version[0], version[1]) not in PREFERRED:
        return "is Python %d.%d.%d" % tuple(version)
    if answer["implementation"] != "CPython":
        return "is %s, not CPython" % answer["implementation"]
    if not answer["final"]:
        return "is a pre-release"
    if answer["free_threaded"]:
        return "is a free-threaded build"
    if answer["bits"] != BITS:
        return "is a %s-bit build" % answer["bits"]
    missing = answer["missing"]
    assert isinstance(missing, list)
    return "lacks the standard modules " + ", ".join(missing) if missing else ""


def search(paths: Sequence[str], series: Optional[str] = None) -> Search:
    """Ask candidates until the most wanted version is found, else all of them.

    Args:
        paths: What to ask, in order.
        series: The only acceptable version, as major.minor; any of PREFERRED where absent.
    """
    wanted = [series] if series else list(PREFERRED)
    seen: List[Interpreter] = []
    silent: List[Tuple[str, str]] = []
    for path in paths:
        try:
            found = probe(path)
        except ValueError as error:
            silent.append((path, str(error)))
            continue
        if found not in seen:
            seen.append(found)
        if not found.refusal and found.series == wanted[0]:
            break
    usable = [found for found in seen if not found.refusal and found.series in wanted]
    best = min(usable, key=lambda found: wanted.index(found.series)) if usable else None
    return Search(best, seen, silent)


def advice(system: Optional[str] = None, os_release: str = "/etc/os-release") -> str:
    """Say what to install on this operating system to get a usable interpreter."""
    system = system or platform.system()
    if system == "Darwin":
        return "brew install python@3.13, or the installer of https://www.python.org/downloads/macos/"
    if system != "Linux":
        return "install Python 3.13 from https://www.python.org/downloads/"
    try:
        with open(os_release, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        text = ""
    families = " ".join(
        line.split("=", 1)[1].strip().strip('"').lower()
        for line in text.splitlines()
        if line.startswith(("ID=", "ID_LIKE="))
    ).split()
    for family, command in PACKAGES:
        if family in families:
            return command
    return MANAGERS


MANAGERS = (
    "install Python 3.13 with a version manager: pyenv install 3.13 (https://github.com/pyenv/pyenv) "
    "or uv python install 3.13 (https://docs.astral.sh/uv/)"
)

PACKAGES = (
    ("ubuntu", "sudo apt install python3.12 python3.12-venv (Ubuntu 24.04 or newer); else " + MANAGERS),
    ("debian", "sudo apt install python3 python3-venv (Debian 13 or newer); else " + MANAGERS),
    ("fedora", "sudo dnf install python3.13"),
    ("rhel", "sudo dnf install python3.12"),
    ("suse", "sudo zypper install python313"),
    ("opensuse", "sudo zypper install python313"),
    ("arch", MANAGERS),
    ("alpine", "use a glibc system: the embedded servers have no builds for musl"),
)
