"""Makes the development environment: the lock file's packages on a usable CPython.

`make` calls it before every target. Where nothing changed it only compares a stamp. Otherwise it
finds an interpreter, gets uv (the machine's own, or from the package index into .cache/uv) and
installs exactly what uv.lock says, with hashes. Nothing is installed outside the checkout.

The package index, certificates and proxy are those that pip has; see tools/package_index.py.

Runs on Python 3.6 and newer, with the standard library only.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from tools.interpreters import PREFERRED, Interpreter, Search, advice, candidates, probe, search
from tools.package_index import pip_settings, uv_environment

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
UV_REQUIREMENT = ROOT / "tools" / "uv.txt"
MINIMUM_UV = (0, 9)
DOWNLOAD_TIMEOUT_S = 300

# Whatever decides what is installed; a change makes the next call install again.
INPUTS = (
    "uv.lock",
    "pyproject.toml",
    "contrib/badges/pyproject.toml",
    "tools/bootstrap.py",
    "tools/interpreters.py",
    "tools/package_index.py",
)

# These would make an interpreter or uv look somewhere else than asked.
MISLEADING = (
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "__PYVENV_LAUNCHER__",
)


class BootstrapError(Exception):
    """The environment cannot be made; the text says why and what helps."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Make the environment or find it made; return the exit status."""
    parser = argparse.ArgumentParser(prog="bootstrap", description=__doc__.splitlines()[0])
    parser.add_argument("--venv", default=".venv", help="its folder, in the checkout")
    parser.add_argument("--python", help="a version such as 3.12, or the path of an interpreter")
    options = parser.parse_args(arguments)
    venv = ROOT / options.venv
    if is_current(venv, options.python):
        return 0
    try:
        with one_at_a_time():
            if not is_current(venv, options.python):
                install(venv, options.python)
    except BootstrapError as error:
        print("bootstrap: %s" % error, file=sys.stderr)
        return 1
    return 0


