"""What fields may hold, where several plugins mean the same: patterns for `Meta(pattern=...)`, and types.

The length, and an example, are each plugin's own.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

__all__ = ["ID", "LINE", "MAYBE_LINE", "MAYBE_TEXT", "NEVER", "TEXT", "Category", "Moment", "one_line"]

_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
TEXT = r"^(?=[\s\S]*\S)" + _NO_CONTROLS
"""Not blank; of the control characters only tab, line feed and carriage return."""
MAYBE_TEXT = "^" + _NO_CONTROLS
"""The same, or blank."""
_ONE_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)"
LINE = r"^(?=[\s\S]*\S)" + _ONE_LINE
"""Not blank, no control character, and none that breaks a line."""
MAYBE_LINE = "^" + _ONE_LINE
"""The same, or blank."""
ID = r"^[A-Za-z0-9][A-Za-z0-9_:@+=-]{0,127}$(?!\n)"
"""An identifier; see `diramoja.core.ids`."""

NEVER = datetime.fromtimestamp(0, UTC)
"""A time that did not come yet, of a field that always has one."""

type Moment = Annotated[datetime, Meta(tz=True, examples=["2031-05-01T16:00:00Z"])]
type Category = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)",
        description="healthcare, education, economy, environment, social_justice, ...",
        examples=["healthcare"],
    ),
]
"""Of topics and events, and what members are interested in."""


def one_line(text: str) -> str:
    """As `LINE` takes it: what breaks a line, or controls something, is a space; "" where nothing else is left."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
