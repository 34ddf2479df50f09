"""The screening of a topic: judges each post in order and knows which case is open about which post."""

from collections.abc import Sequence
from typing import Literal

from diramoja.core import AgentKind, Context, Decision, Personal, Put, Remove, Reply, Row, State, Tell, fact
from diramoja.plugins.information.contracts import PostFlagged
from diramoja.plugins.moderator.contracts import (
    EndCase,
    Evidence,
    FileReport,
    FlagPost,
    JoinCase,
    OpenCase,
    PostCleared,
    ReportView,
    ScreenPost,
)
from diramoja.plugins.moderator.rules import AWAY, judge
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.topic.contracts import PostReceived
from diramoja.ports.classifier import Assessment, Classifier

__all__ = ["Filed", "Matter", "Screening", "assessment", "screening"]


class Matter(Row):
    """The open case about a post."""

    post: str
    case: str


class Filed(Row):
    """A member's report of a post; the key is both."""

    id: str
    reporter: Personal[str]
    report: str


class Screening(State, version=1):
    """Counts of a topic's posts."""

    phase: Literal["absent", "watching"] = "absent"
    screened: int = 0
    held: int = 0
    hidden: int = 0


@fact(ScreenPost, fallback=AWAY)
async def assessment(messages: Sequence[ScreenPost], classifier: Classifier) -> Sequence[Assessment]:
    """What the classifier says of the texts of a batch."""
    return await classifier.assess([message.body for message in messages])


screening = AgentKind("screening", Screening, prefix="scr", rows=[Matter, Filed], facts=[assessment])


@screening.on("absent", "watching")
def screen(state: Screening, message: ScreenPost, context: Context) -> Decision:
    judgement = judge(context.fact(assessment), message.body, context.settings(ModerationSettings))
    outcome = judgement.outcome
    counted = state.but(
        phase="watching",
        screened=state.screened + 1,
        held=state.held + (outcome == "held"),
        hidden=state.hidden + (outcome == "hidden"),
    )
    cleared = PostCleared(
        topic=context.id,
        post=message.post,
        author=message.author,
        body=message.body,
        outcome=outcome,
        reason=judgement.reason,
        last=not context.has("information"),
    )
    if outcome == "cleared":
        return counted, cleared
    evidence = Evidence(context.id, message.post, message.author, message.body)
    return counted, cleared, *_opened(OpenCase(outcome, evidence, judgement.reason, judgement.toxicity_ratio), context)


@screening.on("absent", "watching")
def file_report(state: Screening, message: FileReport, context: Context) -> Decision:
    report, post = message.report, message.evidence.post
    key = f"{post}:{report.reporter}"
    earlier = context.row(Filed, key)
    if earlier and earlier.report != report.id:
        return Reply(ReportView(earlier.report, "received"))
    filed = Put(Filed(key, report.reporter, report.id)), Reply(ReportView(report.id, "received"), status=201)
    matter = context.row(Matter, post)
    if matter:
        return *filed, Tell("case", matter.case, JoinCase(report))
    reported = OpenCase("report", message.evidence, "Reported by members.", report=report)
    return state.but(phase="watching"), *filed, *_opened(reported, context)


@screening.on("absent", "watching")
def flag_post(state: Screening, message: FlagPost, context: Context) -> Decision:
    if context.row(Matter, message.evidence.post):
        return None
    return state.but(phase="watching"), *_opened(OpenCase("information", message.evidence, message.reason), context)


@screening.on("watching")
def end_case(state: Screening, message: EndCase, context: Context) -> Decision:
    return Remove(Matter, message.post)


def _opened(message: OpenCase, context: Context) -> tuple[Put, Tell]:
    case = context.new_id("cas")
    return Put(Matter(message.evidence.post, case)), Tell("case", case, message)


def on_received(event: PostReceived) -> list[tuple[str, ScreenPost]]:
    """Every new post is screened, by the screening of its topic."""
    return [(event.topic, ScreenPost(event.post, event.author, event.body))]


def on_flagged(event: PostFlagged) -> list[tuple[str, FlagPost]]:
    """People look at what shares a flagged source."""
    return [(event.topic, FlagPost(Evidence(event.topic, event.post, event.author, event.body), event.reason))]


screening.hears(PostReceived, to=on_received)
screening.hears(PostFlagged, to=on_flagged)
