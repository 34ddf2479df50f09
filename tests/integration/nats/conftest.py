"""A server of its own for each test: these tests kill, freeze and restart it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.nats_server import NatsServer


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    started: list[NatsServer] = []

    def begin(extra: str = "") -> NatsServer:
        folder = tmp_path / f"nats{len(started)}"
        folder.mkdir()
        started.append(NatsServer(folder, extra))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@pytest.fixture
def server(start: Callable[..., NatsServer]) -> NatsServer:
    return start()
