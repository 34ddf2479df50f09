"""What must be true of votes, ballots and delegations. No code of the core or a plugin: plain SQL, the members' log.

What the last acknowledged ballots of each voter come to is counted here once more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import attrs
import msgspec

from tests.chaos.asking import Done
from tests.chaos.evidence import CREATED, Add, by_pair, happened, is_open, news_of

__all__ = ["VOTE_FAULTS", "audit_votes"]

VOTE_FAULTS = (
    "roll unlike its members",
    "ballot missing or twice",
    "ballot that nobody cast",
    "count unlike the ballots",
    "result unlike the count",
    "result published otherwise than once",
    "delegated ballot otherwise",
    "ballot kept after it was published",
)
ONCE = ("vote.scheduled", "vote.opened", "vote.closed", "vote.results.published")
CARRIED = 3
STEPS = 5
NEAR_S = 15.0
"""A delegation so near to the end of a vote may come too late, and one whose time is so far from the member's clock
was written by a clock that was wrong."""


@attrs.define
class _Vote:
    """A vote with what its voters have reason to expect.

    Attributes:
        ballots: by member, what their ballot may say; one text where that is known, "" for a blank one.
        receipts: of the last one acknowledged; `times`: how many were. `unsure`: who may have cast another one.
    """

    row: asyncpg.Record
    rows: list[asyncpg.Record]
    ballots: dict[str, set[str]] = attrs.field(factory=dict)
    receipts: dict[str, str] = attrs.field(factory=dict)
    times: Counter[str] = attrs.field(factory=Counter)
    unsure: set[str] = attrs.field(factory=set)
    carried: Counter[str] = attrs.field(factory=Counter)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["id"])

    @property
    def terms(self) -> dict[str, Any]:
        """What was asked, and how."""
        terms: dict[str, Any] = msgspec.json.decode(self.row["terms"])
        return terms

    def note(self, some: Iterable[tuple[str, Sequence[Done]]]) -> None:
        """What each voter knows."""
        for member, casts in some:
            taken = [each for each in casts if each.status == CREATED]
            open_ = {each.text for each in casts if is_open(each)}
            self.times[member] = len(taken)
            if open_:
                self.unsure.add(member)
            if taken:
                self.receipts[member] = taken[-1].made
            if taken or open_:
                self.ballots[member] = open_ | ({taken[-1].text} if taken else set())


async def audit_votes(database: asyncpg.Connection, done: Sequence[Done], add: Add) -> None:
    """Each vote that was scheduled."""
    roll = {each.about for each in done if each.what == "admit member" and happened(each)}
    casts = by_pair(done, "cast")
    scheduled = {each.about: each for each in done if each.what == "schedule" and happened(each)}
    rows = await database.fetch("SELECT * FROM vote WHERE phase <> 'draft' ORDER BY id")
    for missing in scheduled.keys() - {row["id"] for row in rows}:
        add("result published otherwise than once", (missing, "is not there"))
    rows = [row for row in rows if row["id"] in scheduled and not _wrong_clock(scheduled[row["id"]], row["frozen_at"])]
    for row in rows:
        ballots = await database.fetch("SELECT * FROM vote_ballot WHERE vote = $1", row["id"])
        vote = _Vote(row, list(ballots))
        vote.note((who, some) for (about, who), some in casts.items() if about == vote.id)
        members = [each["member"] for each in await database.fetch(ROLL, vote.id)]
        if sorted(members) != sorted(roll) or row["roll_size"] != len(members):
            add("roll unlike its members", (vote.id, set(members) ^ roll, row["roll_size"]))
        _ballots(vote, add)
        await _delegated(database, vote, done, add)
        await _count(database, vote, add)
    await _published(database, rows, roll, add)
    for row in await database.fetch(KEPT):
        add("ballot kept after it was published", tuple(row))


def _wrong_clock(each: Done, at: datetime) -> bool:
    """Whether what a member did was written with a time that it cannot have been."""
    return not each.begun - NEAR_S < at.timestamp() < each.ended + NEAR_S


ROLL = "SELECT member FROM vote_roll WHERE vote = $1"
KEPT = """
SELECT v.id, b.member FROM vote v JOIN vote_ballot b ON b.vote = v.id JOIN vote_station s ON s.id = b.box
WHERE s.is_sealed AND v.phase = 'results_published' AND b.content <> ''
UNION ALL SELECT v.id, 'its key' FROM vote v JOIN vote_key k ON k.vote = v.id WHERE v.phase = 'results_published'
"""


def _ballots(vote: _Vote, add: Add) -> None:
    """Whose ballot was acknowledged has one, with the last receipt; in a public vote it says what they chose last."""
    rows = Counter(row["member"] for row in vote.rows)
    for member in vote.receipts.keys() | rows.keys():
        may_be_none = member in vote.unsure and member not in vote.receipts
        if rows[member] != 1 and not (may_be_none and not rows[member]):
            add("ballot missing or twice", (vote.id, member, rows[member]))
    is_public = vote.terms.get("anonymity_level", "public") == "public"
    for row in vote.rows:
        member = row["member"]
        if member not in vote.ballots:
            add("ballot that nobody cast", (vote.id, tuple(row)))
            continue
        known = member not in vote.unsure
        if known and (row["receipt"], row["revision"]) != (vote.receipts[member], vote.times[member]):
            add("ballot missing or twice", (tuple(row), vote.receipts[member], vote.times[member]))
        if is_public and row["content"] not in vote.ballots[member]:
            add("ballot missing or twice", (tuple(row), vote.ballots[member]))
    if not vote.terms.get("revote"):
        for member in (each for each, times in vote.times.items() if times > 1):
            add("ballot missing or twice", (vote.id, member, "taken again", vote.times[member]))


# --- the count ---


async def _count(database: asyncpg.Connection, vote: _Vote, add: Add) -> None:
    """The published ballots are those that were cast, one each and those that were delegated to their voters."""
    published = {row["choices"]: row["ballots"] for row in await database.fetch(GROUPS, vote.id)}
    least, most = Counter[str](), Counter[str]()
    voters = {row["member"] for row in vote.rows} | vote.receipts.keys()
    for member in voters & vote.ballots.keys():
        texts, weight = vote.ballots[member], 1 + vote.carried[member]
        for text in texts:
            most[text] += weight
            least[text] += weight if len(texts) == 1 else 0
    for text in published.keys() | most.keys():
        if not least[text] <= published.get(text, 0) <= most[text]:
            add("count unlike the ballots", (vote.id, text, published.get(text, 0), least[text], most[text]))
    total, carried = len(voters) + vote.carried.total(), vote.carried.total()
    record = await database.fetch("SELECT ballots, blank, spoiled, delegated FROM vote_record WHERE vote = $1", vote.id)
    wanted = [(total, published.get("", 0), 0, carried)]
    if sum(published.values()) != total or [tuple(row) for row in record] != wanted:
        add("count unlike the ballots", (vote.id, published, [tuple(row) for row in record], wanted))
    _result(vote, published, add)


GROUPS = "SELECT choices, ballots FROM vote_ballot_group WHERE vote = $1"


def _result(vote: _Vote, published: Mapping[str, int], add: Add) -> None:
    """Each option has the ballots that name it, and the one with the most has won."""
    votes = [
        sum(ballots for text, ballots in published.items() if str(option) in text.split(","))
        for option in range(1, vote.terms["options"] + 1)
    ]
    tallied = msgspec.json.decode(vote.row["tallied"] or "{}")
    unit = 10 ** tallied.get("decimals", 0)
    told = [each / unit for each in tallied.get("votes", ())]
    winners = [option for option, each in enumerate(votes, 1) if each == max(votes)]
    outcome = "no_votes" if not any(votes) else "decided" if len(winners) == 1 else "status_quo"
    if any(votes) and (told != votes or tallied.get("ballots", 0) != sum(published.values())):
        add("result unlike the count", (vote.id, tallied, votes))
    won = winners if outcome == "decided" else []
    if (vote.row["outcome"], list(vote.row["winners"])) != (outcome, won):
        add("result unlike the count", (vote.id, vote.row["outcome"], vote.row["winners"], outcome, won))


async def _published(database: asyncpg.Connection, rows: Sequence[asyncpg.Record], roll: set[str], add: Add) -> None:
    """Each vote went its way once, to its end, and all on its roll were told the result once."""
    news = Counter((each["vote"], each["name"]) for each in await news_of(database, *ONCE))
    for row in rows:
        times = [news[row["id"], name] for name in ONCE]
        if set(times) != {1} or row["phase"] != "results_published" or row["count_number"] != 1:
            add("result published otherwise than once", (row["id"], row["phase"], times, row["count_number"]))
        told = Counter(each["member"] for each in await database.fetch(TOLD, row["id"]))
        if told != Counter(roll):
            add("result published otherwise than once", (row["id"], "told", told - Counter(roll), Counter(roll) - told))


TOLD = "SELECT member FROM notice WHERE kind = 'vote.results' AND subject_id = $1"


# --- delegations ---


async def _delegated(database: asyncpg.Connection, vote: _Vote, done: Sequence[Done], add: Add) -> None:
    """Who delegated and did not vote has a ballot by whoever their chain comes to, or none where there is a reason."""
    rows = await database.fetch("SELECT member, caster, uncast FROM vote_delegated WHERE vote = $1", vote.id)
    outcomes = {row["member"]: row for row in rows}
    vote.carried = Counter(row["caster"] for row in rows if row["caster"])
    voted = {row["member"] for row in vote.rows}
    for caster, times in vote.carried.items():
        if times > CARRIED or caster not in voted:
            add("delegated ballot otherwise", (vote.id, caster, "carries", times))
    for row in rows:
        if row["member"] in voted:
            add("delegated ballot otherwise", (vote.id, tuple(row), "voted"))
    if not vote.terms.get("delegation"):
        return
    towards, unsure = _towards(vote, done, await _written(database, vote.id))
    for member in (towards.keys() | outcomes.keys()) - voted - unsure:
        chain = _chain(member, towards, voted)
        wrong = _wrong(vote, outcomes.get(member), chain, voted) if unsure.isdisjoint(chain) else ""
        if wrong:
            add("delegated ballot otherwise", (vote.id, member, chain, wrong))


async def _written(database: asyncpg.Connection, vote: str) -> dict[str, datetime]:
    """When each last delegated, by the clock that wrote it."""
    sql = "SELECT member, max(made_at) AS made_at FROM vote_delegation WHERE scope = $1 GROUP BY member"
    return {row["member"]: row["made_at"] for row in await database.fetch(sql, vote)}


def _towards(vote: _Vote, done: Sequence[Done], written: Mapping[str, datetime]) -> tuple[dict[str, str], set[str]]:
    """Who delegates to whom in the end; and of whom that cannot be said."""
    over = min([vote.row["closes_at"].timestamp(), *_refused(vote.id, done)]) - NEAR_S
    walls = {each for one in done if one.what == "block" for each in ((one.who, one.about), (one.about, one.who))}
    towards: dict[str, str] = {}
    unsure: set[str] = set()
    for (about, member), some in by_pair(done, "delegate", "undelegate").items():
        if about != vote.id:
            continue
        taken = [each for each in some if happened(each)]
        if any(is_open(each) or (happened(each) and each.ended > over) for each in some):
            unsure.add(member)
        elif taken and taken[-1].what == "delegate":
            towards[member] = taken[-1].text
            is_wrong = member in written and _wrong_clock(_since(taken), written[member])
            if is_wrong or (member, taken[-1].text) in walls:
                unsure.add(member)
    return towards, unsure


def _since(taken: Sequence[Done]) -> Done:
    """Since when somebody delegates to whom they delegate now."""
    since = taken[-1]
    for each in reversed(taken):
        if each.what != "delegate" or each.text != since.text:
            break
        since = each
    return since


def _refused(vote: str, done: Sequence[Done]) -> list[float]:
    """When somebody was told that it is closed: with a clock that is wrong it may be, before its time."""
    return [each.begun for each in done if each.about == vote and each.code == "vote_closed"]


def _chain(member: str, towards: Mapping[str, str], voted: set[str]) -> list[str]:
    """The delegates of a member up to the first who voted."""
    chain: list[str] = []
    at = member
    while at in towards and at not in chain and len(chain) < STEPS:
        at = towards[at]
        chain.append(at)
        if at in voted:
            break
    return chain


def _wrong(vote: _Vote, row: asyncpg.Record | None, chain: Sequence[str], voted: set[str]) -> str:
    """What is wrong about what became of a ballot; "": nothing."""
    if not chain or row is None:
        return "is missing" if chain else "nobody delegated it" if row else ""
    if chain[-1] not in voted:
        return "nobody could cast it" if row["caster"] else ""
    if row["uncast"] == "over_limit":
        return "" if vote.carried[chain[-1]] == CARRIED else "could have been cast"
    return "" if row["caster"] == chain[-1] else f"is cast by {row['caster'] or 'nobody'}: {row['uncast']}"
