"""Where this machine gets Python packages: the index, certificates and proxy of its pip, as uv wants to be told.

uv does not read pip's configuration by itself, and a machine behind a mirror has it nowhere else.

Runs on Python 3.6 and newer, with the standard library only.
"""

import ast
import contextlib
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Dict, Mapping, Sequence

__all__ = ["index_environment", "parse_pip_settings", "pip_settings", "uv_environment"]


def pip_settings(pythons: Sequence[str], environ: Mapping[str, str]) -> Dict[str, str]:
    """Return pip's configuration of this machine by option name, files and environment merged."""
    for python in pythons:
        done = subprocess.run(
            [python, "-m", "pip", "config", "list"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            check=False,
        )
        if done.returncode == 0:
            return parse_pip_settings(done.stdout.decode("utf-8", "replace"))
    return parse_pip_settings(
        "\n".join(
            ":env:.%s=%r" % (name[4:].lower().replace("_", "-"), value)
            for name, value in environ.items()
            if name.startswith("PIP_")
        )
    )


def parse_pip_settings(text: str) -> Dict[str, str]:
    """Read the lines of `pip config list`: the environment wins over `install`, that over `global`."""
    merged: Dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for line in text.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section + "."):
                with contextlib.suppress(SyntaxError, ValueError):
                    merged[name[len(section) + 1 :]] = str(ast.literal_eval(value))
    return merged


def uv_environment(pip: Mapping[str, str], environ: Mapping[str, str], cache: Path) -> Dict[str, str]:
    """Return the environment in which uv reaches what pip reaches; what is set for uv stays.

    `cache` is for uv where it cannot write its usual one.
    """
    settings = {"UV_NO_PROGRESS": "1", "UV_PYTHON_PREFERENCE": "system"}
    if system_certificates():
        # Like pip, and unlike uv's default, trust what the machine trusts.
        settings["UV_SYSTEM_CERTS"] = "1"
    for option, name in (
        ("cert", "SSL_CERT_FILE"),
        ("client-cert", "SSL_CLIENT_CERT"),
        ("default-timeout", "UV_HTTP_TIMEOUT"),
        ("timeout", "UV_HTTP_TIMEOUT"),
        ("proxy", "ALL_PROXY"),
        ("trusted-host", "UV_INSECURE_HOST"),
    ):
        if pip.get(option):
            settings[name] = " ".join(pip[option].split())
    settings.update(index_environment(pip))
    settings.update(environ)
    if not environ.get("UV_CACHE_DIR") and not can_write_home(environ):
        settings["UV_CACHE_DIR"] = str(cache / "uv-cache")
    return settings


def index_environment(pip: Mapping[str, str]) -> Dict[str, str]:
    """Return uv's variables for an index other than PyPI; none where pip uses PyPI."""
    index = pip.get("index-url", "")
    offline = pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}
    if not offline and (not index or re.match(r"https://pypi\.(python\.)?org/", index)):
        return {}
    settings = {"UV_NO_INDEX": "1"} if offline else {"UV_DEFAULT_INDEX": index}
    # Safe beside another index, because every file is checked against the lock's hashes.
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if pip.get("extra-index-url") and not offline:
        settings["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
    if pip.get("find-links"):
        settings["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    return settings


def system_certificates() -> bool:
    """Tell whether this machine has a certificate store of its own."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    filled = folder is not None and folder.is_dir() and any(folder.iterdir())
    return sys.platform == "darwin" or bool(paths.cafile) or filled


def can_write_home(environ: Mapping[str, str]) -> bool:
    """Tell whether uv can make its cache in its usual place."""
    place = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/") / ".cache")
    try:
        (place / "uv").mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(str(place / "uv"), os.W_OK)
