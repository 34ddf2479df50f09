"""A method of counting votes in a plugin, and an agent that hears the results of votes.

python docs/examples/borda.py
"""

from collections.abc import Sequence
from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, State, hookimpl
from diramoja.counting import Chooser, Count, Method, Profile, Round, explain
from diramoja.plugins.vote.contracts import ResultsPublished, VoteTookEffect
from diramoja.testing.play import play


def borda(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """As many points as an option has others below it on the ballot."""
    points = [0] * len(profile.options)
    for row, weight in zip(profile.table.tolist(), profile.weights.tolist(), strict=True):
        for rank, place in enumerate(each for each in row if each >= 0):
            points[place] += weight * (len(points) - 1 - rank)
    chosen, ties = chooser.top(dict(enumerate(points)), seats)
    elected = tuple(profile.numbers[place] for place in chosen)
    rounds = (Round(number=1, step="total", votes=tuple(points), elected=elected, ties=ties),)
    return profile.count("borda", seats, winners=elected, rounds=rounds)


BORDA = Method("borda", "Borda", "ranking", borda)


@hookimpl
def register_counting_methods() -> Sequence[Method]:
    """One more method, for votes and for `diramoja count`."""
    return [BORDA]


class NoteResult(Command):
    """A vote has a result."""

    title: str
    stands: bool


class Minutes(State):
    """What was decided: how many results stand, and the last one that came."""

    phase: Literal["absent", "kept"] = "absent"
    decided: int = 0
    latest: str = ""


minutes = AgentKind("minutes", Minutes, prefix="min")


@minutes.on("absent", "kept")
def note(state: Minutes, message: NoteResult, context: Context) -> Decision:
    """A result counts when it stands."""
    return state.but(phase="kept", decided=state.decided + message.stands, latest=message.title)


minutes.hears(ResultsPublished, to=lambda event: [("min_all", NoteResult(event.title, stands=False))])
minutes.hears(VoteTookEffect, to=lambda event: [("min_all", NoteResult(event.title, stands=True))])


count = BORDA.count(Profile.of("ranking", ["Ayo", "Bahati", "Chausiku"], {(1, 2, 3): 3, (2, 3, 1): 2}))
assert (count.winners, count.rounds[0].votes) == ((2,), (6, 7, 2))
assert explain(count)[-1] == "Chosen: Bahati."

after = play(minutes, Minutes(phase="kept", decided=1), NoteResult("Opening hours", stands=True))
assert after.state == Minutes(phase="kept", decided=2, latest="Opening hours")
