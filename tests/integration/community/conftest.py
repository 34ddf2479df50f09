"""One instance for all tests of the command line that do not end it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from diramoja_community.cli.application import run
from tests.support.cli_plugin import installation
from tests.support.platform_process import Instance, arguments_for
from tests.support.processes import as_before

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a user with nothing but the test plugin."""
    return installation(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def instance(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    started = Instance(environ, tmp_path_factory.mktemp("cli") / "data", "--port", "0")
    yield started
    started.stop()


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Callable[..., Instance]]:
    """Starts instances that are stopped at the end of the test."""
    started: list[Instance] = []

    def one(data: Path, *arguments: str, **more: str) -> Instance:
        started.append(Instance(environ | more, data, *arguments))
        return started[-1]

    yield one
    for each in reversed(started):
        each.stop()


@pytest.fixture
def diramoja(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[Path], Run]]:
    """Commands on a data folder, within this process: (exit code, standard output, standard error)."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(environ["PYTHONPATH"].split(":")[0])

    def on(data: Path) -> Run:
        def command(*arguments: str) -> tuple[int, str, str]:
            code = run([*arguments_for(data), *arguments])
            said = capsys.readouterr()
            return code, said.out, said.err

        return command

    with as_before():
        yield on
