"""How often topics were looked at: a number, without who looked. Kept in memory and written for many at a time.

What was counted since the last writing is lost with the process; nobody decides anything by this number.
"""

import time
from collections import Counter
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.database import Database

__all__ = ["Views", "count_view"]

WRITTEN_EVERY_S = 10.0
TOPICS = 1_000
"""Topics counted at a time: more are written at once, and those of a failed writing forgotten beyond it."""
WRITE = """
INSERT INTO topic_viewed (topic, views)
SELECT * FROM (SELECT unnest($1::text[]) AS topic, unnest($2::bigint[]) AS views) AS seen ORDER BY topic
ON CONFLICT (topic) DO UPDATE SET views = topic_viewed.views + EXCLUDED.views
"""


class Views:
    """Counts since the last writing. Pure: whoever gets them writes them down."""

    def __init__(self, now_s: float) -> None:
        self._seen: Counter[str] = Counter()
        self._taken_at_s = now_s

    def count(self, topic: str, now_s: float) -> Mapping[str, int] | None:
        """One more; every ten seconds all that was counted, by topic in order, to be written down."""
        self._seen[topic] += 1
        if now_s - self._taken_at_s < WRITTEN_EVERY_S and len(self._seen) < TOPICS:
            return None
        self._taken_at_s = now_s
        seen, self._seen = self._seen, Counter()
        return dict(sorted(seen.items()))

    def put_back(self, seen: Mapping[str, int]) -> None:
        """They could not be written down."""
        free = TOPICS - len(self._seen)
        self._seen.update(dict([*seen.items()][:free]))


_VIEWS: WeakKeyDictionary[object, Views] = WeakKeyDictionary()
"""Of this process, by database."""


async def count_view(db: Database, topic: str) -> None:
    """Somebody looks; whoever looks when it is time writes down for all. If that fails, they do not notice."""
    views = _VIEWS.setdefault(db, Views(time.monotonic()))
    seen = views.count(topic, time.monotonic())
    if seen is None:
        return
    try:
        await db.execute(WRITE, [*seen], [*seen.values()])
    except DiramojaError:
        views.put_back(seen)
