"""Who took part in a vote, by region, level and age group: written once, when it is closed, as it is shown (F9).

Only these figures are kept, so that no two reports of a vote can be compared, and none outlives its purpose.
"""

from collections.abc import Sequence

import msgspec

from diramoja.core import Call, Context, Reader, View, job
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.vote.queries import one_vote
from diramoja.plugins.vote.state import Vote
from diramoja.plugins.vote.views import ParticipationView, TurnoutCell
from diramoja.withholding import withheld

__all__ = ["ReportParticipation", "participation_of", "report_participation", "reporting", "turnout_cells"]

DIVISIONS = {"region": "by_region", "membership_level": "by_level", "age_group": "by_age_group"}
"""Columns of members, and the fields of the report."""
CELLS_MAX = 500


class ReportParticipation(View):
    """Write the report."""

    vote: str


def reporting(state: Vote, context: Context) -> tuple[Call[ReportParticipation], ...]:
    """Of a vote that is not secret."""
    if state.terms.anonymity_level == "anonymous":
        return ()
    return (Call(report_participation, ReportParticipation(context.id), key="participation"),)


@job(ReportParticipation, timeout_s=120, attempts=20)
async def report_participation(payload: ReportParticipation, db: Database) -> None:
    """Once; the regions, levels and age groups are those of this moment."""
    total = await db.one(
        "SELECT count(*) AS roll, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM vote_ballot b"
        " WHERE b.vote = r.vote AND b.member = r.member)) AS voted FROM vote_roll r WHERE r.vote = $1",
        payload.vote,
    )
    assert total is not None
    cells = {field: await _cells(db, payload.vote, column) for column, field in DIVISIONS.items()}
    view = ParticipationView(payload.vote, total["roll"], total["voted"], **cells)
    await db.execute(
        "INSERT INTO vote_participation (vote, report) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        payload.vote,
        msgspec.to_builtins(view),
    )


async def _cells(db: Database, vote: str, column: str) -> tuple[TurnoutCell, ...]:
    rows = await db.fetch(
        f"SELECT coalesce(m.{column}, '') AS name, count(b.member) AS voted, count(*) AS roll FROM vote_roll r"  # noqa: S608
        " LEFT JOIN member m ON m.id = r.member LEFT JOIN vote_ballot b ON b.vote = r.vote AND b.member = r.member"
        " WHERE r.vote = $1 GROUP BY 1 ORDER BY 1 LIMIT $2",
        vote,
        CELLS_MAX,
    )
    return turnout_cells([(row["name"], row["voted"], row["roll"]) for row in rows])


def turnout_cells(counted: Sequence[tuple[str, int, int]]) -> tuple[TurnoutCell, ...]:
    """(name, voted, on the roll) as they are shown: without small cells, and without what would give these away."""
    shown = withheld([(voted, roll - voted) for _, voted, roll in counted])
    return tuple(
        TurnoutCell(name) if cell is None else TurnoutCell(name, sum(cell), cell[0])
        for (name, _, _), cell in zip(counted, shown, strict=True)
    )


async def participation_of(db: Database, reader: Reader, id: str) -> ParticipationView:
    """The report of a vote.

    Raises:
        MissingError: there is no such vote that the reader may see, or it has no report (yet).
    """
    await one_vote(db, reader, id)
    row = await db.one("SELECT report FROM vote_participation WHERE vote = $1", id)
    if row is None:
        raise MissingError("There is no report of this vote, or not yet.", code="participation_missing")
    return msgspec.convert(row["report"], ParticipationView)
