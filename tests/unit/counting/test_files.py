"""Ballots from files: what is read, and what is refused with the line."""

import gzip
import hashlib
from pathlib import Path

import pytest

from diramoja.core.errors import InvalidError
from diramoja.counting import NO_GRADE, Profile, read_ballots, read_blt, read_csv, write_blt, write_csv
from diramoja.counting.files import MOST_BYTES
from diramoja.counting.values import Form, Option

BLT = """\
4 2
-2
3 1 3 4 0
(17) 4 1 3 2 0   # a ballot with a mark, and a remark
2 4=1 3 0
2 3 - 4 0
7 0
3 2 1 0

0
"Adam"
"Basil"
"Charlotte"
"Donald ""Don"" Duck"
"Title"
"Source: made up"
"""


def refusal(text: str, name: str = "votes.blt") -> str:
    with pytest.raises(InvalidError) as caught:
        read_ballots(name, text.encode(), "ranking" if name.endswith("blt") else "grades")
    assert caught.value.code == "ballots_invalid"
    return str(caught.value)


# --- BLT ---


def test_blt_with_everything_that_is_optional() -> None:
    profile = read_blt(BLT)
    assert profile.options == (Option(1, "Adam"), Option(3, "Charlotte"), Option(4, "Donald Don Duck"))
    assert (profile.seats, profile.title, profile.blank) == (2, "Title", 9)
    assert profile.ballots() == {(1, 3, 4): 3, (1, 3): 4, (3,): 2, (1,): 3, (): 9}


def test_blt_keeps_the_names_of_those_withdrawn() -> None:
    assert [each.name for each in read_blt(BLT).withdrawn] == ["Basil"]
    assert read_csv("A,B\n1,2\n", "ranking").withdrawn == ()


@pytest.mark.parametrize(
    ("text", "form", "lines"),
    [
        ("A,B,C\n1,2,\n1,2,\n,,\n2,1,3\n", "ranking", ";1\n1,2;2\n2,1,3;1\n"),
        ("A,B\n1,1\n,1\n,\n", "marks", ";1\n1,2;1\n2;1\n"),
        ("weight,A,B\n3,5,0\n2,,\n1,0,12\n", "grades", ";2\n0,12;1\n5,0;3\n"),
    ],
)
def test_digest_is_of_a_line_for_each_group(text: str, form: Form, lines: str) -> None:
    profile = read_csv(text, form)
    assert profile.digest == hashlib.sha256(lines.encode()).hexdigest()
    assert read_csv(write_csv(profile), form).digest == profile.digest


def test_an_empty_file_is_called_so() -> None:
    for name in ("votes.blt", "votes.csv"):
        with pytest.raises(InvalidError, match="The file is empty"):
            read_ballots(name, b" \n", "ranking")


def test_blt_as_marks_approves_all_that_a_ballot_names() -> None:
    profile = read_blt(BLT, "marks")
    assert profile.ballots() == {(1, 3): 4, (1, 3, 4): 5, (3, 4): 2, (1,): 3, (): 7}


def test_blt_names_may_lack_quotes_and_all_may_be_missing() -> None:
    assert [each.name for each in read_blt("2 1\n1 1 0\n0\nAyo\nBahati").options] == ["Ayo", "Bahati"]
    assert [each.name for each in read_blt("2 1\n1 1 0\n0\n").options] == ["Option 1", "Option 2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty."),
        ("hello\n", "Line 1 does not give the number of options and of seats. Is this a BLT file?"),
        ("3 x\n", "Line 1 has 'x' where a whole number belongs"),
        ("999 1\n", "Line 1 gives 999 options"),
        ("2 3\n1 1 0\n0\n", "There are 2 options for 3 seats."),
        ("2 0\n1 1 0\n0\n", "There are 2 options for 0 seats."),
        ("2 1\n1 1 0\n2 3 0\n0\n", "Line 3: there is no option 3."),
        ("2 1\n\n1 1 0\n2 1 1 0\n0\n", "Line 4: option 1 stands there twice."),
        ("2 1\n1 1\n0\n", "Line 2 does not end with 0"),
        ("2 1\n1 0 1 0\n0\n", "Line 2 has a 0 before its end"),
        ("2 1\n0 1 0\n0\n", "Line 2: a weight is at least 1"),
        ("2 1\n9999999999 1 0\n0\n", "Line 2: a weight is at least 1, and all together at most 1,000,000,000"),
        ("2 1\n99999999999 1 0\n0\n", "Line 2 has a number that is too large"),
        ("2 1\n1 1.5 0\n0\n", "Line 2 has '1.5' where a whole number belongs"),
        ("2 1\n-1 1 0\n0\n", "Line 2 names options withdrawn and others"),
        ("2 1\n1 ² 0\n0\n", "Line 2 has '²' where a whole number belongs"),
        ("2 1\n1 1 0\n", "the 0 that ends the ballots is missing. Is the file complete?"),
        ("2 1\n1 1 0\n0\nAyo\n", "it ends 1 names for 2 options"),
        ("2 1\n-3\n1 1 0\n0\n", "Option 3 is withdrawn, and there is none of that number."),
        ("2 1\n" + "1 " * 6_000 + "\n", "Line 2 has more than 10,000 characters"),
    ],
)  # fmt: skip
def test_blt_that_is_wrong_is_refused_with_its_line(text: str, said: str) -> None:
    assert said in refusal(text)


