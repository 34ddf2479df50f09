r"""Check tickets at a door without a connection, with nothing but the public key; and keep the scans for later.

    curl https://community.example.org/v1/ticket-key > key.json       # once, before
    python scan_tickets.py key.json evt_7k2p9x scans.json             # a code a line, from a scanner or by hand
    curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" --data @scans.json \
        https://community.example.org/v1/events/evt_7k2p9x/check-ins/batch

It needs Python and `cryptography`. What it cannot know: whether another door took the same code, or whether the seat
was given back meanwhile. The platform decides that when the scans arrive; of two, the earlier one counts.
"""

import base64
import hashlib
import json
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEAD = struct.Struct(">B4sIII")  # version, tag of the event, number of the seat, valid from, valid until


def judge(key: Ed25519PublicKey, event: str, code: str, now: float) -> tuple[str, int]:
    """(what to say at the door, number of the seat)."""
    try:
        raw = base64.b32decode(code + "=" * (-len(code) % 8))
        _, tag, number, begins, ends = HEAD.unpack(raw[: HEAD.size])
    except (ValueError, struct.error):
        return "no ticket", 0
    if tag != hashlib.blake2b(event.encode(), digest_size=4).digest():
        return "for another event", 0
    try:
        key.verify(raw[HEAD.size :], b"diramoja ticket 1\0" + event.encode() + b"\0" + raw[: HEAD.size])
    except InvalidSignature:
        return "forged", 0
    return ("welcome" if begins <= now <= ends else "not valid now"), number


def main(key_file: str, event: str, scans_file: str, *, scanner: str = "door-1") -> None:
    """Judge the codes of standard input; write those that were let in."""
    x = json.loads(Path(key_file).read_text())["x"]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    seen: set[int] = set()
    scans: list[dict[str, str]] = []
    for line in sys.stdin:
        code, now = line.strip().upper(), datetime.now(UTC)
        said, number = judge(key, event, code, now.timestamp())
        if said == "welcome" and number in seen:
            said = "used at this door"
        if said == "welcome":
            seen.add(number)
            scans.append({"code": code, "scanned_at": now.isoformat(), "scanner_id": scanner})
        print(said, flush=True)
    Path(scans_file).write_text(json.dumps({"scans": scans}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
