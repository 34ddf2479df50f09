"""From start to end: without an instance, in order, at once, after a crash, together, and with a new plugin."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx

from diramoja.adapters.embedded.reaper import server_processes
from tests.support.platform_process import arguments_for, command
from tests.support.processes import in_time


def test_instance_ends_in_order_crashes_and_takes_over(start: Any, diramoja: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    on = diramoja(data)
    code, shown, said = on("counting", "add", "cnt_a", "1")  # No instance: servers for this command only.
    assert (code, shown, said) == (0, "1\n", f"note: {data} holds nothing yet; a new instance begins there.\n")
    assert not server_processes(data.resolve())
    refused = on("agents", "pause", "nosuch", "x")  # While the worker is still starting.
    assert (refused[0], "heartbeat_failed" in refused[2]) == (1, False)
    first = start(data, "--port", "0")
    assert on("counting", "add", "cnt_a", "1")[1] == "2\n"
    first.end(signal.SIGKILL)
    second = start(data, "--port", "0")
    assert on("counting", "add", "cnt_a", "1")[1] == "3\n"
    assert second.end(signal.SIGTERM) == 0
    assert second.said.endswith("stopped\n")
    assert not (data / "endpoint.json").exists()
    in_time(lambda: not server_processes(data.resolve()))


def test_joined_worker_takes_its_share_and_all_when_the_other_dies(
    environ: dict[str, str], start: Any, diramoja: Any, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    on = diramoja(data)
    refused = command(environ, [*arguments_for(data), "up", "--join", "--port", "0"])
    assert (refused.returncode, "Nothing runs on the data folder" in refused.stderr) == (1, True)
    first = start(data, "--roles", "gateway,jobs", "--port", "0")
    worker = start(data, "--join", "--roles", "worker")
    assert worker.ready == f"ready worker data {data}"
    other = start(data, "--join", "--roles", "worker")
    in_time(lambda: all(share > 0 for share in shares_of_workers(on)) and len(shares_of_workers(on)) == 2)
    other.end(signal.SIGKILL)
    in_time(lambda: shares_of_workers(on) == [64])
    assert on("counting", "add", "cnt_a", "1")[1] == "1\n"
    assert worker.end(signal.SIGTERM) == 0
    first.process.send_signal(signal.SIGINT)
    assert first.wait() == 0


def shares_of_workers(on: Any) -> list[int]:
    """Partitions of each live worker."""
    shares = [each["partitions"] for each in json.loads(on("status", "--json")[1])["workers"]]
    return sorted(shares)


def test_second_signal_ends_at_once(start: Any, tmp_path: Path) -> None:
    started = start(tmp_path / "data", "--port", "0")
    with httpx.stream("GET", started.url + "/v1/hello"):
        started.process.send_signal(signal.SIGTERM)
        started.process.send_signal(signal.SIGTERM)
        assert started.wait(10) == 0


def test_new_plugin_answers_over_http_once_it_is_installed(environ: dict[str, str], start: Any, tmp_path: Path) -> None:
    made = command(environ, ["new", "plugin", "tea", "--folder", str(tmp_path)])
    assert made.returncode == 0, made.stderr
    package = tmp_path / "diramoja-tea"
    (package / "diramoja_tea-0.1.0.dist-info").mkdir()
    info = package / "diramoja_tea-0.1.0.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: diramoja-tea\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[diramoja]\ntea = diramoja_tea.hooks\n")
    path = f"{package}:{environ['PYTHONPATH']}"
    started = start(tmp_path / "data", "--port", "0", "--set", "deployment.plugins=tea,cli_test", PYTHONPATH=path)
    answer = httpx.get(f"{started.url}/v1/tea/tea_1")
    assert (answer.status_code, answer.json()["code"]) == (404, "tea_missing")
    assert started.end() == 0
