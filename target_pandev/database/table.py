"""The table of a stream, and the statements that load a batch into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.database.references import (
    CREATE_TOUCHED,
    LOCK_RULES_SHARED,
    REFERENCE_SOURCES,
    ReferenceSource,
    extract_references,
    touching,
)
from target_pandev.database.sql_text import COMMA, identifier_list
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import SQL, Composable, Composed

    from target_pandev.columns import Column

STAGING_TABLE = sql.Identifier("pg_temp", "stage")
FORCE_KEY_LOOKUP = (
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
)
"""Look up stored rows by key: the planner does not know the size of the stage and might scan the
whole table. Compiling a statement takes longer than a batch."""
EVENTS_TABLE = "ide_events"
SHARED_COLUMNS = {"workspace_id", "repository_id"}
"""Columns of keys that have the same value in most rows of a batch."""
METADATA = {"_sdc_extracted_at": "timestamp with time zone", "_sdc_hash": "uuid"}
"""Columns that the load adds to each row, with their types; never null."""
VERSION_KEY_COLUMNS = {"workspace_id", "id", "date_updated"}
"""The columns of `tasks` without which no version of a task can be stored."""
TRACKED_COLUMNS = (
    "status",
    "status_id",
    "status_type",
    "assignee_ids",
    "group_assignee_ids",
    "list_id",
    "secondary_list_ids",
    "priority",
    "points",
    "time_estimate_ms",
    "due_date",
    "task_type_id",
)
"""The columns of `tasks` whose former values are stored in `task_versions`."""


@dataclass(frozen=True)
class StreamSchema:
    """The content of a SCHEMA message: the stream's properties by name, its key, its bookmark."""

    name: str
    properties: Mapping[str, Mapping[str, Any]]
    key: tuple[str, ...]
    replication_key: str | None


