"""A program that runs the servers on a folder until it is told to stop: python host.py FOLDER SERVER..."""

import json
import sys
from pathlib import Path

import anyio

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings
from diramoja.core.errors import DiramojaError


async def main(folder: Path, names: list[str]) -> None:
    events: list[str] = []
    try:
        async with EmbeddedServers.start(
            folder,
            EmbeddedSettings(stop_timeout_s=5),
            lambda event: events.append(event.name),
            servers=tuple(names),  # type: ignore[arg-type]  # the tests give names that exist
        ) as servers:
            pids = [status.pid for status in servers.status().values()]
            say({"urls": dict(servers.urls), "pids": pids, "events": events})
            await anyio.to_thread.run_sync(sys.stdin.read)
    except DiramojaError as error:
        say({"code": error.code, "message": str(error)})


def say(what: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2:])
