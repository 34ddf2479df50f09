"""The roll: written to its rows by a job when the vote is scheduled, objected to, corrected by a second person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from diramoja.core import Call, Command, Context, Decision, Personal, Put, Reject, Reply, Tell, View, job
from diramoja.core.ports.database import Database, Session
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.cancelling import cancelled
from diramoja.plugins.vote.contracts import DecideObjection, FileObjection, RollFrozen
from diramoja.plugins.vote.irregularities import looking_at_roll
from diramoja.plugins.vote.messages import PrepareBox, TakeKey, TakeRoll
from diramoja.plugins.vote.rules import roll_digest, stations_for
from diramoja.plugins.vote.sealing import DropKey, MakeKey, drop_key, make_key
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import TAKING, Objection, Vote, noted, vote
from diramoja.plugins.vote.views import ObjectionView
from diramoja.plugins.vote.words import ObjectionKind, RollRule

__all__ = [
    "CorrectRoll", "FixRoll", "FreezeRoll", "correct_roll", "eligible_count", "fix_roll", "fixing", "freeze_roll",
    "freezing", "is_ready", "preparing", "regions_within",
]  # fmt: skip

TOO_MANY = "More than {most} are on the roll: nobody can have a casting vote."
FIXED_BEFORE = timedelta(hours=1)
"""So long before it opens objections are answered: time enough for the job that corrects the roll, or gives up."""
NOTICES: dict[tuple[str, ObjectionKind], str] = {
    ("vote.roll_objected", "missing"): "Somebody says that you are missing on the roll of the vote {title}: {text}",
    ("vote.roll_objected", "not_eligible"): "Somebody says that you should not be on the roll of the vote {title}:"
    " {text} If that is not so, tell a membership officer, who decides about it.",
    ("vote.roll_corrected", "missing"): "You come on the roll of the vote {title}: {reason}",
    ("vote.roll_corrected", "not_eligible"): "You are taken off the roll of the vote {title}: {reason}",
}
CHUNK = 10_000
"""Members hashed at a time."""


class FreezeRoll(View):
    """Who is on the roll. `regions`: of the rule, with all that they contain; none: everywhere."""

    vote: str
    rule: RollRule
    regions: tuple[str, ...]
    frozen_at: datetime


class CorrectRoll(View):
    """A member comes on the roll, or goes from it."""

    vote: str
    rule: RollRule
    objection: str
    member: Personal[str]
    is_added: bool


class FixRoll(View):
    """The vote opens, and knows the roll of this `version`: from now on nobody changes it."""

    vote: str
    rule: RollRule
    version: int


# --- frozen ---


def freezing(state: Vote, context: Context) -> tuple[Call[Any], ...]:
    """Have the roll written, and keys made where ballots will be sealed; as far as they are not there."""
    assert state.frozen_at is not None
    rule = state.terms.roll
    regions = regions_within(rule.regions, context.settings(MemberSettings))
    roll = Call(freeze_roll, FreezeRoll(context.id, rule, regions, state.frozen_at), key="roll")
    key = Call(make_key, MakeKey(context.id), key="key")
    is_sealed = state.terms.anonymity_level != "public"
    return *((roll,) if not state.stations else ()), *((key,) if is_sealed and not state.ballot_key else ())


def regions_within(regions: Sequence[str], settings: MemberSettings) -> tuple[str, ...]:
    """These regions and all that they contain."""
    tree = settings.regions
    found: list[str] = []
    for id in tree:
        above = id
        while above not in regions and above:
            above = tree[above].get("parent", "")
        found += [id] if above else []
    return tuple(found)


@job(FreezeRoll, timeout_s=120, attempts=20)
async def freeze_roll(payload: FreezeRoll, db: Database) -> Command:
    """Once: whichever attempt commits first has written the roll, the others tell what it wrote."""
    async with db.begin() as session:
        marker = "INSERT INTO vote_roll_frozen (vote) VALUES ($1) ON CONFLICT DO NOTHING"
        if await session.execute(marker, payload.vote):
            await _write_roll(session, payload)
        size, sha256 = await _digest(session, payload.vote, payload.rule)
    return TakeRoll(size, sha256)


_ELIGIBLE = (
    "FROM member WHERE membership_level = ANY($1::text[]) AND standing = ANY($2::text[]) AND member_since <= $3"
    " AND ($4 OR region = ANY($5::text[])) AND ($6 OR bodies && $7::text[])"
    " AND ($8 OR (SELECT level FROM member_history AS h WHERE h.member = member.id AND at <= $3"
    " ORDER BY at DESC, id DESC LIMIT 1) <> 'supporter' AND NOT EXISTS"
    " (SELECT 1 FROM member_history AS h WHERE h.member = member.id AND at > $3 AND level = 'supporter'))"
)
"""An account may be older than the membership: where that has to have lasted, its history is asked, too."""


def _eligible(rule: RollRule, regions: Sequence[str], at: datetime) -> tuple[Any, ...]:
    """The parameters."""
    return (
        list(rule.levels),
        list(rule.standings),
        at - timedelta(days=rule.member_days),
        not rule.regions,
        list(regions),
        not rule.bodies,
        list(rule.bodies),
        rule.member_days == 0 or "supporter" in rule.levels,
    )


async def eligible_count(db: Session, rule: RollRule, regions: Sequence[str], at: datetime) -> int:
    """How many would be on a roll by this rule; `regions` as in FreezeRoll."""
    row = await db.one(f"SELECT count(*) AS n {_ELIGIBLE}", *_eligible(rule, regions, at))
    return int(row["n"]) if row else 0


async def _write_roll(session: Session, payload: FreezeRoll) -> None:
    await session.execute(
        f"INSERT INTO vote_roll (vote, member) SELECT $9, id {_ELIGIBLE}",  # fixed text
        *_eligible(payload.rule, payload.regions, payload.frozen_at),
        payload.vote,
    )


async def _digest(session: Session, vote: str, rule: RollRule) -> tuple[int, str]:
    """Size and hash of the roll as it is written."""
    digest, size, last = roll_digest(rule), 0, ""
    sql = "SELECT member FROM vote_roll WHERE vote = $1 AND member > $2 ORDER BY member LIMIT $3"
    while rows := await session.fetch(sql, vote, last, CHUNK):
        for row in rows:
            digest.update(f"{row['member']}\n".encode())
        size, last = size + len(rows), rows[-1]["member"]
    return size, digest.hexdigest()


def fixing(state: Vote, context: Context) -> Call[FixRoll]:
    """Have the roll fixed for good, and its hash told where the vote knows an older one."""
    return Call(fix_roll, FixRoll(context.id, state.terms.roll, state.roll_version), key="fix_roll")


@job(FixRoll, timeout_s=120, attempts=20)
async def fix_roll(payload: FixRoll, db: Database) -> Command | None:
    """A correction is committed before this, and told again here, or finds that it comes too late."""
    async with db.begin() as session:
        row = await session.one(
            "UPDATE vote_roll_frozen SET is_final = true WHERE vote = $1 RETURNING version", payload.vote
        )
        if row is None or row["version"] == payload.version:
            return None
        size, sha256 = await _digest(session, payload.vote, payload.rule)
    return TakeRoll(size, sha256, version=row["version"])


@vote.on("scheduled", *TAKING, "closed")
def take_roll(state: Vote, message: TakeRoll, context: Context) -> Decision:
    """After an objection the stations stay as they are; what is told late is still the roll by which ballots come."""
    if state.stations and message.version <= state.roll_version:
        return None
    settings = context.settings(VoteSettings)
    stations = state.stations or stations_for(message.size, settings)
    frozen = state.but(
        roll_size=message.size, roll_hash=message.sha256, roll_version=message.version, stations=stations
    )
    too_many = state.terms.tie_rule == "casting_vote" and message.size > settings.casting_roll_max
    if too_many and state.phase == "scheduled":
        return cancelled(frozen, TOO_MANY.format(most=settings.casting_roll_max), context)
    marked, entry = noted(frozen, context, "roll_frozen", f"{message.size} {message.sha256}")
    until = marked.opens_at - timedelta(hours=settings.objections_until_hours)
    news = RollFrozen(context.id, message.size, message.sha256, context.now, until)
    boxes = preparing(marked, context) if not state.stations and is_ready(marked) else ()
    late = looking_at_roll(marked, context) if state.stations else ()
    return marked, entry, news, *boxes, *late


@vote.on("tallying", "results_published", "disputed", "cancelled")
def take_no_roll(state: Vote, message: TakeRoll, context: Context) -> Decision:
    """It was called off meanwhile, or told before."""
    return None


@vote.on("scheduled")
def take_key(state: Vote, message: TakeKey, context: Context) -> Decision:
    if state.ballot_key:
        return None
    keyed = state.but(ballot_key=message.key)
    return keyed, *(preparing(keyed, context) if is_ready(keyed) else ())


@vote.on(*TAKING, "closed", "tallying", "results_published", "disputed")
def take_key_again(state: Vote, message: TakeKey, context: Context) -> Decision:
    """It was told before."""
    return None


@vote.on("cancelled")
def take_no_key(state: Vote, message: TakeKey, context: Context) -> Decision:
    """It was called off meanwhile."""
    return Call(drop_key, DropKey(context.id), key="drop")


def is_ready(state: Vote) -> bool:
    """Whether it can open: the roll is written, and ballots can be sealed where they must be."""
    return state.stations > 0 and (state.terms.anonymity_level == "public" or state.ballot_key != "")


def preparing(state: Vote, context: Context) -> tuple[Tell, ...]:
    """Set up the stations; each opens and closes by its own clock."""
    terms = state.terms
    prepared = PrepareBox(
        vote=context.id,
        station=0,
        form=terms.form,
        options=terms.options,
        grades=terms.grades,
        seats=terms.seats,
        revote=terms.revote,
        is_sealed=terms.anonymity_level != "public",
        shows_tally=terms.live_tally,
        opens_at=state.opens_at,
        closes_at=state.closes_at,
        key=state.ballot_key,
    )
    numbers = range(1, state.stations + 1)
    return tuple(Tell("ballot_box", f"{context.id}-{n}", prepared.but(station=n)) for n in numbers)


# --- objections ---


@vote.on("scheduled")
def file_objection(state: Vote, message: FileObjection, context: Context) -> Decision:
    before = timedelta(hours=context.settings(VoteSettings).objections_until_hours)
    if context.now > state.opens_at - before:
        return Reject("objections_over", "The time for objections to the roll is over.")
    if not state.stations:
        return Reject("roll_pending", "The roll is being written: try again in a moment.")
    objection = Objection(
        message.objection_id, message.kind, message.member, message.text, context.sender, context.now
    )  # fmt: skip
    filed, entry = noted(state, context, "roll_objected", message.objection_id, is_named=False)
    told = _told(state, objection, "vote.roll_objected", context)
    return filed, entry, Put(objection), *told, Reply(objection_view(context.id, objection), status=201)


def _told(state: Vote, objection: Objection, kind: str, context: Context) -> tuple[Tell, ...]:
    """Tell whom an objection of somebody else is about: nobody loses a vote without a word."""
    if objection.member == objection.filed_by:
        return ()
    notice = Notify(
        kind=kind,
        notice_class="statutory",
        subject=Subject("vote", context.id),
        text=NOTICES[kind, objection.kind],
        values={"title": state.title, "text": objection.text, "reason": objection.reason},
        key=f"{kind}:{objection.id}",
    )
    return notify(context, objection.member, notice)


@vote.on("scheduled")
def decide_objection(state: Vote, message: DecideObjection, context: Context) -> Decision:
    objection = context.row(Objection, message.objection)
    if objection is None:
        return Reject("objection_missing", "There is no such objection to this roll.", 404)
    if context.sender in (objection.filed_by, objection.member):
        return Reject("recused", "You take no part in the answer to an objection of yours, or about you.", 403)
    if objection.decision:
        return Reject("objection_decided", "This objection was answered already.")
    if context.now > state.opens_at - FIXED_BEFORE:
        return Reject("objections_over", "The roll is fixed for good an hour before the vote opens.")
    decided = objection.but(
        decision=message.decision, reason=message.reason, decided_by=context.sender, decided_at=context.now
    )
    noted_, entry = noted(state, context, f"roll_objection_{message.decision}", objection.id)
    effects: list[Any] = [entry, Put(decided)]
    if message.decision == "uphold":
        is_added = objection.kind == "missing"
        wanted = CorrectRoll(context.id, state.terms.roll, objection.id, objection.member, is_added)
        effects += [
            Call(correct_roll, wanted, key=objection.id),
            *_told(state, decided, "vote.roll_corrected", context),
        ]
    return noted_, *effects, Reply(objection_view(context.id, decided))


class NoteUncorrected(Command):
    """The roll could not be corrected in time; told by the job that tried."""

    objection: str
    code: str


@vote.on("scheduled", *TAKING, "closed", "tallying", "results_published", "disputed", "cancelled")
def note_uncorrected(state: Vote, message: NoteUncorrected, context: Context) -> Decision:
    """All can read that an objection was upheld in vain."""
    return noted(state, context, "roll_not_corrected", f"{message.objection} {message.code}")


def _uncorrected(payload: CorrectRoll, code: str) -> Command:
    return NoteUncorrected(payload.objection, code)


@job(CorrectRoll, timeout_s=60, deadline_s=1_800, failed=_uncorrected)
async def correct_roll(payload: CorrectRoll, db: Database) -> Command:
    """Size and hash after it; only somebody who is a member of the platform comes on a roll that is not fixed yet."""
    sql = (
        "INSERT INTO vote_roll (vote, member) SELECT $1, id FROM member WHERE id = $2 ON CONFLICT DO NOTHING"
        if payload.is_added
        else "DELETE FROM vote_roll WHERE vote = $1 AND member = $2"
    )
    async with db.begin() as session:
        row = await session.one(
            "UPDATE vote_roll_frozen SET version = version + 1 WHERE vote = $1 AND NOT is_final RETURNING version",
            payload.vote,
        )
        if row is None:
            return NoteUncorrected(payload.objection, "roll_fixed")
        await session.execute(sql, payload.vote, payload.member)
        size, sha256 = await _digest(session, payload.vote, payload.rule)
    return TakeRoll(size, sha256, payload.objection, row["version"])


def objection_view(vote_id: str, row: Objection) -> ObjectionView:
    """An objection as whoever filed it and officers see it."""
    shared = {name: getattr(row, name) for name in ObjectionView.__struct_fields__ if hasattr(row, name)}
    return ObjectionView(**{**shared, "vote_id": vote_id, "member_id": row.member})
