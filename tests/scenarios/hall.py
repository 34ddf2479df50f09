"""The hall of S2: an official's town hall, its members, and what is asked again and again, through the public API."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from tests.scenarios.town import Town, town
from tests.support.community import Person

__all__ = ["SIZE", "Hall", "Size", "hall"]


NEVER = datetime.fromtimestamp(0, UTC)


@attrs.frozen
class Size:
    """How many: seats, members invited, first answers."""

    seats: int
    invited: int
    yes: int
    maybe: int = 6
    outside: int = 4
    walled: int = 2
    waiting: int = 8

    @property
    def near(self) -> int:
        """Seats taken at which the organizer is told: 90%, rounded up."""
        return -(-self.seats * 9 // 10)


SIZE = Size(500, 1_247, 410) if os.environ.get("DIRAMOJA_TEST_SIZE") == "full" else Size(50, 125, 41)
"""`DIRAMOJA_TEST_SIZE=full` plays it at full size."""


@attrs.define
class Hall:
    """The event, and who is around it."""

    town: Town
    organizer: Person
    members: list[Person]
    outside: list[Person]
    walled: list[Person]
    event: str = ""
    starts_at: datetime = NEVER
    confirmed: list[Person] = attrs.field(factory=list)
    waiting: list[Person] = attrs.field(factory=list)

    @property
    def path(self) -> str:
        """Of the event."""
        return f"/v1/events/{self.event}"

    def read(self) -> dict[str, Any]:
        """The event as its organizer sees it."""
        answer = self.organizer.get(self.path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def answer(self, person: Person, word: str = "yes") -> dict[str, Any]:
        """What comes of an answer."""
        answer = person.call("PUT", f"{self.path}/rsvp", {"answer": word})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def own(self, person: Person) -> dict[str, Any]:
        """Somebody's own answer."""
        answer = person.get(f"{self.path}/rsvp")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def attendees(self, state: str) -> list[str]:
        """Members in a state, of all pages."""
        found: list[str] = []
        cursor = ""
        while True:
            params = {"state": state, "limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = self.organizer.get(f"{self.path}/attendees", params=params)
            assert answer.status_code == 200, answer.text
            found += [each["member_id"] for each in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
            if not cursor:
                return found

    def told(self, person: Person, kind: str, event: str = "") -> list[dict[str, Any]]:
        """What somebody was told of this event, of a kind."""
        subject = {"type": "event", "id": event or self.event}
        return [each for each in self.town.notices(person, kind) if each["subject"] == subject]

    def before(self, hours: float) -> datetime:
        """So long before the start."""
        return self.starts_at - timedelta(hours=hours)


@contextmanager
def hall(folder: Path, *settings: str, size: Size = SIZE) -> Iterator[Hall]:
    """A town with members of the region north who care for healthcare, and others."""
    with town(folder, *settings) as made:
        organizer = made.people("organizer", 1, level="official")[0]
        cares: dict[str, Any] = {"interests": ["healthcare"], "region": "north"}
        members = made.people("north", size.invited, level="member", **cares)
        outside = made.people("south", size.outside, level="member", interests=["healthcare"], region="south")
        walled = made.people("walled", size.walled, level="member", **cares)
        for person in walled:
            assert person.call("PUT", f"/v1/members/{organizer.id}/block").status_code == 204
        yield Hall(made, organizer, members, outside, walled)
