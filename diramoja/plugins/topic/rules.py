"""Reactions and numbers of a post; pure."""

from diramoja.plugins.topic.contracts import ReactionKind

__all__ = ["NO_REACTIONS", "axis_of", "recounted", "top_score"]

NO_REACTIONS: dict[str, int] = {"agree": 0, "disagree": 0, "pass": 0, "like": 0}


def axis_of(kind: ReactionKind) -> str:
    """`stance` or `like`: a member has at most one reaction to a post on each."""
    return "like" if kind == "like" else "stance"


def recounted(reactions: dict[str, int], *, gone: str | None = None, come: str | None = None) -> dict[str, int]:
    """The counts after one reaction went, came, or both."""
    changed = dict(reactions)
    if gone is not None:
        changed[gone] -= 1
    if come is not None:
        changed[come] += 1
    return changed


def top_score(reactions: dict[str, int]) -> int:
    """What `sort=top` orders by: how many agree with it or like it. Disagreement takes nothing away."""
    return reactions["agree"] + reactions["like"]
