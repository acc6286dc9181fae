"""Tables that the logins of `pandev store reader` do not read.

`rejected_records` keeps records as they came: their values have failed the validation that all
other tables have passed. Default privileges give readers every new table, so these are taken from
them again after a migration and after a restore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from target_pandev.database.connection import Connection

PRIVATE_TABLES = ("rejected_records",)
READER_DESCRIPTION = "Reads the PanDev store; created by pandev store reader"
"""The description of a role by which it is known to be a reader of ours."""


def hide_private_tables(connection: Connection, schema: str) -> None:
    """Take rights on private tables from all readers."""
    parameters = {
        "schema": sql.Identifier(schema).as_string(),
        "tables": [*PRIVATE_TABLES],
        "description": READER_DESCRIPTION,
    }
    grants = connection.execute(read_statement("private_grants"), parameters).fetchall()
    for table, role in grants:
        connection.execute(
            sql.SQL("REVOKE ALL ON {} FROM {}").format(
                sql.Identifier(schema, str(table)), sql.Identifier(str(role))
            )
        )
