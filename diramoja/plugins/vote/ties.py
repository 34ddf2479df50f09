"""Ties that people decide: a lot from secrets that nobody could choose alone, a public draw, a casting vote.

Officers publish the hash of a secret each before the close. Once the result is known to be tied they reveal them; with
the last secret the lot is drawn (F20), and the ballots are counted again. Whoever keeps one back for a day brings about
a draw before witnesses, with minutes, which counts once two officers have entered the same.
"""

import hashlib
from datetime import timedelta
from typing import Annotated, Any

from msgspec import Meta

from diramoja.core import Call, Command, Context, Decision, Put, Reject, RemindAt, Reply
from diramoja.counting import lot_seed
from diramoja.fields import TEXT
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.state import Lot, Vote, has_office, noted, vote, vote_view
from diramoja.plugins.vote.tally import CountBallots, counting
from diramoja.plugins.vote.views import LotDraw, LotSecret, LotView

__all__ = ["CommitSecret", "DecideTie", "DrawLot", "RemindOfLot", "RevealSecret", "tie_asked"]

SECRETS = 20
"""And entries of what was drawn, one an officer."""
FEWEST = 2
REVEALED_WITHIN = timedelta(hours=24)

NOTICES = {
    "vote.casting_asked": "The vote {title} is tied: your casting vote decides.",
    "vote.lot_asked": "The vote {title} is tied: reveal your secret within 24 hours, so that the lot can decide.",
    "vote.lot_late": "The vote {title} is tied, and the secrets for the lot were not revealed: draw it in public, with"
    " minutes. Two who were there enter what was drawn.",
    "vote.draw_entered": "Somebody entered what was drawn for the vote {title}. It counts once a second one enters the"
    " same: do so if you were there, and say so if it is wrong.",
}

type Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="64 hexadecimal digits")]
type Order = Annotated[tuple[Annotated[int, Meta(ge=1, le=100)], ...], Meta(min_length=2, max_length=100)]
type Minutes = Annotated[str, Meta(min_length=20, max_length=4_000, pattern=TEXT)]


class CommitSecret(Command):
    """Publish the SHA-256 of a secret of 32 bytes, before the close; by a leader or an official. Answers a LotView."""

    commitment: Sha256


class RevealSecret(Command):
    """Reveal one's secret, in hexadecimal, once the result is tied. Answers a LotView."""

    secret: Sha256


class DrawLot(Command):
    """Say what was drawn in public, where the secrets were not revealed within a day. Answers a LotView.

    It decides once two officers have said the same; each may correct what they said until then.

    Attributes:
        order: the options that are tied, the first favoured.
        minutes: who was there, and how it was drawn.
    """

    order: Order
    minutes: Minutes


class DecideTie(Command):
    """Give the casting vote: the options that are tied, the first favoured; by the casting member. A VoteView."""

    order: Order


class RemindOfLot(Command):
    """The time to reveal secrets is over; a reminder."""


# --- before the close ---


@vote.on("scheduled", "open", "closing_soon")
def commit_secret(state: Vote, message: CommitSecret, context: Context) -> Decision:
    if refusal := _no_office(state, context):
        return refusal
    if context.now >= state.closes_at:
        return Reject("vote_closed", "This vote is closed.")
    lot = _lot(context)
    others = tuple(each for each in lot.secrets if each.member != context.sender)
    if any(each.commitment == message.commitment for each in others):
        return Reject("lot_invalid", "Somebody else published this: take a secret of your own.", 400)
    if len(others) >= SECRETS:
        return Reject("lot_full", f"{SECRETS} secrets are enough.")
    committed = lot.but(secrets=(*others, LotSecret(context.sender, message.commitment)))
    marked, entry = noted(state, context, "lot_committed", message.commitment)
    return marked, entry, Put(committed), Reply(_view(context, committed))


def _no_office(state: Vote, context: Context) -> Reject | None:
    if state.terms.tie_rule != "lot":
        return Reject("no_lot", "In this vote no tie is decided by lot.")
    if not has_office(context):
        return Reject("not_leader", "Leaders and officials see to the lot.", 403)
    if context.sender in state.terms.candidates:
        return Reject("recused", "Whoever stands takes no part in the lot.", 403)
    return None


def _lot(context: Context) -> Lot:
    return context.row(Lot, "lot") or Lot()


def _view(context: Context, lot: Lot) -> LotView:
    fields = {name: getattr(lot, name) for name in LotView.__struct_fields__ if hasattr(lot, name)}
    return LotView(**{**fields, "vote_id": context.id})


# --- once it is tied ---


