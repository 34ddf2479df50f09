"""Whether every record that a plugin declares has its table: without one, its rows would refuse others' turns too."""

from collections.abc import Mapping, Sequence

from diramoja.core.errors import PluginError
from diramoja.core.plugin import Plugin
from diramoja.core.ports.database import Database

__all__ = ["check_tables"]

UNIQUE_KEYS = """
SELECT t.relname AS name, array_agg(a.attname::text ORDER BY a.attname) AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey)
WHERE i.indisunique AND i.indpred IS NULL AND t.oid = ANY(SELECT to_regclass(quote_ident(n)) FROM unnest($1::text[]) n)
GROUP BY t.oid, t.relname, i.indexrelid
"""


async def check_tables(plugins: Mapping[str, Plugin], database: Database) -> None:
    """Look up the tables of all records.

    Raises:
        PluginError: one is missing, or has no unique key of the columns that the record names.
    """
    names = sorted({each.table for plugin in plugins.values() for each in plugin.records})
    keys: dict[str, list[Sequence[str]]] = {}
    for row in await database.fetch(UNIQUE_KEYS, names):
        keys.setdefault(row["name"], []).append(list(row["columns"]))
    for plugin in plugins.values():
        for each in plugin.records:
            if sorted(each.key) not in keys.get(each.table, []):
                raise PluginError(
                    f"Plugin {plugin.name} writes records into the table {each.table}, and there is no such table with "
                    f"the key ({', '.join(each.key)}).",
                    code="table_missing",
                    cure="Make it in a migration of the plugin, or leave the plugin out of [deployment] plugins.",
                )
