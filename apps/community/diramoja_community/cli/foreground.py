"""The instance in the foreground: from the first line of progress to the last server stopped."""

import anyio

from diramoja_community.cli.console import Console
from diramoja_community.deployment import Loaded
from diramoja_community.process import open_process
from diramoja_community.running import listen, run_process, url_of, watch_signals

__all__ = ["serve"]


async def serve(console: Console, loaded: Loaded, *, join: bool) -> None:
    """Run until a signal. The first ends in order, the second at once."""
    bound = listen(loaded)
    asked = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch_signals, asked, tasks.cancel_scope)
        opening = open_process(loaded, join="always" if join else "never", on_progress=console.say)
        async with opening as process:
            where = url_of(bound) if bound is not None else ",".join(sorted(loaded.roles))

            def on_ready() -> None:
                process.announce(**({"http": where} if bound is not None else {}))
                console.answer(f"ready {where} data {loaded.data}")

            await run_process(process, bound, asked, on_ready)
        tasks.cancel_scope.cancel()
    console.say("stopped")
