"""A whole small plugin, as its author sees it: talks that members rate. Most tests of the core play it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta as Bounds

from diramoja.core import (
    AgentKind,
    Batch,
    Call,
    Cancel,
    CancelCall,
    Channel,
    Command,
    Context,
    Decision,
    Event,
    Meta,
    Personal,
    Plugin,
    Put,
    Record,
    Reject,
    RemindAfter,
    RemindAt,
    RemindCron,
    RemindEvery,
    Remove,
    Reply,
    Row,
    Settings,
    State,
    Tell,
    View,
    fact,
    job,
    record,
    view,
)

# --- contracts ---


class AnnounceTalk(Command):
    """Open a talk for ratings until it ends."""

    title: Annotated[str, Bounds(min_length=3, max_length=200)]
    ends_at: datetime


class RateTalk(Command):
    """Rate the talk; a second rating replaces the first. Answers a Receipt."""

    stars: Annotated[int, Bounds(ge=1, le=5)]


class CloseTalk(Command):
    """End the ratings."""


class ForgetRater(Command):
    """Take a person's rating out of sight; the figures stay."""

    member: Personal[str]


class RateThrough(Command):
    """Sent to a rater: pass a rating on to a talk, which answers."""

    talk: str
    stars: int


class Misbehave(Command):
    """Do something that no handler should."""

    how: str


class Announced(Event, name="talk.announced"):
    talk: str
    title: str
    speaker: str


class Rated(Event, name="talk.rated", live=True):
    """The running figures after a rating."""

    count: int
    total: int


class Closed(Event, name="talk.closed", live=True):
    mean_stars: float | None


class Receipt(View):
    count: int


class Mood(Settings, frozen=True, kw_only=True):
    """Settings of the plugin."""

    most_raters: Annotated[int, Bounds(ge=1)] = 500


# --- agent ---


class Rating(Row):
    """One per member."""

    member: Personal[str]
    stars: int


class Talk(State):
    phase: Literal["absent", "open", "closed"] = "absent"
    title: str = ""
    count: int = 0
    total: int = 0


class Tone(View):
    """What the classifier port says, in this plugin."""

    word: str


class ToneOf:
    """A port: how a rating sounds."""

    async def tones(self, stars: Sequence[int]) -> Sequence[str]:
        raise NotImplementedError


@fact(RateTalk, fallback="unknown")
async def tone(messages: Sequence[RateTalk], port: ToneOf) -> Sequence[str]:
    return await port.tones([message.stars for message in messages])


talk = AgentKind("talk", Talk, prefix="tlk", rows=[Rating], facts=[tone], codes={"closed": "talk_over"})


@talk.on("absent")
def announce(state: Talk, message: AnnounceTalk, context: Context) -> Decision:
    return (
        state.but(phase="open", title=message.title),
        Announced(context.id, message.title, context.sender),
        RemindAt(message.ends_at, CloseTalk()),
    )


@talk.on("open")
def rate(state: Talk, message: RateTalk, context: Context) -> Decision:
    if state.count >= context.settings(Mood).most_raters:
        return Reject("talk_full", "All places are taken.")
    earlier = context.row(Rating, context.sender)
    count = state.count + (earlier is None)
    total = state.total + message.stars - (earlier.stars if earlier else 0)
    return (
        state.but(count=count, total=total),
        Put(Rating(context.sender, message.stars)),
        Rated(count, total),
        Reply(Receipt(count), status=201),
    )


@talk.on("open")
def close(state: Talk, message: CloseTalk, context: Context) -> Decision:
    return state.but(phase="closed"), Closed(state.total / state.count if state.count else None)


@talk.on("open", "closed")
def forget(state: Talk, message: ForgetRater, context: Context) -> Decision:
    return Remove(Rating, message.member)


@talk.on("open")
def misbehave(state: Talk, message: Misbehave, context: Context) -> Decision:
    bad: dict[str, Any] = {
        "nonsense": "a text",
        "wrong_state": Rater(),
        "wrong_phase": state.but(phase="opne"),
        "wrong_type": state.but(count="many"),
        "wrong_row": Put(Note("x")),
        "too_many": tuple(Rated(n, n) for n in range(1_001)),
        "too_long": Tell("talk", context.id, AnnounceTalk("x" * 100_000, context.now)),
        "bad_id": Tell("talk", "a.*", CloseTalk()),
    }
    if message.how == "raise":
        raise RuntimeError("the talk of " + context.sender)
    decision: Decision = bad[message.how]
    return decision