def test_blt_holds_no_grades() -> None:
    with pytest.raises(InvalidError, match="Give a CSV file"):
        read_blt(BLT, "grades")
    with pytest.raises(InvalidError, match="Write a CSV file"):
        write_blt(Profile.of("grades", "AB", {(1, 2): 1}))


# --- CSV ---


def test_csv_ranks_end_where_one_is_given_twice_or_left_out() -> None:
    text = "weight,A,B,C\n3,1,2,3\n2,2,1,2\n1,1,3,\n4,,,\n1,x,,2\n5,1,1,2\n"
    assert read_csv(text, "ranking").ballots() == {(1, 2, 3): 3, (2,): 2, (1,): 1, (1, 3): 1, (): 9}


def test_csv_marks_are_whatever_is_not_empty_or_no() -> None:
    text = "A,B,C\nx,,1\nyes,no,0\nTRUE,2,\n,,\n"
    assert read_csv(text, "marks").ballots() == {(1, 3): 1, (1,): 1, (1, 2): 1, (): 1}


def test_csv_grades_as_numbers_or_by_name() -> None:
    assert read_csv("A,B\n5,\n0,3\n", "grades").ballots() == {(5, NO_GRADE): 1, (0, 3): 1}
    named = read_csv("A,B\nGood,poor\n fair ,\n", "grades", ["Poor", "Fair", "Good"])
    assert named.ballots() == {(2, 0): 1, (1, NO_GRADE): 1}


def test_csv_column_of_marks_of_ballots_is_not_read() -> None:
    text = 'ballot,weight,"A, the first",B\nf00d,2,1,\nbeef,1,,1\n'
    profile = read_csv(text, "ranking")
    assert (profile.options[0].name, profile.ballots()) == ("A, the first", {(1,): 2, (2,): 1})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty."),
        ("weight;Ayo;Bahati\n1;1;2\n", "Line 1 has semicolons between its columns: save it with commas"),
        ("weight\n1\n", "Line 1 names 0 options"),
        ("A,,C\n", "Line 1 has no name for option 2"),
        ("A,B\n1\n", "Line 2 has 1 cells for 2 options"),
        ("A,B\n1,2,3\n", "Line 2 has 3 cells for 2 options"),
        ("A,B\n1,2\n1,two\n", "Line 3 has 'two' where a whole number belongs"),
        ("A,B\n1,-2\n", "Line 2 has '-2' where a whole number belongs"),
        ("A,B\n1,1001\n", "Line 2: a grade is a whole number from 0 to 1,000."),
        ("weight,A,B\n0,1,2\n", "Line 2: a weight is at least 1"),
        ("weight,A,B\n,1,2\n", "Line 2 has '' where a whole number belongs"),
        ('A,B\n1,"2\n', "Line 2 is no CSV"),
        ("A,B\n1,\0\n", "Line 2 has a character that no text has"),
        (",".join(f"o{n}" for n in range(300)) + "\n", "Line 1 names 300 options"),
    ],
)  # fmt: skip
def test_csv_that_is_wrong_is_refused_with_its_line(text: str, said: str) -> None:
    assert said in refusal(text, "votes.csv")


def test_csv_options_of_one_name_are_told_apart_by_their_columns() -> None:
    profile = Profile.of("ranking", ["Same", "Same"], {(2, 1): 3})
    assert read_csv(write_csv(profile), "ranking").ballots() == {(2, 1): 3}


def test_csv_names_are_no_formulas() -> None:
    profile = Profile.of("ranking", ["=1+1", "-x", "'quoted", "plain"], {(1,): 1})
    text = write_csv(profile)
    assert text.splitlines()[0] == "weight,'=1+1,'-x,''quoted,plain"
    assert read_csv(text, "ranking").options == profile.options


# --- bytes ---


def test_files_are_told_apart_by_their_endings_and_may_be_packed() -> None:
    plain = b"A,B\r\n1,2\r\n"
    assert read_ballots("Votes.CSV", b"\xef\xbb\xbf" + plain, "ranking").ballots() == {(1, 2): 1}
    assert read_ballots("votes.csv.gz", gzip.compress(plain), "ranking").ballots() == {(1, 2): 1}
    assert read_ballots("votes.blt.gz", gzip.compress(BLT.encode()), "ranking").seats == 2


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("votes.txt", b"", "votes.txt ends in neither .blt nor .csv"),
        ("votes.csv.gz", b"no gzip", "not packed by gzip"),
        ("votes.csv.gz", gzip.compress(b"A,B\n" * 1000)[:-20], "not packed by gzip, or is not complete"),
        ("votes.csv", b"A,B\n1,2\n\xff\n", "Line 3 is no UTF-8 text. Save the file as UTF-8."),
        ("votes.csv", b" " * (MOST_BYTES + 1), "The file is larger than 64 MB."),
        ("bomb.csv.gz", gzip.compress(b" " * (4 * MOST_BYTES)), "The file is larger than 64 MB."),
    ],
    ids=["ending", "packing", "cut", "encoding", "size", "bomb"],
)
def test_files_that_cannot_be_read_are_refused(name: str, data: bytes, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read_ballots(name, data, "ranking")
    assert said in str(caught.value)


def test_written_files_are_read_as_the_same_ballots(tmp_path: Path) -> None:
    profile = read_blt(BLT)
    again = read_blt(write_blt(profile))
    assert (again.options, again.ballots(), again.seats, again.title) == (
        profile.options, profile.ballots(), 2, "Title"
    )  # fmt: skip
