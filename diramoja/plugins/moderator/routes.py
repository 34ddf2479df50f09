"""HTTP of moderation: cases, appeals, moderators, what concerns oneself, what everybody may read."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import STATUS_OF_CATEGORY, DiramojaError
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.fields import ID
from diramoja.plugins.moderator.case_contracts import (
    Action,
    AppealText,
    AssignModerator,
    CasePhase,
    ClaimCase,
    DecideAppeal,
    DecideCase,
    EscalateCase,
    FileAppeal,
    GoOffDuty,
    GoOnDuty,
    GuidelinesVersion,
    PostAction,
    Reason,
    ReleaseCase,
    ReviewCase,
    RuleName,
)
from diramoja.plugins.moderator.public_queries import (
    case_of_sanction,
    guidelines_view,
    log_list,
    sanction_list,
    statistics,
)
from diramoja.plugins.moderator.queries import (
    appeal_list,
    authority_in,
    case_list,
    case_of_appeal,
    moderator_list,
    one_case,
    review_list,
)
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import (
    AppealState,
    AppealView,
    BulkResult,
    BulkView,
    CaseView,
    GuidelinesView,
    LogEntry,
    ModeratorView,
    ReviewView,
    SanctionView,
    StatisticsView,
)

__all__ = ["Appeals", "Cases", "Moderators", "Publicity", "Sanctions"]

A_DECISION = {
    "action": "hide",
    "rule": "respect",
    "guidelines_version": "2026-1",
    "reason": "It attacks a person, not what they said.",
}


class NewDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision about a case. See `DecideCase` for what goes together."""

    action: Action
    rule: RuleName
    guidelines_version: GuidelinesVersion
    reason: Reason
    term_ends: Annotated[datetime, Meta(tz=True)] | None = None
    post_action: PostAction | None = None
    bad_faith: bool = False


