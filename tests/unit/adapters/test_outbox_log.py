"""What would be sent is noted in the log, and nothing of whom or what."""

from typing import cast

import anyio
from structlog.testing import capture_logs

from diramoja.adapters.outbox_log.hooks import register_adapter
from diramoja.adapters.outbox_log.settings import OutboxLogSettings
from diramoja.ports.mail import Letter, Mail, Posted
from diramoja.ports.push import Push, PushNotice
from diramoja.ports.sms import ShortText, Sms

SENT = Posted("sent", note="logged_only")


def test_each_message_is_one_line_without_words_and_names() -> None:
    async def send_all() -> None:
        async with register_adapter().open(OutboxLogSettings()) as ports:
            mail, sms, push = cast("Mail", ports["mail"]), cast("Sms", ports["sms"]), cast("Push", ports["push"])
            letters = [
                Letter(f"ntc_{n}", "amina@people.example.org", "Secret", "secret", "<p>secret</p>") for n in "12"
            ]
            assert await mail.send(letters) == [SENT, SENT]
            assert await sms.send(ShortText("ntc_3", "mem_amina", "secret")) == SENT
            assert await push.send(PushNotice("ntc_4", "mem_amina", "secret", "topic", "top_1")) == SENT

    with capture_logs() as logs:
        anyio.run(send_all)
    started, *notes = logs
    assert started["event"] == "outbox_is_the_log"
    assert [each["channel"] for each in notes] == ["email", "email", "sms", "push"]
    assert [each["id"] for each in notes] == ["ntc_1", "ntc_2", "ntc_3", "ntc_4"]
    assert all(each["length"] == 6 for each in notes)
    assert "amina" not in str(logs) and "secret" not in str(logs).lower()
    assert notes[0]["to"] == notes[1]["to"] != notes[2]["to"] == notes[3]["to"]
