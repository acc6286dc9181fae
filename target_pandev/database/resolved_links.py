"""Keep `resolved_links`: the tasks that references name, resolved in the transaction of a load.

Which tasks an object is linked with depends on its references, those that it inherits, and the
tasks of these ids. A transaction notes the objects whose references it changes (`references`), and
the tasks that it adds, deletes, restores or gives another custom id (`transitions`), in temporary
tables, and resolves them at its end. From then on a lock lets such transactions follow one another,
so that a reference and its task do not miss each other. It is the last lock that a transaction
takes, hence no cause of a deadlock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from target_pandev.database.references import CREATE_TOUCHED
from target_pandev.database.table import FORCE_KEY_LOOKUP
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_pandev.database.connection import Connection

RESOLVED_SINCE = 39
"""The migration since which `resolve_links.sql` is as it is: older stores resolve all again."""
LOCK_KEY = 0x6C696E6B73
"""Key of an advisory lock: "links" in ASCII."""
LOCK_LINKS = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(LOCK_KEY)
CAN_HAVE_TOUCHED = """
SELECT pg_catalog.to_regclass('pg_temp.touched_objects') IS NOT NULL,
    pg_catalog.to_regclass('pg_temp.touched_tasks') IS NOT NULL
"""
HAS_TOUCHED_OBJECTS = "SELECT EXISTS (SELECT FROM pg_temp.touched_objects)"
HAS_RENAMED_TASKS = "SELECT EXISTS (SELECT FROM pg_temp.touched_tasks WHERE is_renamed)"
HAS_REFERENCES = (
    "SELECT EXISTS (SELECT 1 FROM task_references) OR EXISTS (SELECT 1 FROM inherited_references)"
)
TOUCH_COMMITS = """
INSERT INTO pg_temp.touched_objects
SELECT k.repository_id, 'commit', k.sha
FROM ROWS FROM (
    pg_catalog.unnest(%(repository_ids)s::text[]), pg_catalog.unnest(%(shas)s::text[])
) AS k (repository_id, sha)
"""
TOUCH_ALL = """
INSERT INTO pg_temp.touched_objects
SELECT repository_id, source, object_key FROM task_references
UNION SELECT repository_id, 'commit', sha FROM inherited_references
UNION SELECT repository_id, source, object_key FROM resolved_links
"""


def touch_commits(connection: Connection, commits: Iterable[tuple[str, str]]) -> None:
    """Note commits, by repository and sha."""
    repository_ids, shas = zip(*commits, strict=True)
    parameters = {"repository_ids": [*repository_ids], "shas": [*shas]}
    connection.execute(TOUCH_COMMITS, parameters)


def resolve_links(connection: Connection) -> None:
    """Resolve the references that this transaction has touched, the last thing that it does.

    The statements are not prepared: a plan that was made for empty tables would be slow later.
    """
    has_objects, has_tasks = connection.execute(CAN_HAVE_TOUCHED).fetchall()[0]
    has_objects = has_objects and _is_true(connection, HAS_TOUCHED_OBJECTS)
    has_tasks = has_tasks and _is_true(connection, HAS_RENAMED_TASKS)
    if not (has_objects or has_tasks):
        return
    connection.execute(LOCK_LINKS)
    has_tasks = has_tasks and _is_true(connection, HAS_REFERENCES)
    if not (has_objects or has_tasks):
        return
    connection.execute(FORCE_KEY_LOOKUP)
    if has_tasks:
        connection.execute(CREATE_TOUCHED)
        connection.execute(read_statement("touch_linked_objects").encode(), prepare=False)
    connection.execute(read_statement("resolve_links").encode(), prepare=False)


def resolve_all_links(connection: Connection) -> None:
    """Resolve all references."""
    connection.execute(CREATE_TOUCHED)
    connection.execute(LOCK_LINKS)
    connection.execute(TOUCH_ALL)
    resolve_links(connection)


def _is_true(connection: Connection, query: str) -> bool:
    return connection.execute(query.encode()).fetchone() == (True,)
