"""Bytes written by every released version decode for ever. The files are never edited; new ones are added."""

from pathlib import Path

import msgspec
import pytest

from diramoja.core.envelope import Envelope, EventEnvelope, ReplyHint, unpack
from diramoja.core.errors import MessageError
from diramoja.core.messages import decode
from diramoja.core.runtime.assemble import Audience

HERE = Path(__file__).parent / "old_bytes"


class Sample(msgspec.Struct):
    kind: str
    version: int
    hex: str
    expected: dict[str, object]


def samples() -> list[Sample]:
    return [
        sample
        for file in sorted(HERE.glob("*.json"))
        for sample in msgspec.json.decode(file.read_bytes(), type=list[Sample])
    ]


ENVELOPES: dict[str, type[Envelope | EventEnvelope | ReplyHint]] = {
    "Envelope": Envelope,
    "EventEnvelope": EventEnvelope,
    "ReplyHint": ReplyHint,
}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample.kind}-{sample.version}")
def test_old_bytes_decode(sample: Sample) -> None:
    data = bytes.fromhex(sample.hex)
    envelope = ENVELOPES.get(sample.kind)
    made = unpack(envelope, data) if envelope else decode(Audience, data, sample.version)  # type: ignore[type-var]
    for name, value in sample.expected.items():
        got = getattr(made, name)
        assert (got.decode() if isinstance(got, bytes) else got) == value


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"\x81\xa1a\x01", b"\x9f" * 50, b"\xdd\xff\xff\xff\xff"])
def test_garbage_is_no_envelope(data: bytes) -> None:
    with pytest.raises(MessageError):
        unpack(Envelope, data)
