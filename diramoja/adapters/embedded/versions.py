"""The file VERSION: which versions wrote a data folder, and which may go on with it.

PostgreSQL reads only folders of its own major version. NATS and Valkey read what older ones of the same major version
wrote, so a newer minor one goes on, and says so; what a newer one wrote is refused. Nothing is upgraded silently.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from diramoja.adapters.embedded.binaries import server_version
from diramoja.adapters.embedded.errors import FolderVersionError
from diramoja.adapters.embedded.events import ServerEvent, ServerName
from diramoja.adapters.embedded.folder import Folder, write_private

__all__ = ["FORMAT", "check_version"]

FORMAT = 1
"""Version of the folder's own layout."""


class FolderVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What VERSION holds: the layout, and for each server that ever ran here major and minor version."""

    format: int
    servers: dict[str, tuple[int, int]] = {}


def check_version(folder: Folder, servers: Iterable[ServerName]) -> list[ServerEvent]:
    """Refuse a folder of other versions; else write down the present ones.

    Returns:
        An event for each server of which a newer version goes on.

    Raises:
        FolderVersionError: a part was written by a version that cannot be served; nothing was changed.
    """
    path = folder.path / "VERSION"
    known = _read(path, folder.path)
    present = dict(known.servers)
    events = []
    for server in servers:
        version = server_version(server)
        before = present.get(server, version)
        _check(server, folder.path, before, version)
        if before != version and server != "postgres":
            events.append(
                ServerEvent(
                    name="version_changed",
                    server=server,
                    detail=f"{_text(version)} goes on with the data of {_text(before)}",
                )
            )
        present[server] = version
    if present != known.servers:
        write_private(path, msgspec.json.encode(FolderVersion(format=FORMAT, servers=present)))
    return events


def _read(path: Path, folder: Path) -> FolderVersion:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=FolderVersion)
    except FileNotFoundError:
        if (folder / "postgres").exists():
            raise FolderVersionError(
                f"{folder} holds a folder `postgres` but no VERSION: it was not made by this program.",
                cure="Use another --data folder, or restore VERSION from a copy.",
            ) from None
        return FolderVersion(format=FORMAT)
    except msgspec.MsgspecError as error:
        raise FolderVersionError(f"{path} cannot be read: {error}.", cure="Restore it from a copy.") from error
    if found.format > FORMAT:
        raise FolderVersionError(
            f"{folder} has the format {found.format}, this program knows only up to {FORMAT}.",
            cure="Use the newer version of this program that wrote it.",
        )
    return found


def _check(server: ServerName, folder: Path, before: tuple[int, int], now: tuple[int, int]) -> None:
    fits = before[0] == now[0] if server == "postgres" else before[0] == now[0] and before <= now
    if not fits:
        raise FolderVersionError(
            f"{folder} was written by {server} {_text(before)}; installed is {_text(now)}, "
            "and nothing is upgraded silently.",
            cure=f"Install the package with {server} {before[0]}, or move the data with a dump to a new folder.",
        )


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
