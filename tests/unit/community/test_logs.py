"""Logs: one line a record, in the form and from the level that the settings say, without secrets."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from diramoja_community.logs import LogSettings, configure_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    for name in ("uvicorn", "httpx", "quiet"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_json_line_has_what_was_bound_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(format="json"))
    structlog.contextvars.bind_contextvars(request="req_1")
    structlog.get_logger("kitchen").info("cooked", password="hunter2", meal="soup")
    logging.getLogger("driver").warning("cannot reach %s", "nats://u:hunter2@h:4222")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["cooked", "cannot reach nats://u:***@h:4222"]
    assert (lines[0]["password"], lines[0]["meal"], lines[0]["request"]) == ("***", "soup", "req_1")
    assert (lines[0]["logger"], lines[0]["level"], lines[1]["logger"]) == ("kitchen", "info", "driver")


def test_exception_is_one_line_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(format="json"))
    said_by_a_member = "I am Ann"
    try:
        int(said_by_a_member)
    except ValueError:
        structlog.get_logger("kitchen").exception("burnt")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"].endswith("ValueError\n")
    assert "said_by_a_member = " not in line
    assert "Ann" not in line


def test_levels_go_by_logger(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(format="console", level="info", levels={"quiet": "error"}))
    structlog.get_logger("quiet.part").warning("dropped")
    structlog.get_logger("loud").debug("dropped")
    structlog.get_logger("loud").info("kept", n=1)
    assert "dropped" not in (said := capsys.readouterr().err)
    assert "kept" in said
    assert "n=1" in said
