"""Where the fuzzer plays: somebody of each role, among what `tests.fuzz.making` made.

The ids are told to schemathesis as dictionaries: made up alone, hardly a request would meet an object that is there,
and no vote would ever be open.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.fuzz.making import LEVELS, Making
from tests.scenarios.town import Town, town
from tests.support.community import Community, Person, until

__all__ = ["ROLES", "World", "world"]

ROLES = ("guest", "supporter", "active_member", "leader", "official", "moderator", "membership_officer", "admin")
OFTEN, MOSTLY = 0.7, 0.95
"""Of so many requests, a parameter or field for which there is a dictionary is taken from it; where it is aimed."""


@attrs.define
class World:
    """The roles' people, who may fall; what there is, by the name of a parameter or of a field (`body.`); and what
    of it some routes can do something with: (pattern of routes, name, values)."""

    town: Town
    people: dict[str, Person | None]
    known: dict[str, list[str | int]]
    aimed: list[tuple[str, str, Sequence[str | int]]]
    numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    @property
    def platform(self) -> Community:
        return self.town.platform

    def replace_the_fallen(self) -> bool:
        """Somebody new for whoever is suspended or signed out, or has their role no more; whether anybody was."""
        fallen = [role for role, person in self.people.items() if person and not _stands(role, person)]
        self.people |= {role: _somebody(self.town, role, next(self.numbers)) for role in fallen}
        return bool(fallen)

    def configuration(self) -> str:
        """For schemathesis: the dictionaries, and which parameters are taken from them."""
        given = [*self.known.values(), *(values for _, _, values in self.aimed)]
        lines = [f"[dictionaries.d{number}]\nvalues = {json.dumps(values)}" for number, values in enumerate(given)]
        lines += ["[parameters]", *(_taken(name, number, OFTEN) for number, name in enumerate(self.known))]
        for number, (routes, name, _) in enumerate(self.aimed, len(self.known)):
            lines += [
                "[[operations]]",
                f"include-name-regex = {json.dumps(routes)}",
                f"parameters.{_taken(name, number, MOSTLY)}",
            ]
        return "\n".join(lines) + "\n"


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """One for the block, on a new folder."""
    with town(folder, "identity.access_ttl_s=86400", "topic.support_min=3") as made:
        people = {role: _somebody(made, role, 0) if role != "guest" else None for role in ROLES}
        making = Making(made, people)
        making.everything()
        yield World(made, people, making.known, making.aimed)


def _taken(name: str, number: int, probability: float) -> str:
    return f'"{name}" = {{ dictionary = "d{number}", probability = {probability} }}'


def _somebody(made: Town, role: str, number: int) -> Person:
    person = made.platform.join(f"fuzz_{role}_{number}")
    if role in LEVELS:
        made.given_level(person, role)
    elif role != "supporter":
        made.given_role(person, role)
    until(lambda: role in person.get("/v1/me/account").json()["roles"])
    return made.platform.sign_in(person.username)


def _stands(role: str, person: Person) -> bool:
    account, profile = person.get("/v1/me/account"), person.get("/v1/me")
    if account.status_code != 200 or profile.status_code != 200:
        return False
    seen = profile.json()
    may = seen["activity"] not in ("restricted", "suspended") and seen["standing"] == "good"
    return may and role in account.json()["roles"]
