"""The statutes of an organisation as data: what its articles ask of a vote, and whether a vote keeps to them. Pure.

    [[vote.statutes]]
    article = "§ 12 (2)"
    vote_types = ["binding_vote"]
    notice_days = 14
    quorum_ratio = 0.5

An article speaks of all votes that meet each of its conditions (`vote_types`, `on_persons`, `categories`); a vote keeps
to all articles that speak of it. What an article does not name, it does not ask for.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import attrs
import msgspec
from msgspec import Meta

from diramoja.core import Reject, View
from diramoja.plugins.vote.words import (
    AnonymityLevel,
    BodyId,
    BodySeat,
    Majority,
    QuorumRatio,
    RollRule,
    Terms,
    TieRule,
    VoteType,
    VotingMethod,
)

__all__ = ["Finding", "Motion", "Statute", "Statutes", "breaches_in", "findings_on", "statutes_refusal"]

type Caller = Literal["member", "active_member", "leader", "official"]
type Text = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
type Days = Annotated[int, Meta(ge=0, le=3_650)]


class Statute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One article. The first three say which votes it is about, the others what it asks of them.

    Attributes:
        article: where it stands, as a refusal names it.
        vote_types: votes of these types; none: of all.
        on_persons: votes on persons only, or others only.
        categories: votes on topics of these categories; none: on all.
        called_by: who schedules them, by role; or any member of one of `called_by_bodies`.
        called_by_bodies: see `called_by`.
        notice_days: from scheduling to the opening, at least.
        open_days: from the opening to the close, at least.
        quorum_ratio: at least.
        majorities: one of these. `methods`, `anonymity_levels`, `tie_rules`: likewise.
        roll: exactly this rule; where it names no regions or bodies, the roll may be narrowed to some.
        casting_seat: whoever has a casting vote has this seat.
        delegation: whether it is allowed.
    """

    article: Text
    vote_types: Annotated[tuple[VoteType, ...], Meta(max_length=10)] = ()
    on_persons: bool | None = None
    categories: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    called_by: Annotated[tuple[Caller, ...], Meta(max_length=10)] = ()
    called_by_bodies: Annotated[tuple[BodyId, ...], Meta(max_length=100)] = ()
    notice_days: Days | None = None
    open_days: Days | None = None
    quorum_ratio: QuorumRatio | None = None
    majorities: Annotated[tuple[Majority, ...], Meta(max_length=10)] = ()
    methods: Annotated[tuple[VotingMethod, ...], Meta(max_length=50)] = ()
    anonymity_levels: Annotated[tuple[AnonymityLevel, ...], Meta(max_length=10)] = ()
    tie_rules: Annotated[tuple[TieRule, ...], Meta(max_length=10)] = ()
    roll: RollRule | None = None
    casting_seat: BodySeat | None = None
    delegation: bool | None = None

    def speaks_of(self, terms: Terms) -> bool:
        """Whether it is about this vote."""
        return (
            (not self.vote_types or terms.vote_type in self.vote_types)
            and (self.on_persons is None or terms.on_persons == self.on_persons)
            and (not self.categories or terms.category in self.categories)
        )


type Statutes = Annotated[tuple[Statute, ...], Meta(max_length=200)]


@attrs.frozen
class Motion:
    """A vote that is to be scheduled: as what, by whom, when.

    Attributes:
        roles: of whoever schedules it; `seats`: where they are in bodies.
        casting_seats: where the casting member is in bodies.
    """

    terms: Terms
    at: datetime
    roles: frozenset[str] = frozenset()
    seats: tuple[BodySeat, ...] = ()
    casting_seats: tuple[BodySeat, ...] = ()


class Finding(View):
    """What an article asks of a vote, what the vote has, and whether it keeps to it."""

    article: str
    rule: str
    required: str
    given: str
    is_met: bool

    def __str__(self) -> str:
        """For people: what is asked for where."""
        return f"{self.article}: {self.required}, not {self.given}."


def findings_on(statutes: Iterable[Statute], motion: Motion) -> list[Finding]:
    """What each article that speaks of the vote asks of it, in the order of the statutes."""
    return [
        Finding(statute.article, rule, *found)
        for statute in statutes
        if statute.speaks_of(motion.terms)
        for rule, check in _RULES.items()
        if (found := check(statute, motion)) is not None
    ]


def breaches_in(statutes: Iterable[Statute], motion: Motion) -> list[Finding]:
    """Only where the vote would break an article."""
    return [each for each in findings_on(statutes, motion) if not each.is_met]


