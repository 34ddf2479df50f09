"""Prints what a channel says, as it comes, and goes on where it was after a lost connection.

python listen.py http://127.0.0.1:8000 topic:top_1 "$TOKEN" [number of events]
"""

import asyncio
import itertools
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def listen(url: str, channel: str, token: str, count: int | None) -> None:
    """Print events, `count` of them or for ever."""
    wanted: dict[str, object] = {"type": "subscribe", "channels": [channel]}
    heard = itertools.count(1)
    async for socket in connect(url.replace("http", "ws", 1) + "/v1/live"):
        try:
            await socket.send(json.dumps({"type": "authenticate", "token": token}))
            await socket.send(json.dumps(wanted))
            async for text in socket:
                frame = json.loads(text)
                print(json.dumps(frame), flush=True)
                if frame["type"] == "event":
                    wanted = {"type": "resume", "after": {channel: frame["seq"]}}
                    if next(heard) == count:
                        return
        except ConnectionClosed:
            print("connection lost; trying again", file=sys.stderr)


if __name__ == "__main__":
    given_url, given_channel, given_token, *rest = sys.argv[1:]
    asyncio.run(listen(given_url, given_channel, given_token, int(rest[0]) if rest else None))
