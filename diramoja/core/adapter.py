"""What an adapter brings, as one value."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs

from diramoja.core.settings import Settings

__all__ = ["AdapterSpec"]


@attrs.frozen
class AdapterSpec:
    """An adapter of one backend.

    Attributes:
        name: as the deployment names it in `[ports]`; also the section of its settings.
        ports: names of the ports it provides, such as "records", "database", "search".
        settings: class of its settings.
        open: `open(settings)` connects and yields port name → object; closes at the end of the block. A missing driver
            raises PluginError that names the extra to install.
        version: as shown by `diramoja plugins`.
    """

    name: str
    ports: Sequence[str]
    settings: type[Settings]
    open: Callable[[Any], AbstractAsyncContextManager[Mapping[str, object]]]
    version: str = ""
