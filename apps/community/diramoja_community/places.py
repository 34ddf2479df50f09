"""The places where listeners meet: who is there, of this gateway and of the others, and how that is told. No I/O."""

from itertools import islice
from typing import Protocol

import attrs
import msgspec

from diramoja.core.ports.rows import AgentKey
from diramoja_community.live_frames import frame

__all__ = ["SHOWN_MAX", "Attendee", "Far", "Place", "Stay"]

SHOWN_MAX = 50
"""So many are named; the others are only counted."""
GATEWAYS_MAX = 64
_NOBODY: frozenset[str] = frozenset()


class Attendee(Protocol):
    """Somebody's connection. `shows`: they let others see that they are there."""

    shows: bool
    walls: frozenset[str]

    @property
    def member(self) -> str:
        """Whose it is."""
        ...

    @property
    def is_half_full(self) -> bool:
        """Whether what can wait should."""
        ...

    def put(self, frame: str) -> None:
        """Take a frame; never waits and never raises."""
        ...


class Stay(msgspec.Struct, array_like=True):
    """What one gateway says of a place. `asks`: it has just opened it and knows nothing of the others."""

    kind: str
    agent: str
    count: int
    shown: list[str]
    asks: bool = False


@attrs.frozen
class Far:
    """What another gateway said. It holds `until` then, in seconds of the clock of the event loop."""

    count: int
    shown: frozenset[str]
    until: float


@attrs.define(eq=False)
class Place:
    """One channel. In a private one only those are counted who show themselves.

    `ears`: connection → whether it was counted as showing itself. `here`, `shown`: member → connections.
    `told`, `told_count`: what all ears know but those `behind` (→ whether they know something that may be wrong).
    """

    key: AgentKey
    label: str
    is_private: bool
    ears: dict[Attendee, bool] = attrs.field(factory=dict)
    here: dict[str, int] = attrs.field(factory=dict)
    shown: dict[str, int] = attrs.field(factory=dict)
    far: dict[str, Far] = attrs.field(factory=dict)
    told: frozenset[str] = _NOBODY
    told_count: int | None = None
    behind: dict[Attendee, bool] = attrs.field(factory=dict)
    is_new: bool = True
    told_at: float = 0.0

    def enter(self, ear: Attendee) -> None:
        """Somebody listens."""
        if ear in self.ears:
            return
        self.ears[ear] = ear.shows
        _add(self.here, ear.member, 1)
        if ear.shows:
            _add(self.shown, ear.member, 1)
        self.behind[ear] = False

    def leave(self, ear: Attendee) -> None:
        """They listen no more."""
        showed = self.ears.pop(ear, None)
        if showed is None:
            return
        self.behind.pop(ear, None)
        _add(self.here, ear.member, -1)
        if showed:
            _add(self.shown, ear.member, -1)

    def revise(self, ear: Attendee) -> None:
        """Whom a wall keeps from them, or whether they show themselves, is not as it was."""
        if ear in self.ears:
            self.leave(ear)
            self.enter(ear)
            self.behind[ear] = True

    def stay(self) -> Stay:
        """For the other gateways; once as a new place."""
        asks, self.is_new = self.is_new and bool(self.ears), False
        return Stay(*self.key, len(self.here), list(islice(self.shown, SHOWN_MAX)), asks)

    def hear(self, gateway: str, stay: Stay, until: float) -> bool:
        """What another gateway says; whether it is news."""
        known = self.far.get(gateway)
        if stay.count <= 0 or (known is None and len(self.far) >= GATEWAYS_MAX):
            return self.far.pop(gateway, None) is not None
        self.far[gateway] = now = Far(stay.count, frozenset(stay.shown[:SHOWN_MAX]), until)
        return known is None or (known.count, known.shown) != (now.count, now.shown)

    def expire(self, now: float) -> bool:
        """Forget gateways that were not heard of; whether there were any."""
        late = [gateway for gateway, far in self.far.items() if far.until < now]
        for gateway in late:
            del self.far[gateway]
        return bool(late)

    # --- telling ---

    def tell(self, least: int) -> int:
        """Tell the ears what changed, all of it to those who are behind; how many were told.

        A count below `least` is withheld. Whose queue is half full is told later.
        """
        names, count = self._names(), self._count(least)
        telling = Telling(self, names, count)
        behind, self.behind = self.behind, {}
        has_changed = (names, count) != (self.told, self.told_count)
        listening = list(self.ears if has_changed else behind)
        for ear in listening:
            if ear.is_half_full:
                self.behind[ear] = True
                continue
            text = telling.whole(ear, must=behind[ear]) if ear in behind else telling.change(ear)
            if text:
                ear.put(text)
        self.told, self.told_count = names, count
        return len(listening)

    def tell_typing(self, members: tuple[str, ...]) -> int:
        """Tell the ears who is typing: not themselves, and nobody whom a wall keeps apart. How many may be told."""
        text = frame("typing", channel=self.label, seq=None, members=members)
        for ear in self.ears:
            if ear.is_half_full:
                continue
            if ear.member not in members and ear.walls.isdisjoint(members):
                ear.put(text)
            elif seen := [each for each in members if each != ear.member and each not in ear.walls]:
                ear.put(frame("typing", channel=self.label, seq=None, members=seen))
        return len(self.ears)

    def _names(self) -> frozenset[str]:
        """Those who show themselves; where they are too many, those who are known already first."""
        here = frozenset(islice(self.shown, SHOWN_MAX))
        found = here.union(*(far.shown for far in self.far.values()))
        if len(found) <= SHOWN_MAX:
            return found
        kept = found & self.told
        return kept | frozenset(sorted(found - kept)[: SHOWN_MAX - len(kept)])

    def _count(self, least: int) -> int | None:
        if self.is_private:
            return None
        count = len(self.here) + sum(far.count for far in self.far.values())
        return count if count >= least else None


