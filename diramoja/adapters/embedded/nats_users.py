"""The users of NATS and what each may do: where trust between the roles of a deployment is drawn.

Gateways are trusted for the sender in a command's envelope, so nobody else writes `cmd.>`; the marks of tells are read
only from `tell.>`, which workers write, as they do events; job runners write `job.>`. The streams are made by `admin`:
no role can create, change or delete one.
"""

import attrs

__all__ = ["USERS", "NatsUser"]

_HINTS = ("reply.>", "nudge.>")
"""Core NATS: answers to those who wait, and word of new work; all roles send and hear them."""
_CONSUME = ("CONSUMER.CREATE.{}.>", "CONSUMER.MSG.NEXT.{}.>", "CONSUMER.INFO.{}.>", "CONSUMER.DELETE.{}.>")
_READ = ("STREAM.INFO.{}", "STREAM.MSG.GET.{}", "DIRECT.GET.{}", "DIRECT.GET.{}.>")


@attrs.frozen
class NatsUser:
    """A user; `subjects` it publishes to, streams it reads from and whose commands it may drop once decided.

    `talks`: core NATS among its own kind.
    """

    name: str
    subjects: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    purges: tuple[str, ...] = ()
    talks: tuple[str, ...] = ()

    def permissions(self, prefix: str) -> dict[str, dict[str, list[str]]]:
        """In the form of NATS's configuration, for streams and subjects with this prefix of the NATS adapter."""
        root = f"{prefix}." if prefix else ""
        streams = [f"{prefix}{name}" for name in self.reads]
        calls = [call.format(stream) for stream in streams for call in (*_CONSUME, *_READ)]
        calls += [f"STREAM.PURGE.{prefix}{name}" for name in self.purges]
        calls += [f"STREAM.INFO.{prefix}{name}" for name in ("COMMANDS", "EVENTS")]
        api = [f"$JS.API.{call}" for call in ("INFO", *dict.fromkeys(calls))]
        acknowledge = [f"$JS.ACK.{stream}.>" for stream in streams]
        own = [f"{root}{subject}" for subject in (*self.subjects, *_HINTS, *self.talks)]
        heard = [f"{root}{subject}" for subject in ("live.>", *_HINTS, *self.talks)]
        return {
            "publish": {"allow": [*own, "_INBOX.>", *api, *acknowledge]},
            "subscribe": {"allow": ["_INBOX.>", *heard]},
        }


USERS = (
    NatsUser("gateway", ("cmd.>",), reads=("EVENTS",), talks=("here",)),
    NatsUser("worker", ("tell.>", "event.>"), reads=("COMMANDS", "EVENTS"), purges=("COMMANDS",)),
    NatsUser("jobs", ("job.>",), reads=("EVENTS",), purges=("COMMANDS",)),
)
"""Beside `admin`, who may do everything."""
