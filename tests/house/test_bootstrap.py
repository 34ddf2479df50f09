"""The bootstrap finds an interpreter wherever it lies, and refuses what only looks like one."""

import json
import platform
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap, interpreters, package_index

ROOT = Path(bootstrap.__file__).resolve().parent.parent

USABLE = {
    "base": "/some/python3",
    "bits": 64,
    "final": True,
    "free_threaded": False,
    "implementation": "CPython",
    "missing": [],
    "pip": True,
    "version": [3, 13, 1],
}


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def python(path: Path, **differences: object) -> str:
    answer = json.dumps({**USABLE, "base": str(path), **differences})
    return script(path, f"echo '{answer}'\n")


def shim(path: Path) -> str:
    return script(path, "echo 'pyenv: python3.13: command not found' >&2\nexit 127\n")


def test_probe_of_the_running_interpreter_says_what_it_is() -> None:
    found = interpreters.probe(sys.executable)
    assert found.version == sys.version_info[:3]
    assert found.refusal == ""
    assert found.series == "{}.{}".format(*platform.python_version_tuple())


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ({"version": [3, 11, 2]}, "is Python 3.11.2"),
        ({"version": [3, 15, 0]}, "is Python 3.15.0"),
        ({"version": [2, 7, 18]}, "is Python 2.7.18"),
        ({"implementation": "PyPy"}, "is PyPy, not CPython"),
        ({"final": False}, "is a pre-release"),
        ({"free_threaded": True}, "is a free-threaded build"),
        ({"bits": 32}, "is a 32-bit build"),
        ({"missing": ["ssl", "zlib"]}, "lacks the standard modules ssl, zlib"),
        ({"pip": False}, ""),
    ],
)
def test_probe_refuses_with_the_reason(tmp_path: Path, differences: dict[str, object], reason: str) -> None:
    assert interpreters.probe(python(tmp_path / "python3", **differences)).refusal == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo 'pyenv: python3.13: command not found' >&2; exit 127", "command not found"),
        ("exit 3", "exit status 3"),
        ("echo hello", "does not answer like Python"),
        ("echo '[]'", "does not answer like Python"),
        ("echo '{\"version\": [3]}'", "does not answer like Python"),
    ],
)
def test_probe_of_what_is_no_python_says_how_it_failed(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        interpreters.probe(script(tmp_path / "python3", body))


def test_probe_of_one_that_hangs_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "PROBE_TIMEOUT_S", 0.2)
    with pytest.raises(ValueError, match="no answer"):
        interpreters.probe(script(tmp_path / "python3", "exec sleep 30"))


def test_candidates_beside_shims_are_found_and_the_shim_is_survived(tmp_path: Path) -> None:
    shims = tmp_path / "manager" / "shims"
    shim(shims / "python3.13")
    python(shims / "python3", version=[3, 11, 7])
    wanted = python(tmp_path / "manager" / "versions" / "3.12.1" / "bin" / "python3", version=[3, 12, 1])
    paths = [p for p in interpreters.candidates({"PATH": str(shims)}, []) if str(tmp_path) in p]
    outcome = interpreters.search(paths)
    assert outcome.best is not None
    assert outcome.best.path == wanted
    assert outcome.silent == [(str(shims / "python3.13"), "pyenv: python3.13: command not found")]


@pytest.mark.parametrize(
    ("folder", "variable"),
    [
        ("home/.pyenv/versions/3.13.1/bin/python3", None),
        ("home/.asdf/installs/python/3.13.1/bin/python3", None),
        ("home/.local/share/mise/installs/python/3.13/bin/python3", None),
        ("home/.local/share/uv/python/cpython-3.13.1-linux/bin/python3", None),
        ("home/miniconda3/envs/a [b]/bin/python3", None),
        ("else [where]/versions/3.13.1/bin/python3", "PYENV_ROOT"),
        ("else [where]/installs/python/3.13.1/bin/python3", "MISE_DATA_DIR"),
    ],
)
def test_candidates_in_folders_of_version_managers_are_found(tmp_path: Path, folder: str, variable: str | None) -> None:
    wanted = python(tmp_path / folder)
    environ = {variable: str(tmp_path / folder.split("/", 1)[0])} if variable else {}
    assert wanted in interpreters.candidates(environ, [str(tmp_path / "home")])


def test_candidates_leave_out_what_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text("")
    (tmp_path / "python3.13").mkdir()
    found = interpreters.candidates({"PATH": str(tmp_path)}, [])
    assert not [path for path in found if path.startswith(str(tmp_path))]


