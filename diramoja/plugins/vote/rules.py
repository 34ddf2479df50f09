"""What may be asked and how, when things happen, what came out: pure functions on values."""

import hashlib
import math
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from diramoja.core import Reject
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import Tallied
from diramoja.plugins.vote.words import Outcome, RollRule, Terms, VoteOption

__all__ = [
    "UNBINDING", "closing_soon_at", "notice_refusal", "office_refusal", "outcome_of", "quorum_of", "roll_digest",
    "station_of", "stations_for", "terms_hash", "terms_json", "terms_refusal", "urgent_at", "wording_refusal",
]  # fmt: skip

STATION_BYTES = 8
UNBINDING = ("poll", "survey", "straw_poll")
_AGAINST = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of what follows."""


def terms_refusal(terms: Terms, now: datetime, settings: VoteSettings, *, is_draft: bool = False) -> Reject | None:
    """Why there can be no such vote, whoever asks; None where there can. Drafts of software miss options and times."""
    shape = None if is_draft and not terms.options else _shape(terms)
    times = None if is_draft and not terms.opens_at else _times(terms, now, settings)
    return _secrecy(terms) or shape or _far(terms, now, settings) or times


def _far(terms: Terms, now: datetime, settings: VoteSettings) -> Reject | None:
    """Of a draft one of the times may be missing; beyond the year 9999 in UTC none can be shown."""
    opens = now + timedelta(days=settings.ahead_max_days)
    closes = opens + timedelta(days=settings.duration_max_days)
    if (terms.opens_at and terms.opens_at > opens) or (terms.closes_at and terms.closes_at > closes):
        return Reject("opens_too_late", f"A vote opens in {settings.ahead_max_days} days at the latest.", 400)
    return None


def _secrecy(terms: Terms) -> Reject | None:
    if terms.delegation and (terms.on_persons or terms.anonymity_level == "anonymous"):
        return Reject("delegation_refused", "In secret votes and votes on persons everybody votes for themselves.")
    if terms.anonymity_level == "anonymous":
        return Reject(
            "secret_ballot_unavailable",
            "Anonymous votes need secret ballots, which are not available yet: choose public or pseudonymous.",
        )
    if terms.on_persons and terms.anonymity_level != "public":
        return Reject(
            "persons_need_public", "A vote on persons is public, or secret; secret ballots are not available yet."
        )
    hidden = terms.vote_type == "binding_vote" or terms.on_persons or terms.revote
    if terms.live_tally and (hidden or terms.anonymity_level != "public"):
        return Reject(
            "live_tally_refused",
            "How a vote stands is shown only of public ones that bind nobody, concern no persons and allow one ballot.",
        )
    return None


def _shape(terms: Terms) -> Reject | None:
    if terms.seats >= terms.options:
        return Reject("seats_too_many", "A vote has more options than seats.", 400)
    if (terms.tie_rule == "casting_vote") != bool(terms.casting_member):
        return Reject("casting_member_unfit", "A casting member is named where the tie rule is casting_vote.", 400)
    if "supporter" in terms.roll.levels and terms.vote_type not in UNBINDING:
        return Reject("roll_unfit", "Supporters are no members: they take part in polls, and decide nothing.", 400)
    return _persons(terms)


def _persons(terms: Terms) -> Reject | None:
    named = [each for each in terms.candidates if each]
    if terms.casting_member and terms.casting_member in named:
        return Reject("casting_member_unfit", "Whoever stands does not decide a tie.", 400)
    if terms.on_persons != bool(named):
        return Reject("candidates_unfit", "Options name members in votes on persons, and only there.", 400)
    if len(set(named)) != len(named):
        return Reject("candidate_twice", "Nobody stands twice.", 400)
    return None


def wording_refusal(texts: Iterable[str], options: Iterable[VoteOption]) -> Reject | None:
    """Why nobody could tell what is asked: text that runs against its direction, options that look alike or empty."""
    given = tuple(options)
    if any(not _AGAINST.isdisjoint(each) for each in (*texts, *(option.text for option in given))):
        return Reject("wording_unclear", "Signs that turn the direction of a text hide what it says.", 400)
    seen = [(_looks(each.text), each.member_id) for each in given]
    if len(set(seen)) < len(seen) or any(not text for text, _ in seen):
        return Reject("wording_unclear", "Every option shows something, and no two look alike.", 400)
    return None


def _looks(text: str) -> str:
    """Without what cannot be seen: forms of a letter, capitals, spaces and signs without width are alike."""
    shown = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each)[0] != "C")
    return "".join(shown.casefold().split())


def office_refusal(terms: Terms, *, has_office: bool) -> Reject | None:
    """Why somebody does not schedule this; None where a leader or an official asks, or it decides nothing."""
    if has_office or (terms.vote_type in UNBINDING and not terms.on_persons):
        return None
    return Reject("not_leader", "A leader or an official schedules what decides something or is on persons.", 403)


def notice_refusal(terms: Terms, now: datetime, settings: VoteSettings) -> Reject | None:
    """Why what decides something is not scheduled any more: nobody could object to the roll."""
    assert terms.opens_at is not None
    hours = settings.objections_until_hours
    if terms.vote_type in UNBINDING or terms.opens_at - now >= timedelta(hours=hours):
        return None
    return Reject(
        "opens_too_soon", f"It opens in {hours} hours at the earliest: objections to the roll take time.", 400
    )


def _times(terms: Terms, now: datetime, settings: VoteSettings) -> Reject | None:
    if terms.opens_at is None or terms.closes_at is None or terms.opens_at <= now:
        return Reject("opens_in_the_past", "A vote opens later than now.", 400)
    lasts = terms.closes_at - terms.opens_at
    if lasts < timedelta(minutes=settings.duration_min_minutes):
        return Reject("vote_too_short", f"A vote is open for {settings.duration_min_minutes} minutes at least.", 400)
    if lasts > timedelta(days=settings.duration_max_days):
        return Reject("vote_too_long", f"A vote is open for {settings.duration_max_days} days at most.", 400)
    return None


def terms_hash(title: str, description: str, options: Iterable[VoteOption], terms: Terms) -> str:
    """SHA-256, in hexadecimal, of all that cannot change any more."""
    return hashlib.sha256(terms_json(title, description, options, terms)).hexdigest()


def terms_json(title: str, description: str, options: Iterable[VoteOption], terms: Terms) -> bytes:
    """All that cannot change any more, as JSON with sorted keys: byte by byte what the hash is of."""
    content = {"title": title, "description": description, "options": list(options), "terms": terms}
    return msgspec.json.encode(content, order="deterministic")


def roll_digest(rule: RollRule) -> "hashlib._Hash":
    """SHA-256 over the rule as JSON with sorted keys; then come the sorted ids, each followed by a line feed."""
    return hashlib.sha256(msgspec.json.encode(rule, order="deterministic") + b"\n")


def stations_for(roll_size: int, settings: VoteSettings) -> int:
    """How many polling stations a vote has."""
    return max(1, min(settings.stations_max, math.ceil(roll_size / settings.station_members)))


def station_of(vote: str, voter: str, stations: int) -> int:
    """The number, from 1, of the station where a member votes; the station's id is `<vote>-<number>`."""
    digest = hashlib.blake2b(f"{vote}\x1f{voter}".encode(), digest_size=STATION_BYTES).digest()
    return int.from_bytes(digest) % stations + 1


def quorum_of(ratio: float, roll_size: int) -> int:
    """Ballots that are enough: the ratio as written in decimals, so that .3 of 400 is 120."""
    return math.ceil(round(ratio * roll_size, 6))


def closing_soon_at(opens_at: datetime, closes_at: datetime, settings: VoteSettings) -> datetime:
    """When the last part begins."""
    share = (closes_at - opens_at) * settings.closing_soon_ratio
    return closes_at - min(timedelta(hours=settings.closing_soon_hours), share)


def urgent_at(opens_at: datetime, closes_at: datetime, settings: VoteSettings) -> datetime:
    """When a missing quorum becomes urgent."""
    return closes_at - min(timedelta(hours=settings.urgent_hours), (closes_at - opens_at) * settings.urgent_ratio)


def outcome_of(terms: Terms, tallied: Tallied, roll_size: int) -> tuple[Outcome, tuple[int, ...]]:
    """What it came to, and what won: as counted, where so many voted that it counts."""
    if tallied.ballots < quorum_of(terms.quorum_ratio, roll_size):
        return "no_quorum", ()
    return tallied.outcome, tallied.winners
