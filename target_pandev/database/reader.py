"""Read a store as it is: nothing is created or brought up to date, and no transaction can write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from psycopg import sql

from target_pandev.database.connection import connect, translate_errors

if TYPE_CHECKING:
    from collections.abc import Mapping


class StoreReader:
    """A connection that only reads a schema, which need not exist. Raises `StoreError`."""

    def __init__(self, conninfo: str, *, schema: str) -> None:
        self.schema = schema
        self._connection = connect(conninfo)
        # A plan that is kept has the time zone of reports as it was, and knows no parameter.
        self._connection.prepare_threshold = None
        try:
            with translate_errors(self._connection, f"store_schema {schema}"):
                identifier = sql.Identifier(schema).as_string()
                self._connection.execute(
                    "SELECT pg_catalog.set_config('search_path', %s, false)", [identifier]
                )
                self._connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def server_version(self) -> str:
        """The version of PostgreSQL, such as 18.6."""
        version = self._connection.info.server_version
        return f"{version // 10_000}.{version % 10_000}"

    def schema_version(self) -> int | None:
        """Return the number of the last migration; None if the schema is not a store's."""
        ((exists,),) = self.query("SELECT pg_catalog.to_regclass('schema_versions') IS NOT NULL")
        if not exists:
            return None
        ((version,),) = self.query("SELECT pg_catalog.max(version) FROM schema_versions")
        return version if version is None else int(version)

    def query(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with translate_errors(self._connection, f"reading store_schema {self.schema}"):
            return self._connection.execute(statement.encode(), parameters).fetchall()

    def query_table(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and the rows of a query."""
        with translate_errors(self._connection, f"reading store_schema {self.schema}"):
            cursor = self._connection.execute(statement.encode(), parameters)
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def query_dicts(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows of a query by the names of their columns."""
        names, rows = self.query_table(statement, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]
