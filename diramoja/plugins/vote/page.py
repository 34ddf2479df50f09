"""A vote as a page for people: what was asked, who could vote, how it was counted, and how to count it again. Pure."""

import shlex
from collections.abc import Mapping, Sequence
from html import escape

from msgspec.structs import replace

from diramoja.counting import Count
from diramoja.counting.text import conclusion, introduction
from diramoja.plugins.vote.charts import duels, grades, percent, rounds, share_of, turnout_charts, turnout_line
from diramoja.plugins.vote.count_queries import Shown
from diramoja.plugins.vote.markup import Say, facts, link, minute, moment, paragraph, section, written
from diramoja.plugins.vote.views import DisputeView, ResultView, VoteView
from diramoja.ports.texts import msgid

__all__ = ["OUTCOMES", "PHASES", "recount_command", "rules_of", "vote_page"]

DISPUTES_SHOWN = 20
LETTERS = 600
"""Of a text about a dispute; the whole of it is in the data."""

PHASES = {
    "draft": msgid("Draft"),
    "scheduled": msgid("Not open yet"),
    "open": msgid("Open: votes can be cast"),
    "closing_soon": msgid("Closing soon: votes can still be cast"),
    "closed": msgid("Closed: the ballots are about to be counted"),
    "tallying": msgid("The ballots are being counted"),
    "results_published": msgid("The results are published"),
    "disputed": msgid("The results are disputed"),
    "cancelled": msgid("Cancelled"),
}
OUTCOMES = {
    "decided": msgid("Decided"),
    "tied": msgid("Tied; how that is decided is still to come"),
    "status_quo": msgid("Tied: nothing changes"),
    "run_off": msgid("A run-off follows"),
    "no_majority": msgid("The majority asked for was not reached"),
    "no_votes": msgid("All ballots are blank"),
    "no_quorum": msgid("Too few took part: nothing is decided"),
    "annulled": msgid("Annulled"),
}
METHODS = {
    "simple_majority": msgid("one choice; the most votes win"),
    "plurality": msgid("one choice; the most votes win"),
    "approval": msgid("any number of choices; the most votes win"),
    "score": msgid("a grade for each option; the largest sum wins"),
    "instant_runoff": msgid("options are ranked; the last one goes out until one has more than half"),
    "scottish_stv": msgid("options are ranked; votes that one does not need are handed on"),
    "meek_stv": msgid("options are ranked; votes that one does not need are handed on"),
    "schulze": msgid("options are ranked; every two are compared"),
    "majority_judgement": msgid("a grade for each option; the best median wins"),
}
MAJORITIES = {
    "plurality": msgid("more votes than any other"),
    "absolute": msgid("more than half of the valid votes"),
    "two_thirds": msgid("at least two thirds of the valid votes"),
    "of_roll": msgid("more than half of all who could vote"),
}
TIES = {
    "status_quo": msgid("nothing changes"),
    "run_off": msgid("a run-off"),
    "casting_vote": msgid("a casting vote"),
    "lot": msgid("a lot"),
}
SECRECY = {
    "public": msgid("public: everybody can see who chose what"),
    "pseudonymous": msgid("published without names, equal ballots together"),
    "anonymous": msgid("secret"),
}
DECISIONS = {
    "reject": msgid("Rejected"),
    "recount": msgid("Counted again"),
    "annul": msgid("The vote was annulled"),
}

