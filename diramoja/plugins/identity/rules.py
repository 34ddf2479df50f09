"""What a name and a password may be, and which roles an account has. Pure."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable

from diramoja.core.errors import InvalidError
from diramoja.core.plugin import included

__all__ = ["check_email", "check_password", "check_username", "folded", "network_of", "roles_of"]

_USERNAME = re.compile(r"[a-z][a-z0-9_]{2,29}")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,188}")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?")
_RESERVED = frozenset(
    [
        "admin",
        "administrator",
        "moderator",
        "official",
        "root",
        "system",
        "support",
        "staff",
        "diramoja",
        "everyone",
        "me",
    ]
)
_COMMON = frozenset(
    [
        "1234567890",
        "password12",
        "password123",
        "qwertyuiop",
        "qwerty12345",
        "iloveyou12",
        "administrator",
        "letmein123",
    ]
)
LONGEST_PASSWORD = 128
LONGEST_EMAIL = 254


def check_username(given: str) -> str:
    """The username as it is kept: case-folded, 3 to 30 of a-z, 0-9 and _, first a letter.

    Raises:
        InvalidError: it is no such name, or kept for the platform.
    """
    name = folded(given)
    if not _USERNAME.fullmatch(name):
        raise InvalidError(
            "A username has 3 to 30 letters (a to z), digits and '_', and begins with a letter.",
            code="username_invalid",
        )
    if name in _RESERVED:
        raise InvalidError("This username is kept for the platform.", code="username_invalid")
    return name


def check_email(given: str) -> str:
    """The address as it is compared: case-folded.

    Raises:
        InvalidError: it cannot be an address.
    """
    address = folded(given.strip())
    labels = address.rpartition("@")[2].split(".")
    valid = len(address) <= LONGEST_EMAIL and _EMAIL.fullmatch(address) and len(labels) > 1
    if not valid or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidError("This is no email address.", code="email_invalid")
    return address


def folded(text: str) -> str:
    """As names are compared; folding again changes nothing. Source: Unicode 3.13, D146 (compatibility caseless)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def check_password(given: str, shortest: int) -> None:
    """Raises InvalidError where it is too short, too long or among the first that are tried."""
    if not shortest <= len(given) <= LONGEST_PASSWORD:
        raise InvalidError(f"A password has {shortest} to {LONGEST_PASSWORD} characters.", code="password_invalid")
    if given.casefold() in _COMMON or len(set(given)) == 1:
        raise InvalidError("This password is among the first that are tried.", code="password_invalid")


def network_of(address: str) -> str:
    """Whose tries count together: an address, of IPv6 the /64, which is one subscriber's."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False).network_address)
    return str(known)


def roles_of(level: str, standing: str, granted: Iterable[str]) -> frozenset[str]:
    """The roles in an access token: by level and standing, and those given in addition.

    Whoever their body has suspended is a supporter until that ends; what people gave in addition, people take back.
    """
    held = {"supporter", *granted} | ({level} if standing != "suspended_by_body" else set())
    return frozenset().union(*map(included, held))
