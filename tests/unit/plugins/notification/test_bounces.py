"""Mail that came back, and mail that only looks so."""

from hypothesis import given
from hypothesis import strategies as some

from diramoja.plugins.notification.bounces import Bounce, read_bounce

BOUNCE = """\
From: MAILER-DAEMON@mail.example
To: news@movement.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="X"

--X
Content-Type: text/plain

I am sorry.

--X
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; amina@people.example.org
Action: {action}
Status: {status}

--X
Content-Type: {kind}

Message-ID: <{id}@movement.example>
From: news@movement.example
To: amina@people.example.org
Subject: Kliniki

{body}
--X--
"""


def bounce(
    status: str = "5.1.1",
    *,
    action: str = "failed",
    id: str = "ntc_0abc",
    kind: str = "message/rfc822",
    body: str = "Hi",
) -> bytes:
    return BOUNCE.format(status=status, action=action, id=id, kind=kind, body=body).encode()


def test_a_letter_that_came_back_is_known_by_its_message_id() -> None:
    assert read_bounce(bounce()) == Bounce("ntc_0abc", "address_refused")
    assert read_bounce(bounce(kind="text/rfc822-headers", body="")) == Bounce("ntc_0abc", "address_refused")
    assert read_bounce(bounce("5.2.2")) == Bounce("ntc_0abc", "mailbox_full")
    assert read_bounce(bounce("5.7.1", action="Failed")) == Bounce("ntc_0abc", "mail_refused")


def test_what_is_delayed_delivered_or_of_others_is_no_bounce() -> None:
    for each in (
        bounce("4.4.1", action="delayed"),
        bounce("4.2.2"),
        bounce("2.0.0", action="delivered"),
        bounce(id="other"),
        b"Subject: Out of office\n\nBack on Monday.",
        b"",
    ):
        assert read_bounce(each) is None


@given(some.binary(max_size=300), some.integers(0, 900))
def test_nothing_that_comes_in_breaks_the_reading(noise: bytes, place: int) -> None:
    whole = bounce()
    read_bounce(noise)
    read_bounce(whole[:place] + noise + whole[place:])
