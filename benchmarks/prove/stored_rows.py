"""The tasks and time entries of ClickUp and of both stores, with the same values in the same form.

Only what both chains store is compared, and only what ClickUp's API shows. The time spent on a task
is left out: an entry that is corrected or deleted changes it without any date that a client sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg

from benchmarks.prove.comparison import StoredTransition, Truth

if TYPE_CHECKING:
    from benchmarks.prove.comparison import Row
    from fake_clickup.model import Task, TimeEntry, Workspace


@dataclass(frozen=True)
class StoreQueries:
    """The statements that read a store: id and values of its live rows."""

    tasks: str
    time_entries: str
    transitions: str | None = None


OURS = StoreQueries(
    tasks="""
        SELECT id, name, status, list_id, epoch_ms(date_updated), priority,
            ARRAY(SELECT jsonb_array_elements_text(assignee_ids)), epoch_ms(due_date),
            archived, parent_id, points::float, time_estimate_ms::float
        FROM pandev.tasks WHERE _sdc_deleted_at IS NULL
    """,
    time_entries="""
        SELECT id, user_id, task_id, epoch_ms(started_at), duration_ms
        FROM pandev.time_entries WHERE _sdc_deleted_at IS NULL
    """,
    transitions="""
        SELECT task_id, from_status, to_status, epoch_ms(changed_after), epoch_ms(changed_at),
            is_inferred
        FROM pandev.status_transitions WHERE from_status IS NOT NULL
    """,
)
PEER = StoreQueries(
    tasks="""
        SELECT id, name, status ->> 'status', list ->> 'id', date_updated::bigint,
            (priority ->> 'id')::int,
            ARRAY(SELECT assignee ->> 'id' FROM unnest(assignees) AS assignee),
            due_date::bigint, archived, parent, points::float, time_estimate::float
        FROM public.task WHERE _sdc_deleted_at IS NULL
    """,
    time_entries="""
        SELECT id, "user" ->> 'id', task ->> 'id', start::bigint, duration::bigint
        FROM public.time_entries WHERE _sdc_deleted_at IS NULL
    """,
)
EPOCH_MS = """
    CREATE FUNCTION pg_temp.epoch_ms(at timestamptz) RETURNS bigint LANGUAGE sql
    AS 'SELECT round(extract(epoch FROM at) * 1000)::bigint'
"""


class StoreReader:
    """Reads one chain's database, within a `with` block."""

    def __init__(self, url: str, queries: StoreQueries) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._queries = queries
        self._connection.execute(EPOCH_MS)

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def tasks(self) -> list[tuple[str, Row]]:
        """Return the live tasks."""
        return [
            (row[0], (*row[1:6], sorted(row[6]), *row[7:]))
            for row in self._read(self._queries.tasks)
        ]

    def time_entries(self) -> list[tuple[str, Row]]:
        """Return the live time entries."""
        return [(row[0], row[1:]) for row in self._read(self._queries.time_entries)]

    def transitions(self) -> list[StoredTransition] | None:
        """Return the status transitions; None if the store has none by design."""
        if self._queries.transitions is None:
            return None
        return [StoredTransition(*row) for row in self._read(self._queries.transitions)]

    def _read(self, statement: str) -> list[Row]:
        """Return the rows of a statement; none if the chain has not created the table yet."""
        text = statement.replace("epoch_ms(", "pg_temp.epoch_ms(")
        try:
            return self._connection.execute(text.encode()).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def true_tasks(workspace: Workspace) -> Truth:
    """Return the tasks that exist in a workspace."""
    return Truth({task.id: _task_row(task) for task in workspace.tasks.values()})


def true_time_entries(workspace: Workspace) -> Truth:
    """Return the time entries that ClickUp shows. Those of deleted tasks are left to the stores."""
    shown: dict[str, Row] = {}
    hidden = set()
    for entry in workspace.time_entries.values():
        if entry.task_id is None or entry.task_id in workspace.tasks:
            shown[entry.id] = _entry_row(entry)
        else:
            hidden.add(entry.id)
    return Truth(shown, frozenset(hidden))


def _task_row(task: Task) -> Row:
    return (
        task.name,
        task.status,
        task.list_id,
        task.updated_ms,
        task.priority,
        sorted(map(str, task.assignee_ids)),
        task.due_ms,
        task.archived,
        task.parent_id,
        _number(task.points),
        _number(task.time_estimate_ms),
    )


def _entry_row(entry: TimeEntry) -> Row:
    duration_ms = None if entry.end_ms is None else entry.end_ms - entry.start_ms
    return (str(entry.user_id), entry.task_id, entry.start_ms, duration_ms)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
