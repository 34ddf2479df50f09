"""Jobs that send a notice by email, SMS or push and tell the inbox what became of it; and one that finds old ones.

What a job carries are ids: text and address are read where it runs, and go nowhere else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from diramoja.core import Job, View, job
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.plugins.identity.contracts import IdentitySettings, email_of
from diramoja.plugins.notification.contracts import ChannelName, ForgetNotices, NoteDelivery
from diramoja.plugins.notification.letter import Content, letter_of
from diramoja.plugins.notification.queries import Told, language_of, old_notices, told
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.unsubscribe import Subscription, token_of, unsubscribe_url
from diramoja.ports.mail import Mail, Posted
from diramoja.ports.push import Push, PushNotice
from diramoja.ports.sms import ShortText, Sms
from diramoja.ports.texts import Texts

__all__ = ["DELIVERIES", "Deliver", "FindOld", "find_old", "send_email", "send_push", "send_sms"]

OLD_AT_ONCE = 150
"""A notice is forgotten with its deliveries: five effects of at most a thousand."""


class Deliver(View):
    """Send a notice on a channel. `listed`: the notices of a digest."""

    member: str
    notice: str
    channel: ChannelName
    valid_until: datetime | None = None
    listed: tuple[str, ...] = ()


class FindOld(View):
    """Find what a member was told before this time."""

    member: str
    before: datetime


def _given_up(payload: Deliver, code: str) -> NoteDelivery:
    return NoteDelivery(payload.notice, payload.channel, "failed", code)


def _suppressed(payload: Deliver, reason: str) -> NoteDelivery:
    return NoteDelivery(payload.notice, payload.channel, "suppressed", reason)


def _posted(payload: Deliver, posted: Posted) -> NoteDelivery:
    return NoteDelivery(payload.notice, payload.channel, posted.state, posted.reason or posted.note)


async def _found(payload: Deliver, db: Database, clock: Clock) -> Mapping[str, Told] | NoteDelivery:
    """The notices that are to be told by id; or why there is nothing to tell."""
    if payload.valid_until is not None and payload.valid_until <= clock.now():
        return _suppressed(payload, "late")
    notices = await told(db, payload.member, (payload.notice, *payload.listed))
    return notices if payload.notice in notices else _suppressed(payload, "gone")


@job(Deliver, attempts=12, timeout_s=60, backoff_s=5, failed=_given_up)
async def send_email(  # noqa: PLR0917  # each is a port by its annotation
    payload: Deliver,
    db: Database,
    keys: Keys,
    mail: Mail,
    texts: Texts,
    clock: Clock,
    settings: NotificationSettings,
    identity: IdentitySettings,
) -> NoteDelivery:
    """As a letter to the member's own address."""
    notices = await _found(payload, db, clock)
    if isinstance(notices, NoteDelivery):
        return notices
    address = await email_of(db, keys, identity, payload.member)
    if address is None:
        return _suppressed(payload, "no_address")
    notice, language = notices[payload.notice], await language_of(db, settings, payload.member)
    listed = [notices[id] for id in payload.listed if id in notices and not notices[id].is_late(clock.now())]
    letter = letter_of(
        Content(
            text=_said(notice, texts, language),
            language=language,
            notice_class=notice.notice_class,
            more=[_said(each, texts, language) for each in listed],
        ),
        texts,
        id=payload.notice,
        to=address,
        community=settings.community,
        url=settings.public_url,
        stop_url=_stop_url(payload.member, notice, keys, settings),
    )
    [posted] = await mail.send([letter])
    return _posted(payload, posted)


def _stop_url(member: str, notice: Told, keys: Keys, settings: NotificationSettings) -> str:
    """The link that switches this kind off; "" where it cannot be."""
    if notice.notice_class == "statutory":
        return ""
    return unsubscribe_url(token_of(Subscription(member, notice.kind, notice.notice_class), keys, settings), settings)


@job(Deliver, attempts=8, timeout_s=30, backoff_s=5, failed=_given_up)
async def send_sms(  # noqa: PLR0917  # each is a port by its annotation
    payload: Deliver, db: Database, sms: Sms, texts: Texts, clock: Clock, settings: NotificationSettings
) -> NoteDelivery:
    """As a short message."""
    notices = await _found(payload, db, clock)
    if isinstance(notices, NoteDelivery):
        return notices
    language = await language_of(db, settings, payload.member)
    text = _said(notices[payload.notice], texts, language)
    return _posted(payload, await sms.send(ShortText(payload.notice, payload.member, text, language)))


@job(Deliver, attempts=8, timeout_s=30, backoff_s=5, failed=_given_up)
async def send_push(  # noqa: PLR0917  # each is a port by its annotation
    payload: Deliver, db: Database, push: Push, texts: Texts, clock: Clock, settings: NotificationSettings
) -> NoteDelivery:
    """As a notice on the member's devices."""
    notices = await _found(payload, db, clock)
    if isinstance(notices, NoteDelivery):
        return notices
    notice, language = notices[payload.notice], await language_of(db, settings, payload.member)
    shown = PushNotice(
        id=payload.notice,
        member=payload.member,
        text=_said(notice, texts, language),
        subject_type=notice.subject.type,
        subject_id=notice.subject.id,
        language=language,
    )
    return _posted(payload, await push.send(shown))


DELIVERIES: Final[Mapping[ChannelName, Job[Deliver]]] = {"email": send_email, "sms": send_sms, "push": send_push}


def _said(notice: Told, texts: Texts, language: str) -> str:
    return texts.translate(language, notice.text, notice.values)


@job(FindOld, attempts=8, timeout_s=30, backoff_s=30)
async def find_old(payload: FindOld, db: Database) -> ForgetNotices:
    """The oldest first, a few at a time."""
    found = await old_notices(db, payload.member, payload.before, OLD_AT_ONCE + 1)
    return ForgetNotices(tuple(found[:OLD_AT_ONCE]), more=len(found) > OLD_AT_ONCE)
