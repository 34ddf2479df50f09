"""How often topics were looked at: a number, without who looked. Kept in memory and written for many at a time.

What was counted since the last writing is lost with the process; nobody decides anything by this number.
"""

import time
from collections import Counter
from collections.abc import Callable
from weakref import WeakKeyDictionary

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.database import Database

__all__ = ["Views", "views_of"]

WRITTEN_EVERY_S = 10.0
TOPICS = 1_000
"""Topics counted at a time: more are written at once."""
WRITE = """
INSERT INTO topic_viewed (topic, views)
SELECT * FROM (SELECT unnest($1::text[]) AS topic, unnest($2::bigint[]) AS views) AS seen ORDER BY topic
ON CONFLICT (topic) DO UPDATE SET views = topic_viewed.views + EXCLUDED.views
"""


class Views:
    """Counts of one process."""

    def __init__(self, db: Database, now_s: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._now_s = now_s
        self._seen: Counter[str] = Counter()
        self._written_at_s = now_s()

    async def count(self, topic: str) -> None:
        """One more; every ten seconds whoever looks then writes all down. If that fails, they do not notice."""
        self._seen[topic] += 1
        if self._now_s() - self._written_at_s < WRITTEN_EVERY_S and len(self._seen) < TOPICS:
            return
        self._written_at_s = self._now_s()
        seen, self._seen = self._seen, Counter()
        topics = sorted(seen)
        try:
            await self._db.execute(WRITE, topics, [seen[each] for each in topics])
        except DiramojaError:
            self._seen.update({each: seen[each] for each in topics[:TOPICS]})


_VIEWS: WeakKeyDictionary[object, Views] = WeakKeyDictionary()


def views_of(db: Database) -> Views:
    """The counts of this process and database."""
    known = _VIEWS.get(db)
    if known is None:
        known = _VIEWS[db] = Views(db)
    return known
