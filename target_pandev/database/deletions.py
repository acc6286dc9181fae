"""Mark or delete the rows of a table that are missing at their source, within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.database.sql_text import escape_percent
from target_pandev.database.tombstones import LOCK_TOMBSTONES_EXCLUSIVE, delete_with_tombstones
from target_pandev.database.transitions import touch_rows
from target_pandev.deletion_limit import FREE_DELETIONS, DeletionLimit, Rows
from target_pandev.errors import InvalidFieldError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable

    from target_pandev.database.connection import Connection

PLAN_WITH_KEYS = "SET LOCAL plan_cache_mode = force_custom_plan"
"""A plan that is made without the array of keys compares every row with every key."""
LOCK_RECENT_DELETIONS = "LOCK TABLE recent_deletions IN SHARE ROW EXCLUSIVE MODE"
"""Concurrent reads are counted one after the other."""
PARENT_COLUMNS = {"spaces": "space_id", "folders": "folder_id", "lists": "list_id"}
"""Tables whose rows contain tasks, and the column of `tasks` that names the container."""

MISSING_CONTAINERS = sql.SQL("SELECT id FROM {table} WHERE {missing}")
MISSING_FOLDERS = sql.SQL("""
SELECT id FROM {table} WHERE {missing}
UNION ALL
SELECT id FROM {table}
WHERE {in_workspace} AND parent_folder_id IN (SELECT id FROM {table} WHERE {missing})
""")
"""The missing folders and their subfolders, which are hidden with them."""


@dataclass(frozen=True)
class DeletionRules:
    """What share of the rows reads may delete in a day, and whether rows are deleted or marked."""

    max_share: float = 0.0
    hard: bool = False


@dataclass(frozen=True)
class DeletionScope:
    """Rows of a table, some of which are missing at their source.

    The conditions are SQL with parameters. One of the `parameters` is `started_at`: rows that were
    read since then are not missing.
    """

    schema: str
    table_name: str
    key: Sequence[str]
    workspace_id: str
    """Empty if the table has no workspaces."""
    name: str
    """Scope of the completed read; empty for a table version."""
    in_workspace: Composable
    """The unmarked rows of the workspace, or of the table if it has no workspaces."""
    in_scope: Composable
    """The unmarked rows of the scope."""
    missing: Composable
    """Those of them that are missing."""
    parameters: Mapping[str, Any]
    replaced: int = 0
    """How many new rows replace missing ones."""
    free_deletions: int = FREE_DELETIONS
    """How many rows may be deleted in a day whatever their share."""

    @property
    def table(self) -> sql.SQL:
        """The table's name for a statement with parameters."""
        return self.sibling(self.table_name)

    def sibling(self, name: str) -> sql.SQL:
        """Return the name of a table of the same schema for a statement with parameters."""
        return escape_percent(sql.Identifier(self.schema, name))


def delete_missing(connection: Connection, scope: DeletionScope, rules: DeletionRules) -> int:
    """Mark or delete the missing rows of a scope, and return how many there are.

    Raises `InvalidFieldError` if they, and those that reads have deleted in the last 24 hours,
    exceed the rules' share and the free deletions; nothing is changed then.
    """
    missing = _count(connection, scope, scope.table, scope.missing)
    if not missing:
        return 0
    _check_deletion_limit(connection, scope, missing, rules.max_share)
    touch_rows(
        connection,
        scope.table_name,
        sql.SQL("{} WHERE {}").format(scope.table, scope.missing),
        scope.parameters,
        hard=rules.hard,
    )
    if rules.hard:
        _delete(connection, scope)
    else:
        update = sql.SQL("UPDATE {} SET _sdc_deleted_at = %(started_at)s WHERE {}")
        connection.execute(update.format(scope.table, scope.missing), scope.parameters)
    return missing


def _delete(connection: Connection, scope: DeletionScope) -> None:
    delete = sql.SQL("DELETE FROM {} WHERE {}").format(scope.table, scope.missing)
    if scope.key:
        connection.execute(LOCK_TOMBSTONES_EXCLUSIVE)
        delete = delete_with_tombstones(delete, scope.key)
    connection.execute(delete, {**scope.parameters, "stream": scope.table_name})


def _check_deletion_limit(
    connection: Connection, scope: DeletionScope, missing: int, max_share: float
) -> None:
    """Count a deletion towards the limit of the day. Raises `InvalidFieldError` beyond it.

    For containers the limit applies to their tasks, because everything below them is hidden too.
    A share of 1 means that the user has confirmed the deletions of this run: none is counted.
    """
    if max_share >= 1:
        return
    stream = {
        "workspace_id": scope.workspace_id,
        "stream": scope.table_name,
        "scope": scope.name,
    }
    connection.execute(LOCK_RECENT_DELETIONS)
    earlier, earlier_in_scope, free_used = connection.execute(
        read_statement("recent_deletions").encode(), stream
    ).fetchall()[0]
    if column := PARENT_COLUMNS.get(scope.table_name):
        tasks = scope.sibling("tasks")
        containers = MISSING_FOLDERS if column == "folder_id" else MISSING_CONTAINERS
        inside = sql.SQL("{} AND {} IN ({})").format(
            scope.in_workspace,
            sql.Identifier(column),
            containers.format(
                table=scope.table, missing=scope.missing, in_workspace=scope.in_workspace
            ),
        )
        missing = _count(connection, scope, tasks, inside)
        total = _count(connection, scope, tasks, scope.in_workspace)
        # tasks of containers that were deleted before are still stored
        of = [Rows(total - min(earlier, total), earlier)]
        rows = f"tasks are in {scope.table_name} that"
    else:
        missing = max(0, missing - scope.replaced)
        in_scope = _count(connection, scope, scope.table, scope.in_scope)
        in_workspace = _count(connection, scope, scope.table, scope.in_workspace)
        total = max(0, in_scope - scope.replaced)  # the new rows are among them
        of = [
            Rows(total, earlier_in_scope),
            Rows(max(0, in_workspace - scope.replaced), earlier),
        ]
        rows = f"rows of {scope.table_name} in this scope"
    decision = DeletionLimit(max_share, scope.free_deletions - free_used).allows(missing, of)
    if not decision.allowed:
        in_addition = f"in addition to {earlier} in the last 24 hours, " if earlier else ""
        raise InvalidFieldError(
            "",
            f"{missing} of {total} {rows} would be marked as deleted, {in_addition}more than "
            f"max_deleted_share {max_share:g} allows; nothing was marked; check that the token "
            "can still read all of them; if they were really deleted, run once with "
            "max_deleted_share 1",
        )
    if missing:
        counts = {"count": missing, "free_count": decision.free_deletions_used}
        connection.execute(read_statement("add_recent_deletion").encode(), stream | counts)


def _count(
    connection: Connection, scope: DeletionScope, table: Composable, where: Composable
) -> int:
    count = sql.SQL("SELECT pg_catalog.count(*) FROM {} WHERE {}").format(table, where)
    return int(connection.execute(count, scope.parameters).fetchall()[0][0])
