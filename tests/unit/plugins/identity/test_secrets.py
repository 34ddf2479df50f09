from pathlib import Path

import pytest

from diramoja.core.errors import InternalError
from diramoja.core.keys import Keys
from diramoja.plugins.identity.secrets import Secrets, new_token, token_hash
from diramoja.plugins.identity.settings import IdentitySettings

CHEAP = IdentitySettings(argon2_memory_kib=8, argon2_passes=1)


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(Keys(tmp_path), CHEAP)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_passwords_verify_and_their_hashes_differ(secrets: Secrets) -> None:
    one, two = await secrets.hash_password("a long sentence"), await secrets.hash_password("a long sentence")
    assert one != two
    assert one.startswith("$argon2id$")
    assert await secrets.verify(one, "a long sentence")
    assert not await secrets.verify(one, "another sentence")
    assert not await secrets.verify(None, "a long sentence")
    assert not await secrets.verify("no hash", "a long sentence")


def test_addresses_are_sealed_with_this_deployments_key(secrets: Secrets, tmp_path: Path) -> None:
    sealed = secrets.seal("amina@example.org")
    assert "amina" not in sealed
    assert sealed != secrets.seal("amina@example.org")
    assert secrets.unseal(sealed) == "amina@example.org"
    with pytest.raises(InternalError):
        Secrets(Keys(tmp_path / "other"), CHEAP).unseal(sealed)


def test_name_keys_are_keyed_and_tell_username_from_email(secrets: Secrets, tmp_path: Path) -> None:
    assert secrets.name_key("username", "x") == secrets.name_key("username", "x")
    assert secrets.name_key("username", "x") != secrets.name_key("email", "x")
    assert Secrets(Keys(tmp_path / "other"), CHEAP).name_key("username", "x") != secrets.name_key("username", "x")


def test_tokens_are_long_and_stored_as_hashes() -> None:
    token = new_token()
    assert len(token) >= 43
    assert len({new_token() for _ in range(1_000)}) == 1_000
    assert token_hash(token) != token.encode()