ASKED = msgid("What was asked")
OPTIONS = msgid("Options")
METHOD = msgid("Method of counting")
SEATS = msgid("To be chosen")
MAJORITY = msgid("Majority needed")
TIE = msgid("If votes are equal")
BALLOTS = msgid("Ballots")
OPENS, CLOSES = msgid("Opens"), msgid("Closes")
OPENS_AT, CLOSES_AT, CLOSED_AT = msgid("Opens {date}"), msgid("Closes {date}"), msgid("Closed {date}")
LONGER = msgid("{date}, moved by {minutes} minutes after an outage")
TERMS_HASH = msgid("SHA-256 of the question and its rules")
TOOK_PART = msgid("Who could vote, and who did")
ROLL_HASH = msgid("SHA-256 of the roll")
FROZEN = msgid("Frozen")
QUORUM = msgid("Quorum")
QUORUM_MET = msgid("{needed} ballots were needed: reached")
QUORUM_MISSED = msgid("{needed} ballots were needed: missed")
QUORUM_NEEDED = msgid("{needed} ballots are needed")
NO_QUORUM = msgid("none asked for")
BLANK = msgid("Blank ballots")
DELEGATED = msgid("Cast by delegates")
RESULT = msgid("Result")
VOTES_OF = msgid("{votes} of {whole} votes ({percent})")
NOT_YET = msgid("The results are shown here when the ballots are counted.")
COUNT = msgid("The count")
RECOUNT = msgid("Count it again")
RECOUNT_TEXT = msgid("Everybody can: save the ballots as {file}, install DiraMoja and run this. It needs no server.")
RECORD_TEXT = msgid("It ends with the SHA-256 of the ballots that it counted, which has to be this one:")
RECEIPTS_TEXT = msgid("Whoever voted finds their own receipt among them.")
COUNT_DATA = msgid("The count as data (JSON)")
COUNT_PICTURE = msgid("The count as a picture (SVG)")
WHOLE_RECORD = msgid("All of it in one archive, with a README that says how to check it (TAR)")
BALLOTS_CSV = msgid("The ballots as CSV")
BALLOTS_BLT = msgid("The ballots as BLT")
RECEIPTS = msgid("Receipts of all counted ballots (JSON)")
AUDIT = msgid("What was done with the vote (JSON)")
DISPUTES = msgid("Disputes")
DISPUTES_DATA = msgid("All disputes (JSON)")
NO_DISPUTES = msgid("None so far.")
UNTIL = msgid("Everybody on the roll can dispute the results until {date}.")
FINAL = msgid("The results stand: the time for disputes is over.")
NOT_DECIDED = msgid("To be decided until {date}")
REASON = msgid("Reason: {reason}")


def vote_page(shown: Shown, say: Say, regions: Mapping[str, str] | None = None) -> str:
    """The inside of the page, as HTML; whatever members wrote is escaped. `regions`: names by id."""
    vote, result, count = shown.vote, shown.result, shown.count
    asked, took_part = _asked(vote, say), _took_part(shown, say, regions or {})
    if result is None or count is None:
        waits = "" if vote.phase == "cancelled" else paragraph(say(NOT_YET, {}))
        return "\n".join([_hero(vote, say), waits, asked, took_part])
    shown_as = replace(count, winners=result.winners)  # Whoever is first where too few voted is not elected.
    parts = [_hero(vote, say), _result(result, count, say), asked, took_part, _count(shown_as, say)]
    return "\n".join([*parts, _again(vote, count, result, say), _disputes(result, shown.disputes, say)])


# --- what was asked, who took part ---


def _hero(vote: VoteView, say: Say) -> str:
    said = say(PHASES[vote.phase], {}) if vote.phase in PHASES else vote.phase
    style = "down" if vote.phase == "cancelled" else "degraded" if vote.phase == "disputed" else "ready"
    when = _when(vote, say)
    return (
        f'<div class="hero"><h1 dir="auto">{escape(vote.title)}</h1><p class="state {style}">{escape(said)}</p>'
        f"{f'<p>{escape(when)}</p>' if when else ''}</div>"
    )


def _when(vote: VoteView, say: Say) -> str:
    if isinstance(vote.cancel_reason, str):
        return say(REASON, {"reason": vote.cancel_reason})
    if vote.phase == "cancelled":
        return ""
    text = OPENS_AT if vote.phase == "scheduled" else CLOSES_AT if vote.phase in {"open", "closing_soon"} else CLOSED_AT
    at = vote.opens_at if vote.phase == "scheduled" else vote.closes_at
    return say(text, {"date": minute(at)}) if at else ""


