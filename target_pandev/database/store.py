"""The store: opened with its schema up to date, then loaded one batch at a time."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import psycopg
from psycopg import errors, sql

from target_pandev.bisection import bisect
from target_pandev.columns import encode_json
from target_pandev.database.connection import connect, describe_error, translate_errors
from target_pandev.database.ddl import align_staging_types, ensure_table
from target_pandev.database.deletions import DeletionRules, delete_missing
from target_pandev.database.ide_time import (
    days_of_deletions,
    days_of_events,
    days_of_load,
    derive_all_intervals,
    derive_intervals,
)
from target_pandev.database.links import (
    deleted_repositories,
    derive_all_links,
    derive_links,
    find_changed_repositories,
    settle_links,
)
from target_pandev.database.migrate import migrate
from target_pandev.database.people import derive_people, lock_people, settle_people
from target_pandev.database.pull_requests import derive_merged_commits
from target_pandev.database.reconciliation import apply_completed_read
from target_pandev.database.references import apply_rules
from target_pandev.database.reporting import change_reporting, read_reporting
from target_pandev.database.resolved_links import resolve_all_links, resolve_links
from target_pandev.database.seen_keys import add_staged_keys, create_seen_keys, stale_rows
from target_pandev.database.serial_loader import SerialLoader
from target_pandev.database.table import EVENTS_TABLE, FORCE_KEY_LOOKUP, STAGING_TABLE
from target_pandev.database.tombstones import (
    LOCK_TOMBSTONES_SHARED,
    apply_tombstones,
    record_deletions,
)
from target_pandev.database.transitions import (
    derive_transitions,
    touch_deleted_keys,
    touch_staged_tasks,
)
from target_pandev.errors import InvalidFieldError, RowError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from target_pandev.completed_reads import CompletedRead
    from target_pandev.database.connection import Connection
    from target_pandev.database.references import ReferenceRules
    from target_pandev.database.reporting import ReportingChange, ReportingRules
    from target_pandev.database.seen_keys import SeenKeysTable
    from target_pandev.database.serial_loader import Load
    from target_pandev.database.table import StreamSchema, Table
    from target_pandev.database.tombstones import Deletion
    from target_pandev.emitted_states import StateMark
    from target_pandev.errors import RejectedRecord

Result = TypeVar("Result")
MAX_ATTEMPTS = 10
CANCEL_INTERVAL_SECONDS = 0.05
"""A cancel request is repeated at this interval: one between two statements has no effect."""
COPY_LINES = 100
"""Lines per write to the server."""
DROP_STAGE = sql.SQL("DROP TABLE IF EXISTS {}").format(STAGING_TABLE)
ROW_ERRORS = (errors.DataError, errors.IntegrityError, errors.ProgramLimitExceeded)
"""Errors that are caused by the values of a row."""
TRANSIENT_ERRORS = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""Errors that are caused by a concurrent load; the transaction is run again."""


