"""Which texts name tasks, by which rules, and the statements that extract the references."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from target_pandev.database.sql_text import COMMA, identifier_list
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection

logger = logging.getLogger("target-pandev")

EXTRACTION = 5
"""Version of the forms that `find_references` finds and of the rules of links: a store with another
one extracts and derives all again."""
RULES_LOCK_KEY = 0x72756C6573
"""Key of the advisory lock on `reference_rules`: "rules" in ASCII."""
LOCK_RULES_SHARED = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock_shared({})").format(
    RULES_LOCK_KEY
)
LOCK_RULES_EXCLUSIVE = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(RULES_LOCK_KEY)


@dataclass(frozen=True)
class ReferenceSource:
    """A table whose rows mention tasks: the columns that name a row, and those with the texts.

    If the texts of a row may change, its references are those of the newest version; else those of
    staged rows that `changed_rows` selects are added, which is the name of a statement. If many
    rows have the same name and texts, repetitions are left out before the search.
    """

    source: str
    key: str
    texts: tuple[str, ...]
    is_mutable: bool = False
    repository: str = "repository_id"
    is_repeated: bool = False
    changed_rows: str = "changed_rows"
    times: tuple[str, ...] = ()
    """The first of these columns that is not null is the time of a row's references."""


REFERENCE_SOURCES = {
    "branches": ReferenceSource("branch", key="name", texts=("name",)),
    "commits": ReferenceSource(
        "commit", key="sha", texts=("message",), times=("committed_at", "authored_at")
    ),
    "pull_requests": ReferenceSource(
        "pull_request",
        key="number",
        texts=("title", "head_branch"),
        is_mutable=True,
        times=("merged_at", "created_at"),
    ),
    "ide_events": ReferenceSource(
        "ide_branch",
        key="branch",
        texts=("branch",),
        repository="repository_path",
        is_repeated=True,
        changed_rows="new_ide_branches",
    ),
}


@dataclass(frozen=True)
class ReferenceRules:
    """What counts as a task id in a text: an id after the prefix, and with a `#` if enabled.

    `repository_workspaces` has the workspace whose tasks the references in a repository name, by
    the repository's id, or by a prefix of ids followed by `*`. None keeps what the store has.
    """

    task_id_prefix: str | None = None
    hash_task_ids: bool | None = None
    repository_workspaces: Mapping[str, str] | None = None


CREATE_TOUCHED = sql.SQL("""
CREATE TEMPORARY TABLE IF NOT EXISTS touched_objects
    (repository_id text, source text, object_key text) ON COMMIT DELETE ROWS
""")
TOUCH_OBJECTS = """
WITH changed AS ({statement} RETURNING {object})
INSERT INTO pg_temp.touched_objects SELECT DISTINCT * FROM changed
"""
INSERT_REFERENCES = """
INSERT INTO task_references
    (repository_id, source, object_key, kind, reference, workspace_id, ordinal, occurred_at)
{references}
ON CONFLICT DO NOTHING
"""


def extract_references(
    table: str, rows: Composable, columns: Collection[str] | None = None
) -> Composed:
    """Return the statement that stores the task references in rows of a reference source.

    The rows have all columns, or only some.
    """
    return sql.SQL(INSERT_REFERENCES).format(references=find_references(table, rows, columns))


def find_references(
    table: str, rows: Composable, columns: Collection[str] | None = None
) -> Composed:
    """Return the query that finds the references; several texts are searched as lines of one."""
    source = REFERENCE_SOURCES[table]
    times = [name for name in source.times if columns is None or name in columns]
    text, *others = source.texts
    lines = sql.SQL("pg_catalog.concat_ws(E'\\n', {})").format(identifier_list(source.texts))
    texts = sql.SQL(
        "SELECT {distinct} coalesce({repository}, '') AS repository_id, {source} AS source, "
        '{key}::text AS object_key, {text} COLLATE pg_catalog."C" AS text, '
        "coalesce({times}) AS occurred_at FROM {rows}"
    ).format(
        distinct=sql.SQL("DISTINCT" if source.is_repeated else ""),
        repository=sql.Identifier(source.repository),
        source=sql.Literal(source.source),
        key=sql.Identifier(source.key),
        text=lines if others else sql.Identifier(text),
        times=COMMA.join([*map(sql.Identifier, times), sql.SQL("NULL::timestamptz")]),
        rows=rows,
    )
    return sql.SQL(read_statement("find_references")).format(
        source=texts,
        patterns=sql.SQL(read_statement("reference_patterns")),
        usual_references=sql.SQL(read_statement("usual_references")),
        all_references=sql.SQL(read_statement("all_references")),
    )


def touching(statement: Composable, alias: str) -> Composed:
    """Return a statement that changes references, and notes the objects that these are of."""
    columns = [sql.Identifier(alias, name) for name in ("repository_id", "source", "object_key")]
    return sql.SQL(TOUCH_OBJECTS).format(statement=statement, object=COMMA.join(columns))


def apply_rules(connection: Connection, schema: str, rules: ReferenceRules) -> bool:
    """Store the rules that are given, in a transaction; extract all again if they have changed.

    Returns whether they have: links have to be derived again then. Waits for concurrent loads in
    that case, so that none of them uses the old rules.
    """
    given = {name: value for name, value in asdict(rules).items() if value is not None}
    stored = _read_rules(connection)
    new = stored | given | {"extraction": EXTRACTION}
    if new == stored:
        return False
    connection.execute(LOCK_RULES_EXCLUSIVE)
    workspaces = new.pop("repository_workspaces")
    connection.execute(
        "UPDATE reference_rules SET task_id_prefix = %(task_id_prefix)s, "
        "hash_task_ids = %(hash_task_ids)s, extraction = %(extraction)s",
        new,
    )
    connection.execute("DELETE FROM repository_workspaces")
    connection.cursor().executemany(
        "INSERT INTO repository_workspaces VALUES (%s, %s)", [*workspaces.items()]
    )
    changed = connection.execute("DELETE FROM task_references").rowcount
    for table in REFERENCE_SOURCES:
        statement = extract_references(table, sql.Identifier(schema, table))
        changed += connection.execute(statement).rowcount
    if changed:
        logger.info("store: extracted all task references again, by new rules")
    return True


def _read_rules(connection: Connection) -> dict[str, Any]:
    cursor = connection.cursor(row_factory=dict_row)
    rules = cursor.execute("SELECT * FROM reference_rules").fetchone() or {}
    rows = connection.execute("SELECT repository, workspace_id FROM repository_workspaces")
    return rules | {"repository_workspaces": dict(rows.fetchall())}
