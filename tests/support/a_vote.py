"""A vote as people read it, published and with a hostile text in every place, for tests of what is made of it."""

from datetime import UTC, datetime, timedelta

from diramoja.plugins.vote.views import OptionView, VoteView
from diramoja.plugins.vote.words import Majority as MajorityRule
from diramoja.plugins.vote.words import RollRule, TieRule

__all__ = ["HOSTILE", "LATER", "NOON", "a_vote"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>"
LATER = NOON + timedelta(hours=72)


def a_vote(*, majority: MajorityRule = "plurality", tie_rule: TieRule = "lot", quorum: int = 0) -> VoteView:
    return VoteView(
        id="vot_1",
        title=f"Vote {HOSTILE}",
        description=HOSTILE,
        vote_type="poll",
        options=tuple(OptionView(n, text) for n, text in enumerate(("Ayo", "Bahati", HOSTILE), 1)),
        voting_method="simple_majority",
        form="choose_one",
        anonymity_level="public",
        majority=majority,
        quorum_ratio=0.5,
        tie_rule=tie_rule,
        seats=1,
        on_persons=False,
        revote=False,
        live_tally=False,
        delegation=False,
        opens_at=NOON,
        closes_at=LATER,
        roll=RollRule(),
        topic_id="",
        phase="results_published",
        created_by="mem_author",
        created_at=NOON,
        roll_size=20,
        quorum_needed=quorum,
        published_at=LATER,
    )
