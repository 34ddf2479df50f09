"""Letters as messages, and what a server's refusals mean."""

from email import message_from_bytes
from email.policy import SMTP, default

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.adapters.smtp.errors import reason_of, unavailable
from diramoja.adapters.smtp.mail import composed
from diramoja.adapters.smtp.settings import SmtpSettings
from diramoja.ports.mail import Letter

SETTINGS = SmtpSettings(from_address="news@movement.example", from_name='The "Movement"')
LETTER = Letter("ntc_1", "amina@people.example.org", "Kliniki", "Habari — dunia\n", "<p>Habari — dunia</p>", "sw")


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (550, "No such user here", "address_refused"),
        (550, "5.1.1 <amina@x> User unknown", "address_refused"),
        (551, "User not local", "address_refused"),
        (553, "5.1.3 Bad address syntax", "address_refused"),
        (556, "5.1.10 Null MX", "address_refused"),
        (550, "5.2.1 Mailbox disabled", "address_refused"),
        (552, "5.2.2 Mailbox full", "mailbox_full"),
        (552, "Storage exceeded", "mailbox_full"),
        (550, "5.7.1 Blocked by policy", "mail_refused"),
        (550, "5.1.8 Bad sender address", "mail_refused"),
        (554, "Transaction failed", "mail_refused"),
        (451, "4.7.1 Greylisted", None),
        (450, "Mailbox busy", None),
    ],
)
def test_refusals_of_a_recipient(code: int, text: str, reason: str | None) -> None:
    assert reason_of(aiosmtplib.SMTPRecipientRefused(code, text, "amina@x")) == reason


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (550, "No such user here", "mail_refused"),
        (550, "5.1.1 User unknown", "mail_refused"),
        (554, "Looks like spam", "content_refused"),
        (554, "5.6.0 Bad content", "content_refused"),
        (421, "Closing", None),
    ],
)
def test_refusals_of_the_text_say_nothing_of_the_address(code: int, text: str, reason: str | None) -> None:
    assert reason_of(aiosmtplib.SMTPDataError(code, text)) == reason


def test_an_error_names_neither_address_nor_the_servers_words() -> None:
    error = unavailable(aiosmtplib.SMTPRecipientRefused(451, "amina is away", "amina@x"))
    assert str(error) == "The mail server did not take a letter: SMTPRecipientRefused 451."


def test_a_letter_has_both_parts_and_its_headers() -> None:
    message = message_from_bytes(composed(LETTER, SETTINGS).as_bytes(), policy=default)
    assert message["from"].addresses[0].display_name == 'The "Movement"'
    assert (message["message-id"], message["content-language"]) == ("<ntc_1@movement.example>", "sw")
    assert message["auto-submitted"] == "auto-generated"
    assert message["list-unsubscribe"] is None and message["list-unsubscribe-post"] is None
    plain, html = message.iter_parts()
    assert [each.get_content().strip() for each in (plain, html)] == [LETTER.text.strip(), LETTER.html]
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


def test_a_letter_that_can_be_switched_off_says_how() -> None:
    url = "https://movement.example/v1/unsubscribe?token=" + "A" * 300
    message = message_from_bytes(
        composed(Letter("ntc_1", "a@b.c", "s", "t", "h", unsubscribe_url=url), SETTINGS).as_bytes(), policy=SMTP
    )
    assert "".join(str(message["list-unsubscribe"]).split()) == f"<{url}>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


def test_a_subject_with_a_line_break_or_no_address_is_refused() -> None:
    for bad in (
        Letter("i", "a@b.c", "s\nBcc: x@y.z", "t", "h"),
        Letter("i", "@nobody", "s", "t", "h"),
        Letter("i", "nobody", "s", "t", "h"),
        Letter("i", "a@b.c\r\nBcc: x@y.z", "s", "t", "h"),
    ):
        with pytest.raises(ValueError, match=r"."):
            composed(bad, SETTINGS)


@given(some.emails(), some.text().map(lambda text: " ".join(text.split())), some.text(), some.text())
def test_any_text_arrives_in_one_message_to_one_person(to: str, subject: str, text: str, html: str) -> None:
    subject = "".join(each for each in subject if each.isprintable())
    try:
        message = composed(Letter("i", to, subject, text, html), SETTINGS)
    except ValueError:
        return
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert [each.addr_spec for each in read["to"].addresses] == [to] or not to.isascii()
    assert read["bcc"] is None and read["cc"] is None and len(read.get_all("to", [])) == 1


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="password_file"):
        SmtpSettings(user="someone")
