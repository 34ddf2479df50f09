"""The command line without servers: options, files, listings, scaffolding, and how errors look."""

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diramoja.core.errors import InvalidError, SettingsError
from diramoja.core.host import discover
from diramoja_community.cli.application import hoisted, run
from diramoja_community.cli.console import Console
from diramoja_community.deployment import load_settings, sections
from diramoja_community.scaffold import write_plugin
from tests.support.cli_plugin import installation
from tests.support.processes import as_before


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with the test plugin installed and nothing of this machine's."""
    for name, value in installation(tmp_path / "site").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DIRAMOJA_CONFIG", raising=False)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    with as_before():
        yield tmp_path


ONLY = ["--set", "deployment.plugins=cli_test", "--set", "ports.cache=cli_cache"]


def test_shared_options_stand_anywhere() -> None:
    given = ["agents", "list", "--data", "x", "counter", "--set=a.b=c", "--debug", "--limit", "3", "--", "--data", "y"]
    front = ["--data", "x", "--set=a.b=c", "--debug"]
    assert hoisted(given) == [*front, "agents", "list", "counter", "--limit", "3", "--", "--data", "y"]
    assert hoisted(["up", "--data"]) == ["--data", "up"]


def test_help_names_our_commands_and_those_of_plugins(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("up", "agents", "dead-letters", "counting", "Count and explode."))


def test_help_loads_nothing_heavy() -> None:
    program = "import sys; from diramoja_community.cli import main; sys.argv = ['diramoja', '--help']; main()"
    asked = [sys.executable, "-X", "importtime", "-c", program]
    subprocess.run(asked, check=True, capture_output=True)  # Remembers the commands of plugins.
    loaded = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert not [name for name in ("litestar", "asyncpg", "diramoja.core") if f" {name}\n" in loaded.stderr]


def test_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stauts"]) == 2
    assert "Did you mean 'status'?" in capsys.readouterr().err


# --- init and settings ---


def test_init_writes_a_file_whose_comments_are_the_defaults(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "here"]) == 0
    file = home / "here" / "diramoja.toml"
    assert (home / "here" / "data").is_dir()
    found = discover()
    as_written = load_settings(found, file, environ={})
    assert set(as_written.origins) == {("deployment", "data")}
    lines = file.read_text().splitlines()
    keys = {key for cls in sections(found).values() for key in cls.__struct_fields__}
    file.write_text("\n".join(line.removeprefix("# ") if line.split(" = ")[0][2:] in keys else line for line in lines))
    everything = load_settings(found, file, environ={})
    values = [list(each.shown()) for each in (everything, as_written)]
    assert [each[:3] for each in values[0]] == [each[:3] for each in values[1]]
    assert len(everything.origins) == sum(len(cls.__struct_fields__) for cls in sections(found).values())


def test_init_in_a_data_folder_is_about_that_folder(home: Path) -> None:
    (home / "kept").mkdir()
    (home / "kept" / "VERSION").touch()
    assert run(["init", "kept"]) == 0
    assert 'data = "."' in (home / "kept" / "diramoja.toml").read_text().splitlines()
    assert not (home / "kept" / "data").exists()


def test_init_overwrites_only_by_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    assert run(["init"]) == 1
    assert "diramoja.toml is there already. Give another folder, or --force" in capsys.readouterr().err
    assert run(["init", "--force"]) == 0


