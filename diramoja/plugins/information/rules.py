"""Links and claims in a text, and what is said of their sources; pure."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from diramoja.core.ids import derive_id
from diramoja.plugins.information.contracts import SourceView

__all__ = ["MAX_CLAIMS", "MAX_DOMAINS", "candidates_in", "claims_in", "domains_in", "source_id", "source_of"]

MAX_DOMAINS = 20
MAX_CLAIMS = 5
MAX_CANDIDATES = 200
MIN_CLAIM_CHARS, MAX_CLAIM_CHARS = 20, 300

_URL = re.compile(r"https?://[^\s<>\"'\])}]{1,2000}", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,18}(?![\w-])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_FIGURE = re.compile(
    r"\d[\d.,]*\s*(?:%|percent|per cent|asilimia|million|billion|thousand|milioni|bilioni|elfu"
    r"|people|deaths|cases|votes|times|years|dollars|shillings)|[$€£]\s?\d|\b(?:KES|TZS|UGX|USD)\s?\d",
    re.IGNORECASE,
)
_ASSERTED = re.compile(
    r"\b(?:according to|stud(?:y|ies) (?:show|prove|find|found)|research (?:shows|proves)|(?:is|was|has been) proven"
    r"|causes?|cures?|officials? (?:said|confirmed)|statistics show|kwa mujibu wa|utafiti unaonyesha)\b",
    re.IGNORECASE,
)


def domains_in(body: str, sources: Mapping[str, SourceView]) -> list[str]:
    """Domains of the links in order, each once, at most 20; of words like `example.org` only those that are listed.

    The host counts, not what stands before an `@` or in the path.
    """
    found: dict[str, None] = {}
    for domain in _linked(body):
        found.setdefault(domain)
    for match in _BARE.finditer(_URL.sub(" ", body)):
        domain = _plain(match.group())
        if source_of(domain, sources):
            found.setdefault(domain)
    return list(found)[:MAX_DOMAINS]


def candidates_in(body: str) -> set[str]:
    """Every domain that a source named in the text could have, and those above it; at most 200."""
    found: set[str] = set()
    bare = (_plain(match.group()) for match in _BARE.finditer(_URL.sub(" ", body)))
    for domain in (*_linked(body), *bare):
        while "." in domain and len(found) < MAX_CANDIDATES:
            found.add(domain)
            domain = domain.partition(".")[2]  # noqa: PLW2901  # upwards
    return found


def source_id(domain: str) -> str:
    """The agent of a domain: the same for every way to write it."""
    return derive_id("src", "source", _plain(domain))


def source_of(domain: str, sources: Mapping[str, SourceView]) -> SourceView | None:
    """What is said of a domain, or of the nearest one above it: `news.example.org` → `example.org`."""
    while "." in domain:
        if domain in sources:
            return sources[domain]
        domain = domain.partition(".")[2]
    return None


def claims_in(body: str) -> list[str]:
    """Sentences that assert something checkable: a figure with its unit, or a finding. At most 5, no questions."""
    claims: list[str] = []
    for part in _SENTENCE_END.split(_URL.sub(" ", body)):
        sentence = part.strip()[:MAX_CLAIM_CHARS]
        if len(sentence) < MIN_CLAIM_CHARS or sentence.endswith("?"):
            continue
        if _FIGURE.search(sentence) or _ASSERTED.search(sentence):
            claims.append(sentence)
    return claims[:MAX_CLAIMS]


def _linked(body: str) -> Iterator[str]:
    for match in _URL.finditer(body):
        try:
            host = urlsplit(match.group()).hostname
        except ValueError:  # such as http://[::
            continue
        if host:
            yield _plain(host)


def _plain(host: str) -> str:
    return host.lower().strip(".").removeprefix("www.")
