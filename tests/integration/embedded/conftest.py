from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.integration.embedded.instances import Instance, left_running
from tests.support.waiting import eventually


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder on which nothing may be left running in the end."""
    path = tmp_path / "data"
    yield path
    await eventually(lambda: not left_running(path), within_s=10)


@pytest.fixture
def start_instance(folder: Path) -> Iterator[Callable[..., Instance]]:
    """Start an instance in a process of its own on the folder."""
    instances: list[Instance] = []

    def start(
        servers: Sequence[str] = ("postgres", "nats"), *, prefix: Sequence[str] = (), wait: bool = True
    ) -> Instance:
        instances.append(Instance(folder, servers, prefix=prefix))
        assert not wait or instances[-1].said
        return instances[-1]

    yield start
    for instance in instances:
        instance.close()