def test_settings_show_where_they_come_from_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIRAMOJA_CLI_CACHE__API_KEY", "hunter2")
    assert run(["settings", "--json", "--set", "deployment.port=81"]) == 0
    said = capsys.readouterr().out
    assert "hunter2" not in said
    shown = {(each["section"], each["key"]): (each["value"], each["from"]) for each in json.loads(said)}
    assert shown[("cli_cache", "api_key")] == ("***", "DIRAMOJA_CLI_CACHE__API_KEY")
    assert shown[("deployment", "port")] == (81, "--set deployment.port")
    assert shown[("deployment", "host")] == ("127.0.0.1", "default")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["settings", "--set", "deployment.prot=1"], 2, "[deployment] has no key prot. Did you mean port?"),
        (["settings", "runtme"], 2, "There is no section runtme. Did you mean runtime?"),
        (["plugins", "--config", "gone.toml"], 2, "gone.toml cannot be read: No such file or directory."),
        (["plugins", "--set", "deployment.plugins=topik"], 2, "names topik, which is not installed."),
        (["plugins", *ONLY, "--set", "ports.cache=nats"], 2, "names nats of diramoja"),
        (["up", *ONLY, "--roles", "wroker"], 2, "--set deployment.roles: deployment.roles[0] is refused"),
        (["new", "plugin", "Bad-Name"], 1, "A plugin cannot be called 'Bad-Name'."),
    ],
)
def test_error_is_one_line_with_a_cure(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert said in line


def test_broken_plugin_is_named_and_nothing_else_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = home / "site" / "broken-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[diramoja]\nbroken = broken_plugin.hooks\n")
    importlib.invalidate_caches()
    assert run(["plugins"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "broken 0.1 (broken_plugin.hooks) cannot be imported: ModuleNotFoundError" in line


# --- plugins ---


def test_plugins_lists_kinds_messages_ports_and_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins", "--json", *ONLY]) == 0
    listing = json.loads(capsys.readouterr().out)
    ours = next(each for each in listing["plugins"] if each["name"] == "cli_test")
    assert (ours["version"], ours["distribution"], ours["is_used"]) == ("3.4", "cli-test", True)
    assert [kind["name"] for kind in ours["kinds"]] == ["counter", "bomb"]
    assert ours["events"] == ["counter.added"]
    assert {each["name"]: each["serves"] for each in listing["adapters"]}["cli_cache"] == ["cache"]
    assert {"name": "schulze", "title": "Schulze", "form": "ranking", "distribution": ""} in listing["methods"]
    assert run(["plugins", *ONLY]) == 0
    assert "cli_test" in capsys.readouterr().out


def test_new_plugin_has_a_test_that_passes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "plugin", "tea_time"]) == 0
    package = home / "diramoja-tea-time"
    names = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {
        "pyproject.toml",
        "diramoja_tea_time/agent.py",
        "diramoja_tea_time/hooks.py",
        "tests/test_tea_time.py",
    } <= names
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"],
        cwd=package,
        env={"PYTHONPATH": str(package), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert run(["new", "plugin", "tea_time"]) == 1
    assert "exists. Give another name or --folder." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["class", "1st", "a__b", "_a", "a" * 41, "../x", "Ä", ""])
def test_name_that_can_be_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidError):
        write_plugin(name, tmp_path, discover())


def test_init_makes_a_folder_for_simulation_for_good(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "play", "--simulation"]) == 0
    assert (home / "play" / "data" / "simulation.json").exists()
    assert run(["init", "play", "--force"]) == 0
    assert (home / "play" / "data" / "simulation.json").exists()
    (home / "real" / "data" / "postgres").mkdir(parents=True)
    assert run(["init", "real", "--simulation"]) == 1
    assert "holds data whose times are real" in capsys.readouterr().err
    assert not (home / "real" / "diramoja.toml").exists()


def test_flags_are_shown_without_a_type(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["up", "--help"], ["dead-letters", "list", "--help"]):
        assert run(arguments) == 0
        shown = capsys.readouterr().out
        assert "--help" in shown
        assert "<bool>" not in shown


def test_a_data_folder_with_nothing_in_it_is_announced(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.announce_new(home / "mistyped")
    assert "holds nothing yet; a new instance begins there" in capsys.readouterr().err
    (home / "known").mkdir()
    (home / "known" / "secrets").mkdir()
    console.announce_new(home / "known")
    assert capsys.readouterr().err == ""


def test_a_beginning_that_was_killed_at_once_begins_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("logs", "run"):
        (home / "killed" / name).mkdir(parents=True)
    Console().announce_new(home / "killed")
    assert "holds nothing yet" in capsys.readouterr().err


def test_nothing_begins_in_a_folder_of_other_things(home: Path) -> None:
    (home / "letters").mkdir()
    (home / "letters" / "to-the-members.txt").touch()
    for command in (["status"], ["migrate"], ["up"]):
        assert run(["--data", "letters", *command]) == 2
    assert [each.name for each in (home / "letters").iterdir()] == ["to-the-members.txt"]


def test_an_address_that_cannot_be_had_is_named_with_its_own_cure(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--data", "new", "up", "--host", "192.0.2.1", "--port", "8000"]) == 1
    assert "192.0.2.1 port 8000: Cannot assign requested address. Give an address of this" in capsys.readouterr().err
    assert not (home / "new").exists()


def test_a_file_that_cannot_be_used_is_no_fault_of_ours(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "taken").touch()
    assert run(["init", "taken"]) == 1
    assert capsys.readouterr().err == "error: taken/data: Not a directory.\n"


class Terminal(io.StringIO):
    """Where somebody types."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_mistyped_folder_is_asked_about(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console()
    console.choose(data=home / "mistyped", config=None, options=[], debug=False)
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    console.announce_new(home / "mistyped")
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    with pytest.raises(SettingsError, match="no data folder"):
        console.announce_new(home / "mistyped")
    assert not (home / "mistyped").exists()
