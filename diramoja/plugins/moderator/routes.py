"""HTTP for moderators: the queue of cases."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from diramoja.core import Page, PageQuery, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.moderator.contracts import CasePhase, CaseView, ClaimCase, DecideCase, ReleaseCase
from diramoja.plugins.moderator.queries import case_list, one_case

__all__ = ["Cases"]


class Cases(Controller):
    """Cases about posts."""

    path = "/moderation/cases"
    tags = ["Moderation"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="case.read", summary="Cases, oldest first")
    async def list_cases(
        self,
        db: Database,
        page: PageQuery,
        phase: Annotated[CasePhase | None, QueryParameter(name="state", description="open, claimed or decided")] = None,
        overdue: Annotated[bool | None, QueryParameter(description="only those not decided in time")] = None,
    ) -> Page[CaseView]:
        """The queue."""
        return await case_list(db, page, phase=phase, overdue=overdue)

    @get("/{case_id:str}", permission="case.read", summary="One case with what was reported")
    async def get_case(self, case_id: str, db: Database) -> CaseView:
        """A case."""
        return await one_case(db, case_id)

    @post("/{case_id:str}/claim", permission="case.decide", status_code=HTTP_200_OK, summary="Take a case on")
    async def claim_case(self, case_id: str, send: Send) -> CaseView:
        """409 `claimed` where another moderator has it, 403 `recused` for authors and reporters."""
        view: CaseView = await send("case", case_id, ClaimCase())
        return view

    @post("/{case_id:str}/release", permission="case.decide", status_code=HTTP_200_OK, summary="Give a case back")
    async def release_case(self, case_id: str, send: Send) -> CaseView:
        """Back to the queue."""
        view: CaseView = await send("case", case_id, ReleaseCase())
        return view

    @post("/{case_id:str}/decisions", permission="case.decide", status_code=HTTP_200_OK, summary="Decide a case")
    async def decide_case(self, case_id: str, data: DecideCase, send: Send) -> CaseView:
        """Publish, hide or remove the post; an open case is claimed by the same step."""
        view: CaseView = await send("case", case_id, data)
        return view
