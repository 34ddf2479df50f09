"""Commands that attach to the instance which runs on the data folder."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.platform_process import Instance
from tests.support.processes import in_time, parent_of


@pytest.fixture
def command(instance: Instance, diramoja: Any) -> Any:
    return diramoja(Path(instance.ready.split(" data ")[1]))


def test_ready_line_has_the_url_and_the_data_folder(instance: Instance) -> None:
    assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+ data /\S+/data", instance.ready)
    answer = httpx.get(instance.url + "/v1/hello")
    assert (answer.status_code, answer.json()) == (200, {"hello": "there"})


def test_endpoint_file_is_private_and_names_the_url(instance: Instance) -> None:
    file = Path(instance.ready.split(" data ")[1]) / "endpoint.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_bytes())["notes"]["http"] == instance.url


def test_command_of_a_plugin_sends_and_gets_the_committed_answer(command: Any) -> None:
    assert command("counting", "add", "cnt_a", "5") == (0, "5\n", "")
    assert command("counting", "add", "cnt_a", "2") == (0, "7\n", "")


def test_second_start_on_the_folder_is_refused_and_named(instance: Instance, command: Any) -> None:
    code, _, said = command("up", "--port", "0")
    assert code == 1
    assert f"is in use by the process with PID {instance.process.pid}" in said


def test_port_that_is_taken_is_refused_before_anything_starts(
    instance: Instance, diramoja: Any, tmp_path: Path
) -> None:
    port = instance.url.rpartition(":")[2]
    code, _, said = diramoja(tmp_path / "other")("up", "--port", port)
    assert code == 1
    assert f"error: The gateway cannot listen on 127.0.0.1 port {port}: Address already in use." in said
    assert not (tmp_path / "other").exists()


def test_status_counts_workers_partitions_and_agents(instance: Instance, command: Any) -> None:
    command("counting", "add", "cnt_s", "1")
    code, said, _ = command("status", "--json")
    health = json.loads(said)
    assert code == 0
    workers = [(parent_of(each["pid"]), each["partitions"]) for each in health["workers"]]
    assert workers == [(instance.process.pid, 64)]
    assert health["agents"]["counter"]["running"] >= 1
    assert health["instance"]["url"] == instance.url
    assert command("status")[0] == 0


def test_paused_agent_keeps_commands_and_decides_them_when_it_resumes(command: Any) -> None:
    command("counting", "add", "cnt_p", "1")
    assert command("agents", "pause", "counter", "cnt_p")[:2] == (0, "counter cnt_p is paused\n")
    code, _, said = command("--set", "dispatch.answer_timeout_s=0.3", "counting", "add", "cnt_p", "2")
    assert (code, "did not come in time" in said) == (1, True)
    assert re.search(r"cnt_p +open +paused +1 ", command("agents", "list", "counter")[1])
    assert command("agents", "resume", "counter", "cnt_p")[:2] == (0, "counter cnt_p is running\n")
    assert command("counting", "add", "cnt_p", "4")[1] == "7\n"


def test_agent_restarts_with_its_committed_state(command: Any) -> None:
    command("counting", "add", "cnt_r", "3")
    assert command("agents", "restart", "counter", "cnt_r")[:2] == (0, "counter cnt_r is running\n")
    assert command("counting", "add", "cnt_r", "1")[1] == "4\n"
    assert re.match(r"\d+ agents of kind counter restart", command("agents", "restart", "counter")[1])


def test_kind_pauses_as_a_whole(command: Any) -> None:
    assert command("agents", "pause", "bomb")[0] == 0
    assert "bomb (paused)" in command("status")[1]
    assert command("agents", "resume", "bomb")[:2] == (0, "all agents of kind bomb are running\n")
    in_time(lambda: "bomb (paused)" not in command("status")[1])


def test_unknown_kind_is_refused_with_the_nearest(command: Any) -> None:
    code, _, said = command("agents", "pause", "countr")
    assert (code, said) == (1, "error: No plugin here brings the kind countr. Did you mean counter?\n")


def test_dead_letter_is_listed_shown_and_replayed(command: Any) -> None:
    code, _, said = command("counting", "explode", "bmb_9")
    assert code == 1
    letter = said.rstrip(".\n").rpartition(" ")[2]
    assert letter in command("dead-letters", "list")[1]
    shown = command("dead-letters", "show", letter)[1]
    assert "RuntimeError" in shown
    assert 'raise RuntimeError("as asked")' in shown  # where it was raised; what it says at runtime is not kept
    assert command("dead-letters", "replay", letter)[1].startswith(f"sent again as replay:{letter}:")
    in_time(lambda: command("dead-letters", "list")[1].count("bmb_9") == 2)
    correlation = re.search(r"^correlation: (\S+)$", shown, re.MULTILINE)
    assert correlation is not None
    code, tree, _ = command("trace", correlation[1])
    assert code == 0
    assert tree.count("explode handler_failed bomb bmb_9") == 2


def test_missing_letter_and_chain_are_said(command: Any) -> None:
    assert command("dead-letters", "show", "ded_none")[2] == "error: There is no dead letter ded_none.\n"
    assert command("trace", "nothing")[2].startswith("error: Nothing is known of nothing.")


def test_migrations_are_applied_and_say_so(command: Any) -> None:
    assert command("migrate", "--dry-run")[::2] == (0, "0 migrations would be applied\n")
