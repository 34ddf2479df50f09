"""Ballots from the bytes of a file, whatever its format: BLT or CSV, also packed by gzip."""

import io
import zlib
from collections.abc import Sequence
from gzip import GzipFile

from diramoja.core.errors import InvalidError
from diramoja.counting.blt import read_blt
from diramoja.counting.profile import Profile
from diramoja.counting.table import read_csv
from diramoja.counting.values import Form

__all__ = ["MOST_BYTES", "read_ballots"]

MOST_BYTES = 64 * 2**20
"""Of a file, unpacked."""


def read_ballots(name: str, data: bytes, form: Form, grades: Sequence[str] = ()) -> Profile:
    """The ballots of a file.

    Args:
        name: of the file; its ending says what it is: .blt or .csv, and .gz after it.
        data: its bytes.
        form: what the method needs.
        grades: names of grades, the lowest first.

    Raises:
        InvalidError: `ballots_invalid`: what is wrong, with the line.
    """
    plain, _, packed = name.casefold().rpartition(".")
    if packed == "gz":
        data, name = _unpacked(data), plain
    text = _decoded(data)
    if not name.casefold().endswith((".blt", ".csv")):
        raise _invalid(f"{name[-40:]} ends in neither .blt nor .csv, packed (.gz) or not.")
    if not text.strip():
        raise _invalid("The file is empty.")
    return read_blt(text, form) if name.casefold().endswith(".blt") else read_csv(text, form, grades)


def _unpacked(data: bytes) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _invalid("The file is not packed by gzip, or is not complete.") from error


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _invalid(f"The file is larger than {MOST_BYTES // 2**20} MB.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _invalid(f"Line {line} is no UTF-8 text.", cure="Save the file as UTF-8.") from error


def _invalid(message: str, cure: str = "") -> InvalidError:
    return InvalidError(message, code="ballots_invalid", cure=cure)
