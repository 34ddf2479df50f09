import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from diramoja.core.errors import SettingsError, UnauthenticatedError
from diramoja.core.keys import Keys
from diramoja.core.tokens import Tokens

SECRET = b"k" * 32


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_token_fresh_says_who_holds_it() -> None:
    tokens = Tokens(SECRET)
    claims = tokens.read_access(tokens.issue_access("mem_a", {"member", "admin"}, "ses_1", 60))
    assert (claims.member, claims.roles, claims.session) == ("mem_a", frozenset({"member", "admin"}), "ses_1")


def test_token_expired_says_so() -> None:
    tokens = Tokens(SECRET)
    with pytest.raises(UnauthenticatedError) as caught:
        tokens.read_access(tokens.issue_access("mem_a", [], ttl_s=-1))
    assert caught.value.code == "token_expired"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "x" * 100_000,
        "Ω.Ω.Ω",
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': 'mem_a', 'roles': ['admin'], 'exp': 9e9})}.",
        Tokens(b"o" * 32).issue_access("mem_a", ["admin"]),
        jwt.encode({"sub": "mem_a", "roles": [], "iss": "diramoja"}, SECRET),
        jwt.encode({"sub": "mem_a", "roles": 3, "iss": "diramoja", "exp": 9_000_000_000}, SECRET),
        jwt.encode({"sub": "mem_a", "roles": [], "iss": "other", "exp": 9_000_000_000}, SECRET),
        jwt.encode({"sub": "mem_a", "roles": [], "iss": "diramoja", "exp": 10**30}, SECRET),
        jwt.encode({"sub": "mem_a", "roles": [], "iss": "diramoja", "exp": 9_000_000_000}, b"k" * 64, "HS512"),
    ],
)
def test_token_forged_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError) as caught:
        Tokens(SECRET).read_access(token)
    assert caught.value.code == "token_invalid"


def test_key_missing_is_made_for_the_owner_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "secrets")
    first = keys.get("access_token")
    assert (len(first), keys.get("access_token")) == (32, first)
    assert (tmp_path / "secrets" / "access_token.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["access_token.key"]


def test_key_from_a_setting_is_read_and_never_made(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("s" * 40 + "\n")
    assert Keys(tmp_path).get("any", str(given)) == b"s" * 40
    for bad in (tmp_path / "short", tmp_path / "absent"):
        (tmp_path / "short").write_bytes(b"short")
        with pytest.raises(SettingsError):
            Keys(tmp_path).get("any", str(bad))
