"""Marks or deletes what is gone of a table, under a guard against mass deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.columns import RefusedFieldError
from target_pandev.database.table import quoted
from target_pandev.database.tombstones import ADD_TOMBSTONES, leaving_tombstones

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection

UNASKED = 10
"""So many rows of a stream a run marks whatever their share: two of five may well go at once."""
KEYS_IN_MEMORY = "SET LOCAL work_mem = '1GB'"
"""A limit, not a reservation: below what the keys take, PostgreSQL compares each row with each."""
CONTAINERS = {"spaces": "space_id", "folders": "folder_id", "lists": "list_id"}
"""Tables whose rows hide tasks, and the tasks' column that names them."""


@dataclass(frozen=True)
class DeletionRules:
    """How much of a scope one read may call gone, as a share, and whether that deletes the rows."""

    max_share: float = 0.0
    hard: bool = False


@dataclass(frozen=True)
class Scope:
    """Rows of a table of which some are gone: in SQL, which ones.

    The `parameters` of the SQL hold `started_at`: what was seen since then is not gone.
    """

    schema: str
    name: str
    key: Sequence[str]
    live: Composed
    """The rows of the workspace that are not marked; without a workspace, those of the table."""
    shown: Composed
    """The scope's rows that are not marked."""
    gone: Composed
    """Those of them that are gone."""
    parameters: Mapping[str, Any]
    replaced: int = 0
    """How many rows came in the place of those that are gone."""

    @property
    def table(self) -> Composable:
        """The table's name in SQL with parameters."""
        return quoted(self.schema, self.name)


def remove(connection: Connection, scope: Scope, rules: DeletionRules, *, unasked: int) -> int:
    """Mark or delete what is gone of a scope, as far as the rules allow it.

    Up to `unasked` rows may go whatever their share; returns how many of these that took. Raises
    `RefusedFieldError`; nothing is marked then.
    """
    gone = _count(connection, scope, of=scope.table, where=scope.gone)
    if not gone:
        return 0
    taken = _guard(connection, scope, gone, rules.max_share, unasked=unasked)
    if rules.hard:
        _delete(connection, scope)
    else:
        update = sql.SQL("UPDATE {} SET _sdc_deleted_at = %(started_at)s WHERE {}")
        connection.execute(update.format(scope.table, scope.gone), scope.parameters)
    return taken


def _delete(connection: Connection, scope: Scope) -> None:
    delete = sql.SQL("DELETE FROM {} WHERE {}").format(scope.table, scope.gone)
    if scope.key:
        connection.execute(ADD_TOMBSTONES)
        delete = leaving_tombstones(delete, scope.key)
    connection.execute(delete, {**scope.parameters, "stream": scope.name})


def _guard(connection: Connection, scope: Scope, gone: int, share: float, *, unasked: int) -> int:
    """Refuse to call too much gone: a lost permission is no mass deletion."""
    measured, what, of = scope.table, f"rows of {scope.name} in this scope", scope.shown
    if column := CONTAINERS.get(scope.name):
        measured, of = quoted(scope.schema, "tasks"), scope.live
        what = f"tasks, by the {scope.name} they are in,"
        hidden = sql.SQL("{} AND {} IN (SELECT id FROM {} WHERE {})").format(
            scope.live, sql.Identifier(column), scope.table, scope.gone
        )
        gone = _count(connection, scope, of=measured, where=hidden)
    live = _count(connection, scope, of=measured, where=of)
    gone = max(0, gone - scope.replaced)
    if gone <= share * live:
        return 0
    if gone > unasked:
        raise RefusedFieldError(
            "",
            f"{gone} of {live} {what} would be marked as gone, more than "
            f"max_deleted_share {share:g} allows: nothing was marked; see that the token "
            "may still read them all; if they are really gone, run once with max_deleted_share 1",
        )
    return gone


def _count(connection: Connection, scope: Scope, *, of: Composable, where: Composed) -> int:
    count = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(of, where)
    return int(connection.execute(count, scope.parameters).fetchall()[0][0])
