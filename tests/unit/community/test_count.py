"""`diramoja count`: by every method, as JSON, text and picture, and how it refuses."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from diramoja.counting import BUILT_IN, lot_order
from diramoja_community.cli.application import run

BLT = '3 1\n4 1 2 0\n3 2 0\n2 3 2 0\n1 0\n0\n"Ayo"\n"Bahati"\n"Chausiku"\n"Who is to chair?"\n'
EVEN = "3 1\n4 1 0\n4 2 0\n1 3 0\n0\n"
GRADES = "weight,Ayo,Bahati\n2,Good,Poor\n3,Fair,Good\n"
NAMES = "Poor,Fair,Good"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "votes.blt").write_text(BLT)
    (tmp_path / "even.blt").write_text(EVEN)
    (tmp_path / "grades.csv").write_text(GRADES)
    return tmp_path


def counted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(["count", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("method", BUILT_IN)
def test_count_by_every_method(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = "grades.csv" if BUILT_IN[method].form == "grades" else "votes.blt"
    winners = [1] if method in {"plurality", "score"} else [2]
    found = counted(capsys, method, file, "--grades", NAMES)
    assert (found["winners"], found["tie"], found["method"]) == (winners, None, method)
    assert found["rounds"]


def test_count_of_a_packed_file_is_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "votes.blt.gz").write_bytes(gzip.compress(BLT.encode()))
    first = counted(capsys, "scottish_stv", "votes.blt", "--seats", "2")
    assert first == counted(capsys, "scottish_stv", "votes.blt.gz", "--seats", "2")
    assert (first["seats"], first["blank"], len(first["winners"])) == (2, 1, 2)  # type: ignore[arg-type]  # a list


def test_count_says_who_is_chosen_and_with_explain_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "instant_runoff", "votes.blt"]) == 0
    assert capsys.readouterr().out == "Chosen: Bahati.\n"
    assert run(["count", "instant_runoff", "votes.blt", "--explain"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Who is to chair?\n")
    assert "2. Chausiku has fewest votes, is out, and its votes go to the next choices" in said


def test_explanation_names_who_withdrew_and_ends_with_the_hash(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "gone.blt").write_text(BLT.replace("3 1\n", "3 1\n-3\n"))
    assert run(["count", "instant_runoff", "gone.blt", "--explain"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Withdrawn: Chausiku."
    lines = b";1\n1,2;4\n2;5\n"
    assert said[-1] == f"SHA-256 of these ballots: {hashlib.sha256(lines).hexdigest()}"


def test_count_draws_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "instant_runoff", "votes.blt", "--svg", "count.svg"]) == 0
    assert (folder / "count.svg").read_text().startswith("<svg ")


def test_count_of_a_tie_is_repeatable_with_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    found = counted(capsys, "plurality", "even.blt")
    assert (found["outcome"], found["winners"], found["tie"]["contested"]) == ("tied", [], [1, 2])  # type: ignore[index]  # a table
    favoured = next(each for each in lot_order(bytes(32), (1, 2, 3)) if each != 3)
    assert counted(capsys, "plurality", "even.blt", "--seed", "00" * 32)["winners"] == [favoured]
    assert counted(capsys, "plurality", "even.blt", "--ties", "casting_vote", "--casting", "2,1")["winners"] == [2]
    assert counted(capsys, "plurality", "even.blt", "--ties", "run_off")["run_off"] == [1, 2]


def test_count_with_a_majority(capsys: pytest.CaptureFixture[str]) -> None:
    found = counted(capsys, "plurality", "votes.blt", "--majority", "of_roll", "--roll", "20")
    assert (found["outcome"], found["majority"]["needed"]) == ("no_majority", 11)  # type: ignore[index]  # a table


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["shulze", "votes.blt"], 2, "There is no method of counting 'shulze'. Did you mean schulze?"),
        (["ranked_choice", "votes.blt"], 2, "is instant_runoff for one seat, scottish_stv for several."),
        (["IRV", "votes.blt"], 2, "It is called instant_runoff."),
        (["plurality", "votes.blt", "--majority", "of_roll"], 2, "--majority of_roll takes --roll"),
        (["simple_majority", "votes.blt"], 2, "The simple majority of a vote is plurality."),
        (["plurality", "votes.blt", "--ties", "lots"], 2, "--ties cannot be 'lots'. Did you mean lot?"),
        (["plurality", "votes.blt", "--seed", "00"], 2, "--seed has 64 hexadecimal digits."),
        (["plurality", "votes.blt", "--casting", "x"], 2, "--casting whole numbers."),
        (["plurality", "votes.blt", "--majority", "all"], 2, "--majority cannot be 'all'."),
        (["plurality", "gone.blt"], 1, "gone.blt cannot be read: No such file or directory."),
        (["plurality", "."], 1, "cannot be read: Is a directory."),
        (["score", "votes.blt"], 1, "BLT holds rankings and no grades. Give a CSV file."),
        (["score", "grades.csv"], 1, "Line 2 has 'Good' where a whole number belongs."),
        (["plurality", "votes.blt", "--seats", "9"], 1, "There are 3 options for 9 seats."),
        (["schulze", "votes.blt", "--seats", "2"], 1, "schulze elects one."),
        (["plurality", "votes.blt", "--svg", "gone/count.svg"], 1, "gone/count.svg cannot be written"),
    ],
)
def test_count_that_cannot_be_made_is_refused_in_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["count", *arguments]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert said in line
