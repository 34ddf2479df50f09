"""The statements of the search port."""

from collections.abc import Sequence
from functools import lru_cache

__all__ = [
    "END_WORDS",
    "INDEX",
    "LANGUAGES_KNOWN",
    "LOCK",
    "RANKED",
    "REMOVE",
    "SUGGEST",
    "UNDERSTOOD",
    "find_sql",
    "stands_sql",
]

RANKED = 2_000
"""Matches that are ranked and counted, the newest: to rank 260,000 of 1,000,000 posts takes 684 ms, these 2 to 45."""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('search_document'))"

_COUNT_WORDS = """
counted AS (
    INSERT INTO search_word (word, n) SELECT word, sum(sign) FROM change GROUP BY word HAVING sum(sign) <> 0
    ORDER BY word COLLATE "C"
    ON CONFLICT (word) DO UPDATE SET n = search_word.n + EXCLUDED.n
)
"""
INDEX = f"""
WITH given AS MATERIALIZED (
    SELECT id, kind, title, body, category, author, created_at, language::regconfig AS language, visible
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
        $9::boolean[]) AS t (id, kind, title, body, category, author, created_at, language, visible)
), change AS (
    SELECT search_words(title, body) AS word, 1 AS sign FROM given WHERE visible
    UNION ALL
    SELECT search_words(d.title, d.body), -1 FROM search_document d JOIN given USING (id) WHERE d.visible
), {_COUNT_WORDS}, known AS (
    INSERT INTO search_language SELECT DISTINCT language FROM given ON CONFLICT DO NOTHING
)
INSERT INTO search_document (id, kind, title, body, category, author, created_at, language, visible)
SELECT * FROM given
ON CONFLICT (id) DO UPDATE SET kind = EXCLUDED.kind, title = EXCLUDED.title, body = EXCLUDED.body,
    category = EXCLUDED.category, author = EXCLUDED.author, created_at = EXCLUDED.created_at,
    language = EXCLUDED.language, visible = EXCLUDED.visible
"""  # noqa: S608  # constants
REMOVE = f"""
WITH gone AS (
    DELETE FROM search_document WHERE id = ANY($1::text[]) RETURNING title, body, visible
), change AS (
    SELECT search_words(title, body) AS word, -1 AS sign FROM gone WHERE visible
), {_COUNT_WORDS}
SELECT 1
"""  # noqa: S608  # constants
END_WORDS = "DELETE FROM search_word WHERE n <= 0"

# querytree is empty where a language has only stop words in the query, and T where it only says what not to find.
UNDERSTOOD = """
SELECT language::text FROM (SELECT language FROM search_language UNION SELECT 'simple'::regconfig) AS l
WHERE querytree(websearch_to_tsquery(language, $1)) NOT IN ('', 'T') ORDER BY language::text
"""

# Each language is a scan of its own: the query's words are constants to the planner, which then knows whether they are
# rare (the index of words) or common (the newest documents first).
_ARM = """
(SELECT id, kind, category, created_at, words, websearch_to_tsquery('{language}'::regconfig, $1) AS query
FROM search_document
WHERE visible AND language = '{language}'::regconfig AND words @@ websearch_to_tsquery('{language}'::regconfig, $1)
    AND ($2 = '' OR kind = $2) AND ($3 = '' OR category = $3)
    AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
    AND author <> ALL($11::text[])
ORDER BY created_at DESC, id DESC LIMIT {ranked})
"""
_FIND = """
WITH newest AS MATERIALIZED (
    SELECT * FROM ({arms}) AS a ORDER BY created_at DESC, id DESC LIMIT {ranked}
), ranked AS MATERIALIZED (
    SELECT id, kind, category, created_at, query, ts_rank_cd(words, query)::float8 AS score FROM newest
), page AS MATERIALIZED (
    SELECT * FROM ranked WHERE $7::float8 IS NULL OR (score, created_at, id) < ($7, $8::timestamptz, $9::text)
    ORDER BY score DESC, created_at DESC, id DESC LIMIT $6
)
(SELECT 'hit' AS what, p.id, p.kind, d.title, p.score, p.created_at, NULL::bigint AS n,
    ts_headline(d.language, left(CASE WHEN d.body = '' THEN d.title ELSE d.body END, 20000), p.query, $10) AS snippet
FROM page p JOIN search_document d USING (id) ORDER BY p.score DESC, p.created_at DESC, p.id DESC)
UNION ALL SELECT 'type', kind, NULL, NULL, NULL, NULL, count(*), NULL FROM ranked GROUP BY kind
UNION ALL SELECT 'category', category, NULL, NULL, NULL, NULL, count(*), NULL FROM ranked
    WHERE category <> '' GROUP BY category
"""
SUGGEST = """
SELECT text, is_word FROM (
    SELECT min(title) AS text, count(*) AS n, false AS is_word FROM (
        SELECT title FROM search_document
        WHERE visible AND title <> '' AND lower(title) LIKE lower($1) AND author <> ALL($3::text[]) LIMIT 500) AS t
    GROUP BY lower(title)
    UNION ALL SELECT word, n, true FROM search_word WHERE word LIKE lower($1) AND n > 0
) AS s ORDER BY n DESC, text LIMIT $2
"""
LANGUAGES_KNOWN = "SELECT language::text FROM search_language ORDER BY language"
_STANDS = """
EXISTS (SELECT 1 FROM search_document WHERE visible AND language = '{language}'::regconfig AND author <> ALL($2::text[])
    AND words @@ plainto_tsquery('{language}'::regconfig, word))
"""


@lru_cache(maxsize=256)
def stands_sql(languages: Sequence[str]) -> str:
    """Those of some words ($1) that stand in a document of these languages by an author who is not hidden ($2)."""
    arms = " OR ".join(_STANDS.format(language=language) for language in languages)
    return f"SELECT word FROM unnest($1::text[]) AS w (word) WHERE {arms}"  # noqa: S608  # names of configurations


@lru_cache(maxsize=256)
def find_sql(languages: Sequence[str]) -> str:
    """The statement for a query that is understood in these languages: names of text search configurations."""
    arms = " UNION ALL ".join(_ARM.format(language=language, ranked=RANKED) for language in languages)
    return _FIND.format(arms=arms, ranked=RANKED)
