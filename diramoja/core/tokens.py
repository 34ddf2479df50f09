"""Access tokens: JWTs (RFC 7519) signed with HMAC-SHA256, short-lived, checked without a look at the database."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import attrs

from diramoja.core.errors import PluginError, UnauthenticatedError

__all__ = ["Claims", "Tokens"]

ISSUER = "diramoja"
ALGORITHM = "HS256"
LONGEST_TOKEN = 4096
"""Characters; what is longer is none of ours."""
KNOWN_MAX = 4096
"""Tokens whose signature is not checked again: checking is the most expensive part of a read."""


@attrs.frozen
class Claims:
    """What a valid access token says.

    Attributes:
        member: id of the member.
        roles: as they were when it was issued.
        session: id of the session it belongs to; "" where it belongs to none.
        expires_at: aware UTC.
    """

    member: str
    roles: frozenset[str]
    session: str
    expires_at: datetime


class Tokens:
    """Issues and reads access tokens. Time is the computer's, in simulations too."""

    def __init__(self, secret: bytes) -> None:
        try:
            import jwt
        except ImportError as error:
            raise PluginError("PyJWT is not installed.", cure="Install diramoja[community].") from error
        self._jwt = jwt
        self._secret = secret
        self._known: OrderedDict[str, Claims] = OrderedDict()

    def issue_access(self, member: str, roles: Iterable[str], session: str = "", ttl_s: float = 3600.0) -> str:
        """A token for a member that is valid for `ttl_s` seconds (default: an hour)."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "sub": member,
            "roles": sorted(roles),
            "sid": session,
            "iat": now,
            "exp": now + timedelta(seconds=ttl_s),
        }
        return self._jwt.encode(claims, self._secret, algorithm=ALGORITHM, headers={"typ": "at+jwt"})

    def read_access(self, token: str) -> Claims:
        """What the token says.

        Raises:
            UnauthenticatedError: `token_expired`, or `token_invalid` for whatever we did not sign like this.
        """
        if len(token) > LONGEST_TOKEN:
            raise UnauthenticatedError("This access token is none of ours.", code="token_invalid")
        known = self._known.get(token)
        if known is None or known.expires_at <= datetime.now(UTC):
            known = self._known[token] = self._read(token)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        return known

    def _read(self, token: str) -> Claims:
        try:
            found = self._jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "sub", "roles", "iss"]},
            )
            expires_at = datetime.fromtimestamp(found["exp"], UTC)
            return Claims(found["sub"], frozenset(found["roles"]), found.get("sid", ""), expires_at)
        except self._jwt.ExpiredSignatureError as error:
            raise UnauthenticatedError("The access token has expired.", code="token_expired") from error
        except (self._jwt.InvalidTokenError, TypeError, ValueError, OverflowError) as error:
            raise UnauthenticatedError("This access token is none of ours.", code="token_invalid") from error
