"""Whoever was erased: what every agent that names them is told, and what helps it to forget."""

from typing import Any, Literal

from diramoja.core import AgentKind, Command, Context, Event, Personal, Put, Remove
from diramoja.core.messages import Message, decode, encode

__all__ = ["FORMER", "ForgetMember", "MemberErased", "forgotten_rows", "former"]

FORMER = "mem_former"
"""Stands where a member stood who was erased: the same for all of them, and nobody."""


class ForgetMember(Command):
    """A member was erased: this agent names them, or was theirs, in its state and in these rows (collection, key).

    Told again until nothing is found any more. `posts`: whether what they posted stays without its author.
    """

    member: Personal[str]
    posts: Literal["keep", "delete"]
    rows: tuple[tuple[str, str], ...] = ()


def former[M: Message](message: M, member: str) -> M:
    """The same, with a former member where this one stood."""
    return decode(type(message), encode(message).replace(member.encode(), FORMER.encode()))


def forgotten_rows(kind: AgentKind[Any], message: ForgetMember, context: Context) -> list[Put | Remove]:
    """The rows of this kind that are named, each with a former member in it, or gone where the agent was theirs."""
    effects: list[Put | Remove] = []
    for collection, key in message.rows:
        row = context.row(kind.rows[collection], key) if collection in kind.rows else None
        changed = former(row, message.member) if row and context.id != message.member else None
        if row and (changed is None or changed.key != key):
            effects.append(Remove(kind.rows[collection], key))
        effects += [Put(changed)] if changed else []
    return effects


class MemberErased(Event, name="member.erased"):
    """The term of somebody who left is over: who they were is being forgotten everywhere."""

    member: Personal[str]
