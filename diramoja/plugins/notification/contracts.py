"""Notification: messages and views."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from diramoja.core import Command, Context, Personal, Tell, View

__all__ = ["NoticeClass", "NoticeKind", "Notify", "Subject", "notify"]

type NoticeClass = Literal["statutory", "personal", "participation", "campaign"]
"""`statutory`: votes on whose roll one is, sanctions, security; cannot be switched off. `personal`: about oneself or by
somebody to oneself. `participation`: what one could take part in; capped. `campaign`: with consent only; capped."""
type NoticeKind = Annotated[str, Meta(pattern=r"^[a-z][a-z_]*(\.[a-z_]+)+$", examples=["topic.suggested"])]


class Subject(View):
    """What a notice is about: a kind of agent or thing, and its id."""

    type: str
    id: str


class Notify(Command):
    """Tell a member something, to their inbox `inbox:<member>`; the same `key` twice is told once.

    Attributes:
        kind: what the member may switch off or choose channels for.
        text: English with `{name}` placeholders; it is the msgid of the plugin's catalogues (`locale/<language>.po`).
        values: for the placeholders.
        key: "" for kind and subject.
        valid_until: later it is dropped and counted.
        about: the member whose doing this is; whoever blocked or muted them is not told. "" for software and offices.
    """

    kind: NoticeKind
    notice_class: NoticeClass
    subject: Subject
    text: Annotated[str, Meta(min_length=1, max_length=1_000)]
    values: Mapping[str, Personal[str]] = msgspec.field(default_factory=dict)
    key: Annotated[str, Meta(max_length=200)] = ""
    valid_until: datetime | None = None
    about: Personal[str] = ""


def notify(context: Context, member: str, notice: Notify) -> tuple[Tell, ...]:
    """The effect that tells it; none where the deployment notifies nobody."""
    return (Tell("inbox", member, notice),) if member and context.has("notification") else ()
