"""Keep `task_transitions`: the status transitions of tasks, derived in the transaction of a load.

The transitions of a task depend on its row, versions, changes and times in status, and on the
statuses of its lists. A transaction that changes some of these first notes the tasks that it
touches, in a temporary table, and derives their transitions at its end. The lock of task versions
lets such transactions follow one another: two of them may touch the same task.

The same table notes which tasks are new, deleted, restored or have another custom id, for
`resolved_links`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.database.sql_text import COMMA, escape_percent
from target_pandev.database.table import (
    LOCK_TASK_VERSIONS,
    STAGING_TABLE,
    VERSION_KEY_COLUMNS,
)
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table
    from target_pandev.database.tombstones import Deletion

DERIVED_SINCE = 42
"""The migration since which `derive_transitions.sql` derives what it does now: older stores derive
all again."""
TASK_COLUMNS = {"tasks": "id", "task_changes": "task_id", "time_in_status": "task_id"}
"""Tables about tasks, and their column with the id of the task."""
WORKFLOW_TABLES = {"statuses", "lists", "folders"}
STATUS_COLUMNS = ("status", "status_id", "status_type", "list_id")
USED_COLUMNS = {
    "tasks": ("custom_id", *STATUS_COLUMNS, "date_created", "date_done", "date_closed"),
    "task_changes": (
        "field", "list_id", "user_id", "changed_at", "from_value", "from_status_type", "to_value",
        "to_status_type",
    ),
    "time_in_status": ("since",),
    "statuses": ("status_id", "status_type"),
    "lists": ("folder_id", "space_id"),
    "folders": ("parent_folder_id",),
}  # fmt: skip
"""What transitions, and the links of `tasks`, depend on, apart from keys and versions of tasks."""
CREATE_TOUCHED_TASKS = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS touched_tasks (workspace_id text, task_id text, "
    "is_changed boolean DEFAULT true, is_renamed boolean DEFAULT false) ON COMMIT DELETE ROWS"
)
HAS_TOUCHED_TASKS = "SELECT pg_catalog.to_regclass('pg_temp.touched_tasks') IS NOT NULL"
ALL_TASKS = sql.SQL(
    "SELECT workspace_id, id FROM tasks "
    "UNION SELECT workspace_id, task_id FROM task_changes "
    "UNION SELECT workspace_id, task_id FROM task_transitions"
)
IS_NEW = "t.workspace_id IS NULL OR t._sdc_deleted_at IS NOT NULL"
CHANGED_ROWS = (
    "FROM (SELECT * FROM {stage}) AS s "
    "LEFT JOIN LATERAL (SELECT * FROM {table} AS t WHERE {same_key}) AS t ON true{more} "
    "WHERE {is_changed}"
)
BOTH_STATUS_IDS = " CROSS JOIN LATERAL (VALUES (s.status_id), (t.status_id)) AS i (status_id)"
STORED_STATUS_ID = " CROSS JOIN LATERAL (VALUES (t.status_id)) AS i (status_id)"
IS_LATER_VERSION = sql.SQL(
    "s.date_updated > t.date_updated AND t.status_type NOT IN ('closed', 'done') AND NOT EXISTS ("
    "SELECT FROM task_changes AS c WHERE c.workspace_id = t.workspace_id AND c.task_id = t.id "
    "AND c.changed_at > t.date_updated AND c.field = 'status')"
)
"""A later version with the same status changes no transition, because the one that it replaces is
kept. But after a change it shows the status that this has led to, and that of a closed task shows
when it was closed at the latest."""


def touch_staged_tasks(connection: Connection, table: Table) -> bool:
    """Note the tasks that the staged rows may change; return whether there are any."""
    names = {column.name for column in table.columns}
    if not names.issuperset(table.key) or table.name not in USED_COLUMNS:
        return False
    if table.name in TASK_COLUMNS:
        if TASK_COLUMNS[table.name] not in names:
            return False
        tasks = sql.SQL(
            "SELECT s.workspace_id, s.{task}, true, {is_renamed} {changed_rows}"
        ).format(
            task=sql.Identifier(TASK_COLUMNS[table.name]),
            is_renamed=_is_renamed(table, names),
            changed_rows=_changed_rows(table, names),
        )
        return _touch(connection, tasks)
    columns, more = "s.workspace_id, s.id AS scope_id, NULL::text AS status_id", ""
    if table.name == "statuses":
        columns = "s.workspace_id, s.scope_id, i.status_id"
        more = BOTH_STATUS_IDS if "status_id" in names else STORED_STATUS_ID
    scopes = sql.SQL("SELECT {columns} {changed_rows}").format(
        columns=sql.SQL(columns), changed_rows=_changed_rows(table, names, more)
    )
    connection.execute("SET LOCAL enable_hashjoin = on")
    tasks = sql.SQL(read_statement("tasks_of_workflows")).format(changed_scopes=scopes)
    return _touch(connection, tasks)


def touch_deleted_keys(
    connection: Connection, table: Table, deletions: Sequence[Deletion], *, hard: bool
) -> None:
    """Note the tasks whose transitions or links the deletion of some keys may change."""
    columns = [sql.Identifier(name) for name in table.key]
    values = [[deletion.key[index] for deletion in deletions] for index in range(len(columns))]
    rows = sql.SQL("{table} WHERE ({key}) IN (SELECT * FROM ROWS FROM ({arrays}) AS k)").format(
        table=escape_percent(table.identifier),
        key=COMMA.join(columns),
        arrays=COMMA.join([sql.SQL("pg_catalog.unnest(%s::text[])")] * len(columns)),
    )
    touch_rows(connection, table.name, rows, values, hard=hard)


def touch_rows(
    connection: Connection,
    name: str,
    rows: Composable,
    parameters: Mapping[str, Any] | Sequence[Any],
    *,
    hard: bool,
) -> None:
    """Note the tasks whose transitions or links change when rows are deleted or restored.

    `rows` is a table with a condition. Marked tasks and workflows keep their transitions.
    """
    if name == "tasks":
        tasks = sql.SQL("SELECT workspace_id, id, {}, true FROM {}").format(sql.Literal(hard), rows)
        _touch(connection, tasks, parameters)
    elif name == "time_in_status" or (hard and name in TASK_COLUMNS):
        task = sql.Identifier(TASK_COLUMNS[name])
        _touch(
            connection, sql.SQL("SELECT workspace_id, {} FROM {}").format(task, rows), parameters
        )
    elif hard and name in WORKFLOW_TABLES:
        _touch(connection, ALL_TASKS)


def derive_transitions(connection: Connection) -> None:
    """Derive the transitions of the tasks that this transaction has touched.

    The statement is not prepared: a plan that was made for empty tables would be slow later.
    """
    row = connection.execute(HAS_TOUCHED_TASKS).fetchone()
    if row and row[0]:
        connection.execute(read_statement("derive_transitions").encode(), prepare=False)


def derive_all_transitions(connection: Connection) -> None:
    """Derive the transitions of all tasks."""
    _touch(connection, ALL_TASKS)
    connection.execute("ANALYZE pg_temp.touched_tasks")
    derive_transitions(connection)


def _touch(
    connection: Connection,
    tasks: Composable,
    parameters: Mapping[str, Any] | Sequence[Any] | None = None,
) -> bool:
    connection.execute(LOCK_TASK_VERSIONS)
    connection.execute(CREATE_TOUCHED_TASKS)
    insert = sql.SQL("INSERT INTO pg_temp.touched_tasks {}").format(tasks)
    return connection.execute(insert, parameters).rowcount > 0


def _is_renamed(table: Table, names: Iterable[str]) -> sql.SQL:
    """Return whether other references may name the staged task (s) than the stored one (t)."""
    if table.name != "tasks":
        return sql.SQL("false")
    differs = " OR s.custom_id IS DISTINCT FROM t.custom_id" if "custom_id" in names else ""
    return sql.SQL(f"({IS_NEW}{differs})")


def _changed_rows(table: Table, names: Iterable[str], more: str = "") -> Composed:
    """Return FROM and WHERE for the staged rows (s) that differ from the stored ones (t)."""
    staged = set(names)
    used = [sql.Identifier(name) for name in USED_COLUMNS[table.name] if name in staged]
    differences: list[Composable] = [
        sql.SQL(IS_NEW),
        *(sql.SQL("s.{column} IS DISTINCT FROM t.{column}").format(column=name) for name in used),
    ]
    if table.name == "tasks" and "date_updated" in staged:
        differs: Composable = sql.SQL("s.date_updated IS DISTINCT FROM t.date_updated")
        if staged >= {*STATUS_COLUMNS, *VERSION_KEY_COLUMNS}:
            differs = sql.SQL("{} AND ({}) IS NOT TRUE").format(differs, IS_LATER_VERSION)
        differences.append(differs)
    return sql.SQL(CHANGED_ROWS).format(
        stage=STAGING_TABLE,
        table=table.identifier,
        same_key=table.same_key,
        more=sql.SQL(more),
        is_changed=sql.SQL(" OR ").join(differences),
    )
