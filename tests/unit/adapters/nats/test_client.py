import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from diramoja.adapters.nats.client import _FastClient

type Heard = tuple[bytes, bytes, bytes, bytes | None]

TAPPED, OTHER = 1, 2
HEADERS = b"NATS/1.0 100 Idle Heartbeat\r\n\r\n"

subjects = st.sampled_from([b"p.7.cmd.counter.cnt_1.add", b"_INBOX.x.r.12"])
replies = st.sampled_from([b"", b"$JS.ACK.COMMANDS.c.1.9.3.1700000000000000000.0"])
bodies = st.sampled_from([b"", b"{}", b"\r\n", b"MSG a 1 2\r\nhi\r\n", b"x" * 300])
messages = st.tuples(st.sampled_from([TAPPED, OTHER]), subjects, replies, bodies, st.sampled_from([None, HEADERS]))


def line(message: tuple[int, bytes, bytes, bytes, bytes | None]) -> bytes:
    """The message as the server sends it."""
    sid, subject, reply, body, headers = message
    to = b"%s %d %s" % (subject, sid, reply + b" " if reply else b"")
    if headers is None:
        return b"MSG %s%d\r\n%s\r\n" % (to, len(body), body)
    return b"HMSG %s%d %d\r\n%s%s\r\n" % (to, len(headers), len(headers) + len(body), headers, body)


@given(st.lists(st.one_of(messages, st.just(None)), max_size=12), st.sets(st.integers(1, 2_000), max_size=12))
def test_taps_hear_every_message_wherever_the_reads_were_cut(
    sent: list[tuple[int, bytes, bytes, bytes, bytes | None] | None], cuts: set[int]
) -> None:
    heard: list[Heard] = []
    wire = b"".join(b"+OK\r\n" if each is None else line(each) for each in sent)

    async def feed() -> None:
        client = _FastClient()
        client.taps[TAPPED] = lambda *message: heard.append(message)
        ends = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
        for start, end in pairwise(ends):
            await client._ps.parse(wire[start:end])
        assert not client._ps.buf

    asyncio.run(feed())
    assert heard == [each[1:] for each in sent if each is not None and each[0] == TAPPED]
