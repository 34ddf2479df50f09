"""What members do at events: answer yes, no or maybe to few seats, take it back, ask, and want others' answers too."""

import random
import time
from collections import deque
from datetime import UTC, datetime, timedelta

from tests.chaos.asking import Asker, Doing

__all__ = ["EVENTS", "Guest", "Halls"]

EVENTS = 3
SEATS = 5
AHEAD = timedelta(days=30)
"""So far ahead that a freed seat is given at once."""
ANSWERS = ("yes", "yes", "yes", "yes", "maybe", "no")
SETTLED_S = 1.5


class Halls:
    """The events, and the last questions to them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.questions: deque[tuple[float, str]] = deque(maxlen=30)

    def old(self) -> list[str]:
        """Questions that may have been screened."""
        return [question for at, question in self.questions if time.monotonic() - at > SETTLED_S]


class Guest:
    """A member at events."""

    def __init__(self, asker: Asker, halls: Halls, dice: random.Random) -> None:
        self._asker = asker
        self._halls = halls
        self._dice = dice
        self._wanted: list[str] = []

    async def plan(self) -> None:
        """An event of one's own, open for answers."""
        body = {
            "event_type": "meeting",
            "title": f"An evening with {self._asker.name}",
            "starts_at": (datetime.now(UTC) + AHEAD).isoformat(),
            "duration_minutes": 90,
            "capacity": SEATS,
        }
        event = await self._asker.do("plan", "POST", "/v1/events", body, text=str(SEATS))
        await self._asker.do("admit", "POST", f"/v1/events/{event}/open", about=event)
        self._halls.events.append(event)

    def doings(self) -> dict[Doing, int]:
        """Each with how often it is done."""
        return {self._rsvp: 8, self._withdraw: 2, self._ask: 1, self._upvote: 5, self._unvote: 1}

    async def _rsvp(self) -> None:
        event, answer = self._dice.choice(self._halls.events), self._dice.choice(ANSWERS)
        path = f"/v1/events/{event}/rsvp"
        await self._asker.do("rsvp", "PUT", path, {"answer": answer}, made="state", about=event, text=answer)

    async def _withdraw(self) -> None:
        event = self._dice.choice(self._halls.events)
        await self._asker.do("withdraw", "DELETE", f"/v1/events/{event}/rsvp", made="state", about=event)

    async def _ask(self) -> None:
        event = self._dice.choice(self._halls.events)
        text = f"When does the clinic open, asks {self._asker.name} for the {self._asker.desk.key()} time?"
        made = await self._asker.do(
            "ask", "POST", f"/v1/events/{event}/questions", {"body": text}, about=event, text=text
        )
        if made:
            self._halls.questions.append((time.monotonic(), made))

    async def _upvote(self) -> None:
        if old := self._halls.old():
            question = self._dice.choice(old)
            self._wanted.append(question)
            await self._asker.do("upvote", "PUT", f"/v1/questions/{question}/upvote", about=question)

    async def _unvote(self) -> None:
        if self._wanted:
            question = self._wanted.pop(self._dice.randrange(len(self._wanted)))
            await self._asker.do("unvote", "DELETE", f"/v1/questions/{question}/upvote", about=question)