class Store:
    """PostgreSQL 15 or newer, one schema per organisation. Raises `StoreError` when opened.

    A batch is loaded in the background; every other method waits for its end first.
    """

    def __init__(self, conninfo: str, *, schema: str) -> None:
        self.schema = schema
        self.deletions = DeletionRules()
        self._connection = connect(conninfo)
        self._loader = SerialLoader()
        self._versions = 0
        self._staged: Table | None = None
        self.older_versions: Counter[str] = Counter()
        """How many rows of each table were left out, because the stored version is newer."""
        try:
            with translate_errors(self._connection, f"store_schema {schema}"):
                self._clock_offset = _read_clock(self._connection) - datetime.now(UTC)
                migrate(self._connection, schema)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection once a running load is committed or rolled back."""
        self._loader.close()
        self._connection.close()

    def now(self) -> datetime:
        """Return the time by PostgreSQL's clock, which is read when the store is opened."""
        return datetime.now(UTC) + self._clock_offset

    def cancel(self) -> None:
        """Roll a running load back, unless it is just being committed."""
        while not self._loader.wait_for(CANCEL_INTERVAL_SECONDS):
            with suppress(psycopg.Error):
                self._connection.cancel_safe()

    def wait(self) -> None:
        """Wait for the running load. Raises `StoreError` if it was rolled back."""
        self._loader.wait()

    def collect(self) -> None:
        """Finish the running load if it has ended. Raises `StoreError` if it was rolled back."""
        self._loader.collect()

    @property
    def is_loading(self) -> bool:
        """Whether a load is running or was not finished by `wait` or `collect`."""
        return self._loader.is_running

    @property
    def latest_load(self) -> Load | None:
        """The load that was submitted last."""
        return self._loader.latest

    @contextmanager
    def _exclusive(self, action: str) -> Iterator[None]:
        """Use the connection while no batch is being loaded. Raises `StoreError`."""
        self.wait()
        with translate_errors(self._connection, action):
            yield

    def table(self, stream: StreamSchema) -> Table:
        """Return the table of a stream, created or widened if necessary. Raises `StoreError`."""
        with self._exclusive(f"table of stream {stream.name}"):
            return ensure_table(self._connection, self.schema, stream)

    def load(
        self,
        table: Table,
        lines: Sequence[bytes],
        *,
        on_loaded: Callable[[Sequence[RowError]], None],
        seen_keys: SeenKeysTable | None = None,
    ) -> None:
        """Start to load a batch in one transaction, once the previous one has ended.

        A line is COPY text with its line end: the table's columns, the time of reading, hash and
        position in the batch. A batch with a row that PostgreSQL rejects is bisected until the row
        is found, so that no other row is lost. The keys of the rows are added to `seen_keys`. Once
        the batch is committed, a later call passes the rejected rows to `on_loaded`. If the store
        itself fails, the batch is rolled back and the later call raises `StoreError`.
        """

        def load() -> list[RowError]:
            with translate_errors(self._connection, f"loading {table.name}"):
                return self._load_or_bisect(table, lines, seen_keys)

        self._loader.submit(load, on_loaded)

    def _load_or_bisect(
        self, table: Table, lines: Sequence[bytes], seen_keys: SeenKeysTable | None
    ) -> list[RowError]:
        """Load a batch, or those parts of it that PostgreSQL accepts; return the other rows."""

        def load(part: range) -> RowError | None:
            try:
                _with_retries(lambda: self._load(table, lines[part.start : part.stop], seen_keys))
            except TRANSIENT_ERRORS:
                raise
            except ROW_ERRORS as error:
                reason = f"PostgreSQL rejected it: {describe_error(error)}"
                return RowError(part.start, _column_name(error), reason)
            return None

        return bisect(range(len(lines)), load)

    def _load(self, table: Table, lines: Sequence[bytes], seen_keys: SeenKeysTable | None) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if self._staged is not table:
                self._staged = None
                cursor.execute(DROP_STAGE)
                cursor.execute(table.create_staging_table)
            with cursor.copy(table.copy) as copy:
                for start in range(0, len(lines), COPY_LINES):
                    copy.write(b"".join(lines[start : start + COPY_LINES]))
            stage_changed = align_staging_types(self._connection, table)
            cursor.execute(FORCE_KEY_LOOKUP)
            lock_people(self._connection, table.name)
            has_touched_tasks = touch_staged_tasks(self._connection, table)
            changed_repositories = find_changed_repositories(self._connection, table)
            for pre_merge_statement in table.pre_merge_statements:
                cursor.execute(pre_merge_statement)
            if table.key:
                cursor.execute(LOCK_TOMBSTONES_SHARED)
            cursor.execute(table.merge)
            older, ide_days = cursor.fetchall()[0] if table.key else (0, None)
            if table.key:
                apply_tombstones(self._connection, table, STAGING_TABLE, hard=self.deletions.hard)
            for post_merge_statement in table.post_merge_statements:
                cursor.execute(post_merge_statement)
            pull_requests = derive_merged_commits(self._connection, table)
            derive_links(self._connection, table, changed_repositories, pull_requests)
            persons = derive_people(self._connection, table)
            days = days_of_load(self._connection, table.name, persons)
            derive_intervals(self._connection, [*(ide_days or []), *days])
            if has_touched_tasks:
                derive_transitions(self._connection)
            if seen_keys:
                add_staged_keys(self._connection, table, seen_keys)
            resolve_links(self._connection)
        self._staged = None if stage_changed else table
        self.older_versions[table.name] += older

    def record_deletions(self, table: Table, deletions: Sequence[Deletion]) -> None:
        """Store deletions, and mark or delete the rows that were read before them."""

        def record() -> None:
            with self._connection.transaction():
                hard = self.deletions.hard
                lock_people(self._connection, table.name)
                days = days_of_events(self._connection, table, deletions)
                touch_deleted_keys(self._connection, table, deletions, hard=hard)
                record_deletions(self._connection, table, deletions, hard=hard)
                settle_links(self._connection, table.name, deleted_repositories(table, deletions))
                persons = settle_people(self._connection, table.name, hard=hard)
                days = [*days, *days_of_deletions(self._connection, table.name, persons)]
                derive_intervals(self._connection, days)
                derive_transitions(self._connection)
                resolve_links(self._connection)

        with self._exclusive(f"deletions of {table.name}"):
            _with_retries(record)

    def start_version(self) -> SeenKeysTable:
        """Create the table for the keys of a table version."""
        with self._exclusive("starting a new table version"):
            self._versions += 1
            return create_seen_keys(self._connection, self._versions)

    def replace_version(self, table: Table, seen_keys: SeenKeysTable, started_at: datetime) -> None:
        """Mark or delete the rows that a table version, read since `started_at`, does not contain.

        Raises `InvalidFieldError` beyond the deletion limit; nothing is changed then.
        """

        def replace_rows() -> None:
            with self._deriving(table.name):
                scope = stale_rows(self._connection, table, seen_keys, started_at)
                if delete_missing(self._connection, scope, self.deletions):
                    settle_links(self._connection, table.name, None)

        with self._exclusive(f"replacing the version of {table.name}"):
            _with_retries(replace_rows)

    @contextmanager
    def _deriving(self, stream: str) -> Iterator[None]:
        """Run a transaction that deletes or restores rows of a stream, and derive others again."""
        with self._connection.transaction():
            lock_people(self._connection, stream)
            yield
            if stream == EVENTS_TABLE:
                derive_all_intervals(self._connection)
            persons = settle_people(self._connection, stream, hard=self.deletions.hard)
            days = days_of_deletions(self._connection, stream, persons)
            derive_intervals(self._connection, days)
            derive_transitions(self._connection)
            resolve_links(self._connection)

    def apply_completed_read(self, read: CompletedRead) -> bool:
        """Store a completed read and mark or delete the rows that it did not find.

        Returns False if a read of its scope is stored that did not start earlier.
        Raises `InvalidFieldError` if it cannot be applied, or exceeds the deletion limit; nothing
        is changed then.
        """

        def apply() -> bool:
            with self._deriving(read.stream):
                return apply_completed_read(self._connection, self.schema, read, self.deletions)

        with self._exclusive(f"marking deleted rows of {read.stream}"):
            try:
                return _with_retries(apply)
            except errors.DataError as error:
                raise InvalidFieldError(
                    "",
                    "PostgreSQL rejected a value of its conditions or keys: "
                    f"{describe_error(error)}",
                ) from None

    def record_state(self, mark: StateMark) -> None:
        """Record that a state is emitted. What was committed before it is in every backup of it."""
        with self._exclusive("recording a state"):
            self._connection.execute(read_statement("record_state").encode(), asdict(mark))

    def has_emitted(self, mark: StateMark) -> bool:
        """Return whether this store recorded the state."""
        with self._exclusive("looking up a state"):
            cursor = self._connection.execute(
                "SELECT 1 FROM emitted_states WHERE run_id = %(run_id)s AND states >= %(number)s",
                asdict(mark),
            )
            return cursor.rowcount > 0

    def reject(self, records: Sequence[RejectedRecord]) -> None:
        """Store records that could not be loaded; of the same hash only the latest one is kept."""
        with self._exclusive("storing rejected records"):
            for record in records:
                try:
                    self._insert_rejected_record(record)
                except errors.DataError:  # a number that jsonb cannot store, for example
                    as_text = replace(record, record=encode_json(record.record))
                    self._insert_rejected_record(as_text)

    def _insert_rejected_record(self, record: RejectedRecord) -> None:
        self._connection.execute(read_statement("insert_rejected_record").encode(), asdict(record))

    def delete_rejection(self, stream: str, record_hash: str, key: str | None) -> None:
        """Delete a rejected record of a stream by its hash, and all those that have its key."""
        statement = read_statement("delete_rejected_record").encode()
        with self._exclusive("deleting a rejected record"):
            self._connection.execute(
                statement, {"stream": stream, "record_hash": record_hash, "key": key}
            )

    def query(
        self, query: str, parameters: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and the rows of a query."""
        with self._exclusive(f"reading store_schema {self.schema}"):
            cursor = self._connection.execute(query.encode(), parameters)
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def reporting(self) -> tuple[ReportingRules, list[tuple[date, str | None]]]:
        """Return the time zone and working time of reports, and the holidays."""
        with self._exclusive("reading the rules of reports"):
            return read_reporting(self._connection)

    def change_reporting(self, change: ReportingChange) -> None:
        """Change the time zone and working time of reports. Raises `ReportingError`."""
        with self._exclusive("changing the rules of reports"):
            change_reporting(self._connection, change)

    def apply_reference_rules(self, rules: ReferenceRules) -> None:
        """Store the rules that are given; extract all references again if they have changed."""
        with self._exclusive("extracting task references"), self._connection.transaction():
            if apply_rules(self._connection, self.schema, rules):
                derive_all_links(self._connection)
                resolve_all_links(self._connection)


def _read_clock(connection: Connection) -> datetime:
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchall()[0]
    return cast("datetime", row[0])


def _with_retries(transaction: Callable[[], Result]) -> Result:
    """Run a transaction, again if a concurrent load broke it."""
    for _ in range(MAX_ATTEMPTS - 1):
        with suppress(*TRANSIENT_ERRORS):
            return transaction()
    return transaction()


def _column_name(error: psycopg.Error) -> str | None:
    """Return the column that an error of PostgreSQL names."""
    match = re.search(r", column (.+?)(?::|$)", error.diag.context or "")
    return error.diag.column_name or (match.group(1) if match else None)
