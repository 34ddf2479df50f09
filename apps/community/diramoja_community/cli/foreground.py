"""The instance in the foreground: from the first line of progress to the last server stopped."""

import socket

import anyio

from diramoja_community.cli.console import Console
from diramoja_community.deployment import Loaded
from diramoja_community.process import Process, open_process
from diramoja_community.running import listening, run_process, url_of, watch_signals

__all__ = ["serve"]


async def serve(console: Console, loaded: Loaded, *, join: bool) -> None:
    """Run until a signal. The first ends in order, the second at once."""
    asked = anyio.Event()
    with listening(loaded) as bound:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch_signals, asked, tasks.cancel_scope)
            opening = open_process(loaded, join="always" if join else "never", on_progress=console.say)
            async with opening as process:
                await run_process(process, bound, asked, lambda: _ready(console, process, bound))
            tasks.cancel_scope.cancel()
    console.say("stopped")


def _ready(console: Console, process: Process, bound: socket.socket | None) -> None:
    where = ",".join(sorted(process.loaded.roles))
    if bound is not None:
        where = url_of(bound)
        process.announce(http=where)
    console.answer(f"ready {where} data {process.data}")