# --- a second kind, that tells, reminds itself and calls ---


class Note(Row):
    key_: str


class Rater(State):
    phase: Literal["absent"] = "absent"
    rated: int = 0
    ticks: int = 0
    heard: tuple[str, ...] = ()
    looked_up: tuple[str, ...] = ()


class Tick(Command):
    """A reminder of itself."""


class Remind(Command):
    how: str


class LookUp(Command):
    url: str
    key: str = ""


class StopLooking(Command):
    key: str


class Found(Command):
    what: str


class Invite(Command):
    talk: str


class Fetch(View):
    """Payload of the job."""

    url: str


class Web:
    """A port: the outside."""

    async def fetch(self, url: str) -> str:
        raise NotImplementedError


@job(
    Fetch,
    attempts=3,
    timeout_s=0.2,
    backoff_s=1,
    deadline_s=3600,
    failed=lambda _payload, code: Found(f"failed: {code}"),
)
async def fetch(payload: Fetch, web: Web) -> Command | None:
    return Found(await web.fetch(payload.url))


rater = AgentKind("rater", Rater, prefix="rat")


@rater.on("absent")
def rate_through(state: Rater, message: RateThrough, context: Context) -> Decision:
    told = Tell("talk", message.talk, RateTalk(message.stars), answers=True)
    return state.but(rated=state.rated + 1), told


@rater.on("absent")
def tick(state: Rater, message: Tick, context: Context) -> Decision:
    return state.but(ticks=state.ticks + 1)


@rater.on("absent")
def remind(state: Rater, message: Remind, context: Context) -> Decision:
    ways: dict[str, Decision] = {
        "after": RemindAfter(timedelta(minutes=5), Tick()),
        "every": RemindEvery(timedelta(minutes=10), Tick()),
        "cron": RemindCron("0 6 * * *", Tick()),
        "cancel": Cancel("tick"),
    }
    return ways[message.how]


@rater.on("absent")
def look_up(state: Rater, message: LookUp, context: Context) -> Decision:
    return Call(fetch, Fetch(message.url), key=message.key)


@rater.on("absent")
def stop_looking(state: Rater, message: StopLooking, context: Context) -> Decision:
    return CancelCall(message.key)


@rater.on("absent")
def found(state: Rater, message: Found, context: Context) -> Decision:
    return state.but(looked_up=(*state.looked_up, message.what))


@rater.on("absent")
def invite(state: Rater, message: Invite, context: Context) -> Decision:
    return state.but(heard=(*state.heard, message.talk))


class Circle:
    """A port: who is invited."""

    def members(self) -> AsyncIterator[str]:
        raise NotImplementedError


async def invited(event: Announced, circle: Circle) -> AsyncIterator[str]:
    async for member in circle.members():
        yield member


rater.hears(Announced, to=lambda event: [(event.speaker, Invite(event.talk))])
rater.hears(Announced, across=invited, tell=lambda event: Invite(event.talk))


# --- projections ---


class TalkRecord(Record):
    id: str
    title: str
    phase: str
    count: int


class RatingRecord(Record):
    talk: str
    member: str
    stars: int


class LogRecord(Record):
    id: str
    seq: int
    total: int


@record("talk_list", key="id", of=talk)
def talk_list(agent: str, state: Talk) -> TalkRecord:
    return TalkRecord(agent, state.title, state.phase, state.count)


@record("talk_rating", key=("talk", "member"), of=Rating)
def talk_rating(agent: str, row: Rating) -> RatingRecord:
    return RatingRecord(agent, row.member, row.stars)


@record("talk_log", key=("id", "seq"), on=Rated)
def talk_log(event: Rated, meta: Meta) -> LogRecord:
    return LogRecord(meta.agent, meta.channel_seq or 0, event.total)


class Board:
    """A port that a view writes to."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}


@view(on=[Announced])
async def board(events: Batch, target: Board) -> None:
    for event, meta in events:
        assert isinstance(event, Announced)
        target.lines[meta.agent] = event.title


plugin = Plugin(
    name="talks",
    kinds=[talk, rater],
    records=[talk_list, talk_rating, talk_log],
    views=[board],
    jobs=[fetch],
    settings=Mood,
    permissions={"talk.rate": {"member"}, "talk.read": {"guest"}},
    channels={"talk": Channel("talk.read")},
)
