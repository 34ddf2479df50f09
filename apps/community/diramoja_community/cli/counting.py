"""`diramoja count`: count ballots from a file, by any method; needs no server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diramoja_community.cli.console import Console

if TYPE_CHECKING:
    from diramoja.counting import Majority, Method, Profile, Ties

__all__ = ["add_to"]

BUILT_IN = (
    "plurality, approval, score, instant_runoff, scottish_stv, meek_stv, schulze, majority_judgement, "
    "or one that a plugin brings."
)
SEVERAL = "For several seats there are scottish_stv and meek_stv."
OTHER_NAMES = {
    "simple_majority": "The simple majority of a vote is plurality.",
    "ranked_choice": "The ranked choice of a vote is instant_runoff for one seat, scottish_stv for several.",
    "stv": SEVERAL,
    "irv": "It is called instant_runoff.",
    "rcv": f"For one seat it is called instant_runoff. {SEVERAL}",
    "fptp": "It is called plurality.",
    "condorcet": "Of the methods of Condorcet there is schulze.",
}
"""What votes call it, or other programs."""


Seats = Annotated[
    int | None, typer.Option(help="How many are to be chosen; default: as a BLT file says, else 1.", min=1)
]
TieOption = Annotated[
    str,
    typer.Option(
        help="What decides where votes are equal: lot, casting_vote, run_off or status_quo. "
        "A lot stays open without --seed, a casting vote without --casting."
    ),
]
Seed = Annotated[str, typer.Option(help="Of the lot, as published: 64 hexadecimal digits.", metavar="HEX")]
Casting = Annotated[
    str,
    typer.Option(
        help="The casting vote, or a lot that was drawn in public: option numbers, the favoured first.",
        metavar="N,N,...",
    ),
]
MajorityOption = Annotated[
    str, typer.Option(help="What the winner needs: plurality (most votes), absolute, two_thirds, of_roll.")
]
Grades = Annotated[str, typer.Option(help="Names of grades in the file, the lowest first.", metavar="NAME,NAME,...")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(count)


def count(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help=BUILT_IN)],
    file: Annotated[Path, typer.Argument(help="The ballots: .blt or .csv, packed by gzip (.gz) or not.")],
    *,
    seats: Seats = None,
    ties: TieOption = "lot",
    seed: Seed = "",
    casting: Casting = "",
    majority: MajorityOption = "plurality",
    roll: Annotated[int, typer.Option(help="How many could vote, for the majority of_roll.")] = 0,
    grades: Grades = "",
    json: Annotated[bool, typer.Option("--json", help="All of the count, as JSON.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Each step in words.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the count there.", metavar="FILE")] = None,
) -> None:
    """Count the ballots of a file, as a vote would, and say who is chosen.

    A CSV file has a column for each option: ranks, marks or grades, as the method asks; `weight` as the first column
    says how many ballots are like this. A BLT file is as OpenSTV and others write it. For example:

    diramoja count scottish_stv board.blt --seats 3 --explain
    """
    import msgspec

    from diramoja.counting import read_ballots
    from diramoja.counting.picture import picture
    from diramoja.counting.text import conclusion
    from diramoja.counting.text import explain as explained

    console: Console = context.obj
    by = _method(console, method)
    decided, asked = _ties(ties, seed, casting), _majority(majority, roll)
    names = [each for each in grades.split(",") if each.strip()]
    ballots = read_ballots(file.name, _bytes(file), by.form, names)
    found = by.count(ballots, seats=seats, ties=decided, majority=asked)
    if svg is not None:
        _write(svg, picture(found))
    if json:
        console.answer(msgspec.json.encode(found).decode())
    else:
        console.answer("\n".join(_told(ballots, explained(found)) if explain else conclusion(found)))


def _told(ballots: "Profile", lines: Sequence[str]) -> list[str]:
    """With what can be read off the ballots, and not off their count."""
    gone = [f"Withdrawn: {', '.join(each.name for each in ballots.withdrawn)}.", ""] if ballots.withdrawn else []
    return [*gone, *lines, "", f"SHA-256 of these ballots: {ballots.digest}"]


def _method(console: Console, name: str) -> "Method":
    """A built-in one, or one of the plugins, which are only imported if they have to be."""
    from diramoja.core.errors import SettingsError
    from diramoja.core.settings import nearest
    from diramoja.counting import BUILT_IN, all_methods

    known = BUILT_IN if name in BUILT_IN else all_methods(console.found.counting_methods)
    if name not in known:
        cure = OTHER_NAMES.get(name.casefold()) or nearest(name, known)
        raise SettingsError(f"There is no method of counting {name[:40]!r}.", cure=cure)
    return known[name]


def _ties(rule: str, seed: str, casting: str) -> "Ties":
    from diramoja.core.errors import SettingsError
    from diramoja.counting import Ties
    from diramoja.counting.lots import SECRET_BYTES
    from diramoja.counting.values import TIE_RULES

    try:
        drawn = bytes.fromhex(seed)
        cast = tuple(int(each) for each in casting.split(",") if each)
    except ValueError as error:
        raise SettingsError("--seed has hexadecimal digits, --casting whole numbers.") from error
    if drawn and len(drawn) != SECRET_BYTES:
        raise SettingsError(f"--seed has {2 * SECRET_BYTES} hexadecimal digits.")
    return Ties(_one_of("--ties", rule, TIE_RULES), drawn, cast)


def _majority(rule: str, roll: int) -> "Majority":
    from diramoja.core.errors import SettingsError
    from diramoja.counting import MAJORITIES, Majority

    if rule == "of_roll" and not roll:
        raise SettingsError("--majority of_roll takes --roll: how many could vote.")
    return Majority(_one_of("--majority", rule, MAJORITIES), roll)


def _one_of[T: str](option: str, given: str, known: Sequence[T]) -> T:
    from diramoja.core.errors import SettingsError
    from diramoja.core.settings import nearest

    if given not in known:
        raise SettingsError(f"{option} cannot be {given[:40]!r}.", cure=nearest(given, known))
    return known[known.index(given)]


def _bytes(file: Path) -> bytes:
    from diramoja.core.errors import InvalidError
    from diramoja.counting.files import MOST_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidError(f"{file} cannot be read: {error.strerror}.", code="ballots_invalid") from error


def _write(file: Path, text: str) -> None:
    from diramoja.core.errors import ConflictError

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConflictError(f"{file} cannot be written: {error.strerror}.") from error
