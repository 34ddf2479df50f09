"""Sends a conversation through the agents: members join, a topic opens, statements are posted, participants react.

Every command has an id of its own, `import:<set>:<row>`, so an import that was broken off, or is run again, changes
nothing that was done: what has its answer is not sent again, what was sent and not answered is dropped as a repeat.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import batched

import anyio
import attrs
import msgspec

from diramoja.core.envelope import Envelope, pack
from diramoja.core.errors import UnavailableError
from diramoja.core.ids import derive_id
from diramoja.core.messages import Command, encode
from diramoja.core.ports.broker import Broker, Outgoing
from diramoja.core.ports.records import Operations
from diramoja.plugins.member.contracts import Join, SubmitPost
from diramoja.plugins.topic.contracts import ModeratePost, OpenTopic, React
from diramoja_community.importing.polis import Conversation

__all__ = ["Imported", "Importer", "Progress"]

type Progress = Callable[[str, int, int], None]
"""Called with (what, done, all) as commands are answered."""

CHUNK = 500
WINDOW = 2_000
"""Commands sent and not yet answered."""
POLL_S = 0.05
PATIENCE_S = 60.0
TITLE_MAX = 200
DESCRIPTION_MAX = 4_000
BODY_MAX = 10_000

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


@attrs.frozen
class Imported:
    """What came of it; `accepted` counts commands with an answer below 400, `refused` the others by their code."""

    topic: str
    members: int
    statements: int
    reactions: int
    accepted: int
    refused: Counter[str]


@attrs.frozen
class _Step:
    """One command: the row that makes its id, where it goes and who sends it."""

    row: str
    kind: str
    agent: str
    command: Command
    sender: str


class Importer:
    """Imports one conversation."""

    def __init__(self, broker: Broker, operations: Operations, conversation: Conversation, progress: Progress) -> None:
        self._broker = broker
        self._operations = operations
        self._what = conversation
        self._progress = progress
        self._set = _NAME.sub("-", conversation.name)[:60]
        self._refused: Counter[str] = Counter()
        self._accepted = 0

    async def run(self) -> Imported:
        """Import all; one stage is answered before the next begins.

        Raises:
            UnavailableError: no answer comes any more; run it again later.
        """
        await self._stage("members", list(self._members()))
        await self._stage("topic", [self._topic()])
        await self._stage("topic", [self._topic_shown()])
        await self._stage("statements", list(self._statements()))
        await self._stage("moderation", list(self._shown()))
        before = self._accepted
        await self._stage("reactions", list(self._reactions()))
        reactions = self._accepted - before
        await self._stage("refused statements", list(self._hidden()))
        what = self._what
        return Imported(
            self.topic, len(what.participants), len(what.statements), reactions, self._accepted, self._refused
        )

    # --- what is sent ---

    @property
    def topic(self) -> str:
        """Id of the topic."""
        return derive_id("top", "import", self._set)

    def member(self, participant: str) -> str:
        """Id of a participant's member."""
        return derive_id("mem", f"import:{self._set}", participant)

    def post(self, statement: str) -> str:
        """Id of a statement's post."""
        return derive_id("pst", f"import:{self._set}", statement)

    def _members(self) -> Iterator[_Step]:
        for participant in self._what.participants:
            name = f"{self._set.lower()}_{participant}"
            yield self._step(f"member:{participant}", "member", self.member(participant), Join(name), "")

    def _topic(self) -> _Step:
        title = _clean(self._what.title, TITLE_MAX)
        description = _clean(self._what.description, DESCRIPTION_MAX)
        command = OpenTopic(title.ljust(3, "."), description, "imported", tags=("polis",))
        return self._step("topic", "topic", self.topic, command, self.member(self._what.participants[0]))

    def _topic_shown(self) -> _Step:
        command = ModeratePost(self.topic, "publish", "Shown in the original conversation.")
        return self._step("topic:shown", "topic", self.topic, command, "import")

    def _statements(self) -> Iterator[_Step]:
        for each in self._what.statements:
            author = self.member(each.author)
            command = SubmitPost(self.topic, self.post(each.id), _clean(each.body, BODY_MAX) or "…")
            yield self._step(f"statement:{each.row}", "member", author, command, author)

    def _shown(self) -> Iterator[_Step]:
        """All are shown while people react; the screening does not decide again what people decided then."""
        for each in self._what.statements:
            command = ModeratePost(self.post(each.id), "publish", "Shown in the original conversation.")
            yield self._step(f"shown:{each.row}", "topic", self.topic, command, "import")

    def _reactions(self) -> Iterator[_Step]:
        for vote in self._what.votes:
            command = React(self.post(vote.statement), vote.kind)
            yield self._step(str(vote.row), "topic", self.topic, command, self.member(vote.voter))

    def _hidden(self) -> Iterator[_Step]:
        for each in self._what.statements:
            if not each.accepted:
                command = ModeratePost(self.post(each.id), "hide", "Refused by the moderators of the conversation.")
                yield self._step(f"hidden:{each.row}", "topic", self.topic, command, "import")

    def _step(self, row: str, kind: str, agent: str, command: Command, sender: str) -> _Step:  # noqa: PLR0917
        return _Step(f"import:{self._set}:{row}", kind, agent, command, sender)

    # --- how it is sent ---

    async def _stage(self, name: str, steps: Sequence[_Step]) -> None:
        """Send in order within a window; returns when all are answered."""
        waiting: dict[str, None] = {}
        done = 0
        for chunk in batched(steps, CHUNK):
            answered = await self._answered([step.row for step in chunk])
            done += len(answered)
            fresh = [step for step in chunk if step.row not in answered]
            await self._publish([_outgoing(step) for step in fresh])
            waiting.update(dict.fromkeys(step.row for step in fresh))
            self._progress(name, done, len(steps))
            while len(waiting) > WINDOW - CHUNK:
                done += await self._collect(waiting)
                self._progress(name, done, len(steps))
        while waiting:
            done += await self._collect(waiting)
            self._progress(name, done, len(steps))

    async def _collect(self, waiting: dict[str, None]) -> int:
        """Wait until at least one more is answered; how many are."""
        with anyio.move_on_after(PATIENCE_S):
            while True:
                await anyio.sleep(POLL_S)
                answered = await self._answered(list(waiting))
                for row in answered:
                    del waiting[row]
                if answered:
                    return len(answered)
        raise UnavailableError(
            f"{len(waiting)} commands have no answer.", cure="Is a worker running? The import can be run again."
        )

    async def _answered(self, rows: Sequence[str]) -> set[str]:
        found = await self._operations.answers(rows)
        for each in found:
            if each.status is not None and each.status < 400:  # noqa: PLR2004  # HTTP: below are answers, above refusals
                self._accepted += 1
            else:
                self._refused[_code(each.answer)] += 1
        return {each.id for each in found}

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        """What may not have been stored is sent again: the ids are the same."""
        with anyio.move_on_after(PATIENCE_S):
            while messages:
                try:
                    await self._broker.publish(messages)
                except UnavailableError:
                    await anyio.sleep(POLL_S)
                else:
                    return
        if messages:
            raise UnavailableError("The broker takes no commands.", cure="The import can be run again.")


def _outgoing(step: _Step) -> Outgoing:
    body = encode(step.command)
    envelope = Envelope(
        id=step.row,
        version=step.command.schema_version,
        body=body,
        sender=step.sender,
        correlation=step.row,
        request=step.row,
        digest=hashlib.blake2b(body, digest_size=16).digest(),
    )
    return Outgoing(f"cmd.{step.kind}.{step.agent}.{step.command.wire_name}", pack(envelope))


def _clean(text: str, most: int) -> str:
    """Without control characters, no longer than a topic takes."""
    return _CONTROLS.sub(" ", text).strip()[:most]


def _code(answer: bytes | None) -> str:
    try:
        return str(msgspec.json.decode(answer or b"{}").get("code", "unknown"))
    except (msgspec.DecodeError, AttributeError):
        return "unknown"
