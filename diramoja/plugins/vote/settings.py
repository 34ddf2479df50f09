"""Settings of votes."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings
from diramoja.plugins.vote.statutes import Statutes

__all__ = ["VoteSettings"]

type Ratio = Annotated[float, Meta(ge=0, le=1)]
type Hours = Annotated[int, Meta(ge=1, le=720)]
type Days = Annotated[int, Meta(ge=1, le=366)]


class VoteSettings(Settings, frozen=True, kw_only=True):
    """How votes run.

    Attributes:
        duration_min_minutes: a vote is open for so long at least.
        duration_max_days: and for so long at the most.
        ahead_max_days: it opens at most so many days from when it is drafted.
        own_polls_a_day: so many may a member without an office schedule in a day: all on the roll are told of each.
        objections_until_hours: so long before a vote opens objections to its roll end.
        closing_soon_hours: the last part of a vote is at most so long,
        closing_soon_ratio: and at most this share of its duration.
        urgent_hours: where the quorum is missing, everybody is reminded so long before the close at most,
        urgent_ratio: and at most this share of the duration before it.
        outage_min_minutes: an outage has to be longer than this to move a close.
        dispute_hours: so long after its publication a result may be disputed; only then it takes effect.
        dispute_decision_days: within so many days a committee decides a dispute.
        committee_min: so many people decide a dispute at least.
        casting_roll_max: only where no more are on the roll, one of them may decide a tie.
        station_members: on the roll for each polling station.
        stations_max: polling stations of one vote.
        delegation_steps_max: so many steps a delegated ballot travels at most.
        delegations_carried_min: so many ballots of others a delegate carries at most,
        delegations_carried_ratio: or this share of the roll, where that is more.
        delegation_days_max: then a delegation expires.
        delegations_max: of one member, each in another scope.
        delegation_kept_days: so long after its end a delegation is remembered, for counts that ask what was in force.
        statutes: articles of the organisation, as [[vote.statutes]]; a vote that would break one is not scheduled.
        grades_max: the highest grade of an option, where options are graded from 0.
        burst_deviations: a minute with ballots so many (robust) deviations above the median minute is unusual,
        burst_roll_ratio: if they are more than this share of the roll.
        recent_levels_days: levels that were set within so many days before the roll was frozen are new,
        recent_levels_ratio: and unusual if this share of the ballots is from such accounts.
        irregular_ballots_min: what concerns fewer ballots is never unusual.
        late_roll_hours: a roll that is changed within so many hours before a vote opens is changed late.
        voters_kept_days: who voted is kept for so long after the time for disputes,
        roll_kept_days: who was on the roll for so long after the results,
        roll_hash_kept_days: and the hash of the roll for so long.
        turnout_every_s: so often a station tells the vote how many ballots it has.
        seal_key_file: of the key that the keys of votes are sealed with; empty: made in the data folder.
    """

    duration_min_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 5
    duration_max_days: Days = 366
    ahead_max_days: Annotated[int, Meta(ge=1, le=365_250)] = 36_525
    own_polls_a_day: Annotated[int, Meta(ge=0, le=1_000)] = 5
    objections_until_hours: Hours = 24
    closing_soon_hours: Hours = 24
    closing_soon_ratio: Ratio = 0.10
    urgent_hours: Hours = 6
    urgent_ratio: Ratio = 0.10
    outage_min_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 15
    dispute_hours: Hours = 72
    dispute_decision_days: Days = 14
    committee_min: Annotated[int, Meta(ge=3, le=50)] = 3
    casting_roll_max: Annotated[int, Meta(ge=1, le=1_000)] = 30
    station_members: Annotated[int, Meta(ge=10, le=1_000_000)] = 2_000
    stations_max: Annotated[int, Meta(ge=1, le=64)] = 64
    delegation_steps_max: Annotated[int, Meta(ge=1, le=20)] = 5
    delegations_carried_min: Annotated[int, Meta(ge=1, le=1_000)] = 3
    delegations_carried_ratio: Ratio = 0.01
    delegation_days_max: Days = 365
    delegations_max: Annotated[int, Meta(ge=1, le=100)] = 50
    delegation_kept_days: Days = 90
    statutes: Statutes = ()
    grades_max: Annotated[int, Meta(ge=1, le=100)] = 5
    burst_deviations: Annotated[float, Meta(ge=3, le=1_000)] = 10.0
    burst_roll_ratio: Ratio = 0.02
    recent_levels_days: Days = 7
    recent_levels_ratio: Ratio = 0.10
    irregular_ballots_min: Annotated[int, Meta(ge=5, le=1_000_000)] = 20
    late_roll_hours: Hours = 24
    voters_kept_days: Days = 90
    roll_kept_days: Annotated[int, Meta(ge=1, le=3_660)] = 365
    roll_hash_kept_days: Annotated[int, Meta(ge=1, le=36_600)] = 2_556
    turnout_every_s: Annotated[int, Meta(ge=1, le=3_600)] = 1
    seal_key_file: str = ""
