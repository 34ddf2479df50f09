"""Codes of tickets: what is read is what was issued; forged, changed, cut and foreign ones are not."""

import base64
import io
import json
import runpy
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core.errors import InvalidError
from diramoja.plugins.event.tickets import CODE_CHARS, Ticket, Tickets, public_jwk, qr_svg, read_code

OURS, OTHERS = Tickets(bytes(range(32))), Tickets(b"another key with thirty-two bytes")
EVENT = "evt_7k2p9x"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICKET = Ticket(41, NOON, NOON + timedelta(days=1, hours=2))
CODE = OURS.issue(EVENT, TICKET)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SCANNER = Path(__file__).parents[4] / "docs" / "examples" / "scan_tickets.py"

moments = st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
tickets = st.builds(Ticket, st.integers(0, 2**32 - 1), moments, moments)
events = st.text("abcdefghjkmnpqrstvwxyz0123456789_", min_size=1, max_size=128)


def refusal(event: str, code: str, tickets: Tickets = OURS) -> str:
    try:
        tickets.read(event, code)
    except InvalidError as error:
        return error.code
    return ""


@given(events, tickets)
def test_what_is_read_is_what_was_issued(event: str, ticket: Ticket) -> None:
    code = OURS.issue(event, ticket)
    assert len(code) == CODE_CHARS
    assert OURS.read(event, code) == ticket
    assert OURS.read(event, f" {code.lower()}\n") == ticket


@given(events, events, tickets)
def test_a_ticket_is_good_for_one_event(event: str, other: str, ticket: Ticket) -> None:
    code = OURS.issue(event, ticket)
    assert (refusal(other, code) == "") == (event == other)


@given(st.integers(0, CODE_CHARS - 1), st.sampled_from(ALPHABET))
def test_no_letter_of_a_code_can_be_changed(place: int, letter: str) -> None:
    changed = CODE[:place] + letter + CODE[place + 1 :]
    decoded = [base64.b32decode(each + "======") for each in (changed, CODE)]
    if decoded[0] == decoded[1]:  # The last letter has two bits that say nothing: the same ticket.
        assert OURS.read(EVENT, changed) == TICKET
    else:
        assert refusal(EVENT, changed) in ("ticket_invalid", "ticket_elsewhere")


@given(st.integers(0, CODE_CHARS - 1))
def test_a_cut_code_is_none(length: int) -> None:
    assert refusal(EVENT, CODE[:length]) == refusal(EVENT, CODE[length:][:-1]) == "ticket_invalid"


@given(st.text() | st.text(ALPHABET, min_size=CODE_CHARS, max_size=CODE_CHARS))
def test_whatever_is_scanned_is_refused_with_a_sentence(text: str) -> None:
    assert refusal(EVENT, text) in ("ticket_invalid", "ticket_elsewhere")


@pytest.mark.parametrize("letter", ["Ａ", "ſ", "ı", "٢", "А", "\x00"])  # noqa: RUF001  # such as fold into ours
def test_letters_of_other_scripts_are_none_of_ours(letter: str) -> None:
    assert refusal(EVENT, letter + CODE[1:]) == "ticket_invalid"


def test_another_key_signs_in_vain() -> None:
    assert refusal(EVENT, OTHERS.issue(EVENT, TICKET)) == "ticket_invalid"
    with pytest.raises(InvalidError):
        read_code(OTHERS.public_key, EVENT, CODE)


def test_the_picture_holds_the_code_as_svg() -> None:
    picture = ET.fromstring(qr_svg(CODE))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert qr_svg(CODE) == qr_svg(CODE) != qr_svg(OURS.issue("evt_other", TICKET))
    assert len(qr_svg(CODE)) < 16_000


# --- the code on the wall ---


@given(events, st.integers(0, 2**40))
def test_what_hangs_at_the_venue_is_good_for_two_steps(event: str, step: int) -> None:
    shown = OURS.venue_code(event, step)
    typed = shown.upper().replace("0", "O").replace("1", "L")
    assert [OURS.is_venue_code(event, typed, at) for at in (step, step + 1)] == [True, True]
    assert not OTHERS.is_venue_code(event, shown, step)


@given(st.text(max_size=200))
def test_a_guess_is_no_venue_code(text: str) -> None:
    assert not OURS.is_venue_code(EVENT, text, 7) or len(text.strip()) == 6


# --- the scanner of the docs, which knows nothing but the public key ---


@pytest.fixture(scope="module")
def scanner() -> dict[str, Any]:
    return runpy.run_path(str(SCANNER))


def test_the_scanner_of_the_docs_judges_as_we_do(scanner: dict[str, Any]) -> None:
    judge, at = scanner["judge"], NOON.timestamp() + 60
    assert judge(OURS.public_key, EVENT, CODE, at) == ("welcome", 41)
    assert judge(OURS.public_key, EVENT, CODE, at - 120) == ("not valid now", 41)
    assert judge(OURS.public_key, EVENT, OTHERS.issue(EVENT, TICKET), at) == ("forged", 0)
    assert judge(OURS.public_key, "evt_other", CODE, at) == ("for another event", 0)
    for garbage in ("", "A", CODE[:-9], "Ａ" * 130, "1" * 130):  # noqa: RUF001
        assert judge(OURS.public_key, EVENT, garbage, at)[0] == "no ticket"


def test_the_scanner_of_the_docs_keeps_what_the_platform_takes(
    scanner: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    codes = [
        OURS.issue(EVENT, Ticket(number, now - timedelta(hours=1), now + timedelta(hours=1))) for number in (1, 2, 1)
    ]
    (tmp_path / "key.json").write_text(json.dumps(public_jwk(OURS.public_key)))
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(codes)))
    scanner["main"](str(tmp_path / "key.json"), EVENT, str(tmp_path / "scans.json"))
    assert capsys.readouterr().out.split("\n")[:3] == ["welcome", "welcome", "used at this door"]
    scans = json.loads((tmp_path / "scans.json").read_text())["scans"]
    assert [OURS.read(EVENT, each["code"]).number for each in scans] == [1, 2]
    assert all(now - timedelta(seconds=1) <= datetime.fromisoformat(each["scanned_at"]) for each in scans)