def test_search_prefers_tested_versions_to_newer_ones(tmp_path: Path) -> None:
    newest = python(tmp_path / "a", version=[3, 14, 0])
    tested = python(tmp_path / "b", version=[3, 12, 9])
    outcome = interpreters.search([newest, tested])
    assert outcome.best is not None
    assert outcome.best.path == tested
    only = interpreters.search([newest, tested], "3.14").best
    assert only is not None
    assert only.path == newest


def test_search_without_a_usable_one_names_each_and_what_to_install(tmp_path: Path) -> None:
    old = python(tmp_path / "old", version=[3, 9, 2])
    broken = shim(tmp_path / "broken")
    outcome = interpreters.search([old, broken])
    assert outcome.best is None
    text = bootstrap.no_interpreter(outcome, None)
    assert f"{old} is Python 3.9.2" in text
    assert f"{broken}: pyenv: python3.13: command not found" in text
    assert interpreters.advice() in text


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"', "apt install python3.12"),
        ("ID=debian", "apt install python3 "),
        ("ID=fedora", "dnf install python3.13"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "dnf install python3"),
        ("ID=unheard", "pyenv install 3.13"),
    ],
)
def test_advice_names_the_package_of_the_system(tmp_path: Path, release: str, command: str) -> None:
    (tmp_path / "os-release").write_text(release)
    assert command in interpreters.advice("Linux", str(tmp_path / "os-release"))


def test_advice_for_a_mac_names_homebrew() -> None:
    assert "brew install" in interpreters.advice("Darwin")


def test_pip_settings_of_the_environment_win() -> None:
    text = (
        ":env:.cert='/env.pem'\n"
        "global.cert='/global.pem'\n"
        "global.index-url='https://global.example/simple'\n"
        "install.index-url='https://install.example/simple'\n"
    )
    assert package_index.parse_pip_settings(text) == {
        "cert": "/env.pem",
        "index-url": "https://install.example/simple",
    }


@pytest.mark.parametrize("index", ["", "https://pypi.org/simple", "https://pypi.org/simple/"])
def test_index_environment_of_pypi_is_empty(index: str) -> None:
    assert package_index.index_environment({"index-url": index, "find-links": "/wheels"}) == {}


def test_index_environment_of_a_mirror_names_it() -> None:
    found = package_index.index_environment(
        {"index-url": "https://mirror.example/simple", "extra-index-url": "\nhttps://a\nhttps://b"}
    )
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["UV_INDEX"] == "https://a https://b"


def test_uv_environment_keeps_what_is_set_for_uv(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "SSL_CERT_FILE": "/mine.pem"}
    found = package_index.uv_environment({"cert": "/pip.pem", "proxy": "http://proxy:3128"}, environ, bootstrap.CACHE)
    assert found["SSL_CERT_FILE"] == "/mine.pem"
    assert found["ALL_PROXY"] == "http://proxy:3128"
    assert "UV_CACHE_DIR" not in found


def test_uv_environment_without_a_writable_home_caches_in_the_checkout() -> None:
    found = package_index.uv_environment({}, {"HOME": "/dev/null"}, bootstrap.CACHE)
    assert found["UV_CACHE_DIR"].startswith(str(ROOT))


def test_get_uv_takes_no_old_one(tmp_path: Path) -> None:
    assert bootstrap.uv_version(script(tmp_path / "uv", "echo 'uv 0.4.30 (abc)'")) == (0, 4)
    assert bootstrap.uv_version(shim(tmp_path / "shim")) == ()
    assert bootstrap.uv_version(str(tmp_path / "absent")) == ()


@pytest.mark.parametrize("python", ["3.11", "four"])
def test_find_interpreter_of_another_version_is_refused(python: str) -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"3\.13, 3\.12"):
        bootstrap.find_interpreter({}, python)


def test_is_current_until_an_input_or_the_interpreter_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "checkout"
    for name in bootstrap.INPUTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    monkeypatch.setattr(bootstrap, "ROOT", root)
    venv = root / ".venv"
    python(venv / "bin" / "python")
    assert not bootstrap.is_current(venv, None)
    (venv / "bootstrap.stamp").write_text(bootstrap.stamp(None))
    assert bootstrap.is_current(venv, None)
    assert not bootstrap.is_current(venv, "3.12")
    (root / "uv.lock").write_text("changed")
    assert not bootstrap.is_current(venv, None)


def test_bootstrap_passes_by_a_shim_that_fails(tmp_path: Path) -> None:
    shim(tmp_path / "python3")
    script(tmp_path / "python3.12", f'exec "{sys.executable}" "$@"\n')
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "bootstrap.sh"), "--help"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--venv" in done.stdout


def test_lock_file_names_only_pypi() -> None:
    text = (ROOT / "uv.lock").read_text()
    addresses = {part.split('"')[0] for part in text.split('"https://')[1:]}
    hosts = {address.split("/")[0] for address in addresses}
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
