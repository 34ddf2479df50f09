"""HTTP of accounts: joining, signing in and out, oneself, roles."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from diramoja.core import Reader, Send
from diramoja.core.errors import LimitedError, MissingError, UnauthenticatedError
from diramoja.core.keys import Keys
from diramoja.core.ports.cache import Cache
from diramoja.core.ports.database import Database
from diramoja.core.tokens import Tokens
from diramoja.plugins.identity.contracts import (
    AccountView,
    GrantRole,
    Register,
    RevokeRole,
    Role,
    RolesView,
    TokensView,
)
from diramoja.plugins.identity.queries import own_account, password_of
from diramoja.plugins.identity.rules import check_email, check_password, check_username, folded, network_of, roles_of
from diramoja.plugins.identity.secrets import secrets_of
from diramoja.plugins.identity.sessions import Sessions
from diramoja.plugins.identity.settings import IdentitySettings
from diramoja.plugins.member.body_contracts import Region
from diramoja.plugins.member.contracts import AgeGroup, Interests, MemberSettings, MemberView, check_region

__all__ = ["Auth", "Registration", "Roles", "Self"]

TRY_WINDOW_S = 900.0
ADDRESSES = 10
"""From how many addresses the tries of one account may be used up: one alone does not lock its owner out."""


class NewMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to join."""

    username: Annotated[str, Meta(min_length=1, max_length=100, examples=["amina"])]
    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["amina@example.org"])]
    password: Annotated[str, Meta(min_length=1, max_length=1_000, examples=["a long sentence is good"])]
    interests: Interests = ()
    region: Region = ""
    age_group: AgeGroup | None = None


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody signs in with: username or email."""

    password: Annotated[str, Meta(min_length=1, max_length=1_000)]
    username: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""


class RefreshToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class Registration(Controller):
    """Joining."""

    path = "/members"
    tags = ["Accounts"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="account.open", status_code=HTTP_201_CREATED, summary="Join")
    async def join(  # noqa: PLR0917  # each is a dependency by name
        self, data: NewMember, send: Send, keys: Keys, settings: IdentitySettings, members: MemberSettings
    ) -> MemberView:
        """Answers 409 `username_taken` or `email_taken`. The level is supporter."""
        check_region(data.region, members)
        username, email = check_username(data.username), check_email(data.email)
        check_password(data.password, settings.password_min)
        secrets = secrets_of(keys, settings)
        command = Register(
            username=username,
            username_key=secrets.name_key("username", username),
            email_key=secrets.name_key("email", email),
            email_sealed=secrets.seal(email),
            password_hash=await secrets.hash_password(data.password),
            interests=data.interests,
            region=data.region,
            age_group=data.age_group,
        )
        view: MemberView = await send("account", send.new_id("mem"), command)
        return view


class Auth(Controller):
    """Signing in and out. No call here takes an Idempotency-Key."""

    path = "/auth"
    tags = ["Accounts"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/login",
        permission="account.sign_in",
        open_to="suspended",
        status_code=HTTP_200_OK,
        example={"username": "amina", "password": "correct horse battery staple"},
        summary="Sign in",
    )
    async def login(  # noqa: PLR0917  # each is a dependency by name
        self,
        data: Credentials,
        request: Request[Any, Any, Any],
        db: Database,
        keys: Keys,
        tokens: Tokens,
        cache: Cache,
        settings: IdentitySettings,
    ) -> TokensView:
        """The same answer for an unknown name and a wrong password: 401 `credentials_invalid`."""
        secrets = secrets_of(keys, settings)
        what, given = ("email", data.email) if data.email else ("username", data.username)
        key = secrets.name_key(what, folded(given.strip()))
        network = network_of(request.client.host if request.client else "")
        place = secrets.name_key("address", network)
        name, name_here = f"login:name:{key}", f"login:name:{key}:{place}"
        await _count(cache, f"login:address:{place}", settings.tries_per_address)
        await _count(cache, name_here, settings.tries_per_account)
        await _count(cache, name, settings.tries_per_account * ADDRESSES)
        found = await password_of(db, key)
        if not await secrets.verify(found[1] if found else None, data.password) or found is None:
            raise UnauthenticatedError("Name or password is wrong.", code="credentials_invalid")
        await cache.drop(name_here)
        await cache.drop(name)
        return await Sessions(db, tokens, settings).begin(found[0])

    @post("/refresh", permission="account.sign_in", open_to="suspended", status_code=HTTP_200_OK, summary="New tokens")
    async def refresh(self, data: RefreshToken, db: Database, tokens: Tokens, settings: IdentitySettings) -> TokensView:
        """A refresh token is used once; used again later than 10 s it ends the session: 401 `token_reused`."""
        return await Sessions(db, tokens, settings).renew(data.refresh_token)

    @post(
        "/logout",
        permission="account.sign_in",
        open_to="suspended",
        status_code=HTTP_204_NO_CONTENT,
        summary="Sign out",
    )
    async def logout(
        self, request: Request[Any, Any, Any], db: Database, tokens: Tokens, settings: IdentitySettings
    ) -> None:
        """Ends the session of the access token; that token itself lives on until it expires."""
        header = request.headers.get("authorization", "")
        claims = tokens.read_access(header.partition(" ")[2].strip())
        await Sessions(db, tokens, settings).end(claims.session)


class Self(Controller):
    """One's own account."""

    path = "/me/account"
    tags = ["Accounts"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="account.own", summary="One's own account")
    async def account(self, db: Database, reader: Reader, keys: Keys, settings: IdentitySettings) -> AccountView:
        """With one's own email address; nobody else is shown it."""
        row = await own_account(db, reader.member)
        email = secrets_of(keys, settings).unseal(row["email_sealed"]) if row["email_sealed"] else None
        roles = sorted(roles_of(row["level"], row["standing"], row["roles"]))
        return AccountView(reader.member, row["username"], email, tuple(roles))


class Roles(Controller):
    """Roles given in addition to those of the level."""

    path = "/members/{member_id:str}/roles/{role:str}"
    tags = ["Accounts"]  # noqa: RUF012  # Litestar reads it from the class

    @put("/", permission="account.roles", open_to="suspended", summary="Give a role")
    async def grant(self, member_id: str, role: str, send: Send) -> RolesView:
        """Moderator, membership_officer or admin, never to oneself; in force from the next sign-in or refresh."""
        view: RolesView = await send("account", member_id, GrantRole(_role(role)))
        return view

    @delete("/", permission="account.roles", open_to="suspended", status_code=HTTP_200_OK, summary="Take a role back")
    async def revoke(self, member_id: str, role: str, send: Send) -> RolesView:
        """In force when the access token expires."""
        view: RolesView = await send("account", member_id, RevokeRole(_role(role)))
        return view


def _role(given: str) -> Role:
    try:
        role: Role = msgspec.convert(given, Role)
    except msgspec.ValidationError as error:
        known = "moderator, membership_officer and admin"
        raise MissingError(f"There are the roles {known}.", code="role_missing") from error
    return role


async def _count(cache: Cache, key: str, most: int) -> None:
    if await cache.count(key, TRY_WINDOW_S) > most:
        raise LimitedError("Too many tries to sign in.", code="login_limited", retry_after_s=TRY_WINDOW_S)
