"""The screening of a topic: judges each post in order and knows which case is open about which post."""

from collections.abc import Sequence
from typing import Literal

from diramoja.core import (
    AgentKind,
    Context,
    Decision,
    Event,
    Personal,
    Put,
    Reject,
    Remove,
    Reply,
    Row,
    State,
    Tell,
    fact,
)
from diramoja.plugins.information.contracts import PostFlagged
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.moderator.case_contracts import JoinCase, OpenCase, ReviseCase
from diramoja.plugins.moderator.contracts import (
    ClassifierAway,
    ClassifierBack,
    CountShare,
    EndCase,
    EndRecusal,
    Evidence,
    FileReport,
    FlagPost,
    PostCleared,
    RecuseMembers,
    ReportView,
    ScreenPost,
    ScreenText,
)
from diramoja.plugins.moderator.notices import screening_notice
from diramoja.plugins.moderator.rules import AWAY, Judgement, judge
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.topic.contracts import PostReceived, PostShared, TakeVerdict
from diramoja.ports.classifier import Assessment, Classifier

__all__ = ["Filed", "Matter", "Recusal", "Screening", "Shares", "assessment", "screening"]


class Matter(Row):
    """The open case about a post, or about a member who shares it (`<post>:<member>`)."""

    post: str
    case: str


class Filed(Row):
    """A member's report of a post; the key is both."""

    id: str
    reporter: Personal[str]
    report: str


class Shares(Row):
    """How often a member shared a flagged post since people looked at it; the key is both."""

    id: str
    sharer: Personal[str]
    count: int


class Recusal(Row):
    """Who acts in no case of this topic while a vote about it is open."""

    vote: str
    members: Personal[tuple[str, ...]]


class Screening(State, version=1):
    """Counts of a topic's posts; whether the list of words stood in for the classifier at the last one."""

    phase: Literal["absent", "watching"] = "absent"
    screened: int = 0
    held: int = 0
    hidden: int = 0
    by_words: bool = False


@fact(ScreenPost, fallback=AWAY)
async def assessment(messages: Sequence[ScreenPost], classifier: Classifier) -> Sequence[Assessment]:
    """What the classifier says of the texts of a batch."""
    return await classifier.assess([message.body for message in messages])


@fact(ScreenText, fallback=AWAY)
async def assessment_of_text(messages: Sequence[ScreenText], classifier: Classifier) -> Sequence[Assessment]:
    """The same of texts that are no posts."""
    return await classifier.assess([message.body for message in messages])


screening = AgentKind(
    "screening", Screening, prefix="scr", rows=[Matter, Filed, Shares, Recusal], facts=[assessment, assessment_of_text]
)


@screening.on("absent", "watching")
def screen(state: Screening, message: ScreenPost, context: Context) -> Decision:
    judgement, counted, news = _judged(state, context.fact(assessment), message.body, context)
    cleared = PostCleared(
        topic=context.id,
        post=message.post,
        author=message.author,
        body=message.body,
        outcome=judgement.outcome,
        reason=judgement.reason,
        last=not context.has("information"),
        addressee=message.addressee,
    )
    evidence = Evidence(context.id, message.post, message.author, message.body, message.addressee)
    return counted, cleared, *news, *_looked_at(evidence, judgement, context)


@screening.on("absent", "watching")
def screen_text(state: Screening, message: ScreenText, context: Context) -> Decision:
    """The agent that holds the text asks with its own id, and is told."""
    if not context.told_by or context.sender != context.id:
        return Reject("denied", "An agent has its own texts screened.", 403)
    judgement, counted, news = _judged(state, context.fact(assessment_of_text), message.body, context)
    verdict = TakeVerdict(message.text_id, judgement.outcome, judgement.reason)
    evidence = Evidence(
        context.id, message.text_id, message.author, message.body, message.addressee, place=context.told_by
    )
    told = Tell(context.told_by, context.id, verdict, answers=True)
    return counted, told, *news, *_looked_at(evidence, judgement, context)


def _judged(
    state: Screening, assessed: Assessment, body: str, context: Context
) -> tuple[Judgement, Screening, list[Event]]:
    """What is found, the counts with it, and the news where another judges than before."""
    judgement = judge(assessed, body, context.settings(ModerationSettings))
    by_words = assessed.model == AWAY.model
    counted = state.but(
        phase="watching",
        screened=state.screened + 1,
        held=state.held + (judgement.outcome == "held"),
        hidden=state.hidden + (judgement.outcome == "hidden"),
        by_words=by_words,
    )
    return judgement, counted, _classifier_news(context, before=state.by_words, by_words=by_words)


def _looked_at(evidence: Evidence, judgement: Judgement, context: Context) -> tuple[Put | Tell, ...]:
    """Whoever wrote what is not cleared is told why, and people look at it."""
    if judgement.outcome == "cleared":
        return ()
    told = notify(context, evidence.author, screening_notice(evidence, judgement.outcome, judgement.reason))
    return *told, *_case_of(evidence, judgement, context)


