"""The instance in the foreground: from the first line of progress to the last server stopped."""

import os
import socket
import sys

import anyio

from diramoja_community.cli.console import Console
from diramoja_community.crew import Crew
from diramoja_community.deployment import Loaded
from diramoja_community.process import Process, open_process
from diramoja_community.running import listening, run_process, url_of, watch_signals

__all__ = ["serve"]


async def serve(console: Console, loaded: Loaded, *, join: bool, crew: bool) -> None:
    """Run until a signal. The first ends in order, the second at once.

    Args:
        console: where to print.
        loaded: what to run.
        join: use the servers of the instance that runs on the data folder.
        crew: a part of another process: end with it, and say nothing but `ready`.
    """
    asked = anyio.Event()
    with listening(loaded) as bound:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch_signals, asked, tasks.cancel_scope)
            if crew:
                tasks.start_soon(_end_with_input, asked)
            opening = open_process(
                loaded, join="always" if join else "never", on_progress=_no_word if crew else console.say
            )
            async with opening as process:
                mates = None if crew or join else _crew(console, process)
                await run_process(process, bound, asked, lambda: _ready(console, process, bound), crew=mates)
            tasks.cancel_scope.cancel()
    if not crew:
        console.say("stopped")


def _crew(console: Console, process: Process) -> Crew | None:
    """Agents and jobs in a process of their own, where this one would have them beside a gateway."""
    if not process.loaded.identity.apart or not process.loaded.roles >= {"gateway", "worker"}:
        return None
    return Crew(console.shared_options(process.loaded), join=process.servers is not None)


async def _end_with_input(asked: anyio.Event) -> None:
    while True:
        await anyio.wait_readable(sys.stdin)
        if not os.read(sys.stdin.fileno(), 1024):
            asked.set()
            return


def _no_word(_line: str) -> None: ...


def _ready(console: Console, process: Process, bound: socket.socket | None) -> None:
    where = ",".join(sorted(process.loaded.roles))
    if bound is not None:
        where = url_of(bound)
        process.announce(http=where)
    console.answer(f"ready {where} data {process.data}")
