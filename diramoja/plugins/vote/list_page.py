"""Votes as a page for people: those that are open, those to come, and what was decided. Pure."""

from collections.abc import Callable, Sequence
from html import escape

from diramoja.plugins.vote.count_queries import Listed
from diramoja.plugins.vote.markup import Say, link, minute, paragraph, section
from diramoja.plugins.vote.page import OUTCOMES, PHASES
from diramoja.plugins.vote.views import VoteView
from diramoja.ports.texts import msgid

__all__ = ["list_page"]

VOTES = msgid("Votes of the community")
OPEN, COMING, OVER = msgid("Open now"), msgid("Coming"), msgid("Results")
NONE = msgid("None at the moment.")
CLOSES = msgid("Closes {date}. {ballots} of {roll} have voted.")
OPENS = msgid("Opens {date}.")
CHOSEN = msgid("Chosen: {winners}.")
CLOSED = msgid("Closed {date}.")
OLDER = msgid("Older results")
NEWEST = msgid("The newest votes")


def list_page(listed: Listed, say: Say) -> str:
    """The inside of the page, as HTML. On further pages only results follow."""
    parts = [f'<div class="hero"><h1>{escape(say(VOTES, {}))}</h1></div>']
    if listed.is_first:
        parts.append(_part(say(OPEN, {}), listed.open, _open, say))
        parts.append(_part(say(COMING, {}), listed.coming, _coming, say))
    parts.append(_part(say(OVER, {}), listed.over.items, _over, say))
    if not listed.is_first:
        parts.append(f"<p>{link('/votes', say(NEWEST, {}))}</p>")
    if listed.over.next_cursor:
        parts.append(f"<p>{link(f'/votes?cursor={listed.over.next_cursor}', say(OLDER, {}))}</p>")
    return "\n".join(parts)


def _part(title: str, votes: Sequence[VoteView], said: Callable[[VoteView, Say], str], say: Say) -> str:
    items = "".join(
        f'<li class="card"><a href="/votes/{escape(each.id)}" dir="auto">{escape(each.title)}</a>'
        f"{paragraph(said(each, say))}</li>"
        for each in votes
    )
    return section(title, f'<ul class="votes">{items}</ul>' if items else paragraph(say(NONE, {})))


def _open(vote: VoteView, say: Say) -> str:
    values = {"ballots": f"{vote.turnout:,}", "roll": f"{vote.roll_size:,}"}
    return say(CLOSES, {"date": minute(vote.closes_at), **values}) if vote.closes_at else ""


def _coming(vote: VoteView, say: Say) -> str:
    return say(OPENS, {"date": minute(vote.opens_at)}) if vote.opens_at else ""


def _over(vote: VoteView, say: Say) -> str:
    names = ", ".join(each.text for number in vote.winners for each in vote.options if each.number == number)
    if names:
        outcome = say(CHOSEN, {"winners": names})
    else:
        outcome = say(OUTCOMES[vote.outcome] if vote.outcome else PHASES[vote.phase], {}) + "."
    if vote.phase == "cancelled" or vote.closes_at is None:
        return outcome
    return f"{outcome} {say(CLOSED, {'date': minute(vote.closes_at)})}"
