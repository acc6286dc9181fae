"""Write examples/dbt/models/sources.yml from the catalog of a new store: `make docs-store`.

Descriptions are the comments of tables, views and columns. Tests are the keys of the tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.store_reference import TABLES, VIEWS, new_store, read_relations

if TYPE_CHECKING:
    from tests.support.store_reference import Column, Connection, Relation

FILE = Path(__file__).parents[2] / "examples" / "dbt" / "models" / "sources.yml"
SECTIONS = (
    "Tables of ClickUp",
    "Tables of git and code hosts",
    "Tables of editors",
    "Tables of people and reporting",
)
"""The tables for other tools; the rest are the target's own."""
RUNS = "sync_runs"
FRESHNESS = {
    "warn_after": {"count": 1, "period": "hour"},
    "error_after": {"count": 1, "period": "day"},
}
HEADER = "# Written from the catalog of a new store by `make docs-store`; do not edit.\n"


def source_names() -> list[str]:
    """Return the tables and views that are sources."""
    tables = [name for section in SECTIONS for name in TABLES[section]]
    views = [name for names in VIEWS.values() for name in names]
    return [*tables, RUNS, *views]


def define_column(column: Column, key: list[str]) -> dict[str, Any]:
    """Return a column; one of a key is never null."""
    definition: dict[str, Any] = {"name": column.name}
    if column.comment:
        definition["description"] = column.comment
    definition["data_type"] = column.type
    if column.name in key:
        definition["data_tests"] = ["not_null"]
    return definition


def define_table(relation: Relation) -> dict[str, Any]:
    """Return a table or view."""
    definition: dict[str, Any] = {"name": relation.name, "description": relation.comment}
    if relation.name == RUNS:
        definition["config"] = {"loaded_at_field": "finished_at", "freshness": FRESHNESS}
    if relation.key:
        definition["data_tests"] = [{"unique_key": {"arguments": {"columns": relation.key}}}]
    definition["columns"] = [define_column(column, relation.key) for column in relation.columns]
    return definition


def draw(connection: Connection) -> str:
    """Return the file."""
    relations = read_relations(connection)
    source = {
        "name": "pandev",
        "description": "The store of target-pandev",
        "schema": "{{ env_var('PANDEV_STORE_SCHEMA', 'pandev') }}",
        "tables": [define_table(relations[name]) for name in source_names()],
    }
    text = yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True, width=100)
    return HEADER + text


def main() -> None:
    """Write the file."""
    with new_store() as connection:
        FILE.write_text(draw(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
