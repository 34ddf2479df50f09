"""What must be true afterwards. No code of the core: plain SQL, the stream's raw bytes, the clients' own log."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tests.chaos.asking import Done
from tests.chaos.audit import FAULTS, audit

__all__ = ["Report", "Sent", "check", "read_log"]

CONFLICT = 409
FETCH = 1000
EFFECTS = {"tell": "told", "handover": "told", "remind": "reminded", "job": "landed"}
EVILS = {"loop", "sleep", "exit", "allocate"}


class Sent(msgspec.Struct):
    """A command as its client remembers it. `first` and `acked` are times; 0 where it was never acknowledged."""

    id: str
    agent: str
    how: str
    first: float
    acked: float = 0.0


class Report(msgspec.Struct):
    """Counts of what must be 0, what was seen, and a few examples of each fault."""

    found: dict[str, int]
    seen: dict[str, int]
    examples: dict[str, list[str]]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.found.values())


def read_log(file: Path) -> dict[str, Sent]:
    """The clients' log: one JSON array a line, [what, time, id, agent, how]; a torn last line is left out."""
    sent: dict[str, Sent] = {}
    for line in file.read_bytes().splitlines():
        try:
            what, at, id, *rest = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if what == "send" and id not in sent:
            agent, how = rest
            sent[id] = Sent(id, agent, how, at)
        elif what == "ack" and not sent[id].acked:
            sent[id].acked = at
    return sent


class _Findings:
    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = defaultdict(list)

    def add(self, fault: str, what: object) -> None:
        self.faults[fault] += 1
        if len(self.examples[fault]) < 5:
            self.examples[fault].append(str(what))


NAMES = (
    "acknowledged and not answered",
    "answered otherwise",
    "effect missing",
    "effect twice",
    "effect without a command",
    "out of order",
    "dead letter unasked",
    "channel gap",
    "event not published",
    "event out of order",
    "reminder left",
    "job left",
    "tell left",
    "strange answer",
)


async def check(
    postgres_url: str, nats_url: str, sent: Mapping[str, Sent], *, odd: Sequence[str] = (), done: Sequence[Done] = ()
) -> Report:
    """Read everything and count; `odd` are answers over HTTP that should not have been, `done` what members did."""
    database = await asyncpg.connect(postgres_url)
    found = _Findings()
    for each in odd:
        found.add("strange answer", each)
    try:
        entries = await _entries(database)
        await _answers(database, sent, found)
        _effects(sent, entries, found)
        events = await database.fetch("SELECT * FROM event_log ORDER BY partition, seq")
        ledgers = [row for row in events if row["kind"] == "ledger"]
        _order(sent, ledgers, found)
        _channels(ledgers, found)
        await _published(nats_url, events, found)
        await _left(database, found)
        doings = await audit(database, done, found.add) if done else {}
    finally:
        await database.close()
    seen = {"commands": len(sent), "acknowledged": sum(bool(each.acked) for each in sent.values())}
    seen |= {"entries": len(entries), "events": len(events), "things that members did": len(done), **doings}
    return Report({name: found.faults[name] for name in (*NAMES, *FAULTS)}, seen, dict(found.examples))


async def _entries(database: Any) -> dict[str, tuple[str, int]]:
    rows = await database.fetch("SELECT agent, key, body FROM own_row WHERE kind = 'ledger'")
    return {row["key"]: (row["agent"], msgspec.json.decode(row["body"])["times"]) for row in rows}


async def _answers(database: Any, sent: Mapping[str, Sent], found: _Findings) -> None:
    answers = {row["id"]: row["status"] for row in await database.fetch("SELECT id, status FROM request")}
    letters = await database.fetch("SELECT command_id, code, kind, verb, detail FROM dead_letter")
    dead = {row["command_id"]: tuple(row) for row in letters}
    for id, letter in dead.items():
        if id not in sent or sent[id].how not in EVILS:
            found.add("dead letter unasked", letter)
    for id, each in sent.items():
        status = answers.get(id)
        if each.acked and status is None:
            found.add("acknowledged and not answered", each)
        wanted = 500 if each.how in EVILS else CONFLICT if each.how == "reject" else 200
        if status is not None and status != wanted and id not in dead:
            found.add("answered otherwise", (each, status))