def _method(vote: VoteView, say: Say) -> str:
    ranked = "instant_runoff" if vote.seats == 1 else "scottish_stv"
    words = METHODS.get(ranked if vote.voting_method == "ranked_choice" else vote.voting_method)
    return f"{say(words, {})} ({vote.voting_method})" if words else vote.voting_method


def rules_of(vote: VoteView, say: Say) -> dict[str, str]:
    """Its rules in words, each by its name."""
    return {
        METHOD: _method(vote, say),
        SEATS: str(vote.seats),
        MAJORITY: say(MAJORITIES[vote.majority], {}),
        TIE: say(TIES[vote.tie_rule], {}),
        BALLOTS: say(SECRECY[vote.anonymity_level], {}),
    }


def _asked(vote: VoteView, say: Say) -> str:
    told = {
        **{name: escape(text) for name, text in rules_of(vote, say).items()},
        OPENS: moment(vote.opens_at),
        CLOSES: _closes(vote, say),
        TERMS_HASH: _hash(vote.terms_hash),
    }
    options = "".join(f'<li dir="auto">{escape(each.text)}</li>' for each in vote.options)
    inside = f"{written(vote.description)}<h3>{escape(say(OPTIONS, {}))}</h3><ol>{options}</ol>{_said(told, say)}"
    return section(say(ASKED, {}), inside, "asked")


