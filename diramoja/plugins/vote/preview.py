"""A vote played through before it is opened: what happens when, what it takes, and what the rules say. Pure."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from diramoja.core import View
from diramoja.core.errors import DiramojaError
from diramoja.plugins.vote.roll import TOO_MANY
from diramoja.plugins.vote.rules import (
    closing_soon_at,
    notice_refusal,
    office_refusal,
    quorum_of,
    terms_refusal,
    urgent_at,
)
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import OFFICERS
from diramoja.plugins.vote.statutes import Finding, Motion, findings_on
from diramoja.plugins.vote.words import Majority, RollRule

__all__ = ["PLATFORM", "Preview", "Step", "lines_of", "majority_of", "preview_of"]

PLATFORM = "DiraMoja"
"""Stands where an article would, for what every vote here keeps to."""


class Step(View):
    """What happens at a time; `phase` is "" where the vote stays in the one before."""

    at: datetime
    phase: str
    what: str


class Preview(View):
    """A vote as it would go.

    Attributes:
        roll_size: members whom the rule names now.
        quorum_needed: ballots.
        majority_at_quorum: votes for what wins, where as few vote as the quorum allows and no ballot is blank.
        majority_of_all: the same where everybody votes.
        is_allowed: no rule is broken.
    """

    title: str
    steps: tuple[Step, ...]
    roll: RollRule
    roll_size: int
    quorum_ratio: float
    quorum_needed: int
    majority: Majority
    majority_at_quorum: int
    majority_of_all: int
    tie_rule: str
    rules: tuple[Finding, ...]
    is_allowed: bool


def preview_of(
    title: str, motion: Motion, roll_size: int, settings: VoteSettings, *, unfit: Sequence[DiramojaError] = ()
) -> Preview:
    """Play it through, as if it were scheduled at `motion.at`.

    Args:
        title: of the vote.
        motion: its terms, when it would be scheduled and by whom.
        roll_size: members whom its rule names.
        settings: with the statutes.
        unfit: why its method does not fit, or who is named and is no member.
    """
    terms = motion.terms
    rules = (*_platform(motion, roll_size, settings, unfit), *findings_on(settings.statutes, motion))
    quorum = quorum_of(terms.quorum_ratio, roll_size)
    return Preview(
        title=title,
        steps=tuple(sorted(_steps(motion, settings), key=lambda step: step.at)),
        roll=terms.roll,
        roll_size=roll_size,
        quorum_ratio=terms.quorum_ratio,
        quorum_needed=quorum,
        majority=terms.majority,
        majority_at_quorum=majority_of(terms.majority, max(quorum, min(roll_size, 1)), roll_size),
        majority_of_all=majority_of(terms.majority, roll_size, roll_size),
        tie_rule=terms.tie_rule,
        rules=rules,
        is_allowed=all(each.is_met for each in rules),
    )


def majority_of(majority: Majority, valid: int, roll_size: int) -> int:
    """Votes that are enough against one other option, of this many valid ballots that are not blank."""
    if majority == "two_thirds":
        return math.ceil(2 * valid / 3)
    return (roll_size if majority == "of_roll" else valid) // 2 + 1


def _platform(
    motion: Motion, roll_size: int, settings: VoteSettings, unfit: Sequence[DiramojaError]
) -> Sequence[Finding]:
    terms, at = motion.terms, motion.at
    office = office_refusal(terms, has_office=not motion.roles.isdisjoint(OFFICERS))
    refused = [office, terms_refusal(terms, at, settings) or notice_refusal(terms, at, settings)]
    reasons = [(each.code, each.detail) for each in refused if each] + [(each.code, str(each)) for each in unfit]
    if terms.tie_rule == "casting_vote" and roll_size > settings.casting_roll_max:
        reasons.append(("casting_member_unfit", TOO_MANY.format(most=settings.casting_roll_max)))
    if not reasons:
        return [Finding(PLATFORM, "terms", "what every vote keeps to", "kept", is_met=True)]
    return [Finding(PLATFORM, code, detail, "broken", is_met=False) for code, detail in reasons]


def _steps(motion: Motion, settings: VoteSettings) -> Iterator[Step]:
    opens, closes = motion.terms.opens_at, motion.terms.closes_at
    yield Step(motion.at, "scheduled", "What is asked is fixed, and so is the roll.")
    if opens is None or closes is None or closes <= opens:
        return
    objections = opens - timedelta(hours=settings.objections_until_hours)
    if objections > motion.at:
        yield Step(objections, "", "Objections to the roll end.")
    yield Step(opens, "open", "Ballots are taken; everybody on the roll is told.")
    yield Step(closing_soon_at(opens, closes, settings), "closing_soon", "Whoever has not voted is reminded.")
    if motion.terms.quorum_ratio:
        urgent = urgent_at(opens, closes, settings)
        yield Step(urgent, "", "Where the quorum is missing, whoever has not voted is reminded once more.")
    yield Step(closes, "closed", "No more ballots; they are counted.")
    yield Step(closes, "results_published", "Some moments later the result is published.")
    effective = closes + timedelta(hours=settings.dispute_hours)
    yield Step(effective, "", "Disputes end; without any, the result takes effect.")


def lines_of(preview: Preview) -> Sequence[str]:
    """As text, a line each."""
    roll = preview.roll
    lines = [preview.title, "", "When"]
    lines += [f"  {step.at:%Y-%m-%d %H:%M} UTC  {step.phase:<17}  {step.what}" for step in preview.steps]
    lines += ["", "Who and how many"]
    lines.append(
        f"  roll      {preview.roll_size} members: {', '.join(roll.levels)}, in standing {_or(roll.standings)}"
    )
    if not preview.roll_size:
        lines.append("            Nobody could vote: look at the regions and bodies.")
    lines += [f"            only {what} {_or(names)}" for what, names in _narrowed(roll) if names]
    lines.append(f"  quorum    {preview.quorum_needed} ballots ({preview.quorum_ratio:.4g} of the roll)")
    lines.append(
        f"  majority  {preview.majority}: of two options {preview.majority_at_quorum} votes at the quorum,"
        f" {preview.majority_of_all} if all vote"
    )
    lines += [f"  tie       {preview.tie_rule}", "", "Rules"]
    lines += [f"  {'pass' if each.is_met else 'FAIL'}  {each.article}: {_said(each)}" for each in preview.rules]
    return [*lines, "", "It may be scheduled." if preview.is_allowed else "It would be refused."]


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def _narrowed(roll: RollRule) -> list[tuple[str, Sequence[str]]]:
    days = (f"{roll.member_days} days",) if roll.member_days else ()
    return [("in the regions", roll.regions), ("in the bodies", roll.bodies), ("members for", days)]


def _said(finding: Finding) -> str:
    if finding.article == PLATFORM:
        return finding.required
    return f"{finding.required}{'' if finding.is_met else f', not {finding.given}'}"
