"""Methods of counting as votes name them, and whether one fits what is asked. Pure."""

from diramoja.core.errors import InvalidError
from diramoja.counting import Method, Methods
from diramoja.plugins.vote.words import BallotForm, Majority, Terms

__all__ = ["check_method", "form_named", "form_of", "method_named", "method_of"]

FORMS: dict[str, BallotForm] = {"ranking": "rank", "marks": "approve", "grades": "grade"}


def method_of(terms: Terms, methods: Methods) -> Method:
    """What counts the ballots of a vote."""
    return method_named(terms.voting_method, terms.seats, methods)


def method_named(name: str, seats: int, methods: Methods) -> Method:
    """The method of this name. A simple majority is plurality; a ranked choice instant runoff, STV for several seats.

    Raises:
        InvalidError: there is none (`method_unknown`).
    """
    ranked = "instant_runoff" if seats == 1 else "scottish_stv"
    return methods.named({"simple_majority": "plurality", "ranked_choice": ranked}.get(name, name))


def form_of(name: str, method: Method) -> BallotForm:
    """How a ballot is filled in: of a simple majority with one option, else as the method says."""
    return "choose_one" if name in ("simple_majority", "plurality") else FORMS[method.form]


def form_named(name: str, methods: Methods) -> BallotForm:
    """How a ballot of this method is filled in; for several seats like for one.

    Raises:
        InvalidError: there is none (`method_unknown`).
    """
    return form_of(name, method_named(name, 1, methods))


def check_method(name: str, seats: int, majority: Majority, methods: Methods) -> BallotForm:
    """How a ballot is filled in, where the method fits.

    Raises:
        InvalidError: there is no such method, or it cannot fill these seats or test this majority (`method_unfit`).
    """
    method = method_named(name, seats, methods)
    if method.seats == "one" and seats != 1:
        raise InvalidError(f"{name} fills one seat.", code="method_unfit", cure="For several, take scottish_stv.")
    if majority != "plurality" and not (method.has_majority and seats == 1):
        raise InvalidError(
            f"{name} tests no majority" + (" where several are to be chosen." if method.has_majority else "."),
            code="method_unfit",
            cure="Leave majority at plurality, or choose another method.",
        )
    return form_of(name, method)