def _classifier_news(context: Context, *, before: bool, by_words: bool) -> list[Event]:
    if by_words == before:
        return []
    return [ClassifierAway(context.id, f"{context.now:%Y-%m-%d}") if by_words else ClassifierBack(context.id)]


def _case_of(evidence: Evidence, judgement: Judgement, context: Context) -> tuple[Put | Tell, ...]:
    assert judgement.outcome != "cleared"
    matter = context.row(Matter, evidence.post)
    if matter:  # An edit of a post that people look at.
        found = judgement.reason, judgement.toxicity_ratio, judgement.confidence_ratio
        return (Tell("case", matter.case, ReviseCase(evidence.body, *found)),)
    opening = OpenCase(
        origin=judgement.outcome,
        evidence=evidence,
        reason=judgement.reason,
        toxicity_ratio=judgement.toxicity_ratio,
        confidence_ratio=judgement.confidence_ratio,
    )
    return _opened(opening, context)


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
        return *filed, Tell("case", matter.case, JoinCase(report, message.evidence.body))
    reported = OpenCase("report", message.evidence, "Reported by members.", report=report)
    return state.but(phase="watching"), *filed, *_opened(reported, context)


@screening.on("absent", "watching")
def flag_post(state: Screening, message: FlagPost, context: Context) -> Decision:
    if context.row(Matter, message.evidence.post):
        return None
    return state.but(phase="watching"), *_opened(OpenCase("information", message.evidence, message.reason), context)


@screening.on("absent", "watching")
def count_share(state: Screening, message: CountShare, context: Context) -> Decision:
    """What is shared while people look is part of the same case."""
    matter = f"{message.post}:{message.sharer}"
    if context.row(Matter, matter):
        return None
    times = context.settings(ModerationSettings).flagged_shares
    earlier = context.row(Shares, matter)
    count = (earlier.count if earlier else 0) + 1
    watching = state.but(phase="watching")
    if count < times:
        return watching, Put(Shares(matter, message.sharer, count))
    evidence = Evidence(context.id, message.post, message.sharer, message.body, message.author)
    reason = f"Shared a flagged post {times} times after being told that it is flagged."
    opening = OpenCase("sharing", evidence, reason, matter=matter)
    return watching, Remove(Shares, matter), *_opened(opening, context)


@screening.on("watching")
def end_case(state: Screening, message: EndCase, context: Context) -> Decision:
    return Remove(Matter, message.post)


@screening.on("absent", "watching")
def forget_member(state: Screening, message: ForgetMember, context: Context) -> Decision:
    """Reports and shares go; which case is open about what goes with the case, who is recused with the vote."""
    own = [each for each in message.rows if each[0] in (Filed.wire_name, Shares.wire_name)]
    votes = [key for collection, key in message.rows if collection == Recusal.wire_name]
    recusals = [row for key in votes if (row := context.row(Recusal, key)) is not None]
    return (
        *(Remove(screening.rows[collection], key) for collection, key in own),
        *(Put(row.but(members=tuple(each for each in row.members if each != message.member))) for row in recusals),
    )


@screening.on("absent", "watching")
def recuse(state: Screening, message: RecuseMembers, context: Context) -> Decision:
    """Open cases are meant, too: the routes of the moderators look here before anybody acts."""
    return state.but(phase="watching"), Put(Recusal(message.vote, message.members))


@screening.on("absent", "watching")
def end_recusal(state: Screening, message: EndRecusal, context: Context) -> Decision:
    return Remove(Recusal, message.vote) if context.row(Recusal, message.vote) else None


def _opened(message: OpenCase, context: Context) -> tuple[Put, Tell]:
    case = context.new_id("cas")
    return Put(Matter(message.matter or message.evidence.post, case)), Tell("case", case, message)


def on_received(event: PostReceived) -> list[tuple[str, ScreenPost]]:
    """Every new post is screened, by the screening of its topic."""
    return [(event.topic, ScreenPost(event.post, event.author, event.body, event.addressee))]


def on_flagged(event: PostFlagged) -> list[tuple[str, FlagPost]]:
    """People look at what shares a flagged source."""
    evidence = Evidence(event.topic, event.post, event.author, event.body, event.addressee)
    return [(event.topic, FlagPost(evidence, event.reason))]


def on_shared(event: PostShared) -> list[tuple[str, CountShare]]:
    """Who shares a flagged post is told so, and may do it; not again and again."""
    if not event.is_flagged:
        return []
    return [(event.topic, CountShare(event.post, event.author, event.body, event.sharer))]


screening.hears(PostReceived, to=on_received)
screening.hears(PostFlagged, to=on_flagged)
screening.hears(PostShared, to=on_shared)
