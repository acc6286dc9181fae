"""Create the store's views from `sql/views`, and keep what other users have built on them.

A view is created by its file, after the numbered migrations, whenever the file has changed.

- `CREATE OR REPLACE VIEW` keeps the privileges on the view, and what depends on it. It is enough
  unless a column is removed, renamed, moved, or has another type.
- Otherwise the view and our views that read it are dropped and created again, with the privileges
  that other roles had on them.
- A view or function of the user's own that depends on such a view is never dropped. The store is
  left as it is, and the error names what has to be dropped first.
- A relation that has the name of a new view, but was not created here, is never replaced.

A numbered migration that changes a column which a view reads drops the view itself; it is created
again here. All programs that open a store should be of one release: another release has other
views, and the one that opens the store last creates its own.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from psycopg import errors, sql
from psycopg.types.json import Jsonb

from target_pandev.database.connection import execute_each
from target_pandev.errors import StoreError
from target_pandev.sql import read_statement, read_views

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from psycopg.sql import Composed

    from target_pandev.database.connection import Connection

logger = logging.getLogger("target-pandev")

FIRST_RECORDED_VERSION = 8
"""The version of the store since which `schema_versions` records the views."""
VIEWS_OF_MIGRATIONS = {
    "task_overview": 2,
    "resolved_task_references": 2,
    "task_activity": 2,
    "worklogs": 3,
    "status_transitions": 7,
    "status_durations": 7,
    "cycle_times": 7,
}
"""The views that numbered migrations created before that, with their versions."""


class Grant(NamedTuple):
    """A privilege that a role has on a view; `role` is None for PUBLIC."""

    view: str
    column: str | None
    role: str | None
    privilege: str
    is_grantable: bool


@dataclass(frozen=True)
class StoredViews:
    """Our views as they are in the store."""

    hashes: dict[str, str | None]
    """The hash of each view's definition, by the view's name; None if it is not known."""
    oids: dict[str, int]
    """The views that exist; one that is dropped and created again has another oid."""
    grants: list[Grant]


def are_views_current(connection: Connection) -> bool:
    """Return whether the views in a store of the newest version are those of `sql/views`."""
    expected = _definition_hashes()
    if _recorded_hashes(connection) != expected:
        return False
    return _existing(connection, expected).keys() == expected.keys()


def read_stored_views(connection: Connection, version: int) -> StoredViews:
    """Return our views in a store of a version, with the privileges on them."""
    hashes: dict[str, str | None] = {
        name: None for name, since in VIEWS_OF_MIGRATIONS.items() if since <= version
    }
    if version >= FIRST_RECORDED_VERSION:
        hashes = {**_recorded_hashes(connection)}
    oids = _existing(connection, hashes)
    return StoredViews(hashes, oids, _read_grants(connection, oids.values()))


def update_views(connection: Connection, schema: str, before: StoredViews) -> None:
    """Create the views that are missing or have changed, and drop those that have no file.

    `before` are the views as they were before any pending migration. Raises `StoreError` if
    another object depends on a view that has to be dropped, or has the name of a new one.
    """
    definitions = read_views()
    hashes = _definition_hashes()
    _require_free_names(connection, schema, definitions.keys() - before.hashes.keys())
    for name in before.hashes.keys() - definitions.keys():
        _drop(connection, schema, name, before.hashes)
    for name, definition in definitions.items():
        if before.hashes.get(name) != hashes[name] or not _existing(connection, [name]):
            logger.info("store: creating view %s", name)
            _create(connection, schema, name, definition, before.hashes)
    _restore_grants(connection, before)
    connection.execute(
        "UPDATE schema_versions SET views = %s "
        "WHERE version = (SELECT pg_catalog.max(version) FROM schema_versions)",
        (Jsonb(hashes),),
    )


def _definition_hashes() -> dict[str, str]:
    return {
        name: hashlib.sha256(definition.encode()).hexdigest()
        for name, definition in read_views().items()
    }


def _recorded_hashes(connection: Connection) -> dict[str, str]:
    """Return the newest hashes that `schema_versions` contains."""
    row = connection.execute(
        "SELECT views FROM schema_versions WHERE views IS NOT NULL ORDER BY version DESC LIMIT 1"
    ).fetchone()
    return dict(row[0]) if row else {}


def _existing(
    connection: Connection, names: Iterable[str], *, views_only: bool = True
) -> dict[str, int]:
    """Return the oids of the relations of these names in the store's schema."""
    rows = connection.execute(
        "SELECT c.relname, c.oid FROM pg_class AS c "
        "INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "AND n.nspname = pg_catalog.current_schema() "
        "WHERE c.relname = ANY (%s) AND (c.relkind = 'v' OR NOT %s)",
        ([*names], views_only),
    )
    return {str(name): int(oid) for name, oid in rows}


