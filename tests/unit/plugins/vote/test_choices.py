"""What a ballot may say, in each form."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core.errors import InvalidError
from diramoja.plugins.vote.choices import cleaned, counts_of, longest, read, written
from diramoja.plugins.vote.words import BallotForm

FORMS: tuple[BallotForm, ...] = ("choose_one", "approve", "rank", "grade")


@pytest.mark.parametrize(
    ("form", "choices", "kept"),
    [
        ("choose_one", (), ()),
        ("choose_one", (3,), (3,)),
        ("approve", (3, 1), (1, 3)),
        ("rank", (3, 1, 2), (3, 1, 2)),
        ("rank", (3, 0, 2), (3,)),  # The second rank was left out.
        ("rank", (3, 1, 3, 2), (3, 1)),  # The third holds an option that was ranked.
        ("rank", (0, 1), ()),
        ("grade", (0, 5, 2), (0, 5, 2)),
        ("grade", (0, 0, 0), (0, 0, 0)),  # The lowest grade for all is no blank ballot.
        ("grade", (), ()),
    ],
)
def test_choices_that_count(form: BallotForm, choices: tuple[int, ...], kept: tuple[int, ...]) -> None:
    assert cleaned(form, choices, options=3, grades=5) == kept


@pytest.mark.parametrize(
    ("form", "choices"),
    [
        ("choose_one", (1, 2)),
        ("choose_one", (0,)),
        ("choose_one", (4,)),
        ("approve", (1, 1)),
        ("approve", (4,)),
        ("approve", (0, 1)),
        ("rank", (1, 4)),
        ("grade", (1, 2)),
        ("grade", (1, 2, 3, 4)),
        ("grade", (1, 2, 6)),
        ("grade", (-1, 2, 3)),
    ],
)
def test_choices_that_are_none(form: BallotForm, choices: tuple[int, ...]) -> None:
    with pytest.raises(InvalidError) as refused:
        cleaned(form, choices, options=3, grades=5)
    assert refused.value.code == "choices_invalid"


@pytest.mark.parametrize(
    ("form", "choices", "counts"),
    [
        ("choose_one", (2,), [0, 1, 0]),
        ("approve", (1, 3), [1, 0, 1]),
        ("rank", (3, 1), [0, 0, 1]),
        ("grade", (4, 0, 5), [4, 0, 5]),
        ("grade", (), [0, 0, 0]),
        ("rank", (), [0, 0, 0]),
    ],
)
def test_counts_of_a_ballot(form: BallotForm, choices: tuple[int, ...], counts: list[int]) -> None:
    assert counts_of(form, choices, options=3) == counts


@given(
    some.sampled_from(FORMS),
    some.integers(2, 100),
    some.integers(1, 100),
    some.lists(some.integers(0, 100), max_size=100),
)
def test_whatever_counts_is_read_as_it_was_written_and_is_never_longer_than_the_longest(
    form: BallotForm, options: int, grades: int, given_choices: list[int]
) -> None:
    try:
        kept = cleaned(form, given_choices, options=options, grades=grades)
    except InvalidError:
        return
    text = written(kept)
    assert read(text) == kept
    assert cleaned(form, kept, options=options, grades=grades) == kept
    assert len(text) <= longest(form, options=options, grades=grades)


@given(some.integers(2, 100), some.integers(1, 100))
def test_the_longest_ballot_is_as_long_as_is_said(options: int, grades: int) -> None:
    most = {
        "choose_one": (options,),
        "approve": tuple(range(1, options + 1)),
        "rank": tuple(range(options, 0, -1)),
        "grade": (grades,) * options,
    }
    for form in FORMS:
        text = written(cleaned(form, most[form], options=options, grades=grades))
        assert len(text) == longest(form, options=options, grades=grades)
