"""Letters to a real SMTP server: in the clear, over STARTTLS and TLS, signed in, refused, cut off."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from diramoja.adapters.smtp.mail import open_mail
from diramoja.adapters.smtp.settings import SmtpSettings
from diramoja.core.errors import UnavailableError
from diramoja.ports.mail import Letter, Posted
from tests.support.mail_server import PASSWORD, USER, MailServer, mail_server


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail")) as made:
        yield made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """(certificate, key) of 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, False, False, False),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


def to(server: MailServer, **more: Any) -> SmtpSettings:
    return SmtpSettings(host="127.0.0.1", port=server.port, **{"security": "none", **more})


def letter(name: str, id: str = "ntc_1") -> Letter:
    return Letter(id, f"{name}@people.example.org", "Kliniki", "Habari\n", "<p>Habari</p>", "sw")


async def test_letters_in_a_row_share_a_connection(server: MailServer) -> None:
    async with open_mail(to(server)) as mail:
        assert await mail.send([letter("row", f"ntc_{n}") for n in range(3)]) == [Posted("sent")] * 3
    found = server.letters("row@")
    assert len(found) == 3 and len({each["X-Peer"] for each in found}) == 1


async def test_no_more_connections_than_set_are_open(server: MailServer) -> None:
    async with open_mail(to(server, connections=2)) as mail, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(mail.send, [letter("many", f"ntc_{number}")])
    found = server.letters("many@")
    assert len(found) == 20 and len({each["X-Peer"] for each in found}) <= 2


async def test_refusals_are_told_apart_and_do_not_spoil_the_connection(server: MailServer) -> None:
    async with open_mail(to(server)) as mail:
        posted = await mail.send([letter(name) for name in ("gone_1", "fine", "full_1", "spam_1", "fine")])
        assert posted == [
            Posted("failed", "address_refused"),
            Posted("sent"),
            Posted("failed", "mailbox_full"),
            Posted("failed", "mail_refused"),
            Posted("sent"),
        ]
        with pytest.raises(UnavailableError) as error:
            await mail.send([letter("later_1")])
        assert "later_1" not in str(error.value) and error.value.__cause__ is None
    assert len(server.letters("fine@")) == 2


async def test_a_server_that_is_away_is_unavailable(server: MailServer, tmp_path: Path) -> None:
    with mail_server(tmp_path) as gone:
        settings = to(gone, timeout_s=2)
    async with open_mail(settings) as mail:
        with pytest.raises(UnavailableError, match="SMTPConnectError"):
            await mail.send([letter("nobody")])


async def test_a_connection_that_the_server_ended_is_replaced(tmp_path: Path) -> None:
    with mail_server(tmp_path) as first:
        async with open_mail(to(first)) as mail:
            await mail.send([letter("one")])
            with mail_server(tmp_path / "other") as second:
                mail._client._settings = to(second)
                first_again = await mail.send([letter("two")])
    assert first_again == [Posted("sent")]


async def test_starttls_with_a_checked_certificate_and_sign_in(
    certificate: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    signed_in = {"user": USER, "password_file": str(tmp_path / "password")}
    with mail_server(tmp_path / "mail", *certificate) as server:
        async with open_mail(to(server, security="starttls", **signed_in)) as mail:
            with pytest.raises(UnavailableError):  # Nobody vouches for it.
                await mail.send([letter("first")])
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        async with open_mail(to(server, security="starttls", **signed_in)) as mail:
            assert await mail.send([letter("second")]) == [Posted("sent")]
        (tmp_path / "password").write_text("wrong")
        async with open_mail(to(server, security="starttls", **signed_in)) as mail:
            with pytest.raises(UnavailableError, match="SMTPAuthenticationError 535") as error:
                await mail.send([letter("third")])
            assert "wrong" not in str(error.value)
    assert [each["to"] for each in server.letters()] == ["second@people.example.org"]


async def test_a_server_without_starttls_gets_no_letter(server: MailServer) -> None:
    async with open_mail(to(server, security="starttls")) as mail:
        with pytest.raises(UnavailableError):
            await mail.send([letter("insecure")])
    assert server.letters("insecure@") == []


async def test_tls_from_the_start(
    certificate: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    with mail_server(tmp_path / "mail", *certificate, "tls") as server:
        settings = to(server, security="tls", user=USER, password_file=str(tmp_path / "password"))
        async with open_mail(settings) as mail:
            assert await mail.send([letter("whole")]) == [Posted("sent")]
    assert len(server.letters("whole@")) == 1
