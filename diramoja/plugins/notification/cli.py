"""`diramoja bounces`: mail that came back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from diramoja.core.commands import Attached, CommandHost
from diramoja.core.errors import InvalidError
from diramoja.core.ports.database import Database

__all__ = ["bounces"]


def bounces(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Messages (RFC 3464), each a file; - for standard input.")],
) -> None:
    """Note mail that came back.

    An address that is refused for good is not used again.
    """
    from diramoja.plugins.notification.bounces import read_bounce
    from diramoja.plugins.notification.contracts import NoteDelivery
    from diramoja.plugins.notification.queries import member_of_letter

    found = [bounce for bounce in map(read_bounce, map(_read, files)) if bounce is not None]

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
    typer.echo(f"{noted} of {len(files)} noted; the others are about no letter of ours, or about none that failed.")


def _read(path: Path) -> bytes:
    from diramoja.plugins.notification.bounces import LARGEST_BYTES

    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
