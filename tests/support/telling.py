"""Commands sent to a running platform by the command line's way: what a plugin would tell."""

from collections.abc import Sequence

import anyio

from diramoja.core import Command
from diramoja_community.cli.console import Console
from tests.support.community import Community
from tests.support.processes import as_before

__all__ = ["tell"]


def tell(platform: Community, commands: Sequence[tuple[str, str, Command]]) -> None:
    """(kind, agent, command) in order; each is committed when this returns."""
    host = Console()
    host.choose(data=platform.data, config=None, options=platform.options, debug=True)

    async def work() -> None:
        async with host.attach() as attached:
            for kind, agent, command in commands:
                await attached.send(kind, agent, command)

    with as_before():
        anyio.run(work)