def _require_free_names(connection: Connection, schema: str, names: Collection[str]) -> None:
    for name in sorted(_existing(connection, names, views_only=False)):
        raise StoreError(
            f"store_schema {schema}: {name} exists and was not created by target-pandev, which "
            "has a view of this name; rename or drop it, and run again"
        )


def _create(
    connection: Connection, schema: str, name: str, definition: str, ours: Collection[str]
) -> None:
    """Create a view, in place of the one that exists if its columns allow that."""
    try:
        with connection.transaction():
            execute_each(connection, definition)
    except errors.InvalidTableDefinition:
        _drop(connection, schema, name, ours)
        execute_each(connection, definition)


def _drop(connection: Connection, schema: str, name: str, ours: Collection[str]) -> None:
    """Drop a view and our views that depend on it, if nothing else does."""
    oid = _existing(connection, [name]).get(name)
    if oid is None:
        return
    dependents = connection.execute(read_statement("view_dependents"), {"view": oid}).fetchall()
    foreign = [str(description) for relation, description in dependents if relation not in ours]
    if foreign:
        raise StoreError(
            f"store_schema {schema}: the columns of view {name} cannot change while used by "
            f"{', '.join(foreign)}; drop what uses the view, run again, then recreate it"
        )
    views = [sql.Identifier(name), *(sql.Identifier(str(view)) for view, _ in dependents)]
    connection.execute(sql.SQL("DROP VIEW {}").format(sql.SQL(", ").join(views)))


def _read_grants(connection: Connection, oids: Iterable[int]) -> list[Grant]:
    rows = connection.execute(read_statement("view_grants"), {"views": [*oids]})
    return [Grant(*row) for row in rows]


def _restore_grants(connection: Connection, before: StoredViews) -> None:
    """Give the views that were created again the privileges that they had, and no others."""
    oids = _existing(connection, before.oids)
    created_again = {name: oid for name, oid in oids.items() if oid != before.oids[name]}
    for grant in _read_grants(connection, created_again.values()):
        connection.execute(
            sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(grant.view), _role(grant))
        )
    columns = _columns(connection, created_again.values())
    for grant in before.grants:
        if grant.view in created_again and (
            grant.column is None or (grant.view, grant.column) in columns
        ):
            connection.execute(_grant_statement(grant))


def _columns(connection: Connection, oids: Iterable[int]) -> set[tuple[str, str]]:
    rows = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class AS c "
        "INNER JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE c.oid = ANY (%s)",
        ([*oids],),
    )
    return {(str(view), str(column)) for view, column in rows}


def _grant_statement(grant: Grant) -> Composed:
    return sql.SQL("GRANT {} {} ON {} TO {} {}").format(
        sql.SQL(grant.privilege),
        sql.SQL("({})").format(sql.Identifier(grant.column)) if grant.column else sql.SQL(""),
        sql.Identifier(grant.view),
        _role(grant),
        sql.SQL("WITH GRANT OPTION" if grant.is_grantable else ""),
    )


def _role(grant: Grant) -> sql.Identifier | sql.SQL:
    return sql.Identifier(grant.role) if grant.role else sql.SQL("PUBLIC")
