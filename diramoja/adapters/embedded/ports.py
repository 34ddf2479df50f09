"""Ports on 127.0.0.1."""

import random
import socket

__all__ = ["free_port", "is_free"]

# Below the ranges from which systems take the ports of outgoing connections (32768 on Linux, 49152 on macOS): so no
# connection takes a server's port while the server is away for a moment.
_FIRST, _LAST = 15_000, 32_000
_ATTEMPTS = 200

_random = random.SystemRandom()


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now, at random, outside of the range of outgoing connections."""
    for _ in range(_ATTEMPTS):
        port = _random.randint(_FIRST, _LAST)
        if is_free(port):
            return port
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        found: int = any_port.getsockname()[1]
    return found
