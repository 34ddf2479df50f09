"""What the gateway counts, in the text format of Prometheus (exposition format 0.0.4)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Metrics", "Sample", "render"]

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0)

type Labels = tuple[tuple[str, str], ...]
type Sample = tuple[str, Labels, float]
"""Name, labels, value."""

HELP: Mapping[str, tuple[str, str]] = {
    "diramoja_requests_total": ("counter", "HTTP requests by route and status."),
    "diramoja_request_seconds": ("histogram", "Time until the end of the answer."),
    "diramoja_waiting_writes": ("gauge", "Writes that wait for their committed answer."),
    "diramoja_live_connections": ("gauge", "Open WebSockets and long polls."),
    "diramoja_live_channels": ("gauge", "Channels that somebody here listens to."),
    "diramoja_live_frames_total": ("counter", "Frames put into the queues of live connections."),
    "diramoja_live_gaps_total": ("counter", "Times that events of a channel were read from the database."),
    "diramoja_live_slow_total": ("counter", "Live connections that were dropped because they read too slowly."),
    "diramoja_live_places": ("gauge", "Channels on which somebody here is told who else is there."),
    "diramoja_live_typing_dropped_total": ("counter", "Typing that was not passed on, as there was no room."),
    "diramoja_workers": ("gauge", "Workers that live."),
    "diramoja_agents": ("gauge", "Agents by kind and mode."),
    "diramoja_partitions_unowned": ("gauge", "Partitions without a worker."),
    "diramoja_commands_behind": ("gauge", "Commands that are newer than the newest one decided."),
    "diramoja_dead_letters": ("gauge", "Messages that nobody could decide, up to 100,000."),
    "diramoja_jobs_waiting": ("gauge", "Jobs that are due and not begun, up to 100,000."),
    "diramoja_jobs_oldest_seconds": ("gauge", "How long the job that is due longest has waited."),
    "diramoja_broker_connected": ("gauge", "1 while the connection to the broker stands."),
}


class Metrics:
    """Counters of one gateway process, and gauges that are asked when somebody looks."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._took: dict[tuple[str, str], list[float]] = {}
        self._gauges: list[Callable[[], Iterable[Sample]]] = []

    def request(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count a request."""
        place = (method, route, status)
        self._requests[place] = self._requests.get(place, 0) + 1
        took = self._took.get(place[:2])
        if took is None:
            took = self._took[place[:2]] = [0.0] * (len(BUCKETS_S) + 2)
        took[bisect_left(BUCKETS_S, took_s)] += 1
        took[-1] += took_s

    def gauge(self, read: Callable[[], Iterable[Sample]]) -> None:
        """Ask this for samples at every look."""
        self._gauges.append(read)

    def samples(self) -> Iterator[Sample]:
        """All of them, those of one name together."""
        for (method, route, status), count in sorted(self._requests.items()):
            labels = (("method", method), ("route", route), ("status", str(status)))
            yield "diramoja_requests_total", labels, count
        for place, took in sorted(self._took.items()):
            yield from _histogram((("method", place[0]), ("route", place[1])), took)
        for read in self._gauges:
            yield from read()


def _histogram(labels: Labels, took: list[float]) -> Iterator[Sample]:
    total = 0.0
    for bound, count in zip((*BUCKETS_S, "+Inf"), took, strict=False):
        total += count
        yield "diramoja_request_seconds_bucket", (*labels, ("le", str(bound))), total
    yield "diramoja_request_seconds_sum", labels, took[-1]
    yield "diramoja_request_seconds_count", labels, total


def render(samples: Iterable[Sample]) -> str:
    """The text that Prometheus reads."""
    lines = []
    family = ""
    for name, labels, value in samples:
        base = name if name in HELP else name.rpartition("_")[0]
        if base != family:
            family = base
            kind, text = HELP[base]
            lines += [f"# HELP {base} {text}", f"# TYPE {base} {kind}"]
        listed = ",".join(f'{key}="{_escaped(each)}"' for key, each in labels)
        lines.append(f"{name}{{{listed}}} {value:g}" if listed else f"{name} {value:g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