def _closes(vote: VoteView, say: Say) -> str:
    if not vote.extended_s or vote.closes_at is None:
        return moment(vote.closes_at)
    return escape(say(LONGER, {"date": minute(vote.closes_at), "minutes": str(vote.extended_s // 60)}))


def _took_part(shown: Shown, say: Say, regions: Mapping[str, str]) -> str:
    vote, roll, result = shown.vote, shown.roll, shown.result
    ballots = result.ballots if result else vote.turnout
    told = {
        QUORUM: escape(_quorum(vote, result, say)),
        BLANK: str(result.blank) if result else "",
        DELEGATED: str(result.delegated) if result and vote.delegation else "",
        FROZEN: moment(roll.frozen_at),
        ROLL_HASH: _hash(roll.hash),
    }
    chart = turnout_line(ballots, roll.size, vote.quorum_needed, say)
    report = turnout_charts(shown.participation, regions, say) if shown.participation else ""
    return section(say(TOOK_PART, {}), f"{chart}{_said(told, say)}{report}", "turnout")


def _quorum(vote: VoteView, result: ResultView | None, say: Say) -> str:
    if not vote.quorum_needed:
        return say(NO_QUORUM, {})
    text = QUORUM_NEEDED if result is None else QUORUM_MET if result.quorum_met else QUORUM_MISSED
    return say(text, {"needed": str(vote.quorum_needed)})


# --- the count ---


def _result(result: ResultView, count: Count, say: Say) -> str:
    """What it came to; where nothing is decided, the count does not say who would have been chosen."""
    winners = "".join(_winner(count, number, say) for number in result.winners)
    if winners:
        said = [f'<ul class="cards">{winners}</ul>', *map(paragraph, conclusion(count, say)[:-1])]
    elif result.outcome in {"no_quorum", "annulled"}:
        said = [paragraph(say(OUTCOMES[result.outcome], {}))]
    else:
        said = [paragraph(say(OUTCOMES[result.outcome], {})), *map(paragraph, conclusion(count, say))]
    return section(say(RESULT, {}), "".join(said), "result")


def _winner(count: Count, number: int, say: Say) -> str:
    votes, whole = share_of(count, number)
    values = {"votes": f"{votes:,}", "whole": f"{whole:,}", "percent": percent(votes, whole)}
    said = f"<span>{escape(say(VOTES_OF, values))}</span>" if whole else ""
    return f'<li class="card"><b dir="auto">{escape(count.name(number))}</b>{said}</li>'


def _count(count: Count, say: Say) -> str:
    parts = [paragraph(line) for line in introduction(count, say)]
    if count.grading:
        parts.append(grades(count, count.grading, say))
    parts += rounds(count, say)
    if count.pairwise:
        parts.append(duels(count, count.pairwise, say))
    return section(say(COUNT, {}), "".join(parts), "count")


# --- again, and disputes ---


def recount_command(vote: VoteView, count: Count, roll_size: int, file: str) -> str:
    """What counts the ballots of a file as the vote did, lot, casting vote and majority included."""
    words = ["diramoja", "count", count.method, file, "--seats", str(count.seats), "--ties", vote.tie_rule]
    if count.tie and count.tie.seed:
        words += ["--seed", count.tie.seed]
    elif count.tie and count.tie.order:
        words += ["--casting", ",".join(map(str, count.tie.order))]
    if vote.majority != "plurality":
        words += ["--majority", vote.majority, "--roll", str(roll_size)]
    return shlex.join([*words, "--explain"])


def _again(vote: VoteView, count: Count, result: ResultView, say: Say) -> str:
    files = {
        "record": WHOLE_RECORD,
        "ballots.csv": BALLOTS_CSV,
        **({} if count.grading or vote.form == "grade" else {"ballots.blt": BALLOTS_BLT}),
        "count": COUNT_DATA,
        "count.svg": COUNT_PICTURE,
        "audit": AUDIT,
        "receipts": RECEIPTS,
    }
    items = "".join(f"<li>{link(f'/v1/votes/{vote.id}/{path}', say(text, {}))}</li>" for path, text in files.items())
    command = escape(recount_command(vote, count, result.roll_size, f"{vote.id}.csv"))
    inside = (
        f'{paragraph(say(RECOUNT_TEXT, {"file": f"{vote.id}.csv"}))}<pre dir="ltr" tabindex="0"><code>{command}</code>'
        f"</pre>{paragraph(say(RECORD_TEXT, {}))}<p>{_hash(result.record_hash)}</p>"
        f"<ul>{items}</ul>{paragraph(say(RECEIPTS_TEXT, {}))}"
    )
    return section(say(RECOUNT, {}), inside, "again")


def _disputes(result: ResultView, disputes: Sequence[DisputeView], say: Say) -> str:
    until = say(FINAL, {}) if result.effective else say(UNTIL, {"date": minute(result.effective_at)})
    items = "".join(_dispute(each, say) for each in disputes[:DISPUTES_SHOWN])
    data = f"<p>{link(f'/v1/votes/{result.vote_id}/disputes', say(DISPUTES_DATA, {}))}</p>" if disputes else ""
    return section(say(DISPUTES, {}), f"{paragraph(until)}{items or paragraph(say(NO_DISPUTES, {}))}{data}", "disputes")


def _dispute(dispute: DisputeView, say: Say) -> str:
    if dispute.decision and dispute.decided_at:
        state = f"{say(DECISIONS[dispute.decision], {})}, {minute(dispute.decided_at)}"
    else:
        state = say(NOT_DECIDED, {"date": minute(dispute.decide_by)})
    reasons = "".join(paragraph(say(REASON, {"reason": _shortened(each)})) for each in dispute.reasons)
    return (
        f'<article class="card">{written(_shortened(dispute.text))}'
        f"<p>{moment(dispute.filed_at)} · <strong>{escape(state)}</strong></p>{reasons}</article>"
    )


# --- texts ---


def _shortened(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _hash(digits: str) -> str:
    return f"<code>{escape(digits)}</code>" if digits else ""


def _said(told: Mapping[str, str], say: Say) -> str:
    return facts({escape(say(name, {})): value for name, value in told.items()})
