"""Sessions: transactions of the gateway on this plugin's own tables. A refresh token is used once.

A token that was rotated and comes again later than the grace allows was stolen: its session ends.
"""

from typing import Any

import attrs

from diramoja.core import Personal, View, job
from diramoja.core.errors import UnauthenticatedError
from diramoja.core.ports.database import Database, Session
from diramoja.core.tokens import Tokens
from diramoja.plugins.identity.contracts import TokensView
from diramoja.plugins.identity.rules import roles_of
from diramoja.plugins.identity.secrets import new_token, token_hash
from diramoja.plugins.identity.settings import IdentitySettings

__all__ = ["EndSessions", "Sessions", "end_sessions"]

PURGED_AT_ONCE = 100
"""Sessions that ended by time and are forgotten at a sign-in: more than begin, so that they do not pile up."""


@attrs.frozen
class Sessions:
    """Begins, renews and ends sessions."""

    db: Database
    tokens: Tokens
    settings: IdentitySettings

    async def begin(self, member: str) -> TokensView:
        """A new session of a member whose password was right."""
        session = f"ses_{new_token()}"
        async with self.db.begin() as transaction:
            await transaction.execute(
                "DELETE FROM account_session WHERE id IN (SELECT id FROM account_session WHERE expires_at < now()"
                " ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
                PURGED_AT_ONCE,
            )
            await transaction.execute(
                "INSERT INTO account_session (id, member, expires_at)"
                " VALUES ($1, $2, now() + make_interval(secs => $3))",
                session,
                member,
                float(self.settings.refresh_ttl_s),
            )
            return await self._issue(transaction, member, session)

    async def renew(self, refresh_token: str) -> TokensView:
        """New tokens for a refresh token.

        Raises:
            UnauthenticatedError: `token_invalid`, or `token_reused`: then the session has ended.
        """
        digest = token_hash(refresh_token)
        async with self.db.begin() as transaction:
            row = await self._locked(transaction, digest)
            if not row["late"]:
                await self._rotate(transaction, digest, row["session"])
                return await self._issue(transaction, row["member"], row["session"])
        await self._revoke(row["session"])
        raise UnauthenticatedError(
            "This refresh token was used before; the session has ended.", code="token_reused", cure="Log in again."
        )

    async def _rotate(self, transaction: Session, digest: bytes, session: str) -> None:
        """Tokens that have expired are forgotten: a session may live for years."""
        ttl_s = float(self.settings.refresh_ttl_s)
        await transaction.execute(
            "UPDATE account_refresh SET rotated_at = coalesce(rotated_at, now()) WHERE token = $1", digest
        )
        await transaction.execute(
            "DELETE FROM account_refresh WHERE session = $1 AND issued_at < now() - make_interval(secs => $2)",
            session,
            ttl_s,
        )
        await transaction.execute(
            "UPDATE account_session SET expires_at = now() + make_interval(secs => $2) WHERE id = $1", session, ttl_s
        )

    async def _locked(self, transaction: Session, digest: bytes) -> Any:
        row = await transaction.one(
            "SELECT s.id AS session, s.member, r.rotated_at < now() - make_interval(secs => $2) AS late"
            " FROM account_refresh AS r JOIN account_session AS s ON s.id = r.session"
            " WHERE r.token = $1 AND r.issued_at > now() - make_interval(secs => $3)"
            " AND s.revoked_at IS NULL AND s.expires_at > now() FOR UPDATE",
            digest,
            float(self.settings.reuse_grace_s),
            float(self.settings.refresh_ttl_s),
        )
        if row is None:
            raise UnauthenticatedError("This refresh token is not valid.", code="token_invalid", cure="Log in again.")
        return row

    async def end(self, session: str) -> None:
        """Log out; a session that has ended is no error."""
        await self._revoke(session)

    async def _revoke(self, session: str) -> None:
        await self.db.execute(
            "UPDATE account_session SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", session
        )

    async def _issue(self, transaction: Session, member: str, session: str) -> TokensView:
        account = await transaction.one("SELECT level, standing, roles FROM account WHERE member = $1", member)
        if account is None:
            raise UnauthenticatedError("This account is closed.", code="token_invalid")
        refresh, ttl_s = new_token(), self.settings.access_ttl_s
        await transaction.execute(
            "INSERT INTO account_refresh (token, session) VALUES ($1, $2)", token_hash(refresh), session
        )
        roles = roles_of(account["level"], account["standing"], account["roles"])
        return TokensView(self.tokens.issue_access(member, roles, session, ttl_s), refresh, "Bearer", ttl_s)


class EndSessions(View):
    """All sessions of a member are to go."""

    member: Personal[str]


@job(EndSessions, attempts=20, timeout_s=30, backoff_s=5, deadline_s=30 * 86_400)
async def end_sessions(payload: EndSessions, db: Database) -> None:
    """With their refresh tokens."""
    await db.execute("DELETE FROM account_session WHERE member = $1", payload.member)
