"""docs/reference/store.md is what the catalog of a new store says, and the catalog says enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from target_pandev.sql import read_views
from tests.support import dbt_sources
from tests.support.store_reference import FUNCTIONS, PAGE, SCHEMA, draw, read_relations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.store_reference import Connection

PLAIN_TYPES = {"text", "date", "timestamp with time zone", "time without time zone"}
PLAIN_NAMES = {"archived", "private", "number", "version"}
"""Names of numbers and conditions that say everything."""
CODED_NAMES = re.compile(
    r"(?:^|_)(?:type|group|source|kind|role|method|match|reason|state|basis|phase|scope|key|field)$"
)
"""Names of texts whose values are codes."""


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database) as connection:
        yield connection


def test_the_page_equals_the_catalog_of_a_new_store(connection: Connection) -> None:
    assert PAGE.read_text(encoding="utf-8") == draw(connection), "run: make docs-store"


def test_the_sources_of_dbt_are_what_the_catalog_says(connection: Connection) -> None:
    sources = dbt_sources.FILE.read_text(encoding="utf-8")
    assert sources == dbt_sources.draw(connection), "run: make docs-store"


def test_a_table_without_a_section_is_reported(connection: Connection) -> None:
    connection.execute("CREATE TABLE pandev.new_table (id text)")
    with pytest.raises(ValueError, match=r"name each table and view once: new_table$"):
        draw(connection)


def test_every_table_view_and_function_has_a_comment(connection: Connection) -> None:
    relations = read_relations(connection).values()
    assert len(relations) > 50
    assert [relation.name for relation in relations if not relation.comment] == []
    functions = connection.execute(FUNCTIONS, (SCHEMA,)).fetchall()
    assert [call for call, _, comment in functions if not comment] == []
    endings = {relation.name for relation in relations if relation.comment.endswith(".")}
    assert endings == set()


def test_columns_have_a_comment_unless_they_are_plain(connection: Connection) -> None:
    """A number has a unit, a condition and a list have a meaning, a code has its values.

    Columns of views have one in any case: it says whose id or time it is, and when it is null.
    """
    views = read_views().keys()
    without_comment = [
        f"{relation.name}.{column.name}"
        for relation in read_relations(connection).values()
        for column in relation.columns
        if not column.comment
        and not column.name.startswith("_sdc_")
        and (
            relation.name in views
            or (
                column.name not in PLAIN_NAMES
                and (column.type not in PLAIN_TYPES or CODED_NAMES.search(column.name))
            )
        )
    ]
    assert without_comment == []
