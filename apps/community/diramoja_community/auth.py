"""Who asks, and whether they may: one guard for every route."""

from collections.abc import Iterable

from litestar.handlers import BaseRouteHandler

from diramoja.core.errors import DeniedError, UnauthenticatedError
from diramoja.core.gateway import Reader
from diramoja.core.ids import check_id
from diramoja.core.plugin import included
from diramoja.core.registry import Registry
from diramoja.core.tokens import Claims, Tokens
from diramoja_community.conduct import Conduct
from diramoja_community.exchange import Connection, exchange_of
from diramoja_community.limits import Limits
from diramoja_community.problems import ProblemError

__all__ = ["GUEST", "OPEN", "OPERATE", "OWN_PERMISSIONS", "Gate", "bearer", "reader_of"]

OPEN = "gateway.open"
OPERATE = "agent.operate"
OWN_PERMISSIONS = {OPEN: frozenset({"guest"}), OPERATE: frozenset({"admin"})}
"""Permissions of the gateway's own routes."""

GUEST = Reader()
SIGN_IN = "/v1/auth/"
"""Below this a token that is no longer valid is as none: who signs in or refreshes may still hold an old one."""

_BAD_QUERY = ("%00", "%01", "%02", "%03", "%04", "%05", "%06", "%07", "%08", "%0b", "%0c", "%0e", "%0f", "%1", "%7f")


def complete(roles: Iterable[str]) -> frozenset[str]:
    """With the roles that these include."""
    return frozenset({"guest"}).union(*map(included, roles))


def reader_of(claims: Claims) -> Reader:
    """The reader that a token stands for."""
    return Reader(check_id(claims.member), complete(claims.roles))


def bearer(header: str) -> str:
    """The token of an Authorization header.

    Raises:
        UnauthenticatedError: the scheme is another.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("The Authorization header has to be `Bearer <access token>`.", code="token_invalid")
    return token.strip()


class Gate:
    """The guard: text of the path, limits, who asks, permission, conduct; in this order."""

    def __init__(self, registry: Registry, tokens: Tokens, limits: Limits, conduct: Conduct) -> None:
        self._permissions = {**registry.permissions, **OWN_PERMISSIONS}
        self._tokens = tokens
        self._limits = limits
        self._conduct = conduct

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the request through or raise what answers it."""
        permission = handler.opt.get("permission")
        if permission is None:  # Not one of the API: pages, health. The application has checked that at start.
            return
        _check_text(connection)
        exchange = exchange_of(connection)
        await self._limits.address(connection, exchange)
        exchange.reader = reader = self._reader(connection)
        _check_permission(reader, self._permissions[permission], permission)
        await self._limits.member(reader, exchange, handler.opt.get("limit"))
        if permission not in OWN_PERMISSIONS:
            await self._conduct.check(reader, connection, handler)

    def _reader(self, connection: Connection) -> Reader:
        header = connection.headers.get("authorization")
        if header is None:
            return GUEST
        try:
            return reader_of(self._tokens.read_access(bearer(header)))
        except UnauthenticatedError:
            if connection.scope["path"].startswith(SIGN_IN):
                return GUEST
            raise


def _check_permission(reader: Reader, roles: frozenset[str], permission: str) -> None:
    if reader.roles & roles:
        return
    if not reader.member:
        raise UnauthenticatedError("Sign in first: this takes an access token.")
    given = ", ".join(sorted(roles))
    raise DeniedError(f"Your roles do not include the permission {permission}, which comes with {given}.")


def _check_text(connection: Connection) -> None:
    for value in connection.path_params.values():
        if isinstance(value, str):
            check_id(value)
    query = connection.scope["query_string"].decode("latin-1").lower()
    if "%" in query and any(bad in query for bad in _BAD_QUERY):
        raise ProblemError(400, "text_invalid", "The query holds control characters.")
