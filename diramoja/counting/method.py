"""A method of counting as a value, and all those that a deployment knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from diramoja.core.errors import InvalidError, PluginError
from diramoja.core.settings import nearest
from diramoja.counting.majorities import Majority, tested
from diramoja.counting.profile import Profile, check_seats
from diramoja.counting.ties import Chooser, Ties, settled
from diramoja.counting.values import Count, Form

__all__ = ["Method", "Methods"]


@attrs.frozen
class Method:
    """A method of counting: what it needs on the ballots, and how it finds the winners.

    Attributes:
        name: as votes and the command line call it.
        title: as people call it; a text in English.
        form: what its ballots hold.
        run: `run(profile, seats, chooser)`: a pure function to a Count; it asks the chooser where options are equal.
        seats: "one": it elects one; "file": as many as asked for, or as the file of ballots says.
        has_majority: whether a majority can be asked for on top: its Count then has `support`.
    """

    name: str
    title: str
    form: Form
    run: Callable[[Profile, int, Chooser], Count]
    seats: str = attrs.field(default="file", validator=attrs.validators.in_(("one", "file")))
    has_majority: bool = False

    def count(
        self,
        profile: Profile,
        *,
        seats: int | None = None,
        ties: Ties = Ties(),  # noqa: B008  # immutable
        majority: Majority = Majority(),  # noqa: B008  # immutable
    ) -> Count:
        """Count. The same ballots give the same count, in whatever order they come.

        Args:
            profile: ballots of the method's form.
            seats: how many are to be chosen; None: as the profile says, or one where the method elects one.
            ties: how ties are decided.
            majority: what the first option needs to be chosen.

        Raises:
            InvalidError: `count_invalid`: ballots of another form, more seats than options, or than the method fills,
                or a majority that it does not know.
        """
        seats = self._seats(profile, seats)
        self._check(profile, majority, seats)
        if not profile.valid:
            return profile.count(self.name, seats, rounds=(), outcome="no_votes")
        return settled(lambda chooser: tested(self.run(profile, seats, chooser), majority), profile.numbers, ties)

    def _seats(self, profile: Profile, seats: int | None) -> int:
        if seats is None:
            return 1 if self.seats == "one" else profile.seats
        return seats

    def _check(self, profile: Profile, majority: Majority, seats: int) -> None:
        check_seats(seats, profile.options)
        if profile.form != self.form:
            raise _invalid(f"{self.name} counts {self.form}, and these ballots hold {profile.form}.")
        if self.seats == "one" and seats != 1:
            raise _invalid(f"{self.name} elects one.", cure="For several seats, count with scottish_stv or meek_stv.")
        if majority.rule != "plurality" and not (self.has_majority and seats == 1):
            raise _invalid(f"{self.name} knows no majority of {majority.rule} for {seats} seats.")


def _invalid(message: str, cure: str = "") -> InvalidError:
    return InvalidError(message, code="count_invalid", cure=cure)


class Methods(Mapping[str, Method]):
    """All methods that a deployment knows, by name."""

    def __init__(self, methods: Iterable[Method]) -> None:
        """Of these.

        Raises:
            PluginError: two have one name, or one is no method.
        """
        self._methods: dict[str, Method] = {}
        for each in methods:
            if not isinstance(each, Method):
                raise PluginError(f"{each!r} is no method of counting.", cure="Return a diramoja.counting.Method.")
            if self._methods.setdefault(each.name, each) is not each:
                raise PluginError(f"Two methods of counting are called {each.name}.", cure="Uninstall one.")

    def __getitem__(self, name: str) -> Method:
        return self._methods[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods)

    def __len__(self) -> int:
        return len(self._methods)

    def named(self, name: str) -> Method:
        """The method of this name.

        Raises:
            InvalidError: `method_unknown`.
        """
        if name not in self._methods:
            raise InvalidError(
                f"There is no method of counting {name[:40]!r}.", code="method_unknown", cure=nearest(name, self)
            )
        return self._methods[name]