@dataclass(frozen=True)
class Table:
    """The table that a stream is loaded into.

    The version of a row is (`version`, `_sdc_extracted_at`): the stream's replication key if it is
    a number or a date, then the time of reading. Without a key every record is a row.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str | None

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def identifier(self) -> sql.Identifier:
        """The table's name in SQL."""
        return sql.Identifier(self.schema, self.name)

    @cached_property
    def create_staging_table(self) -> Composed:
        """The statement that creates the temporary table for batches; each commit empties it."""
        types = {column.name: column.type for column in self.columns} | METADATA
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))
            for name, type_ in types.items()
        ]
        return sql.SQL(
            "CREATE TEMPORARY TABLE stage ({}, _sdc_row bigint) ON COMMIT DELETE ROWS"
        ).format(COMMA.join(columns))

    @cached_property
    def copy(self) -> Composed:
        """The statement that copies lines into the stage."""
        return sql.SQL("COPY {} FROM STDIN").format(STAGING_TABLE)

    @cached_property
    def merge(self) -> Composed:
        """The statement that loads the staged rows into the table."""
        columns = identifier_list(self._stored)
        if not self.key:
            return sql.SQL(read_statement("append")).format(
                table=self.identifier, columns=columns, stage=STAGING_TABLE
            )
        return sql.SQL(read_statement("merge")).format(
            table=self.identifier,
            columns=columns,
            staged_columns=identifier_list(self._stored, table="s"),
            key=identifier_list(self.key),
            sorted_key=identifier_list(sorted(self.key, key=SHARED_COLUMNS.__contains__)),
            stage=STAGING_TABLE,
            newest_first=self._newest_first,
            same_key=self.same_key,
            updates=self._updates,
            is_newer=self._is_newer,
            changed_days=self._changed_days,
        )

    @property
    def _stored(self) -> tuple[str, ...]:
        return (*(column.name for column in self.columns), *METADATA)

    @property
    def _newest_first(self) -> Composable:
        if self.version is None:
            return sql.SQL("")
        return sql.SQL("{} DESC NULLS LAST,").format(sql.Identifier(self.version))

    @property
    def same_key(self) -> Composed:
        """The condition that a stored row (t) has the key of a staged one (s)."""
        return sql.SQL(" AND ").join(
            sql.SQL("t.{name} = s.{name}").format(name=sql.Identifier(name)) for name in self.key
        )

    @property
    def _updates(self) -> Composed:
        return COMMA.join(
            sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name))
            for name in self._stored
            if name not in self.key
        )

    @property
    def _is_newer(self) -> Composable:
        read_later = sql.SQL("excluded._sdc_extracted_at >= t._sdc_extracted_at")
        if self.version is None:
            return read_later
        return sql.SQL(
            "CASE WHEN excluded.{version} IS DISTINCT FROM t.{version} "
            "THEN t.{version} IS NULL OR excluded.{version} > t.{version} ELSE {read_later} END"
        ).format(version=sql.Identifier(self.version), read_later=read_later)

    @property
    def _changed_days(self) -> Composable:
        """The days whose intervals of active time depend on changed rows, as [e-mail, date]."""
        if self.name != EVENTS_TABLE:
            return sql.SQL("NULL")
        days = sql.SQL(read_statement("ide_days")).format(events=sql.Identifier("changed"))
        return sql.SQL("ARRAY(SELECT ARRAY[d.email, d.work_date] FROM ({}) AS d)").format(days)

    @cached_property
    def pre_merge_statements(self) -> Sequence[SQL | Composed]:
        """Statements that derive rows from the stage and need the stored rows from before."""
        names = {column.name for column in self.columns}
        tracked = [name for name in TRACKED_COLUMNS if name in names]
        if self.name == "tasks" and tracked and names >= VERSION_KEY_COLUMNS:
            return [LOCK_TASK_VERSIONS, self._store_versions(tracked)]
        if (source := self._reference_source) and not source.is_mutable:
            changed = sql.SQL("({}) AS changed").format(
                sql.SQL(read_statement(source.changed_rows)).format(
                    stage=STAGING_TABLE, table=self.identifier, same_key=self.same_key
                )
            )
            extract = extract_references(self.name, changed, names)
            return [LOCK_RULES_SHARED, CREATE_TOUCHED, touching(extract, "task_references")]
        return []

    @cached_property
    def post_merge_statements(self) -> Sequence[SQL | Composed]:
        """Statements that derive rows from the stored versions of the staged rows."""
        if (source := self._reference_source) and source.is_mutable:
            merged = sql.SQL(
                "(SELECT * FROM {table} AS t "
                "WHERE ({key}) IN (SELECT {key} FROM {stage})) AS merged"
            ).format(table=self.identifier, stage=STAGING_TABLE, key=identifier_list(self.key))
            delete = sql.SQL(
                "DELETE FROM task_references AS r USING {stage} AS s "
                "WHERE r.repository_id = s.repository_id AND r.source = {source} "
                "AND r.object_key = s.{key}::text"
            ).format(
                stage=STAGING_TABLE,
                source=sql.Literal(source.source),
                key=sql.Identifier(source.key),
            )
            extract = extract_references(self.name, merged)
            return [
                LOCK_RULES_SHARED,
                CREATE_TOUCHED,
                touching(delete, "r"),
                touching(extract, "task_references"),
            ]
        return []

    @property
    def _reference_source(self) -> ReferenceSource | None:
        """The source of references that the table is, if it has all its columns."""
        source = REFERENCE_SOURCES.get(self.name)
        names = {column.name for column in self.columns}
        return source if source and names >= {source.repository, *source.texts} else None

    def _store_versions(self, tracked: Sequence[str]) -> Composed:
        return sql.SQL(read_statement("task_versions")).format(
            tracked=identifier_list(tracked),
            staged_tracked=identifier_list(tracked, table="s"),
            stored_tracked=identifier_list(tracked, table="t"),
            table=self.identifier,
            stage=STAGING_TABLE,
        )


VERSIONS_LOCK_KEY = 0x7461736B73
"""Key of the advisory lock on `tasks`: "tasks" in ASCII."""
LOCK_TASK_VERSIONS = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(
    VERSIONS_LOCK_KEY
)
"""A concurrent load could replace a version after this one has read it, and before it stores it."""
