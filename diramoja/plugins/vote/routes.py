"""HTTP of votes and their rolls; ballots, disputes and delegations are in modules beside this one."""

from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET, Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.counting import Methods
from diramoja.plugins.vote.contracts import (
    CancelVote,
    CreateVote,
    DecideObjection,
    EditVote,
    ExtendVote,
    FileObjection,
)
from diramoja.plugins.vote.delegation_queries import narrowest_delegate
from diramoja.plugins.vote.methods import check_method, form_named
from diramoja.plugins.vote.queries import (
    audit_trail,
    check_member,
    objection_list,
    one_result,
    one_roll,
    one_tally,
    one_vote,
    own_roll,
    vote_list,
    vote_of_objection,
)
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.statute_queries import check_polls, schedule_command
from diramoja.plugins.vote.views import AuditView, ObjectionView, OwnRollView, ResultView, RollView, TallyView, VoteView
from diramoja.plugins.vote.words import ObjectionDecision, ObjectionKind, Reason, Terms, VotePhase

__all__ = ["Objections", "Votes"]


type DraftHash = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)", description="64 hexadecimal digits")]


class NewObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An objection to be filed. `member_id`: whom it is about; "": oneself."""

    kind: ObjectionKind
    text: Reason
    member_id: Annotated[str, Meta(max_length=128)] = ""


A_VOTE = {
    "title": "Opening hours of clinics",
    "description": "Until when should clinics be open?",
    "vote_type": "policy_vote",
    "options": ["Until eight", "Until ten", "All night"],
    "voting_method": "ranked_choice",
    "anonymity_level": "pseudonymous",
    "quorum_ratio": 0.3,
    "opens_at": "2031-03-10T09:00:00Z",
    "closes_at": "2031-03-17T09:00:00Z",
}
"""What the reference shows: what is left out has its default."""
AN_OUTAGE = {
    "outage_from": "2031-03-12T16:00:00Z",
    "outage_until": "2031-03-12T18:30:00Z",
    "reason": "The data centre had no power.",
}


class Scheduling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is being scheduled. `draft_hash`: as the draft showed it; "": whatever the draft says by now."""

    draft_hash: DraftHash = ""


class NewDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to an objection."""

    decision: ObjectionDecision
    reason: Reason


class Votes(Controller):
    """Votes and who may take part."""

    path = "/votes"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="vote.create", limit="posts", example=A_VOTE, summary="Draft a vote")
    async def create(self, data: CreateVote, send: Send, methods: Methods) -> VoteView:
        """Nothing is asked of anybody until it is scheduled."""
        form = check_method(data.voting_method, data.seats, data.majority, methods)
        view: VoteView = await send("vote", send.new_id("vot"), data.but(form=form))
        return view

    @get("/", permission="vote.read", summary="Votes")
    async def list_votes(
        self,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        topic_id: Annotated[str | None, QueryParameter(max_length=128)] = None,
        phase: Annotated[VotePhase | None, QueryParameter(description="draft, scheduled, open, ...")] = None,
    ) -> Page[VoteView]:
        """The newest first. Drafts are seen by their creator, leaders and officials."""
        return await vote_list(db, reader, page, topic_id=topic_id, phase=phase)

    @get("/{vote_id:str}", permission="vote.read", summary="One vote")
    async def get_vote(self, vote_id: str, db: Database, reader: Reader) -> VoteView:
        """A vote, with its phase and how many voted."""
        return await one_vote(db, reader, vote_id)

    @patch(
        "/{vote_id:str}",
        permission="vote.create",
        example={"description": "Until when should clinics be open on Sundays?"},
        summary="Change a draft",
    )
    async def edit(self, vote_id: str, data: EditVote, send: Send, methods: Methods) -> VoteView:
        """What is not given stays. 409 `vote_frozen` once it is scheduled."""
        form = UNSET if data.voting_method is UNSET else form_named(data.voting_method, methods)
        view: VoteView = await send("vote", vote_id, data.but(form=form))
        return view

    @post(
        "/{vote_id:str}/schedule",
        permission="vote.schedule",
        status_code=HTTP_200_OK,
        example={"draft_hash": "5f2c0e9b" * 8},
        summary="Schedule a vote",
    )
    async def schedule(
        self,
        vote_id: str,
        *,
        db: Database,
        reader: Reader,
        clock: Clock,
        settings: VoteSettings,
        send: Send,
        methods: Methods,
        data: Scheduling | None = None,
    ) -> VoteView:
        """What is asked and who may vote are fixed; the roll is there some moments later. 409 `against_statutes`.

        Whoever gives the `draft_hash` that they read schedules nothing else: 409 `draft_changed`.
        """
        await one_vote(db, reader, vote_id)
        await check_polls(db, reader, clock.now(), settings)
        command = await schedule_command(db, reader, vote_id)
        terms = command.drafted or Terms()
        form = check_method(terms.voting_method, terms.seats, terms.majority, methods)
        view: VoteView = await send("vote", vote_id, command.but(form=form, draft_hash=data.draft_hash if data else ""))
        return view

    @post("/{vote_id:str}/cancel", permission="vote.schedule", status_code=HTTP_200_OK, summary="Cancel a vote")
    async def cancel(self, vote_id: str, data: CancelVote, send: Send) -> VoteView:
        """Before it is closed; the reason is published."""
        view: VoteView = await send("vote", vote_id, data)
        return view

    @get("/{vote_id:str}/roll", permission="vote.read", summary="The roll of a vote")
    async def get_roll(self, vote_id: str, db: Database, reader: Reader, settings: VoteSettings) -> RollView:
        """Its size, its hash and the rule; never who is on it."""
        return await one_roll(db, reader, vote_id, settings)

    @get("/{vote_id:str}/roll/me", permission="vote.cast", summary="Whether one may vote")
    async def get_own_roll(self, vote_id: str, db: Database, reader: Reader, clock: Clock) -> OwnRollView:
        """Whether one has, and who would for one."""
        view = await own_roll(db, reader, vote_id)
        if not view.eligible or view.voted:
            return view
        return view.but(delegated_to=await narrowest_delegate(db, reader.member, vote_id, clock.now()))

    @post(
        "/{vote_id:str}/roll/objections",
        permission="vote.object",
        limit="posts",
        open_to="suspended",
        example={"kind": "missing", "text": "I joined in May, and my dues are paid."},
        summary="Object to a roll",
    )
    async def file_objection(
        self, vote_id: str, data: NewObjection, *, db: Database, reader: Reader, send: Send
    ) -> ObjectionView:
        """Somebody is missing, or should not be on it; until a day before the vote opens."""
        member = data.member_id or reader.member
        await check_member(db, member)
        command = FileObjection(send.new_id("obj"), data.kind, member, data.text)
        view: ObjectionView = await send("vote", vote_id, command)
        return view

    @get("/{vote_id:str}/roll/objections", permission="vote.object", summary="Objections to a roll")
    async def list_objections(self, vote_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[ObjectionView]:
        """One's own, and those about oneself; all of them for membership officers."""
        return await objection_list(db, reader, vote_id, page)

    @post(
        "/{vote_id:str}/extensions",
        permission="vote.extend",
        status_code=HTTP_200_OK,
        example=AN_OUTAGE,
        summary="Extend a vote",
    )
    async def extend(self, vote_id: str, data: ExtendVote, send: Send) -> VoteView:
        """By as long as an outage in which no ballot was taken; published with its reason."""
        view: VoteView = await send("vote", vote_id, data)
        return view

    @get("/{vote_id:str}/tally", permission="vote.read", summary="How a vote stands", conflict="tally_hidden")
    async def get_tally(self, vote_id: str, db: Database, reader: Reader) -> TallyView:
        """Only where that may be shown while it is open; else 409 `tally_hidden`, whoever asks."""
        return await one_tally(db, reader, vote_id)

    @get("/{vote_id:str}/results", permission="vote.read", summary="The results of a vote", conflict="vote_open")
    async def get_results(self, vote_id: str, db: Database, reader: Reader) -> ResultView:
        """409 `vote_open` until they are published."""
        return await one_result(db, reader, vote_id)

    @get("/{vote_id:str}/audit", permission="vote.read", summary="What was done with a vote")
    async def list_audit(self, vote_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[AuditView]:
        """From the beginning; by "": software, or somebody who objects or disputes."""
        return await audit_trail(db, reader, vote_id, page)


class Objections(Controller):
    """Single objections to rolls."""

    path = "/objections/{objection_id:str}"
    tags = ["Votes"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/decision", permission="roll.decide", status_code=HTTP_200_OK, summary="Answer an objection")
    async def decide(self, objection_id: str, data: NewDecision, db: Database, send: Send) -> ObjectionView:
        """By a membership officer who did not file it and whom it does not concern."""
        command = DecideObjection(objection_id, data.decision, data.reason)
        view: ObjectionView = await send("vote", await vote_of_objection(db, objection_id), command)
        return view
