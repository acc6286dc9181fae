"""The table of a stream, and the statements that load a batch into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.columns import Column

STAGE = sql.Identifier("pg_temp", "stage")
METADATA = {"_sdc_extracted_at": "timestamp with time zone", "_sdc_hash": "uuid"}
"""What the load adds to each row; never null."""

OBSERVED = {"workspace_id", "id", "date_updated", "status", "status_id", "status_type"}
"""The columns of tasks that a status observation takes."""


@dataclass(frozen=True)
class ReferenceSource:
    """Where rows of a table mention tasks: the column that names a row, and the one of text."""

    source: str
    key: str
    text: str


REFERENCE_SOURCES = {
    "branches": ReferenceSource("branch", key="name", text="name"),
    "commits": ReferenceSource("commit", key="sha", text="message"),
}


@dataclass(frozen=True)
class ReferenceRules:
    """What is a task id in a text: the prefix before it, and whether `#` before it will do."""

    task_id_prefix: str
    hash_task_ids: bool


@dataclass(frozen=True)
class StreamSchema:
    """What a SCHEMA message says of a stream: its properties by name, its key, its bookmark."""

    name: str
    properties: Mapping[str, Mapping[str, Any]]
    key: tuple[str, ...]
    replication_key: str | None


@dataclass(frozen=True)
class Table:
    """Where a stream goes.

    A row's version is (`version`, `_sdc_extracted_at`): the stream's replication key first, then
    the moment of reading. Without a key every record is a row of its own.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str | None

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        of = {each.name: each for each in self.columns}
        return tuple(of[name] for name in self.key)

    @property
    def identifier(self) -> sql.Identifier:
        """The table's name in SQL."""
        return sql.Identifier(self.schema, self.name)

    @cached_property
    def create_stage(self) -> Composed:
        """Make the temporary table that batches are copied into, empty after each of them."""
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(each.type))
            for each in self.columns
        ]
        columns += [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))
            for name, type_ in METADATA.items()
        ]
        return sql.SQL(
            "CREATE TEMPORARY TABLE stage ({}, _sdc_row bigint) ON COMMIT DELETE ROWS"
        ).format(sql.SQL(", ").join(columns))

    @cached_property
    def copy(self) -> Composed:
        """Copy lines into the stage."""
        return sql.SQL("COPY {} FROM STDIN").format(STAGE)

    @cached_property
    def merge(self) -> Composed:
        """Bring new and changed rows of the stage into the table; equal rows are not touched.

        An older version never overwrites a newer one. Of several versions in the stage the newest
        counts, of equal ones the last. A row that is marked as gone stays so until it is read at
        that moment or later, and that reading counts whatever its version. The comparison
        stands twice: in the join it spares equal rows the lock that ON CONFLICT takes, in the
        update it holds against a concurrent load. Sorting begins with the key's last column, which
        tells rows apart better than the workspace.
        """
        if not self.key:
            return sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage}").format(
                table=self.identifier, columns=_names(self._stored), stage=STAGE
            )
        return sql.SQL(
            "INSERT INTO {table} AS t ({columns}) "
            "SELECT {staged} FROM ("
            "SELECT DISTINCT ON ({keys_sorted}) * FROM {stage} "
            "ORDER BY {keys_sorted}, {newest} _sdc_extracted_at DESC, _sdc_row DESC"
            ") AS s LEFT JOIN {table} AS t ON {joined} "
            "WHERE t._sdc_hash IS DISTINCT FROM s._sdc_hash "
            "OR s._sdc_extracted_at >= t._sdc_deleted_at "
            "ON CONFLICT ({key}) DO UPDATE SET {updates}, _sdc_deleted_at = CASE "
            "WHEN excluded._sdc_extracted_at < t._sdc_deleted_at THEN t._sdc_deleted_at END "
            "WHERE t._sdc_hash IS DISTINCT FROM excluded._sdc_hash AND {newer} "
            "OR excluded._sdc_extracted_at >= t._sdc_deleted_at"
        ).format(
            table=self.identifier,
            columns=_names(self._stored),
            staged=_names(self._stored, of="s"),
            key=_names(self.key),
            keys_sorted=_names(self.key[::-1]),
            stage=STAGE,
            newest=self._newest_first,
            joined=self._same_key,
            updates=self._updates,
            newer=self._newer,
        )

    @property
    def _stored(self) -> tuple[str, ...]:
        return (*(each.name for each in self.columns), *METADATA)

    @property
    def _newest_first(self) -> Composable:
        if self.version is None:
            return sql.SQL("")
        return sql.SQL("{} DESC NULLS LAST,").format(sql.Identifier(self.version))

    @property
    def _same_key(self) -> Composed:
        return sql.SQL(" AND ").join(
            sql.SQL("t.{name} = s.{name}").format(name=sql.Identifier(name)) for name in self.key
        )

    @property
    def _updates(self) -> Composed:
        return sql.SQL(", ").join(
            sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name))
            for name in self._stored
            if name not in self.key
        )

    @property
    def _newer(self) -> Composable:
        read_later = sql.SQL("excluded._sdc_extracted_at >= t._sdc_extracted_at")
        if self.version is None:
            return read_later
        return sql.SQL(
            "CASE WHEN excluded.{v} IS DISTINCT FROM t.{v} "
            "THEN t.{v} IS NULL OR excluded.{v} > t.{v} ELSE {read_later} END"
        ).format(v=sql.Identifier(self.version), read_later=read_later)

    @property
    def before_merge(self) -> list[Composed]:
        """What follows from the staged rows and needs the stored ones as they were."""
        have = {each.name for each in self.columns}
        if self.name == "tasks" and have >= OBSERVED:
            text = sql.SQL(read_statement("status_observations"))
            return [text.format(table=self.identifier, stage=STAGE)]
        if self.name in REFERENCE_SOURCES and REFERENCE_SOURCES[self.name].text in have:
            return [KEEP_RULES, references(self.name)]
        return []


RULES_LOCK = 0x72756C6573
"""Key of the advisory lock on `reference_rules`: "rules" in ASCII."""
KEEP_RULES = sql.SQL("SELECT pg_advisory_xact_lock_shared({})").format(RULES_LOCK)
CHANGE_RULES = sql.SQL("SELECT pg_advisory_xact_lock({})").format(RULES_LOCK)


def references(table: str, rows: sql.Identifier = STAGE) -> Composed:
    """Extract the task references from rows of a table of `REFERENCE_SOURCES`."""
    where = REFERENCE_SOURCES[table]
    source = sql.SQL(
        "SELECT repository_id, {name} AS source, {key} AS object_key, {text} AS text FROM {rows}"
    ).format(
        name=sql.Literal(where.source),
        key=sql.Identifier(where.key),
        text=sql.Identifier(where.text),
        rows=rows,
    )
    return sql.SQL(read_statement("references")).format(source=source)


def quoted(*names: str) -> sql.SQL:
    """Return a name for a statement with parameters, where a percent sign must be doubled."""
    return sql.SQL(sql.Identifier(*names).as_string().replace("%", "%%"))


def _names(names: Sequence[str], *, of: str | None = None) -> Composed:
    path = () if of is None else (of,)
    return sql.SQL(", ").join(sql.Identifier(*path, name) for name in names)
