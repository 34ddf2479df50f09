"""What members choose in a vote that is not public: looked for in everything that the platform stores, writes and says.

Each voter ranks twelve options in an order of their own, so that a choice is known wherever it stands and however it is
written. A public vote with such ballots goes along: there the same search must find them.
"""

import hashlib
import random
import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import attrs
import pytest

from diramoja.adapters.embedded.folder import read_endpoint
from diramoja.core.keys import Keys
from diramoja.core.messages import personal_fields
from diramoja.plugins.vote.ballot_box_state import Ballot
from diramoja.plugins.vote.choices import longest, written
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.sealing import sealed_length
from tests.scenarios.town import Town, town
from tests.support.community import Person, until

VOTERS = 24
OPTIONS = 12
RANKED = 6
"""So many ranks in a row, in this order, are nobody's but one voter's."""
LEFT_IN = {"vote_ballot_group"}
"""The tables in which a choice may be read after the close."""
SEALED = sealed_length(longest("rank", options=OPTIONS, grades=0))


@attrs.define
class Story:
    """A pseudonymous vote and a public one, with what each member ranked in them, in the order of casting."""

    town: Town
    folder: Path
    leader: Person
    voters: list[Person]
    secret: str = ""
    public: str = ""
    ranked: dict[str, list[int]] = attrs.field(factory=dict)
    ranked_openly: dict[str, list[int]] = attrs.field(factory=dict)
    receipts: dict[str, str] = attrs.field(factory=dict)

    @property
    def urls(self) -> dict[str, str]:
        endpoint = read_endpoint(self.folder / "data")
        assert endpoint is not None
        return dict(endpoint.urls)

    def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        async def asked() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.urls["postgres"])
            try:
                rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
                return rows
            finally:
                await connection.close()

        return anyio.run(asked)

    def tables(self) -> Iterator[tuple[str, list[bytes]]]:
        """Every table with its rows, each as bytes that can be searched."""
        names = self.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for name in (str(row[0]) for row in names):
            rows = self.fetch(f'SELECT ctid::text, xmin::text, t.* FROM "{name}" t')
            yield name, [b"\x00".join(_bytes(value) for value in row.values()) for row in rows]

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Each row of every table."""
        return ((name, row) for name, rows in self.tables() for row in rows)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All that the platform and its servers wrote: tables, write-ahead logs, streams, logs."""
        for path in [*self.folder.rglob("*"), self.town.platform.errors]:
            if path.is_file() and "secrets" not in path.parts:
                yield str(path.relative_to(self.folder)), path.read_bytes()

    def answers(self) -> Iterator[tuple[str, bytes]]:
        """What the API says to everybody about this vote."""
        paths = ("", "/roll", "/roll/me", "/ballots", "/ballots/me", "/receipts", "/tally", "/results", "/audit")
        for who in (self.voters[0], self.leader, self.town.admin, self.town.officer):
            for path in paths:
                yield path, who.get(f"/v1/votes/{self.secret}{path}", params={"limit": 100}).content
            yield "/v1/me", who.get("/v1/me").content


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


NUMBERS = re.compile(rb"(?<![0-9])(?=" + rb"[^0-9]{1,8}".join([rb"([0-9]{1,2})"] * RANKED) + rb"(?![0-9]))")
"""So many numbers in a row, however they are parted: as in JSON, SQL or CSV."""


