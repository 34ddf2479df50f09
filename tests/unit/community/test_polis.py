from collections import Counter
from pathlib import Path

import pytest

from diramoja.core.errors import InvalidError
from diramoja_community.importing.polis import read_polis
from tests.support.data import data

HEADER = "timestamp,comment-id,author-id,agrees,disagrees,moderated,comment-body"
COMMENTS = f'{HEADER}\n2,1,8,1,1,-1,"No, never"\n1,0,7,2,0,1,Yes\n'
TABLE = "participant,group-id,0,1\n7,0,1,-1\n8,0,1,1\n9,0,0,\n"
VOTES = "timestamp,comment-id,voter-id,vote\n5,0,7,1\n3,0,8,-1\n5,1,7,-1\n4,0,8,1\n5,1,8,1\n6,0,9,0\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "summary.csv").write_text('topic,Parks\nurl,none\nconversation-description,"What, and why?"\n')
    (tmp_path / "comments.csv").write_text(COMMENTS)
    (tmp_path / "participants-votes.csv").write_text(TABLE)
    (tmp_path / "votes.csv").write_text(VOTES)
    return tmp_path


def test_an_export_is_read_in_order(export: Path) -> None:
    found = read_polis(export)
    assert (found.title, found.description) == ("Parks", "What, and why?")
    assert [(s.id, s.author, s.accepted) for s in found.statements] == [("0", "7", True), ("1", "8", False)]
    assert [vote.row for vote in found.votes] == [2, 4, 1, 3, 5, 6]
    assert found.participants == ["7", "8", "9"]
    assert found.expected() == Counter({("0", "agree"): 2, ("0", "pass"): 1, ("1", "disagree"): 1, ("1", "agree"): 1})


def test_turned_signs_are_noticed(export: Path) -> None:
    turned = VOTES.replace(",-1\n", ",x\n").replace(",1\n", ",-1\n").replace(",x\n", ",1\n")
    expected = read_polis(export).expected()
    (export / "votes.csv").write_text(turned)
    assert read_polis(export).expected() == expected


def test_without_single_votes_the_table_is_taken(export: Path) -> None:
    expected = read_polis(export).expected()
    (export / "votes.csv").unlink()
    assert read_polis(export).expected() == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("comments", "a,b\n", "no column"),
        ("comments", COMMENTS + "1,2\n", "line 4 has 2 fields"),
        ("votes", VOTES + "1,99,7,1\n", "statement 99"),
        ("votes", VOTES + "1,0,7,5\n", "none of 1, 0 and -1"),
    ],
)
def test_a_broken_export_is_refused_with_its_place(export: Path, name: str, text: str, message: str) -> None:
    (export / f"{name}.csv").write_text(text)
    with pytest.raises(InvalidError, match=message):
        read_polis(export)


def test_a_missing_or_undecodable_file_is_refused(export: Path) -> None:
    (export / "comments.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidError, match="cannot be read"):
        read_polis(export)
    (export / "comments.csv").unlink()
    with pytest.raises(InvalidError, match=r"holds no comments\.csv"):
        read_polis(export)


def test_a_real_conversation_adds_up() -> None:
    found = read_polis(data("polis", "vtaiwan.uberx"))
    assert (len(found.participants), len(found.statements), len(found.votes)) == (1_921, 197, 49_997)
    kinds = Counter[str]()
    for (_, kind), count in found.expected().items():
        kinds[kind] += count
    assert kinds == {"agree": 31_029, "disagree": 11_894, "pass": 6_520}
