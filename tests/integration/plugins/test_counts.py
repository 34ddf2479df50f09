"""The count of a vote: its steps, its ballots as files that anyone counts again, its page, and the record of it all."""

import hashlib
import io
import json
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest

from tests.scenarios.town import Town, town
from tests.support.community import Person, until

TITLE = "Opening <hours> & more"
OPTIONS = ["Until six", "=Until eight", "Around <the> clock"]
RANKED = [[1, 2, 3], [1, 2], [1], [2, 3], [2], [3, 2], []]
"""One is blank. The third goes out; the second then has as many as the first, and had fewer before."""


@attrs.define
class Story:
    town: Town
    folder: Path
    leader: Person
    voters: list[Person]
    vote: str = ""
    even: str = ""

    def path(self, rest: str = "") -> str:
        return f"/v1/votes/{self.vote}{rest}"

    def page(self, vote: str = "", language: str = "en") -> Any:
        return self.town.platform.http.get(f"/votes/{vote or self.vote}", headers={"accept-language": language})


def drafted(story: Story, begin: datetime, **terms: Any) -> str:
    begin = begin.astimezone(timezone(timedelta(hours=3)))
    times = {"opens_at": begin.isoformat(), "closes_at": (begin + timedelta(hours=2)).isoformat()}
    body = {
        "title": TITLE,
        "description": "When?\n<b>Say</b>",
        "vote_type": "poll",
        "options": OPTIONS,
        **times,
        **terms,
    }
    answer = story.leader.post("/v1/votes", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def opened(story: Story, **terms: Any) -> str:
    begin = story.town.now + timedelta(minutes=1)
    vote = drafted(story, begin, **terms)
    assert story.page(vote).status_code == 404, "a draft is nobody's business"
    assert story.leader.post(f"/v1/votes/{vote}/schedule").status_code == 200
    until(lambda: story.leader.get(f"/v1/votes/{vote}").json()["stations"])
    story.town.move(begin)
    until(lambda: story.leader.get(f"/v1/votes/{vote}").json()["phase"] == "open")
    return vote


def closed(story: Story, vote: str) -> None:
    story.town.move(story.town.now + timedelta(hours=3))
    until(lambda: story.leader.get(f"/v1/votes/{vote}").json()["phase"] == "results_published")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("counts")
    with town(folder, "vote.station_members=10") as made:
        leader = made.given_level(made.platform.join("leader_1"), "leader")
        story = Story(made, folder, leader, made.people("voter", len(RANKED), level="member"))
        story.vote = opened(story, voting_method="ranked_choice", tie_rule="run_off", quorum_ratio=0.5)
        yield story


# In the order of the vote's life, for one instance.


def test_nothing_of_the_count_is_shown_while_the_vote_is_open(story: Story) -> None:
    for path in ("/count", "/count.svg", "/ballots.csv", "/ballots.blt", "/record"):
        answer = story.leader.get(story.path(path))
        assert (answer.status_code, answer.json()["code"]) == (409, "vote_open")
    page = story.page()
    assert page.status_code == 200
    assert "Open: votes can be cast" in page.text
    assert "The results are shown here when the ballots are counted." in page.text
    assert "Count it again" not in page.text


def test_count_says_each_round(story: Story) -> None:
    for voter, choices in zip(story.voters, RANKED, strict=True):
        assert voter.post(story.path("/ballots"), {"choices": choices}).status_code == 201
    closed(story, story.vote)
    count = story.leader.get(story.path("/count")).json()
    assert (count["method"], count["ballots"], count["blank"]) == ("instant_runoff", 7, 1)
    assert [each["votes"] for each in count["rounds"]] == [[3, 2, 1], [3, 3, 0], [3, 0, 0]]
    assert count["rounds"][1]["transfers"] == [{"origin": 3, "target": 2, "votes": 1}]


def ran(words: list[str], folder: Path) -> str:
    """What `diramoja` with these words says in a folder."""
    program = "import sys; from diramoja_community.cli import main; sys.argv[0] = 'diramoja'; main()"
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("ending", ["csv", "blt"])
def test_downloaded_ballots_count_as_the_vote_did(story: Story, ending: str, tmp_path: Path) -> None:
    answer = story.town.platform.http.get(story.path(f"/ballots.{ending}"))
    assert answer.headers["content-disposition"] == f'attachment; filename="{story.vote}.{ending}"'
    (tmp_path / f"{story.vote}.{ending}").write_bytes(answer.content)
    (command,) = re.findall(r"<code>(diramoja count .*?)</code>", story.page().text)
    words = unescape(command).replace(".csv", f".{ending}").replace("--explain", "--json").split()[1:]
    again, count = json.loads(ran(words, tmp_path)), story.leader.get(story.path("/count")).json()
    for each in (again, count):
        del each["title"], each["options"]
    assert again == count


def test_whoever_has_the_record_alone_can_check_and_count(story: Story, tmp_path: Path) -> None:
    answer = story.town.platform.http.get(story.path("/record"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-tar")
    assert answer.headers["content-disposition"] == f'attachment; filename="{story.vote}-record.tar"'
    assert answer.headers["cache-control"] == "public, max-age=10", "it can be disputed"
    assert f'href="/v1/votes/{story.vote}/record"' in story.page().text
    (tmp_path / "record.tar").write_bytes(answer.content)
    ran_by = partial(subprocess.run, capture_output=True, text=True, check=True)
    listed = ran_by(["tar", "tf", "record.tar"], cwd=tmp_path).stdout.split()
    with tarfile.open(tmp_path / "record.tar", mode="r:") as tar:
        assert tar.getnames() == listed
        tar.extractall(tmp_path, filter="data")
    folder = tmp_path / story.vote
    assert "FAILED" not in ran_by(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder).stdout
    readme = (folder / "README.txt").read_text()
    for name in ("terms.json", "ballots.txt"):
        sha256 = ran_by(["sha256sum", name], cwd=folder).stdout.split()[0]
        assert f"  sha256sum {name}\n  {sha256}\n" in readme
    (command,) = re.findall(r"^  (diramoja count .*)$", readme, re.MULTILINE)
    assert ran(shlex.split(command)[1:], folder) == (folder / "count.txt").read_text()


def test_record_holds_what_everybody_may_see(story: Story) -> None:
    http = story.town.platform.http
    first, files = http.get(story.path("/record")).content, record_of(story, story.vote)
    assert story.leader.get(story.path("/record")).content == first, "whoever asks has the same bytes"
    for name, path in {"results": "/results", "count": "/count"}.items():
        assert json.loads(files[f"{name}.json"]) == http.get(story.path(path)).json()
    for name, path in {"audit": "/audit", "disputes": "/disputes"}.items():
        assert json.loads(files[f"{name}.json"]) == http.get(story.path(path)).json()["items"]
    vote, roll = http.get(story.path()).json(), http.get(story.path("/roll")).json()
    assert json.loads(files["roll.json"]) == {each: roll[each] for each in ("size", "hash", "rule", "frozen_at")}
    assert json.loads(files["terms.json"])["title"] == TITLE
    assert hashlib.sha256(files["terms.json"].encode()).hexdigest() == vote["terms_hash"]
    assert hashlib.sha256(files["ballots.txt"].encode()).hexdigest() == json.loads(files["results.json"])["record_hash"]
    receipts = [each["receipt"] for each in http.get(story.path("/receipts")).json()["items"]]
    assert files["receipts.txt"].split() == sorted(receipts)
    for ending in ("csv", "blt"):
        assert files[f"ballots.{ending}"] == http.get(story.path(f"/ballots.{ending}")).text
    assert not any(voter.id in text or voter.username in text for voter in story.voters for text in files.values())


def record_of(story: Story, vote: str) -> dict[str, str]:
    """The files of its record."""
    content = story.town.platform.http.get(f"/v1/votes/{vote}/record").content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
        return {each.name.removeprefix(f"{vote}/"): tar.extractfile(each).read().decode() for each in tar}  # type: ignore[union-attr]


def test_picture_of_the_count_is_svg(story: Story) -> None:
    answer = story.town.platform.http.get(story.path("/count.svg"))
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(answer.text).findtext("{http://www.w3.org/2000/svg}title") == TITLE


class Outline(HTMLParser):
    """Headings, and whether tables, pictures and scrolled parts can be used by everybody."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.tags: list[str] = []
        self.faults: list[str] = []
        self.tables = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "svg" and given.get("aria-hidden") != "true":
            self.faults.append("a picture whose figures do not stand beside it")
        if tag == "table":
            self.tables += 1
        if tag == "caption":
            self.tables -= 1
        if tag == "th" and "scope" not in given:
            self.faults.append("a head without scope")
        if given.get("class") == "scroll" and given.get("tabindex") != "0":
            self.faults.append("a part that cannot be scrolled by keys")
        if "style" in given or any(name.startswith("on") for name in given):
            self.faults.append("what the security policy refuses")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("What was asked", "Count it again", "Round 2: Around &lt;the&gt; clock")),
        ("sw", ("Kilichoulizwa", "Hesabu tena", "Raundi 2")),
    ],
)
def test_page_shows_question_roll_turnout_rounds_and_how_to_count_again(
    story: Story, language: str, said: tuple[str, ...]
) -> None:
    page = story.page(language=language)
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert "default-src 'none'" in page.headers["content-security-policy"]
    roll = story.leader.get(story.path("/roll")).json()
    result = story.leader.get(story.path("/results")).json()
    for text in (
        *said,
        roll["hash"],
        result["record_hash"],
        "Opening &lt;hours&gt; &amp; more",
        "&lt;b&gt;Say&lt;/b&gt;",
    ):
        assert text in page.text
    outline = Outline(page.text)
    assert (outline.faults, outline.tables) == ([], 0), "every table has a caption"
    assert len(page.content) < 20_000
    assert f'<html lang="{language}">' in page.text
    assert "script" not in outline.tags
    assert outline.levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    assert len({*re.findall(r' id="([^"]+)"', page.text)}) == len(re.findall(r' id="([^"]+)"', page.text))
    assert not any(voter.username in page.text or voter.id in page.text for voter in story.voters)


def test_page_shows_disputes_without_names(story: Story) -> None:
    text = "My ballot <i>is</i> not in the record."
    assert story.voters[0].post(story.path("/disputes"), {"text": text}).status_code == 201
    until(lambda: "not in the record" in story.page().text)
    page = story.page()
    assert "My ballot &lt;i&gt;is&lt;/i&gt; not in the record." in page.text
    assert story.voters[0].id not in page.text
    files = record_of(story, story.vote)
    assert (json.loads(files["disputes.json"]), "It is disputed." in files["README.txt"]) == ([], True), "not decided"


def test_page_of_no_vote_is_missing(story: Story) -> None:
    page = story.page("vot_none")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such vote" in page.text


def test_pages_are_kept_by_caches_and_sent_once(story: Story) -> None:
    page = story.page()
    assert page.headers["cache-control"] == "public, max-age=10", "it can be disputed"
    assert page.headers["vary"] == "accept-language"
    http, known = story.town.platform.http, {"if-none-match": page.headers["etag"]}
    again = http.get(f"/votes/{story.vote}", headers={"accept-language": "en", **known})
    assert (again.status_code, again.content) == (304, b"")
    packed = {"if-none-match": f'"other", W/{known["if-none-match"]}'}  # As a server in front of it says that packs it.
    assert http.get(f"/votes/{story.vote}", headers={"accept-language": "en", **packed}).status_code == 304
    other = http.get(f"/votes/{story.vote}", params={"lang": "sw"}, headers={"accept-language": "en", **known})
    assert (other.status_code, other.headers["content-language"]) == (200, "sw"), "the address goes before the browser"
    ballots = http.get(story.path("/ballots.csv"))
    assert ballots.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_grades_are_counted_with_the_blank_ballots_and_anybody_finds_the_same(story: Story, tmp_path: Path) -> None:
    vote = opened(story, voting_method="majority_judgement")
    for voter, choices in zip(story.voters, ([5, 3, 0], [4, 4, 1], [], [3, 0, 2]), strict=False):
        assert voter.post(f"/v1/votes/{vote}/ballots", {"choices": choices}).status_code == 201
    closed(story, vote)
    page = story.page(vote)
    (tmp_path / f"{vote}.csv").write_bytes(story.town.platform.http.get(f"/v1/votes/{vote}/ballots.csv").content)
    (command,) = re.findall(r"<code>(diramoja count .*?)</code>", page.text)
    said = ran(unescape(command).split()[1:], tmp_path)
    result = story.leader.get(f"/v1/votes/{vote}/results").json()
    assert (result["ballots"], result["blank"], result["winners"]) == (4, 1, [1])
    assert "Chosen: Until six.\n" in said
    assert said.endswith(f"SHA-256 of these ballots: {result['record_hash']}\n")
    assert f"<code>{result['record_hash']}</code>" in page.text
    files = record_of(story, vote)
    assert "ballots.blt" not in files
    assert hashlib.sha256(files["ballots.txt"].encode()).hexdigest() == result["record_hash"]


def test_page_says_who_took_part_and_withholds_small_groups(story: Story) -> None:
    until(lambda: story.leader.get(story.path("/participation")).status_code == 200)
    page = until(lambda: page if "Turnout by" in (page := story.page().text) else "")
    assert "Turnout by membership: too few people to be shown." in page
    assert '<td class="n">7</td>' in page, "how many they are in all is no secret"


def test_votes_are_listed_for_guests_without_drafts(story: Story) -> None:
    drafts = [drafted(story, story.town.now + timedelta(hours=1)) for _ in range(2)]
    cancelled = story.leader.post(f"/v1/votes/{drafts[0]}/cancel", {"reason": "Never mind."})
    assert cancelled.json()["phase"] == "cancelled"
    running = opened(story)
    page = story.town.platform.http.get("/votes", headers={"accept-language": "en"})
    assert page.status_code == 200
    outline = Outline(page.text)
    assert (outline.faults, outline.levels[0]) == ([], 1)
    now, results = page.text.split("<h2>Coming</h2>")
    assert f'href="/votes/{running}"' in now
    assert f'href="/votes/{story.vote}"' in results
    assert "Opening &lt;hours&gt; &amp; more" in results
    assert not any(draft in page.text for draft in drafts), "nor what was called off before anybody saw it"
    for rest in ("", "/audit", "/results", "/record", "/ballots", "/tally"):
        answer = story.voters[0].get(f"/v1/votes/{drafts[0]}{rest}")
        assert (answer.status_code, answer.json()["code"]) == (404, "vote_missing"), rest
    assert story.page(drafts[0]).status_code == 404
    shown = story.town.platform.http.get("/v1/votes", params={"phase": "cancelled"}).json()["items"]
    assert drafts[0] not in [each["id"] for each in shown]
    assert story.leader.get(f"/v1/votes/{drafts[0]}").json()["phase"] == "cancelled", "whoever saw the draft"
    assert story.leader.post(f"/v1/votes/{running}/cancel", {"reason": "An error."}).status_code == 200
    until(lambda: story.page(running).status_code == 200 and "An error." in story.page(running).text)
    answer = story.town.platform.http.get(f"/v1/votes/{running}/record")
    assert (answer.status_code, answer.json()["code"]) == (409, "vote_cancelled")
    assert story.town.platform.http.get("/votes", params={"cursor": "nonsense"}).status_code == 400


def test_results_that_stand_are_kept_for_a_day(story: Story) -> None:
    """The last one: after this the vote cannot be disputed."""
    even = opened(story)
    closed(story, even)
    result = story.leader.get(f"/v1/votes/{even}/results").json()
    story.town.move(datetime.fromisoformat(result["effective_at"]))
    until(lambda: story.leader.get(f"/v1/votes/{even}/results").json()["effective"])
    assert story.page(even).headers["cache-control"] == "public, max-age=86400"
    record = story.town.platform.http.get(f"/v1/votes/{even}/record")
    assert record.headers["cache-control"] == "public, max-age=86400, immutable"