def _effects(sent: Mapping[str, Sent], entries: Mapping[str, tuple[str, int]], found: _Findings) -> None:
    wanted: set[str] = set()
    for id, each in sent.items():
        if each.how == "reject" or each.how in EVILS:
            continue
        keys = [f"put:{id}"] + ([f"{EFFECTS[each.how]}:{id}"] if each.how in EFFECTS else [])
        if each.acked or keys[0] in entries:  # What was never acknowledged happened wholly or not at all.
            wanted.update(keys)
    for key in wanted - entries.keys():
        found.add("effect missing", key)
    for key, (agent, times) in entries.items():
        if times != 1:
            found.add("effect twice", (key, agent, times))
        if key not in wanted:
            found.add("effect without a command", (key, agent))


def _order(sent: Mapping[str, Sent], events: Sequence[Any], found: _Findings) -> None:
    """What was acknowledged before another was first sent is decided before it, agent by agent."""
    decided: dict[str, list[Sent]] = defaultdict(list)
    for row in events:
        body = msgspec.json.decode(row["body"])
        if body["what"] == "put" and body["token"] in sent:
            decided[row["agent"]].append(sent[body["token"]])
    for agent, each in decided.items():
        latest = 0.0
        for one in each:
            if one.acked and one.acked < latest:
                found.add("out of order", (agent, one.id))
            latest = max(latest, one.first)


def _channels(events: Sequence[Any], found: _Findings) -> None:
    numbers: dict[str, int] = defaultdict(int)
    for row in events:
        numbers[row["agent"]] += 1
        nth = msgspec.json.decode(row["body"])["nth"]
        if (row["channel_seq"], nth) != (numbers[row["agent"]], numbers[row["agent"]]):
            found.add("channel gap", (row["agent"], row["channel_seq"], nth, numbers[row["agent"]]))


async def _published(nats_url: str, events: Sequence[Any], found: _Findings) -> None:
    """Every committed event at least once in the stream, the first times in order."""
    last: dict[int, int] = defaultdict(int)
    shown: set[tuple[int, int]] = set()
    async for partition, seq in _stream(nats_url):
        if (partition, seq) not in shown:
            shown.add((partition, seq))
            if seq < last[partition]:
                found.add("event out of order", (partition, seq, last[partition]))
            last[partition] = seq
    for row in events:
        if (row["partition"], row["seq"]) not in shown:
            found.add("event not published", (row["partition"], row["seq"]))


async def _stream(nats_url: str) -> Any:
    """(partition, seq) of the envelopes in EVENTS: the sixth and seventh element of a MessagePack array."""
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    left = (await jetstream.stream_info("EVENTS")).state.messages
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE)
    subscription = await jetstream.pull_subscribe("", stream="EVENTS", config=config)
    while left > 0:
        messages = await subscription.fetch(min(FETCH, left), timeout=10)
        left -= len(messages)
        for message in messages:
            parts = msgspec.msgpack.decode(message.data)
            yield parts[5], parts[6]
    await client.close()


async def _left(database: Any, found: _Findings) -> None:
    for name, sql in {
        "reminder left": "SELECT name FROM reminder WHERE kind = 'ledger' OR due < now() - interval '5 seconds'",
        "job left": "SELECT id FROM job WHERE state <> 'done'",
        "tell left": "SELECT t.seq FROM tell t JOIN partition p ON p.n = t.partition WHERE t.seq > p.told_seq",
    }.items():
        for row in await database.fetch(sql):
            found.add(name, tuple(row))
