"""The store: opened with its schema up to date, then loaded a batch at a time."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import psycopg
from psycopg import errors, sql

from target_pandev import columns
from target_pandev.columns import RefusedFieldError
from target_pandev.database import seen_keys
from target_pandev.database.completed_reads import complete
from target_pandev.database.connection import connect, failures_told, in_words
from target_pandev.database.ddl import ensure_table, fit_stage
from target_pandev.database.deletions import KEYS_IN_MEMORY, UNASKED, DeletionRules, remove
from target_pandev.database.migrate import migrate
from target_pandev.database.serial_loader import Background
from target_pandev.database.table import CHANGE_RULES, REFERENCE_SOURCES, STAGE, references
from target_pandev.database.tombstones import SHARE_TOMBSTONES, bury, lay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from target_pandev.completed_reads import CompletedRead
    from target_pandev.database.seen_keys import Brought
    from target_pandev.database.table import ReferenceRules, StreamSchema, Table
    from target_pandev.database.tombstones import Deletion

Result = TypeVar("Result")
TRIES = 10
CANCEL_SECONDS = 0.05
"""A request to cancel is made again after so long: one between two statements does nothing."""
BY_KEY = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Look stored rows up by key: the planner knows no size of a stage and might read whole tables."""
COPY_LINES = 100
"""So many lines are handed over at once."""
DROP_STAGE = sql.SQL("DROP TABLE IF EXISTS {}").format(STAGE)
ROW_FAULTS = (errors.DataError, errors.IntegrityError, errors.ProgramLimitExceeded)
"""Errors that come from a row's values."""
PASSING = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""Errors that come from another load at the same moment; the transaction is run again."""


@dataclass(frozen=True)
class Refused:
    """A row that PostgreSQL does not take, by its place in the batch."""

    index: int
    field: str | None
    reason: str


@dataclass(frozen=True)
class Rejection:
    """A record for `rejected_records`; `record` is JSON of the fields that its stream declares."""

    stream: str
    record_hash: str
    key: str | None
    field: str | None
    reason: str
    record: str


class Store:
    """PostgreSQL 15 or newer, one schema an organisation. Raises `StoreError` when opened.

    A batch is loaded beside its caller; all else waits for its end first.
    """

    def __init__(self, conninfo: str, *, schema: str) -> None:
        self.schema = schema
        self.deletions = DeletionRules()
        self._connection = connect(conninfo)
        self._background = Background()
        self._versions = 0
        self._staged: Table | None = None
        self._unasked: Counter[tuple[str, str]] = Counter()
        try:
            with failures_told(self._connection, f"store_schema {schema}"):
                migrate(self._connection, schema)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection once a batch that is being loaded is stored or rolled back."""
        self._background.close()
        self._connection.close()

    def cancel(self) -> None:
        """Have a batch that is being loaded rolled back, unless it is just being stored."""
        while not self._background.ended_within(CANCEL_SECONDS):
            with suppress(psycopg.Error):
                self._connection.cancel_safe()

    def settle(self) -> None:
        """Wait for the batch that is being loaded. Raises `StoreError` if it was rolled back."""
        self._background.settle()

    def when_stored(self, then: Callable[[], None]) -> None:
        """Have something done at the next call once all is stored; at once if it is."""
        self._background.follow(then)

    @contextmanager
    def _alone(self, doing: str) -> Iterator[None]:
        """Use the connection while no batch is being loaded. Raises `StoreError`."""
        self.settle()
        with failures_told(self._connection, doing):
            yield

    def table(self, stream: StreamSchema) -> Table:
        """Return the table of a stream, made or widened where needed. Raises `StoreError`."""
        with self._alone(f"table of stream {stream.name}"):
            return ensure_table(self._connection, self.schema, stream)

    def load(
        self,
        table: Table,
        lines: Sequence[bytes],
        *,
        then: Callable[[Sequence[Refused]], None],
        brought: Brought | None = None,
    ) -> None:
        """Begin to load a batch in one transaction; the one before it is settled first.

        A line is COPY text with its end: the table's columns, when it was read, hash, place in the
        batch. Once the batch is stored, a later call tells `then` which of its rows PostgreSQL
        refuses. A batch with such a row is halved until the row is found, so that no other is lost.
        The rows are noted in `brought`, of a new version of the table. Where the store itself fails
        the batch is rolled back, and the later call raises `StoreError`.
        """

        def load() -> list[Refused]:
            with failures_told(self._connection, f"loading {table.name}"):
                return self._load_apart(table, lines, brought)

        self._background.begin(load, then)

    def _load_apart(
        self, table: Table, lines: Sequence[bytes], brought: Brought | None
    ) -> list[Refused]:
        try:
            _tried(lambda: self._load(table, lines, brought))
        except PASSING:
            raise
        except ROW_FAULTS as error:
            if len(lines) == 1:
                return [Refused(0, _field(error), f"PostgreSQL refuses it: {in_words(error)}")]
            return self._load_halves(table, lines, brought)
        return []

    def _load_halves(
        self, table: Table, lines: Sequence[bytes], brought: Brought | None
    ) -> list[Refused]:
        middle = len(lines) // 2
        refused = self._load_apart(table, lines[:middle], brought)
        behind = self._load_apart(table, lines[middle:], brought)
        return refused + [Refused(each.index + middle, each.field, each.reason) for each in behind]

    def _load(self, table: Table, lines: Sequence[bytes], brought: Brought | None) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if self._staged is not table:
                self._staged = None
                cursor.execute(DROP_STAGE)
                cursor.execute(table.create_stage)
            with cursor.copy(table.copy) as copy:
                for start in range(0, len(lines), COPY_LINES):
                    copy.write(b"".join(lines[start : start + COPY_LINES]))
            refitted = fit_stage(self._connection, table)
            cursor.execute(BY_KEY)
            for statement in table.before_merge:
                cursor.execute(statement)
            if table.key:
                cursor.execute(SHARE_TOMBSTONES)
            cursor.execute(table.merge)
            if table.key:
                lay(self._connection, table, STAGE, hard=self.deletions.hard)
            if brought:
                seen_keys.note(self._connection, table, brought)
        self._staged = None if refitted else table

    def bury(self, table: Table, deletions: Sequence[Deletion]) -> None:
        """Keep deletions, and mark or delete the rows that were read before them."""
        with self._alone(f"deletions of {table.name}"):
            _tried(lambda: bury(self._connection, table, deletions, hard=self.deletions.hard))

    def begin_version(self) -> Brought:
        """Return where the rows are noted that a new version of a table brings."""
        with self._alone("beginning a new version of a table"):
            self._versions += 1
            return seen_keys.begin(self._connection, self._versions)

    def replace(self, table: Table, brought: Brought, began_at: datetime) -> None:
        """Mark or delete what a new version, read since then, has not brought.

        Raises `RefusedFieldError` where that is too much at once; nothing is marked then.
        """
        with self._alone(f"replacing the version of {table.name}"):
            _tried(lambda: self._replace(table, brought, began_at))

    def _replace(self, table: Table, brought: Brought, began_at: datetime) -> None:
        with self._connection.transaction():
            scope = seen_keys.replaced(self._connection, table, brought, began_at)
            self._connection.execute(KEYS_IN_MEMORY)
            remove(self._connection, scope, self.deletions, unasked=UNASKED)

    def complete(self, read: CompletedRead) -> None:
        """Store a completed read and mark what it did not find, at most a share of its scope.

        A few rows of each stream of a workspace are marked whatever their share; of a stream that
        comes in slices, as few in all. Raises `RefusedFieldError` where it cannot be acted on;
        nothing is stored or marked then.
        """
        stream = (read.workspace_id, read.stream)
        left = UNASKED - self._unasked[stream]
        with self._alone(f"marking what is gone of {read.stream}"):
            try:
                self._unasked[stream] += _tried(
                    lambda: complete(
                        self._connection, self.schema, read, self.deletions, unasked=left
                    )
                )
            except errors.DataError as error:
                raise RefusedFieldError(
                    "", f"PostgreSQL refuses a value of its conditions or keys: {in_words(error)}"
                ) from None

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Keep records that could not be loaded; the same record is kept once."""
        with self._alone("keeping rejected records"):
            for each in rejections:
                try:
                    self._keep(each)
                except errors.DataError:  # a number, for instance, that jsonb cannot hold
                    self._keep(replace(each, record=columns.json_text(each.record)))

    def _keep(self, rejection: Rejection) -> None:
        self._connection.execute(
            "INSERT INTO rejected_records "
            "(stream, record_hash, key, field, reason, record, rejected_at) "
            "VALUES (%s, %s, %s, %s, %s, %s::jsonb, now()) ON CONFLICT DO NOTHING",
            astuple(rejection),
        )

    def query(
        self, statement: str, parameters: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and the rows of a statement of `target_pandev.sql`."""
        with self._alone(f"reading store_schema {self.schema}"):
            cursor = self._connection.execute(statement.encode(), parameters)
            return [each.name for each in cursor.description or ()], cursor.fetchall()

    def row_counts(self) -> list[tuple[str, int]]:
        """Return how many rows each table has."""
        names = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename",
            (self.schema,),
        )
        counts = []
        for (name,) in names.fetchall():
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(self.schema, name))
            counts.append((name, int(self._connection.execute(count).fetchall()[0][0])))
        return counts

    def use_rules(self, rules: ReferenceRules) -> None:
        """Make all task references again if the rules are not those that they were made by.

        Waits for the loads at hand then, so that none of them goes by the old rules.
        """
        wanted = (rules.task_id_prefix, rules.hash_task_ids)
        with (
            self._alone("extracting task references"),
            self._connection.transaction(),
        ):
            if self._connection.execute("SELECT * FROM reference_rules").fetchall() == [wanted]:
                return
            self._connection.execute(CHANGE_RULES)
            self._connection.execute("DELETE FROM reference_rules")
            self._connection.execute("INSERT INTO reference_rules VALUES (%s, %s)", wanted)
            self._connection.execute("DELETE FROM task_references")
            for table in REFERENCE_SOURCES:
                self._connection.execute(references(table, sql.Identifier(self.schema, table)))


def _tried(transaction: Callable[[], Result]) -> Result:
    """Run a transaction, again if another load at the same moment broke it."""
    for _ in range(TRIES - 1):
        with suppress(*PASSING):
            return transaction()
    return transaction()


def _field(error: psycopg.Error) -> str | None:
    """Return the column that an error of PostgreSQL names."""
    named = re.search(r", column (.+?)(?::|$)", error.diag.context or "")
    return error.diag.column_name or (named.group(1) if named else None)
