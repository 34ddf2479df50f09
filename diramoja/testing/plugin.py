"""The pytest plugin: the fixture `runtime`, for whoever writes an agent.

Installed with DiraMoja. `runtime` is an empty `diramoja.testing.runtime.Runtime`; `@pytest.mark.parametrize` a
seed and set `runtime.crash_ratio` to see your agents survive crashes.
"""

from collections.abc import Iterator

import pytest

from diramoja.testing.runtime import Runtime

__all__ = ["runtime"]


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """An in-memory runtime with a virtual clock; deploy your plugins into it."""
    made = Runtime()
    yield made
    made.close()
