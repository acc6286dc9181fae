"""Draw docs/reference/store.md from the catalog of a new store: `make docs-store`.

The page is what `COMMENT ON` in `target_pandev/sql` says, in the order of `TABLES` and `VIEWS`. A
new table or view has to be named there, in the section of its purpose.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from target_pandev.database import Store
from target_pandev.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Connection = psycopg.Connection[tuple[Any, ...]]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "store.md"
SCHEMA = "pandev"
TABLES = {
    "Tables of ClickUp": (
        "workspaces", "users", "groups", "spaces", "folders", "lists", "statuses", "task_types",
        "tasks", "time_entries", "sprints", "time_in_status", "task_changes", "webhooks",
    ),
    "Tables of git and code hosts": ("repositories", "branches", "commits", "pull_requests"),
    "Tables of editors": ("ide_events",),
    "Tables of people and reporting": (
        "employees", "reporting", "reporting_holidays", "status_groups", "repository_workspaces",
    ),
    "Derived tables": (
        "task_versions", "task_transitions", "task_references", "merged_commits",
        "inherited_references", "awaited_commits", "resolved_links", "commit_people", "git_people",
        "ide_intervals", "working_calendar", "worklog_entries",
    ),
    "Tables of the load": (
        "sync_runs", "completed_reads", "rejected_records", "tombstones", "recent_deletions",
        "emitted_states", "reference_rules", "schema_versions",
    ),
}  # fmt: skip
VIEWS = {
    "Views of tasks": ("task_overview", "task_ages", "closed_tasks_without_commits"),
    "Views of status and flow": (
        "status_transitions", "status_durations", "task_status_times", "task_field_changes",
        "cycle_times", "daily_flow", "weekly_throughput", "weekly_status_times",
    ),
    "Views of sprints": ("sprint_report", "sprint_tasks", "sprint_periods"),
    "Views of time": (
        "work_log", "worklogs", "time_allocation", "task_time", "task_time_comparison",
        "work_hours", "planning_accuracy", "monthly_planning_accuracy",
    ),
    "Views of code": (
        "task_activity", "task_activity_summary", "task_links", "resolved_task_references",
        "link_coverage", "unlinked_commits", "pull_request_lead_times",
    ),
    "Views of people": (
        "people", "unmatched_people", "commit_authors", "employee_addresses", "mailmap_entries",
    ),
    "Views of data quality": ("data_trust",),
}  # fmt: skip
LOAD_COLUMNS = ("_sdc_extracted_at", "_sdc_hash", "_sdc_deleted_at")
"""Columns of every loaded table, which the page explains once."""
PAGE_PATH = re.compile(r"\(docs/(\S+\.md)\)")
"""A page that a comment names."""
INTRODUCTION = """\
# Tables and columns

<!-- Drawn from the catalog of a new store by `make docs-store`; do not edit. -->

All tables and views that `target-pandev` creates, as the comments in the store describe them:
`\\d+ task_overview` in psql shows the same. A stream of any other tap has a table of its own: see
[Loading](../explained/loading.md). Tables of streams have three more columns:

| column | type | contents |
| --- | --- | --- |
| `_sdc_extracted_at` | timestamp with time zone | When the row was read at its source |
| `_sdc_hash` | uuid | Hash of the values: equal rows are not written again |
| `_sdc_deleted_at` | timestamp with time zone | When it was found to be deleted, else null |
"""
RELATIONS = """
SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), ARRAY(
        SELECT a.attname::text FROM pg_index AS i
        CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k (number, place)
        INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place
    )
FROM pg_class AS c
WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind IN ('r', 'v')
"""
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind IN ('r', 'v')
ORDER BY c.relname, a.attnum
"""
FUNCTIONS = """
SELECT format('%%s(%%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
    pg_get_function_result(p.oid), coalesce(obj_description(p.oid, 'pg_proc'), '')
FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace(%s) ORDER BY p.proname
"""


class Column(NamedTuple):
    """A column with its comment, which may be empty."""

    name: str
    type: str
    comment: str


class Relation(NamedTuple):
    """A table or view."""

    name: str
    comment: str
    key: list[str]
    columns: list[Column]


def read_relations(connection: Connection) -> dict[str, Relation]:
    """Return the tables and views of the store by name."""
    rows = connection.execute(RELATIONS, (SCHEMA,)).fetchall()
    relations = {name: Relation(name, comment, key, []) for name, comment, key in rows}
    for relation, *column in connection.execute(COLUMNS, (SCHEMA,)):
        relations[relation].columns.append(Column(*column))
    return relations


def draw(connection: Connection) -> str:
    """Return the page. Raises `ValueError` if the sections are not those of the catalog."""
    relations = read_relations(connection)
    sections = {**TABLES, **VIEWS}
    listed = [*chain.from_iterable(sections.values())]
    if sorted(listed) != sorted(relations):
        differing = ", ".join(sorted({*listed} ^ relations.keys()))
        raise ValueError(f"{__name__}: name each table and view once: {differing}")
    lines = [*INTRODUCTION.splitlines(), "", "## Contents", "", *_contents(sections)]
    for title, names in sections.items():
        lines += ["", f"## {title}"]
        for name in names:
            lines += _relation_lines(relations[name])
    lines += ["", "## Functions", "", "| function | returns | contents |", "| --- | --- | --- |"]
    rows = connection.execute(FUNCTIONS, (SCHEMA,)).fetchall()
    lines += [_row(f"`{call}`", result, _text(comment)) for call, result, comment in rows]
    return "\n".join(lines) + "\n"


def _contents(sections: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for title, names in sections.items():
        links = ", ".join(f"[{name}](#{name})" for name in names)
        yield f"- {title}: {links}"
    yield "- [Functions](#functions)"


def _relation_lines(relation: Relation) -> list[str]:
    key = ", ".join(f"`{name}`" for name in relation.key)
    description = f"{_text(relation.comment)}." + (f" Key: {key}." if key else "")
    columns = [column for column in relation.columns if column.name not in LOAD_COLUMNS]
    if len(columns) < len(relation.columns):
        description += " With the three columns of the load."
    return [
        *("", f"### {relation.name}", "", description, ""),
        *("| column | type | contents |", "| --- | --- | --- |"),
        *(_row(f"`{column.name}`", column.type, _text(column.comment)) for column in columns),
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _text(comment: str) -> str:
    """Return a comment as Markdown."""
    text = comment.replace("|", "\\|").replace("<", "&lt;")
    return PAGE_PATH.sub(r"([details](../\1))", text)


@contextmanager
def new_store() -> Iterator[Connection]:
    """Yield a connection to a store that is created for this, and has no rows."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # for root PostgreSQL runs as another user
        with EmbeddedServer(Path(folder) / "store", idle_timeout_seconds=0) as server:
            Store(server.url, schema=SCHEMA).close()
            with psycopg.connect(server.url) as connection:
                yield connection


def main() -> None:
    """Draw the page."""
    with new_store() as connection:
        PAGE.write_text(draw(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
