"""Whether one order explains concurrent operations, in which each took effect between its call and its answer.

Source: Wing & Gong 1993, with the cache of Lowe 2017 (visited sets of operations and states). Small histories only:
here one post with what some people did to it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import attrs

__all__ = ["Operation", "explain"]


@attrs.frozen
class Operation:
    """What a client did: `returned` is infinite where no answer came, and then it may or may not have happened."""

    who: str
    what: str
    invoked: float
    returned: float
    kind: str = ""
    status: int = 0
    shown: Any = None

    @property
    def answered(self) -> bool:
        """Whether the client knows what came of it."""
        return self.returned != math.inf


def explain[S](
    operations: Sequence[Operation], initial: S, step: Callable[[S, Operation], S | None]
) -> list[Operation] | None:
    """An order that explains all answers, or None.

    Args:
        operations: of one object.
        initial: its state before any of them; hashable.
        step: the state after an operation, or None where its answer is impossible in this state.
    """
    every = sorted(operations, key=lambda each: each.invoked)
    needed = sum(1 << place for place, each in enumerate(every) if each.answered)
    visited: set[tuple[int, S]] = set()
    stack: list[tuple[int, S, tuple[int, ...]]] = [(0, initial, ())]
    while stack:
        done, state, path = stack.pop()
        if done & needed == needed:
            return [every[place] for place in path]
        left = [place for place in range(len(every)) if not done >> place & 1]
        first_answer = min(every[place].returned for place in left)
        for place in left:
            if every[place].invoked > first_answer:
                break  # Whatever was called later came after that answer.
            after = step(state, every[place])
            if after is not None and (done | 1 << place, after) not in visited:
                visited.add((done | 1 << place, after))
                stack.append((done | 1 << place, after, (*path, place)))
    return None
