"""Settings of the information broker."""

import csv
import io
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from diramoja.core import Settings
from diramoja.plugins.information.contracts import SourceView

__all__ = ["InformationSettings"]

MAX_SOURCES = 100_000


class InformationSettings(Settings, frozen=True, kw_only=True, dict=True):
    """Which sources are flagged and trusted.

    Attributes:
        source_days: so long a rating holds that two people confirmed.
        proposal_days: so long a proposed rating waits for the second person.
        sources_file: CSV file with the columns domain, rating (flagged or trusted), reason, evidence_url; at most
            100,000 rows; "" for the short list shipped.
    """

    sources_file: str = ""
    source_days: Annotated[int, Meta(ge=1, le=3_650)] = 365
    proposal_days: Annotated[int, Meta(ge=1, le=365)] = 30

    def __post_init__(self) -> None:
        """Read the list at start: a file that cannot be read is an error of the settings.

        Raises:
            ValueError: the file cannot be read, or a row is none.
        """
        _ = self.sources

    @cached_property
    def sources(self) -> dict[str, SourceView]:
        """Domain in lower case, without www → what is said of it."""
        path = Path(self.sources_file) if self.sources_file else files(__package__) / "sources.csv"
        try:
            rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
            views = [_source(row, number) for number, row in enumerate(rows, 2)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"sources_file is no CSV file that can be read: {error}") from error
        if len(views) > MAX_SOURCES:
            raise ValueError(f"sources_file holds {len(views)} rows; at most {MAX_SOURCES} are read")
        return {view.domain: view for view in views}


def _source(row: Mapping[str, str], line: int) -> SourceView:
    fields = {name: (row.get(name) or "").strip() for name in SourceView.__struct_fields__}
    fields["domain"] = fields["domain"].lower().removeprefix("www.")
    try:
        source = msgspec.convert(fields, SourceView)
    except msgspec.ValidationError as error:
        raise ValueError(f"sources_file, line {line}: {error}") from error
    if "." not in source.domain:
        raise ValueError(f"sources_file, line {line}: {source.domain!r} is no domain")
    return source
