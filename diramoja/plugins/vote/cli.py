"""`diramoja statutes`: what the articles of the organisation say of a vote, before it is scheduled."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diramoja.core.commands import Attached, CommandHost
from diramoja.core.errors import InvalidError

if TYPE_CHECKING:
    from diramoja.core.ports.database import Session
    from diramoja.counting import Methods
    from diramoja.plugins.vote.preview import Preview
    from diramoja.plugins.vote.words import Terms

__all__ = ["statutes"]

statutes = typer.Typer(help="The statutes of the organisation.", no_args_is_help=True)
statutes.callback()(lambda: None)


@statutes.command()
def check(
    context: typer.Context,
    vote: Annotated[str, typer.Argument(help="Id of a draft, or a file with a vote as POST /v1/votes takes it.")],
    *,
    member: Annotated[str, typer.Option(help="Id of whoever would schedule it; their seats in bodies count.")] = "",
    role: Annotated[str, typer.Option(help="Their role, such as leader.")] = "official",
    at: Annotated[str, typer.Option(help="When it would be scheduled, as 2026-05-01T18:00; else now.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play a vote through: phases with dates, roll, quorum, majority, and what each article says of it.

    Ends with 1 where it would be refused.
    """
    import msgspec

    from diramoja.core.plugin import ROLES
    from diramoja.core.settings import nearest
    from diramoja.plugins.vote.preview import lines_of

    if role not in ROLES:
        raise InvalidError(f"There is no role {role[:40]}.", cure=nearest(role, ROLES))
    moment = _moment(at)

    async def work(attached: Attached) -> "Preview":
        return await _preview(attached, vote, member, (role, moment))

    host: CommandHost = context.obj
    preview = host.run(work)
    typer.echo(msgspec.json.encode(preview).decode() if as_json else "\n".join(lines_of(preview)))
    if not preview.is_allowed:
        raise typer.Exit(1)


async def _preview(attached: Attached, vote: str, member: str, asked: tuple[str, datetime | None]) -> "Preview":
    from diramoja.core.plugin import included
    from diramoja.core.ports.clock import Clock
    from diramoja.core.ports.database import Database
    from diramoja.counting import Methods
    from diramoja.plugins.member.contracts import MemberSettings
    from diramoja.plugins.vote.delegation_queries import category_of
    from diramoja.plugins.vote.preview import preview_of
    from diramoja.plugins.vote.roll import eligible_count, regions_within
    from diramoja.plugins.vote.settings import VoteSettings
    from diramoja.plugins.vote.statute_queries import seats_in_bodies
    from diramoja.plugins.vote.statutes import Motion

    db = attached.ports.get(Database)
    title, terms = _read(Path(vote)) if Path(vote).is_file() else await _stored(db, vote)
    role, at = asked
    motion = Motion(
        terms=terms.but(category=await category_of(db, terms.topic)),
        at=at or attached.ports.get(Clock).now(),
        roles=included(role),
        seats=await seats_in_bodies(db, member),
        casting_seats=await seats_in_bodies(db, terms.casting_member),
    )
    regions = regions_within(terms.roll.regions, attached.ports.get(MemberSettings))
    roll_size = await eligible_count(db, terms.roll, regions, motion.at)
    unfit = await _unfit(db, terms, attached.ports.get(Methods))
    return preview_of(title, motion, roll_size, attached.ports.get(VoteSettings), unfit=unfit)


async def _unfit(db: "Session", terms: "Terms", methods: "Methods") -> "list[InvalidError]":
    """What scheduling looks up: whether the method fits, and whether all who are named are members."""
    from diramoja.plugins.vote.methods import check_method
    from diramoja.plugins.vote.statute_queries import check_members

    found = []
    try:
        check_method(terms.voting_method, terms.seats, terms.majority, methods)
    except InvalidError as error:
        found.append(error)
    try:
        await check_members(db, terms)
    except InvalidError as error:
        found.append(error)
    return found


def _moment(text: str) -> datetime | None:
    try:
        given = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidError(f"{text} is no time.", cure="Write it as 2026-05-01T18:00, in UTC.") from error
    return given.replace(tzinfo=given.tzinfo or UTC) if given else None


def _read(path: Path) -> tuple[str, "Terms"]:
    import msgspec

    from diramoja.needed import complaint
    from diramoja.plugins.vote.agent import options_of, terms_with
    from diramoja.plugins.vote.contracts import CreateVote
    from diramoja.plugins.vote.words import Terms

    try:
        asked = msgspec.json.decode(path.read_bytes(), type=CreateVote)
    except msgspec.ValidationError as error:
        field, needed = complaint(error, CreateVote)
        raise InvalidError(f"{path} holds no vote that can be drafted: {field or 'all of it'}. {needed}") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path} holds no vote: {error}.", cure="It is JSON, as POST /v1/votes takes it.") from error
    given = {name: getattr(asked, name) for name in asked.__struct_fields__}
    return asked.title, terms_with(Terms(), given, options_of(asked.options))


async def _stored(db: "Session", vote: str) -> tuple[str, "Terms"]:
    import msgspec

    from diramoja.core.errors import MissingError
    from diramoja.plugins.vote.words import Terms

    row = await db.one("SELECT title, terms FROM vote WHERE id = $1", vote)
    if row is None:
        raise MissingError(f"There is no vote and no file {vote}.", code="vote_missing")
    return row["title"], msgspec.convert(row["terms"], Terms)
