"""One chain of messages as a tree: what led to what."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import attrs

from diramoja.core.ids import partition_of

__all__ = ["Link", "Step", "chain_of"]

_TELL = re.compile(r"t(\d+)-\d+")
"""The id of a tell names the partition of the agent that told it."""


class Link(NamedTuple):
    """A row of a trace, as the operations port gives it."""

    at: datetime
    what: str
    kind: str
    agent: str
    name: str
    causation: str


@attrs.define
class Step:
    """A command and what was recorded of its decision; `steps` are the commands that followed from it."""

    command: str
    links: list[Link] = attrs.field(factory=list)
    steps: list["Step"] = attrs.field(factory=list)


def chain_of(correlation: str, rows: Sequence[tuple[datetime, str, str, str, str, str]]) -> Step:
    """The tree of a chain. A decision that recorded nothing is not in it; what it told hangs on the root.

    Args:
        correlation: id of the command that began the chain.
        rows: in the order in which they happened.
    """
    root = Step(correlation)
    steps = {correlation: root}
    for row in rows:
        link = Link(*row)
        command = link.causation or correlation
        if command not in steps:
            steps[command] = Step(command)
            _parent(command, root, list(steps.values())).steps.append(steps[command])
        steps[command].links.append(link)
    return root


def _parent(command: str, root: Step, earlier: Sequence[Step]) -> Step:
    """The latest step of an agent in the partition from which the command was told."""
    told = _TELL.fullmatch(command)
    if told is None:
        return root
    partition = int(told[1])
    for step in reversed(earlier):
        if any(link.kind and partition_of(link.kind, link.agent) == partition for link in step.links):
            return step
    return root
