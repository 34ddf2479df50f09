"""`diramoja bounces`: mail that came back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from diramoja.core.commands import Attached, CommandHost
from diramoja.core.ports.database import Database

__all__ = ["bounces"]


def bounces(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Messages (RFC 3464), each a file; - for standard input.")],
) -> None:
    """Note mail that came back: an address that is refused for good is not used again."""
    from diramoja.plugins.notification.bounces import LARGEST_BYTES, read_bounce
    from diramoja.plugins.notification.contracts import NoteDelivery
    from diramoja.plugins.notification.queries import member_of_letter

    read = [sys.stdin.buffer.read(LARGEST_BYTES) if str(each) == "-" else each.read_bytes() for each in files]
    found = [bounce for bounce in map(read_bounce, read) if bounce is not None]

    async def work(attached: Attached) -> int:
        noted = 0
        for each in found:
            member = await member_of_letter(attached.ports.get(Database), each.notice)
            if member is not None:
                command = NoteDelivery(each.notice, "email", "failed", each.reason)
                await attached.send("inbox", member, command, key=f"bounce:{each.notice}")
                noted += 1
        return noted

    host: CommandHost = context.obj
    noted = host.run(work) if found else 0
    typer.echo(f"{noted} of {len(read)} noted; the others are about no letter of ours, or about none that failed.")
