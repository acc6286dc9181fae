"""Free the names that a migration gives to new tables.

A stream of another tap may have been loaded under such a name before the store had a table of its
own for it. That table is renamed, and nothing in it is lost. A table that this target did not load
is never touched: the error names it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from psycopg import sql

from target_pandev.database.table import METADATA
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from target_pandev.database.connection import Connection

NEW_TABLE = re.compile(r"(?m)^(?:CREATE TABLE (\w+)|ALTER TABLE (\w+) RENAME TO (\w+))")
"""A table that a migration creates, or the former and the new name of one that it renames."""
SUFFIX = "_unmapped"
KINDS = {
    "r": "table",
    "p": "table",
    "f": "table",
    "v": "view",
    "m": "view",
    "i": "index",
    "S": "sequence",
}
"""Words for the kinds of relations that PostgreSQL keeps in one namespace."""
RELATION = """
SELECT c.relkind::text,
    ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid)
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = pg_catalog.current_schema()
WHERE c.relname = %s
"""

logger = logging.getLogger("target-pandev")


def free_table_names(
    connection: Connection, schema: str, migration: str, *, has_streams: bool
) -> None:
    """Rename the tables of other taps' streams that have the names of a migration's new tables.

    `has_streams` is whether the target may have loaded streams into the schema. Raises `StoreError`
    for anything else that has such a name.
    """
    for created, _, renamed in NEW_TABLE.findall(migration):
        name = created or renamed
        relation = _read_relation(connection, name)
        if relation is None:
            continue
        kind, columns = relation
        if not (has_streams and kind == "table" and columns >= METADATA.keys()):
            raise StoreError(
                f"store_schema {schema}: the {kind} {name} exists and was not created by "
                "target-pandev, which has a table of this name; rename or drop it, and run again"
            )
        _rename(connection, schema, name)


def _read_relation(connection: Connection, name: str) -> tuple[str, set[str]] | None:
    """Return the kind of a relation of the store's schema and its columns; None without one."""
    row = connection.execute(RELATION, (name,)).fetchone()
    return (KINDS.get(row[0], "relation"), set(row[1])) if row else None


def _rename(connection: Connection, schema: str, name: str) -> None:
    """Rename a table and the index of its key, whose name the new table's key has."""
    new_name = name + SUFFIX
    if _read_relation(connection, new_name):
        raise StoreError(
            f"store_schema {schema}: the tables {name} and {new_name} exist, and target-pandev has "
            f"a table {name}; rename one of them, and run again"
        )
    for kind, suffix in (("TABLE", ""), ("INDEX", "_pkey")):
        rename = sql.SQL("ALTER {} IF EXISTS {} RENAME TO {}").format(
            sql.SQL(kind), sql.Identifier(name + suffix), sql.Identifier(new_name + suffix)
        )
        connection.execute(rename)
    logger.warning(
        "store_schema %s: table %s is now %s, because target-pandev has a table of its own with "
        "this name; rename its stream in the same way by stream_maps (__alias__)",
        schema,
        name,
        new_name,
    )
