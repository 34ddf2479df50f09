"""A fresh store of each kind for every test of the records ports."""

from collections.abc import AsyncIterator

import pytest

from diramoja.core.ports.rows import PartitionRow
from tests.contract.records.backends import BACKENDS, Backend, Store
from tests.contract.records.rows import worker


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen: Backend = request.param
    needed = request.node.get_closest_marker("needs")
    if needed is not None and needed.args[0] in chosen.lacks:
        pytest.skip(f"{chosen.name}: {chosen.lacks[needed.args[0]]}")
    return chosen


@pytest.fixture
async def store(backend: Backend) -> AsyncIterator[Store]:
    async with backend.open() as opened:
        yield opened


@pytest.fixture
async def mark(store: Store) -> PartitionRow:
    """Partition 0, owned by wrk_a."""
    await store.beat(worker(), 60)
    (row,) = await store.claim("wrk_a", [0], 60)
    return row