def statutes_refusal(statutes: Iterable[Statute], motion: Motion) -> Reject | None:
    """A refusal that names every article that the vote would break; None where it breaks none."""
    broken = breaches_in(statutes, motion)
    return Reject("against_statutes", " ".join(map(str, broken))) if broken else None


type _Found = tuple[str, str, bool] | None
"""What is asked for, what there is, whether that will do; None: the article does not say."""


def _caller(statute: Statute, motion: Motion) -> _Found:
    if not statute.called_by and not statute.called_by_bodies:
        return None
    by_role = not motion.roles.isdisjoint(statute.called_by)
    by_seat = any(seat.body in statute.called_by_bodies for seat in motion.seats)
    able = [f"role {each}" for each in statute.called_by] + [f"body {each}" for each in statute.called_by_bodies]
    given = "by them" if by_role or by_seat else "by somebody else"
    return f"scheduled by {' or '.join(able)}", given, by_role or by_seat


def _notice(statute: Statute, motion: Motion) -> _Found:
    return _days("notice", statute.notice_days, _between(motion.at, motion.terms.opens_at))


def _open(statute: Statute, motion: Motion) -> _Found:
    return _days("time to vote", statute.open_days, _between(motion.terms.opens_at, motion.terms.closes_at))


def _between(begin: datetime | None, end: datetime | None) -> timedelta:
    return end - begin if begin and end else timedelta(0)


def _days(what: str, least: int | None, given: timedelta) -> _Found:
    if least is None:
        return None
    return f"{what} of at least {least} days", f"{given / timedelta(days=1):.3g}", given >= timedelta(days=least)


def _quorum(statute: Statute, motion: Motion) -> _Found:
    least, given = statute.quorum_ratio, motion.terms.quorum_ratio
    return None if least is None else (f"a quorum of at least {least:.4g}", f"{given:.4g}", given >= least)


def _one_of(what: str, able: Sequence[str], given: str) -> _Found:
    return (f"{what} {' or '.join(able)}", given, given in able) if able else None


def _roll(statute: Statute, motion: Motion) -> _Found:
    asked, given = statute.roll, motion.terms.roll
    if asked is None:
        return None
    narrowed = RollRule(
        levels=given.levels,
        standings=given.standings,
        regions=given.regions if asked.regions else (),
        bodies=given.bodies if asked.bodies else (),
        member_days=given.member_days,
    )
    return f"a roll of {_roll_text(asked)}", _roll_text(narrowed), _sets(asked) == _sets(narrowed)


def _sets(rule: RollRule) -> tuple[frozenset[str] | int, ...]:
    return (*map(frozenset, (rule.levels, rule.standings, rule.regions, rule.bodies)), rule.member_days)


def _roll_text(rule: RollRule) -> str:
    parts = [f"{', '.join(sorted(rule.levels))}", f"in standing {', '.join(sorted(rule.standings))}"]
    parts += [f"of {', '.join(sorted(names))}" for names in (rule.regions, rule.bodies) if names]
    return " ".join([*parts, *([f"for {rule.member_days} days"] if rule.member_days else [])])


def _casting(statute: Statute, motion: Motion) -> _Found:
    seat = statute.casting_seat
    if seat is None or motion.terms.tie_rule != "casting_vote":
        return None
    is_met = seat in motion.casting_seats
    return f"a casting vote of the {seat.role} of {seat.body}", "theirs" if is_met else "somebody else's", is_met


def _delegation(statute: Statute, motion: Motion) -> _Found:
    if statute.delegation is None:
        return None
    words = {True: "with delegation", False: "without delegation"}
    given = motion.terms.delegation
    return words[statute.delegation], words[given], given <= statute.delegation


_RULES: dict[str, Callable[[Statute, Motion], _Found]] = {
    "called_by": _caller,
    "notice": _notice,
    "open_days": _open,
    "quorum": _quorum,
    "majority": lambda statute, motion: _one_of("a majority of", statute.majorities, motion.terms.majority),
    "method": lambda statute, motion: _one_of("the method", statute.methods, motion.terms.voting_method),
    "anonymity": lambda statute, motion: _one_of("ballots", statute.anonymity_levels, motion.terms.anonymity_level),
    "roll": _roll,
    "tie_rule": lambda statute, motion: _one_of("the tie rule", statute.tie_rules, motion.terms.tie_rule),
    "casting_vote": _casting,
    "delegation": _delegation,
}