@vote.on("results_published")
def reveal_secret(state: Vote, message: RevealSecret, context: Context) -> Decision:
    if refusal := _no_office(state, context) or _not_tied(state):
        return refusal
    lot = _lot(context)
    own = next((each for each in lot.secrets if each.member == context.sender), None)
    if own is None or hashlib.sha256(bytes.fromhex(message.secret)).hexdigest() != own.commitment:
        return Reject("lot_invalid", "This is not the secret whose hash you published.", 400)
    known = tuple(each.but(secret=message.secret) if each is own else each for each in lot.secrets)
    revealed = lot.but(secrets=known)
    marked, entry = noted(state, context, "lot_revealed", message.secret)
    if len(known) < FEWEST or not all(each.secret for each in known):
        return marked, entry, Put(revealed), Reply(_view(context, revealed))
    assert state.tallied is not None
    seed = lot_seed([bytes.fromhex(each.secret) for each in known], bytes.fromhex(state.tallied.record_hash)).hex()
    drawn = revealed.but(seed=seed, drawn_at=context.now)
    return *_again(marked.but(lot_seed=seed), context), entry, Put(drawn), Reply(_view(context, drawn))


@vote.on("results_published")
def draw_lot(state: Vote, message: DrawLot, context: Context) -> Decision:
    refusal = _no_office(state, context) or _not_tied(state) or _incomplete(state, message.order)
    if refusal:
        return refusal
    lot = _lot(context)
    if len(lot.secrets) >= FEWEST and state.lot_until is not None and context.now < state.lot_until:
        return Reject("lot_pending", "The officers have a day to reveal their secrets.")
    others = tuple(each for each in lot.draws if each.member != context.sender)
    if len(others) >= SECRETS:
        return Reject("lot_full", f"{SECRETS} have entered what was drawn.")
    entered = lot.but(draws=(*others, LotDraw(context.sender, message.order, message.minutes, context.now)))
    if all(each.order != message.order for each in others):
        marked, entry = noted(state, context, "lot_draw_entered", message.minutes)
        return marked, entry, Put(entered), *_second_asked(state, context), Reply(_view(context, entered))
    drawn = entered.but(order=message.order, drawn_at=context.now)
    marked, entry = noted(state, context, "lot_drawn", message.minutes)
    return *_again(marked.but(casting=message.order), context), entry, Put(drawn), Reply(_view(context, drawn))


def _second_asked(state: Vote, context: Context) -> tuple[Any, ...]:
    """Tell others who see to the lot that one of them entered what was drawn; once each."""
    officers = dict.fromkeys((state.scheduled_by, *(each.member for each in _lot(context).secrets)))
    notice = _notice(state, context, "vote.draw_entered")
    return tuple(tell for each in officers if each != context.sender for tell in notify(context, each, notice))


@vote.on("results_published")
def decide_tie(state: Vote, message: DecideTie, context: Context) -> Decision:
    if not state.terms.casting_member or context.sender != state.terms.casting_member:
        return Reject("not_casting_member", "The casting member decides a tie, if one was named.", 403)
    if refusal := _not_tied(state) or _incomplete(state, message.order):
        return refusal
    marked, entry = noted(state, context, "casting_vote", " ".join(map(str, message.order)))
    recounted, *effects = _again(marked.but(casting=message.order), context)
    return recounted, *effects, entry, Reply(vote_view(context, recounted))


def _not_tied(state: Vote) -> Reject | None:
    return None if state.outcome == "tied" else Reject("not_tied", "There is no tie to decide.")


def _incomplete(state: Vote, order: tuple[int, ...]) -> Reject | None:
    assert state.tallied is not None
    if len(set(order)) == len(order) and set(state.tallied.tied) <= set(order):
        return None
    return Reject("order_incomplete", "Name each option that is tied once, the favoured first.", 400)


def _again(state: Vote, context: Context) -> tuple[Vote, Call[CountBallots]]:
    """Counted once more, with what was decided."""
    recounted = state.but(phase="tallying", count_number=state.count_number + 1)
    return recounted, counting(recounted, context)


# --- who has to act ---


def tie_asked(state: Vote, context: Context) -> tuple[Any, ...]:
    """Tell those on whom it depends that the result is tied; from now on the officers have a day for their secrets."""
    if state.outcome != "tied":
        return (state,)
    if state.terms.tie_rule == "casting_vote":
        return state, *notify(context, state.terms.casting_member, _notice(state, context, "vote.casting_asked"))
    if state.terms.tie_rule != "lot":
        return (state,)
    officers = [each.member for each in _lot(context).secrets]
    told = [tell for each in officers for tell in notify(context, each, _notice(state, context, "vote.lot_asked"))]
    until = context.now + REVEALED_WITHIN
    return state.but(lot_until=until), *told, RemindAt(until, RemindOfLot())


@vote.on("results_published")
def remind_of_lot(state: Vote, message: RemindOfLot, context: Context) -> Decision:
    return (
        notify(context, state.scheduled_by, _notice(state, context, "vote.lot_late"))
        if state.outcome == "tied"
        else None
    )


@vote.on("tallying", "disputed")
def remind_of_no_lot(state: Vote, message: RemindOfLot, context: Context) -> Decision:
    """It is being decided."""
    return None


def _notice(state: Vote, context: Context, kind: str) -> Notify:
    return Notify(
        kind=kind,
        notice_class="personal",
        subject=Subject("vote", context.id),
        text=NOTICES[kind],
        values={"title": state.title},
        key=f"{kind}:{context.id}:{state.count_number}",
    )
