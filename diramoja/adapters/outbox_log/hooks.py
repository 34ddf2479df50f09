"""What the adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

from diramoja.adapters.outbox_log.outbox import LoggedMail, LoggedPush, LoggedSms, Outbox
from diramoja.adapters.outbox_log.settings import OutboxLogSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]

log = structlog.get_logger(__name__)


@asynccontextmanager
async def _open(settings: OutboxLogSettings) -> AsyncIterator[Mapping[str, object]]:
    log.info("outbox_is_the_log", note="Mail, SMS and push whose port in [ports] is outbox_log are not sent.")
    outbox = Outbox(settings.digest_chars)
    yield {"mail": LoggedMail(outbox), "sms": LoggedSms(outbox), "push": LoggedPush(outbox)}


@hookimpl
def register_adapter() -> AdapterSpec:
    """Mail, SMS and push that go to the log."""
    return AdapterSpec(name="outbox_log", ports=["mail", "sms", "push"], settings=OutboxLogSettings, open=_open)