class Search:
    """Finds any of these rankings in bytes, by its first ranks: as text, or as numbers of one or four bytes."""

    def __init__(self, rankings: dict[str, list[int]]) -> None:
        begins = [ranked[:RANKED] for ranked in rankings.values()]
        self._texts = {tuple(str(option).encode() for option in begin) for begin in begins}
        self._bytes = [struct.pack(f"{form}", *begin) for begin in begins for form in ("6B", "<6i", ">6i")]

    def __call__(self, content: bytes) -> bool:
        return any(each in content for each in self._bytes) or any(
            match.groups() in self._texts for match in NUMBERS.finditer(content)
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("secret")
    with town(folder, "logging.level=debug", "vote.station_members=10") as made:
        leader = made.given_level(made.platform.join("leader_1"), "leader")
        story = Story(made, folder, leader, made.people("voter", VOTERS, level="member"))
        story.secret, story.public = opened(story, "pseudonymous"), opened(story, "public")
        chance = random.Random(5)
        for voter in story.voters:
            story.ranked[voter.id] = chance.sample(range(1, OPTIONS + 1), OPTIONS)
            story.ranked_openly[voter.id] = chance.sample(range(1, OPTIONS + 1), OPTIONS)
        yield story


def opened(story: Story, anonymity: str) -> str:
    begin = story.town.now + timedelta(minutes=1)
    body = {
        "title": f"A {anonymity} ranking",
        "vote_type": "poll",
        "options": [f"Option {number}" for number in range(1, OPTIONS + 1)],
        "voting_method": "ranked_choice",
        "anonymity_level": anonymity,
        "revote": True,
        "opens_at": begin.isoformat(),
        "closes_at": (begin + timedelta(hours=2)).isoformat(),
    }
    answer = story.leader.post("/v1/votes", body)
    assert answer.status_code == 201, answer.text
    vote = str(answer.json()["id"])
    assert story.leader.post(f"/v1/votes/{vote}/schedule").status_code == 200
    until(lambda: story.leader.get(f"/v1/votes/{vote}").json()["stations"])
    story.town.move(begin)
    until(lambda: story.leader.get(f"/v1/votes/{vote}").json()["phase"] == "open")
    return vote


def test_before_the_close_no_choice_can_be_read_anywhere(story: Story) -> None:
    station = f"{story.secret}-1"
    paused = story.town.admin.post(f"/v1/agents/ballot_box/{station}/pause")
    assert paused.status_code < 300, paused.text
    story.town.each(story.voters, lambda voter: cast(story, voter))
    chosen = story.ranked | {f"{voter}, at first": ranked[::-1] for voter, ranked in story.ranked.items()}
    assert story.fetch("SELECT 1 FROM parked WHERE kind = 'ballot_box' AND agent = $1", station)
    assert [name for name, rows in story.tables() if any(map(Search(chosen), rows))] == []
    assert story.town.admin.post(f"/v1/agents/ballot_box/{station}/resume").status_code < 300
    until(lambda: len(story.fetch("SELECT 1 FROM vote_ballot WHERE vote = $1", story.secret)) == VOTERS)
    look_everywhere(story, Search(chosen), Search(story.ranked_openly))


def cast(story: Story, voter: Person) -> None:
    """In both votes; in the secret one not what they meant at first. Some of it is parked, and answered later."""
    path = f"/v1/votes/{story.secret}/ballots"
    answers = [
        voter.post(path, {"choices": story.ranked[voter.id][::-1]}, key="first"),
        voter.post(path, {"choices": story.ranked[voter.id]}, key="second"),
        voter.post(f"/v1/votes/{story.public}/ballots", {"choices": story.ranked_openly[voter.id]}, key="open"),
    ]
    assert {answer.status_code for answer in answers} <= {201, 503}, [answer.text for answer in answers]


def look_everywhere(story: Story, secret: Search, openly: Search) -> None:
    found, readable = set[str](), set[str]()
    for place, content in chain(story.rows(), story.files(), story.answers()):
        found |= {place} if openly(content) else set()
        readable |= {place} if secret(content) else set()
    assert {"own_row", "vote_ballot"} <= found, "The search does not find what is there."
    assert any("wal" in place for place in found)
    assert readable == set()


def test_a_repeat_is_known_and_another_ballot_with_its_key_is_refused(story: Story) -> None:
    voter = story.voters[0]
    path = f"/v1/votes/{story.secret}/ballots"
    again = voter.post(path, {"choices": story.ranked[voter.id]}, key="second")
    assert (again.status_code, again.json()) == (201, voter.get(f"{path}/me").json())
    other = voter.post(path, {"choices": [1]}, key="second")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_after_the_close_nothing_links_a_ballot_to_its_voter(story: Story) -> None:
    story.receipts = {
        voter.id: voter.get(f"/v1/votes/{story.secret}/ballots/me").json()["receipt"] for voter in story.voters
    }
    story.town.move(story.town.now + timedelta(hours=2))
    until(lambda: story.leader.get(f"/v1/votes/{story.secret}").json()["phase"] == "results_published")
    secret, members = Search(story.ranked), re.compile("|".join(story.ranked).encode())
    for name, rows in story.tables():
        readable = [row for row in rows if secret(row)]
        assert name in LEFT_IN or not readable, name
        assert not [row for row in readable if members.search(row)], name
    groups = story.fetch("SELECT * FROM vote_ballot_group WHERE vote = $1", story.secret)
    assert sorted(row["choices"] for row in groups) == sorted(written(each) for each in story.ranked.values())


def test_the_order_of_what_is_published_says_nothing_of_the_order_of_casting(story: Story) -> None:
    """It is the order of what the ballots say: the same for the same ballots, whoever cast them when."""
    sql = "SELECT choices, xmin::text FROM vote_ballot_group WHERE vote = $1 ORDER BY ctid"
    rows = story.fetch(sql, story.secret)
    assert [row["choices"] for row in rows] == sorted(written(each) for each in story.ranked.values())
    assert len({row["xmin"] for row in rows}) == 1
    columns = story.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'vote_ballot_group'")
    assert {row[0] for row in columns} == {"vote", "choices", "ballots"}
    published = story.leader.get(f"/v1/votes/{story.secret}/ballots", params={"limit": 100}).json()["items"]
    assert [written(item["choices"]) for item in published] == [row["choices"] for row in rows]
    receipts = story.leader.get(f"/v1/votes/{story.secret}/receipts", params={"limit": 100}).json()["items"]
    assert receipts == [{"receipt": receipt} for receipt in sorted(story.receipts.values())]


def test_after_the_close_nobody_finds_a_choice_by_trying(story: Story) -> None:
    """With the keys of the instance: neither by the digests of requests nor by a sealed ballot."""
    assert story.fetch("SELECT 1 FROM vote_key WHERE vote = $1", story.secret) == []
    until(lambda: not sealed_left(story))
    digests = {bytes(row[0]) for row in story.fetch("SELECT digest FROM request")}
    key = Keys(story.folder / "data" / "secrets").get("request_digest")
    tried = {
        vote: {digest_of(story, key, vote, ranked[voter.id]) for voter in story.voters}
        for vote, ranked in ((story.secret, story.ranked), (story.public, story.ranked_openly))
    }
    assert tried[story.public] <= digests, "This is not how requests are told apart."
    assert not tried[story.secret] & digests


def sealed_left(story: Story) -> list[str]:
    """Tables that hold something as long as a sealed ballot of this vote."""
    sealed = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{%d}(?![A-Za-z0-9_-])" % SEALED)
    return [name for name, rows in story.tables() for row in rows if name in _TRUTH and sealed.search(row)]


_TRUTH = {"own_row", "vote_ballot", "snapshot", "event_log", "parked", "dead_letter", "job", "tell", "reminder"}


def digest_of(story: Story, key: bytes, vote: str, ranked: list[int]) -> bytes:
    """As the gateway makes it of a request."""
    body = story.town.platform.http.build_request("POST", "/", json={"choices": ranked}).content
    hasher = hashlib.blake2b(key=key, digest_size=16)
    for part in (b"POST", f"/v1/votes/{vote}/ballots".encode(), b"", body):
        hasher.update(len(part).to_bytes(8))
        hasher.update(part)
    return hasher.digest()


def test_a_public_vote_shows_who_chose_what(story: Story) -> None:
    items = story.leader.get(f"/v1/votes/{story.public}/receipts", params={"limit": 100}).json()["items"]
    assert {item["member_id"]: item["choices"] for item in items} == story.ranked_openly


def test_logs_and_dead_letters_mask_what_a_ballot_says() -> None:
    assert {"choices", "sealed", "voter"} <= personal_fields(CastBallot)
    assert {"content", "member"} <= personal_fields(Ballot)