@attrs.frozen
class Telling:
    """What is told of a place at one time; each text is made once for all from whom the same is hidden."""

    place: Place
    names: frozenset[str]
    count: int | None
    texts: dict[tuple[frozenset[str], bool], str] = attrs.field(factory=dict)

    def whole(self, ear: Attendee, *, must: bool) -> str:
        """All of it; "" where there is nothing, unless the ear `must` be put right."""
        hidden = self._hidden_from(ear)
        is_nothing = self.count is None and self.names <= hidden
        return "" if is_nothing and not must else self._text(hidden, is_whole=True)

    def change(self, ear: Attendee) -> str:
        """What is new; "" where a wall hides all of that."""
        hidden = self._hidden_from(ear)
        is_nothing = self.count == self.place.told_count and self.names ^ self.place.told <= hidden
        return "" if is_nothing else self._text(hidden, is_whole=False)

    def _hidden_from(self, ear: Attendee) -> frozenset[str]:
        return ear.walls & (self.names | self.place.told) if ear.walls else _NOBODY

    def _text(self, hidden: frozenset[str], *, is_whole: bool) -> str:
        text = self.texts.get((hidden, is_whole))
        if text is None:
            text = self.texts[hidden, is_whole] = self._frame(hidden, is_whole=is_whole)
        return text

    def _frame(self, hidden: frozenset[str], *, is_whole: bool) -> str:
        names, told = self.names - hidden, self.place.told - hidden
        people = (
            {"members": sorted(names)} if is_whole else {"joined": sorted(names - told), "left": sorted(told - names)}
        )
        count = len(names) if self.place.is_private else self.count
        return frame("presence", channel=self.place.label, seq=None, count=count, withheld=count is None, **people)


def _add(counts: dict[str, int], member: str, by: int) -> None:
    counts[member] = counts.get(member, 0) + by
    if not counts[member]:
        del counts[member]
