"""HTTP of inboxes and preferences, and the links out of letters."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post, put
from litestar.openapi import ResponseSpec
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.plugins.notification import letter
from diramoja.plugins.notification.contracts import (
    MarkAllRead,
    MarkRead,
    NoticeView,
    PreferencesView,
    SetPreferences,
    Unsubscribe,
)
from diramoja.plugins.notification.letter import unsubscribe_page
from diramoja.plugins.notification.queries import drop_counts, language_of, notice_list, preferences
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.unsubscribe import LONGEST_TOKEN, read_token
from diramoja.ports.texts import Texts

__all__ = ["Inboxes", "Preferences", "Statistics", "Unsubscribing"]

PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
FORM = "application/x-www-form-urlencoded"
"""What a mail program (RFC 8058) or the button of our page posts; the link itself holds the token."""

type Token = Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN, description="out of the link in a letter")]


class UnsubscribeToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a link in a letter holds."""

    token: Token


class DropCounts(msgspec.Struct, frozen=True):
    """Notices and messages that were dropped, by reason: late, refused, off, consent, cap."""

    dropped: dict[str, int]


class Inboxes(Controller):
    """One's own inbox."""

    path = "/me/notifications"
    tags = ["Notifications"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="notification.own", summary="The own notices")
    async def notices(
        self,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        texts: Texts,
        settings: NotificationSettings,
        unread: Annotated[bool, Parameter(description="Only those that are not read.")] = False,
        kind: Annotated[str, Parameter(max_length=80, description="Only those of this kind.")] = "",
    ) -> Page[NoticeView]:
        """The newest first, in one's language, with the channels and what became of them."""
        return await notice_list(db, reader, page, texts=texts, settings=settings, unread=unread, kind=kind)

    @put(
        "/{notice_id:str}/read",
        permission="notification.own",
        open_to="suspended",
        status_code=HTTP_204_NO_CONTENT,
        summary="Read one",
    )
    async def read(self, notice_id: str, reader: Reader, send: Send) -> None:
        """Again changes nothing."""
        await send("inbox", reader.member, MarkRead(notice_id))

    @put(
        "/read",
        permission="notification.own",
        open_to="suspended",
        status_code=HTTP_204_NO_CONTENT,
        summary="Read all up to one",
    )
    async def read_all(self, data: MarkAllRead, reader: Reader, send: Send) -> None:
        """Those that are older than it, and itself."""
        await send("inbox", reader.member, data)


class Preferences(Controller):
    """How one is told things."""

    path = "/me/preferences"
    tags = ["Notifications"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="notification.own", summary="The own preferences")
    async def preferences(self, db: Database, reader: Reader, settings: NotificationSettings) -> PreferencesView:
        """The usual ones for whoever set none."""
        return await preferences(db, reader, settings)

    @put("/", permission="notification.own", open_to="suspended", summary="Set the own preferences")
    async def set_preferences(self, data: SetPreferences, reader: Reader, texts: Texts, send: Send) -> PreferencesView:
        """What is not given stays; a statutory kind cannot be switched off: 409 `statutory_notice`."""
        if isinstance(data.language, str) and data.language not in texts.languages:
            known = ", ".join(texts.languages)
            raise InvalidError(f"There are texts in these languages: {known}.", code="language_unknown")
        view: PreferencesView = await send("inbox", reader.member, data)
        return view


class Unsubscribing(Controller):
    """The links out of letters; who holds one need not sign in."""

    path = "/unsubscribe"
    tags = ["Notifications"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/",
        permission="notification.unsubscribe",
        open_to="suspended",
        status_code=HTTP_200_OK,
        dto=None,
        summary="Unsubscribe",
        responses={HTTP_204_NO_CONTENT: ResponseSpec(None, description="Done; without a page to show.")},
    )
    async def unsubscribe(
        self,
        *,
        request: Request[Any, Any, Any],
        db: Database,
        keys: Keys,
        texts: Texts,
        settings: NotificationSettings,
        send: Send,
        token: Annotated[str, Parameter(max_length=LONGEST_TOKEN, description="Or in the body, as {token}.")] = "",
    ) -> Response[Any]:
        """No more email of the kind of that letter. One click of a mail program (RFC 8058) posts a form to the link."""
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
        given = token if token and is_form else _token_of(await request.body(), token)
        found = read_token(given, keys, settings)
        await send("inbox", found.member, Unsubscribe(found.kind, found.notice_class))
        if not is_form:
            return Response(None, status_code=HTTP_204_NO_CONTENT)
        language = await language_of(db, settings, found.member)
        return _page(language, texts, letter.STOPPED_TITLE, letter.STOPPED_TEXT)

    @get("/", permission="notification.unsubscribe", summary="The page to unsubscribe")
    async def page(
        self,
        *,
        db: Database,
        keys: Keys,
        texts: Texts,
        settings: NotificationSettings,
        token: Annotated[str, Parameter(min_length=1, max_length=LONGEST_TOKEN)],
    ) -> Response[str]:
        """With a button: links are also opened by programs that look for viruses, which must change nothing."""
        found = read_token(token, keys, settings)
        language = await language_of(db, settings, found.member)
        if found.notice_class == "statutory":
            return _page(language, texts, letter.STATUTORY_TITLE, letter.STATUTORY_TEXT)
        return _page(language, texts, letter.STOP_TITLE, letter.STOP_TEXT, button=True)


def _page(language: str, texts: Texts, title: str, text: str, *, button: bool = False) -> Response[str]:
    html = unsubscribe_page(language, texts, title=title, text=text, button=button)
    return Response(html, status_code=HTTP_200_OK, media_type=MediaType.HTML, headers=PAGE_HEADERS)


def _token_of(body: bytes, token: str) -> str:
    if token and not body:
        return token
    try:
        return msgspec.json.decode(body, type=UnsubscribeToken).token
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidError('The body has to be {"token": ...}.', code="invalid") from error


class Statistics(Controller):
    """What happened to notices, over all members."""

    path = "/notifications/statistics"
    tags = ["Operators"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="notification.statistics", summary="Notices that were dropped")
    async def statistics(self, db: Database) -> DropCounts:
        """Counts by reason; nobody is named."""
        return DropCounts(await drop_counts(db))