def stamp(python: Optional[str]) -> str:
    """Return a digest of everything that decides what the environment holds."""
    digest = hashlib.sha256(("%s\n%s\n" % (ROOT, python)).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current(venv: Path, python: Optional[str]) -> bool:
    """Tell whether the environment was finished and nothing has changed since."""
    try:
        finished = (venv / "bootstrap.stamp").read_text()
    except OSError:
        return False
    return finished == stamp(python) and (venv / "bin" / "python").exists()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other call in this checkout installs anything."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "bootstrap.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(venv: Path, python: Optional[str]) -> None:
    """Make the environment with the interpreter that fits best.

    Raises:
        BootstrapError: No interpreter, no uv, or a package that cannot be had.
    """
    environ = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    found = find_interpreter(environ, python)
    hosts = installers(found)
    pip = pip_settings([host.path for host in hosts], environ)
    uv = Uv(get_uv(hosts, environ), uv_environment(pip, environ, CACHE))
    best = found.best or download_interpreter(uv, found, python)
    say("%s with Python %d.%d.%d (%s)" % (venv.name, *best.version, best.path))
    with contextlib.suppress(FileNotFoundError):
        (venv / "bootstrap.stamp").unlink()
    if uv.has_own_index:
        sync_from_index(uv, venv, best)
    else:
        uv.run("sync", "--frozen", "--all-extras", "--python", best.path, environment=venv)
    (venv / "bootstrap.stamp").write_text(stamp(python))


def sync_from_index(uv: "Uv", venv: Path, best: Interpreter) -> None:
    """Install the lock's versions, by their hashes, from the index of this machine.

    The lock names the files' addresses on PyPI, and `uv sync` goes there whatever index is
    configured; a machine with a mirror often cannot.
    """
    locked = CACHE / (venv.name.lstrip(".") + "-locked.txt")
    uv.run("export", "--frozen", "--all-extras", "--no-emit-workspace", "--no-header", "--quiet",
           "--output-file", str(locked))  # fmt: skip
    uv.run("venv", "--clear", "--no-project", "--python", best.path, str(venv))
    target = ["--python", str(venv / "bin" / "python")]
    uv.run("pip", "sync", "--require-hashes", str(locked), *target)
    uv.run("pip", "install", "--no-deps", "--editable", str(ROOT),
           "--editable", str(ROOT / "contrib" / "badges"), *target)  # fmt: skip


# Interpreters


def homes(environ: Mapping[str, str]) -> List[str]:
    """List the user's home folders: $HOME and the one of the account, which may differ."""
    found = [environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        found.append(pwd.getpwuid(os.getuid()).pw_dir)
    return [home for home in found if home]


def find_interpreter(environ: Mapping[str, str], python: Optional[str]) -> Search:
    """Search this machine for the interpreter that was asked for, else for the best.

    Raises:
        BootstrapError: What was asked for is no usable interpreter.
    """
    if python and os.sep in python:
        try:
            only = probe(python)
        except ValueError as error:
            raise BootstrapError("%s: %s" % (python, error)) from error
        if only.refusal:
            raise BootstrapError("%s %s" % (python, only.refusal))
        return Search(only, [only], [])
    if python and python not in PREFERRED:
        raise BootstrapError("PYTHON=%s: wanted is one of %s" % (python, ", ".join(PREFERRED)))
    return search(candidates(environ, homes(environ)), python)


def download_interpreter(uv: "Uv", found: Search, python: Optional[str]) -> Interpreter:
    """Let uv find an interpreter, or download one where the network allows it.

    Raises:
        BootstrapError: It cannot; the text lists what was tried and what to install.
    """
    series = python or PREFERRED[0]
    say("no usable Python found here; asking uv to download Python %s" % series)
    for timeout_s, command in (
        (60, ["python", "find", "--no-project", "--no-python-downloads", series]),
        (DOWNLOAD_TIMEOUT_S, ["python", "install", series]),
        (60, ["python", "find", "--no-project", "--no-python-downloads", series]),
    ):
        path = uv.ask(command, timeout_s)
        if command[1] == "find" and path:
            with contextlib.suppress(ValueError):
                best = probe(path.splitlines()[0])
                if not best.refusal:
                    return best
    raise BootstrapError(no_interpreter(found, python))


def no_interpreter(found: Search, python: Optional[str]) -> str:
    """Say what was tried and what to install."""
    lines = ["DiraMoja needs CPython %s, and none was found." % (python or " or ".join(PREFERRED))]
    for other in found.seen:
        reason = other.refusal or "is Python %d.%d.%d" % other.version
        lines.append("  %s %s" % (other.path, reason))
    lines.extend("  %s: %s" % refusal for refusal in found.silent)
    lines.append("uv could not download one either.")
    lines.append("What helps: " + advice())
    lines.append("Where one lies elsewhere: make PYTHON=/path/to/python3.13 <target>")
    return "\n".join(lines)


def installers(found: Search) -> List[Interpreter]:
    """List interpreters that can install uv, best first; they may be too old for DiraMoja."""
    hosts = [found.best] if found.best else []
    with contextlib.suppress(ValueError):
        hosts.append(probe(sys.executable))
    hosts.extend(sorted(found.seen, key=lambda other: other.version, reverse=True))
    # Older ones come with a pip that does not know the tags of uv's wheels.
    return [host for host in hosts if host.version >= (3, 8)]


# uv


class Uv:
    """A uv that runs in this checkout, with this machine's settings."""

    def __init__(self, path: str, environ: Dict[str, str]) -> None:
        self.path = path
        self.environ = environ

    @property
    def has_own_index(self) -> bool:
        """Whether packages come from elsewhere than PyPI itself."""
        return any(self.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_NO_INDEX"))

    def run(self, *arguments: str, environment: Optional[Path] = None) -> None:
        """Run a command, its output shown.

        Raises:
            BootstrapError: It fails.
        """
        environ = dict(self.environ)
        if environment:
            environ["UV_PROJECT_ENVIRONMENT"] = str(environment)
        done = subprocess.run([self.path, *arguments], cwd=str(ROOT), env=environ, check=False)
        if done.returncode != 0:
            raise BootstrapError("uv %s failed; its message is above" % arguments[0])

    def ask(self, arguments: Sequence[str], timeout_s: int) -> str:
        """Run a command and return what it prints; empty where it fails or takes too long."""
        try:
            done = subprocess.run(
                [self.path, *arguments],
                cwd=str(ROOT),
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def get_uv(hosts: Sequence[Interpreter], environ: Mapping[str, str]) -> str:
    """Return the path of a uv: the machine's own where it is new enough, else one in .cache.

    Raises:
        BootstrapError: There is none, and pip cannot install it.
    """
    folder = CACHE / ("uv-" + hashlib.sha256(UV_REQUIREMENT.read_bytes()).hexdigest()[:12])
    own = [shutil.which("uv", path=environ.get("PATH"))]
    own += [str(Path(home) / ".local" / "bin" / "uv") for home in homes(environ)]
    for path in [*own, str(folder / "bin" / "uv")]:
        if path and uv_version(path) >= MINIMUM_UV:
            return path
    say("installing uv into %s" % folder.relative_to(ROOT))
    for host in hosts:
        if install_uv(host, folder, environ):
            return str(folder / "bin" / "uv")
    raise BootstrapError(
        "no uv here, and no Python with pip that could install it from the package index.\n"
        "What helps: install uv (https://docs.astral.sh/uv/), or pip and venv for your Python "
        "(on Debian and Ubuntu: sudo apt install python3-venv python3-pip)."
    )


def uv_version(path: str) -> Tuple[int, ...]:
    """Return major and minor version of a uv; empty where it does not run."""
    try:
        answer = subprocess.run(
            [path, "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return ()
    numbers = re.match(r"uv (\d+)\.(\d+)", answer)
    return tuple(int(number) for number in numbers.groups()) if numbers else ()


def install_uv(host: Interpreter, folder: Path, environ: Mapping[str, str]) -> bool:
    """Install uv into a folder of its own with the pip of an interpreter; tell whether it runs.

    A virtual environment is the first choice. An interpreter without ensurepip may still have pip.
    """
    shutil.rmtree(str(folder), ignore_errors=True)
    packages = ["--quiet", "--no-deps", "--require-hashes", "-r", str(UV_REQUIREMENT)]
    if host.has_pip:
        steps = [
            [host.path, "-m", "venv", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", *packages],
        ]
    else:
        steps = [[host.path, "-m", "pip", "install", "--target", str(folder), *packages]]
    quiet = dict(environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    for step in steps:
        done = subprocess.run(step, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace").strip()
            say("%s could not install uv: %s" % (host.path, said or "no reason given"))
            return False
    return uv_version(str(folder / "bin" / "uv")) >= MINIMUM_UV


def say(text: str) -> None:
    """Print a line about what happens now."""
    print("bootstrap: %s" % text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
