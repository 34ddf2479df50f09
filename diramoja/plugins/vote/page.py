"""A vote as a page for people: what was asked, who could vote, how it was counted, and how to count it again. Pure."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape

from diramoja.counting import Count
from diramoja.counting.picture import picture, round_picture
from diramoja.counting.text import conclusion, introduction, remarks, round_title, table
from diramoja.counting.values import Pairwise, Round
from diramoja.plugins.vote.count_queries import Shown
from diramoja.plugins.vote.views import DisputeView, ResultView, VoteView
from diramoja.ports.texts import msgid

__all__ = ["recount_command", "vote_page"]

type Say = Callable[[str, Mapping[str, str]], str]

ROUNDS_SHOWN = 60
DUELS_SHOWN = 30
"""Options up to which every two are shown against each other."""

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
    "pseudonymous": msgid("the ballots are published without names, in random order"),
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
TERMS_HASH = msgid("SHA-256 of the question and its rules")
TOOK_PART = msgid("Who could vote, and who did")
ON_ROLL = msgid("On the roll")
ROLL_HASH = msgid("SHA-256 of the roll")
FROZEN = msgid("Frozen")
TURNOUT = msgid("Turnout")
TURNED_OUT = msgid("{ballots} of {roll} ({percent} %)")
QUORUM = msgid("Quorum")
QUORUM_MET = msgid("{needed} ballots were needed: reached")
QUORUM_MISSED = msgid("{needed} ballots were needed: missed")
QUORUM_NEEDED = msgid("{needed} ballots are needed")
NO_QUORUM = msgid("none asked for")
BLANK = msgid("Blank ballots")
DELEGATED = msgid("Cast by delegates")
RESULT = msgid("Result")
NOT_YET = msgid("The results are shown here when the ballots are counted.")
COUNT = msgid("The count")
ROUND = msgid("Round {number}")
AS_TABLE = msgid("As a table")
OPTION, VOTES, STATE = msgid("Option"), msgid("Votes"), msgid("State")
MORE_ROUNDS = msgid("{count} further rounds are in the data of the count.")
DUELS = msgid("Every two options against each other")
DUELS_TEXT = msgid("How many ballots prefer the option of the line to that of the column.")
RECOUNT = msgid("Count it again")
RECOUNT_TEXT = msgid("Everybody can: save the ballots as {file}, install DiraMoja and run this. It needs no server.")
RECORD_HASH = msgid("SHA-256 of the published ballots")
COUNT_DATA = msgid("The count as data (JSON)")
COUNT_PICTURE = msgid("The count as a picture (SVG)")
BALLOTS_CSV = msgid("The ballots as CSV")
BALLOTS_BLT = msgid("The ballots as BLT")
RECEIPTS = msgid("Receipts of all counted ballots (JSON)")
RECEIPTS_TEXT = msgid("Whoever voted finds the own receipt among them.")
DISPUTES = msgid("Disputes")
NO_DISPUTES = msgid("None so far.")
UNTIL = msgid("Everybody on the roll can dispute the results until {date}.")
FINAL = msgid("The results stand: the time for disputes is over.")
NOT_DECIDED = msgid("To be decided until {date}")
REASON = msgid("Reason: {reason}")


def vote_page(shown: Shown, say: Say) -> str:
    """The inside of the page, as HTML; whatever members wrote is escaped."""
    parts = [_hero(shown.vote, say), _asked(shown.vote, say), _took_part(shown, say)]
    if shown.result is None or shown.count is None:
        parts.append(_section(say(RESULT, {}), _p(say(NOT_YET, {}))))
    else:
        decided = shown.result.outcome not in ("no_quorum", "annulled")
        parts += [_result(shown.result, shown.count, say), _count(shown.count, say, concludes=decided)]
        parts += [_again(shown.vote, shown.count, shown.result, say), _disputes(shown.result, shown.disputes, say)]
    return "\n".join(parts)


# --- what was asked, who took part ---


def _hero(vote: VoteView, say: Say) -> str:
    said = say(PHASES[vote.phase], {}) if vote.phase in PHASES else vote.phase
    style = "down" if vote.phase == "cancelled" else "degraded" if vote.phase == "disputed" else "ready"
    return f'<div class="hero"><h1>{escape(vote.title)}</h1><p class="state {style}">{escape(said)}</p></div>'


def _method(vote: VoteView, say: Say) -> str:
    ranked = "instant_runoff" if vote.seats == 1 else "scottish_stv"
    words = METHODS.get(ranked if vote.voting_method == "ranked_choice" else vote.voting_method)
    return f"{say(words, {})} ({vote.voting_method})" if words else vote.voting_method


def _asked(vote: VoteView, say: Say) -> str:
    facts = {
        METHOD: _method(vote, say),
        SEATS: str(vote.seats),
        MAJORITY: say(MAJORITIES[vote.majority], {}),
        TIE: say(TIES[vote.tie_rule], {}),
        BALLOTS: say(SECRECY[vote.anonymity_level], {}),
        OPENS: _date(vote.opens_at),
        CLOSES: _date(vote.closes_at),
        TERMS_HASH: vote.terms_hash,
    }
    options = "".join(f"<li>{escape(each.text)}</li>" for each in vote.options)
    text = f'<p class="lead">{escape(vote.description)}</p>' if vote.description else ""
    return _section(say(ASKED, {}), f"{text}<h3>{escape(say(OPTIONS, {}))}</h3><ol>{options}</ol>{_facts(facts, say)}")


def _took_part(shown: Shown, say: Say) -> str:
    vote, roll, result = shown.vote, shown.roll, shown.result
    ballots = result.ballots if result else vote.turnout
    percent = f"{100 * ballots / roll.size:.1f}" if roll.size else "0"
    facts = {
        ON_ROLL: str(roll.size),
        FROZEN: _date(roll.frozen_at),
        ROLL_HASH: roll.hash,
        TURNOUT: say(TURNED_OUT, {"ballots": str(ballots), "roll": str(roll.size), "percent": percent}),
        QUORUM: _quorum(vote, result, say),
    }
    if result:
        facts |= {BLANK: str(result.blank), DELEGATED: str(result.delegated) if vote.delegation else ""}
    label = escape(say(TURNOUT, {}))
    meter = f'<meter min="0" max="{max(roll.size, 1)}" value="{ballots}" aria-label="{label}">{percent} %</meter>'
    return _section(say(TOOK_PART, {}), meter + _facts(facts, say))


def _quorum(vote: VoteView, result: ResultView | None, say: Say) -> str:
    if not vote.quorum_needed:
        return say(NO_QUORUM, {})
    text = QUORUM_NEEDED if result is None else QUORUM_MET if result.quorum_met else QUORUM_MISSED
    return say(text, {"needed": str(vote.quorum_needed)})


# --- the count ---


def _result(result: ResultView, count: Count, say: Say) -> str:
    names = [count.name(number) for number in result.winners]
    winners = "".join(f'<li class="card"><b>{escape(name)}</b></li>' for name in names)
    cards = f'<ul class="cards">{winners}</ul>' if names else ""
    return _section(say(RESULT, {}), f"{_p(say(OUTCOMES[result.outcome], {}))}{cards}")


def _count(count: Count, say: Say, *, concludes: bool) -> str:
    parts = [_p(line) for line in introduction(count, say)]
    if count.grading:
        parts.append(f'<div class="scroll" tabindex="0">{picture(count, say)}</div>')
    else:
        parts += [_round(count, each, say) for each in count.rounds[:ROUNDS_SHOWN]]
    if (more := len(count.rounds) - ROUNDS_SHOWN) > 0:
        parts.append(_p(say(MORE_ROUNDS, {"count": str(more)})))
    if count.pairwise and len(count.options) <= DUELS_SHOWN:
        parts.append(_duels(count, count.pairwise, say))
    if concludes:
        parts += [_p(line) for line in conclusion(count, say)]
    return _section(say(COUNT, {}), "".join(parts))


def _round(count: Count, round_: Round, say: Say) -> str:
    head = f"{say(ROUND, {'number': str(round_.number)})}: {round_title(count, round_, say)}"
    heads = [say(OPTION, {}), say(VOTES, {}), say(STATE, {})]
    said = "".join(f"<li>{escape(line)}</li>" for line in remarks(count, round_, say))
    return (
        f'<h3>{escape(head)}</h3><div class="scroll" tabindex="0">{round_picture(count, round_, say)}</div>'
        f"<ul>{said}</ul><details><summary>{escape(say(AS_TABLE, {}))}</summary>"
        f'<div class="body">{_table(heads, table(count, round_, say))}</div></details>'
    )


def _duels(count: Count, pairwise: Pairwise, say: Say) -> str:
    names = [each.name for each in count.options]
    rows = [
        [name, *("" if place == other else str(votes) for other, votes in enumerate(row))]
        for place, (name, row) in enumerate(zip(names, pairwise.wins, strict=True))
    ]
    return f"<h3>{escape(say(DUELS, {}))}</h3>{_p(say(DUELS_TEXT, {}))}{_table(['', *names], rows)}"


# --- again, and disputes ---


def recount_command(vote: VoteView, count: Count, roll_size: int) -> str:
    """What counts the downloaded ballots as the vote did, lot, casting vote and majority included."""
    words = ["diramoja", "count", count.method, f"{vote.id}.csv", "--seats", str(count.seats), "--ties", vote.tie_rule]
    if count.tie and count.tie.seed:
        words += ["--seed", count.tie.seed]
    elif count.tie and count.tie.order:
        words += ["--casting", ",".join(map(str, count.tie.order))]
    if vote.majority != "plurality":
        words += ["--majority", vote.majority, "--roll", str(roll_size)]
    return shlex.join([*words, "--explain"])


def _again(vote: VoteView, count: Count, result: ResultView, say: Say) -> str:
    links = {
        "ballots.csv": BALLOTS_CSV,
        **({} if count.grading or vote.form == "grade" else {"ballots.blt": BALLOTS_BLT}),
        "count": COUNT_DATA,
        "count.svg": COUNT_PICTURE,
        "receipts": RECEIPTS,
    }
    items = "".join(
        f'<li><a href="/v1/votes/{escape(vote.id)}/{path}">{escape(say(text, {}))}</a></li>'
        for path, text in links.items()
    )
    command = escape(recount_command(vote, count, result.roll_size))
    facts = _facts({RECORD_HASH: result.record_hash}, say)
    return _section(
        say(RECOUNT, {}),
        f'{_p(say(RECOUNT_TEXT, {"file": f"{vote.id}.csv"}))}<pre tabindex="0"><code>{command}</code></pre>'
        f"<ul>{items}</ul>{_p(say(RECEIPTS_TEXT, {}))}{facts}",
    )


def _disputes(result: ResultView, disputes: Sequence[DisputeView], say: Say) -> str:
    until = say(FINAL, {}) if result.effective else say(UNTIL, {"date": _date(result.effective_at)})
    items = "".join(_dispute(each, say) for each in disputes)
    return _section(say(DISPUTES, {}), f"{_p(until)}{items or _p(say(NO_DISPUTES, {}))}")


def _dispute(dispute: DisputeView, say: Say) -> str:
    if dispute.decision:
        state = f"{say(DECISIONS[dispute.decision], {})}, {_date(dispute.decided_at)}"
    else:
        state = say(NOT_DECIDED, {"date": _date(dispute.decide_by)})
    reasons = "".join(_p(say(REASON, {"reason": each})) for each in dispute.reasons)
    return (
        f'<article class="card"><p class="lead">{escape(dispute.text)}</p>'
        f"<p>{escape(_date(dispute.filed_at))} · <strong>{escape(state)}</strong></p>{reasons}</article>"
    )


# --- HTML ---


def _date(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _facts(facts: Mapping[str, str], say: Say) -> str:
    return f'<div class="scroll" tabindex="0"><table><tbody>{"".join(_fact_rows(facts, say))}</tbody></table></div>'


def _fact_rows(facts: Mapping[str, str], say: Say) -> Iterator[str]:
    for name, value in facts.items():
        if value:
            yield f'<tr><th scope="row">{escape(say(name, {}))}</th><td class="wrap">{escape(value)}</td></tr>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first cell of each row is its head."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