class OneOfMany(NewDecision, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision about one of several cases."""

    case_id: Annotated[str, Meta(pattern=ID)]


class NewDecisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions about several cases."""

    items: Annotated[tuple[OneOfMany, ...], Meta(min_length=1, max_length=50)]


class NewEscalation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody of a higher authority should decide."""

    reason: Reason


class NewAppeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a decision should be taken back."""

    text: AppealText


class AppealDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an appeal is granted, and why."""

    granted: bool
    reason: Reason


def _command(decision: NewDecision, authority: str) -> DecideCase:
    names = (name for name in DecideCase.__struct_fields__ if name != "authority")
    fields = {name: getattr(decision, name) for name in names}
    return msgspec.convert({**fields, "authority": authority}, DecideCase)


class Cases(Controller):
    """Cases about posts and about members."""

    path = "/moderation"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/cases", permission="case.read", summary="Cases, the heaviest first")
    async def list_cases(
        self,
        db: Database,
        reader: Reader,
        page: PageQuery,
        *,
        phase: Annotated[CasePhase | None, QueryParameter(name="state", description="such as open")] = None,
        overdue: Annotated[bool | None, QueryParameter(description="only those not decided in time")] = None,
    ) -> Page[CaseView]:
        """The queue: by the weight of what was found and reported (F4), then by age."""
        return await case_list(db, reader, page, phase=phase, overdue=overdue)

    @get("/cases/{case_id:str}", permission="case.read", summary="One case with what was reported")
    async def get_case(self, case_id: str, db: Database, reader: Reader) -> CaseView:
        """A case."""
        return await one_case(db, reader, case_id)

    @post("/cases/{case_id:str}/claim", permission="case.decide", status_code=HTTP_200_OK, summary="Take a case on")
    async def claim_case(self, case_id: str, db: Database, reader: Reader, send: Send) -> CaseView:
        """409 `claimed` where another has it; 403 `recused` for whoever has a part in it or is blocked by a party.

        So is whoever stands in an open vote about its topic, or proposed it.
        """
        view: CaseView = await send("case", case_id, ClaimCase(await authority_in(db, reader, case_id)))
        return view

    @post(
        "/cases/{case_id:str}/release",
        permission="case.decide",
        open_to="suspended",
        status_code=HTTP_200_OK,
        summary="Give a case back",
    )
    async def release_case(self, case_id: str, send: Send) -> CaseView:
        """Back to the queue."""
        view: CaseView = await send("case", case_id, ReleaseCase())
        return view

    @post(
        "/cases/{case_id:str}/escalations",
        permission="case.decide",
        status_code=HTTP_200_OK,
        summary="Hand a case to a higher authority",
    )
    async def escalate_case(
        self, case_id: str, *, data: NewEscalation, db: Database, reader: Reader, send: Send
    ) -> CaseView:
        """All that is known of it stays with it."""
        command = EscalateCase(data.reason, await authority_in(db, reader, case_id))
        view: CaseView = await send("case", case_id, command)
        return view

    @post(
        "/cases/{case_id:str}/decisions",
        permission="case.decide",
        status_code=HTTP_200_OK,
        example=A_DECISION,
        summary="Decide a case",
    )
    async def decide_case(
        self, case_id: str, *, data: NewDecision, db: Database, reader: Reader, send: Send
    ) -> CaseView:
        """About the post or its author; an open case is claimed by the same step. A ban takes two officials."""
        view: CaseView = await send("case", case_id, _command(data, await authority_in(db, reader, case_id)))
        return view

    @post("/decisions/bulk", permission="case.decide", status_code=HTTP_200_OK, summary="Decide several cases")
    async def decide_many(self, data: NewDecisions, db: Database, reader: Reader, send: Send) -> BulkView:
        """One after the other; each has its own result, and one that is refused does not stop the others."""
        return BulkView(tuple([await _one_of_many(each, db, reader, send) for each in data.items]))

    @get("/reviews", permission="case.decide", summary="Cases that a second moderator looks at")
    async def list_reviews(self, db: Database, reader: Reader, page: PageQuery) -> Page[CaseView]:
        """Without the decision that was made."""
        return await review_list(db, reader, page)

    @post("/cases/{case_id:str}/reviews", permission="case.decide", summary="Review a case")
    async def review_case(
        self, case_id: str, *, data: ReviewCase, db: Database, reader: Reader, send: Send
    ) -> ReviewView:
        """What one would have decided. It changes nothing but the accuracy of whoever decided."""
        await authority_in(db, reader, case_id)
        view: ReviewView = await send("case", case_id, data)
        return view


async def _one_of_many(item: OneOfMany, db: Database, reader: Reader, send: Send) -> BulkResult:
    try:
        await send("case", item.case_id, _command(item, await authority_in(db, reader, item.case_id)))
    except DiramojaError as error:
        return BulkResult(item.case_id, STATUS_OF_CATEGORY[error.category], error.code, str(error))
    except Exception as problem:  # What a rejection is raised as is the gateway's own.
        code, status = getattr(problem, "code", ""), getattr(problem, "status", 0)
        if not (code and status):
            raise
        return BulkResult(item.case_id, status, code, getattr(problem, "detail", ""))
    return BulkResult(item.case_id, HTTP_200_OK)


class Appeals(Controller):
    """Appeals against decisions."""

    path = "/moderation/appeals"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="case.read", summary="Appeals, the oldest first")
    async def list_appeals(
        self,
        db: Database,
        reader: Reader,
        page: PageQuery,
        stage: Annotated[AppealState, QueryParameter(name="state", description="filed, granted or denied")] = "filed",
    ) -> Page[AppealView]:
        """Those of others."""
        return await appeal_list(db, reader, page, state=stage)

    @post("/{appeal_id:str}/decision", permission="case.decide", status_code=HTTP_200_OK, summary="Decide an appeal")
    async def decide_appeal(
        self, appeal_id: str, *, data: AppealDecision, db: Database, reader: Reader, send: Send
    ) -> AppealView:
        """By somebody of equal or higher authority who took no part; others get 403 `recused`."""
        case = await case_of_appeal(db, appeal_id)
        command = DecideAppeal(appeal_id, data.granted, data.reason, await authority_in(db, reader, case))
        view: AppealView = await send("case", case, command)
        return view


class Moderators(Controller):
    """Who moderates."""

    path = "/moderation"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/moderators", permission="moderator.read", summary="Moderators with their counts")
    async def list_moderators(self, db: Database, page: PageQuery) -> Page[ModeratorView]:
        """With the accuracy (F11), for moderators and officials."""
        return await moderator_list(db, page)

    @put("/moderators/{member_id:str}", permission="moderator.assign", summary="Set a moderator's authority")
    async def assign_moderator(self, member_id: str, data: AssignModerator, send: Send) -> ModeratorView:
        """By an official, and not for oneself. The role of a moderator is given apart."""
        view: ModeratorView = await send("moderator", member_id, data)
        return view

    @put("/duty", permission="case.decide", summary="Go on duty")
    async def go_on_duty(self, reader: Reader, send: Send) -> ModeratorView:
        """Alerts come to those on duty."""
        view: ModeratorView = await send("moderator", reader.member, GoOnDuty())
        return view

    @delete("/duty", permission="case.decide", open_to="suspended", status_code=HTTP_200_OK, summary="Go off duty")
    async def go_off_duty(self, reader: Reader, send: Send) -> ModeratorView:
        """Alerts come no more, unless nobody is on duty."""
        view: ModeratorView = await send("moderator", reader.member, GoOffDuty())
        return view


class Sanctions(Controller):
    """Decisions about oneself."""

    path = "/me/sanctions"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="sanction.own", summary="Decisions about oneself")
    async def list_sanctions(self, db: Database, reader: Reader, clock: Clock, page: PageQuery) -> Page[SanctionView]:
        """With the rule, the reason, and until when an appeal may be filed; the newest first."""
        return await sanction_list(db, reader.member, clock.now(), page)

    @post(
        "/{sanction_id:str}/appeals",
        permission="sanction.own",
        open_to="suspended",
        summary="Appeal against a decision",
        responses={HTTP_200_OK: ResponseSpec(AppealView, description="You appealed in the same words: that appeal.")},
    )
    async def appeal(
        self, sanction_id: str, *, data: NewAppeal, db: Database, reader: Reader, send: Send
    ) -> AppealView:
        """Once, in time; other people decide it."""
        case = await case_of_sanction(db, reader.member, sanction_id)
        view: AppealView = await send("case", case, FileAppeal(sanction_id, data.text))
        return view


class Publicity(Controller):
    """What everybody may read of moderation."""

    path = "/moderation"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/log", permission="moderation.read", summary="Decisions without names")
    async def get_log(self, db: Database, page: PageQuery) -> Page[LogEntry]:
        """The newest day first."""
        return await log_list(db, page)

    @get("/guidelines", permission="moderation.read", summary="The rules that decisions name")
    async def get_guidelines(
        self,
        settings: ModerationSettings,
        version: Annotated[str | None, QueryParameter(max_length=40, description="an earlier version")] = None,
    ) -> GuidelinesView:
        """In several languages."""
        return guidelines_view(settings.guidelines, version)

    @get("/statistics", permission="moderation.read", summary="Moderation in numbers")
    async def get_statistics(self, db: Database, clock: Clock) -> StatisticsView:
        """Of the last 30 days; nobody is named."""
        return await statistics(db, clock.now())
