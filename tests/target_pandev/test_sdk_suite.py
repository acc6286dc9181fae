"""The SDK's own suite of target tests, and what it does not check: the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from singer_sdk.testing import get_target_test_class
from singer_sdk.testing.runners import TargetTestRunner

from target_pandev.target import TargetPandev

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Target

QUOTED = "Double quoting: \\u0000 \\u0041 \\u0001"
CONTROL = "Control Characters in string: \ufffd A \x01"
STRINGS = """
SELECT s.info, o.info ->> 'value', a.strings ->> 1
FROM test_strings s JOIN test_strings_in_objects o USING (id), test_strings_in_arrays a
WHERE s.info ~ ':' AND a.strings ->> 1 = s.info
"""
ROWS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "array_data": (
        "SELECT id::int, fruits FROM test_array_data",
        [
            (1, ["apple", "orange", "pear"]),
            (2, ["banana", "apple"]),
            (3, ["pear"]),
            (4, ["orange", "banana", "apple", "pear"]),
        ],
    ),
    "camelcase": (
        'SELECT "Id", "clientName" FROM "TestCamelcase"',
        [("1", "Gitter Windows Desktop App"), ("2", "Gitter iOS App")],
    ),
    "duplicate_records": (
        "SELECT id::int, metric::int FROM test_duplicate_records",
        [(1, 100), (2, 20)],
    ),
    "encoded_string_data": (
        STRINGS,
        [
            (QUOTED, " \\u0000 \\u0041 \\u0001", QUOTED),
            (CONTROL, "\ufffd A \x01", CONTROL),
        ],
    ),
    "no_primary_keys": (
        "SELECT id::int, metric::int FROM test_no_pk",
        [(1, 11), (2, 22), (3, 33)],
    ),
    "optional_attributes": (
        "SELECT id::int, optional FROM test_optional_attributes",
        [(1, "This is optional"), (2, None), (3, "Also optional"), (4, None)],
    ),
    "pk_updates": (
        "SELECT id::int, name FROM example_stream",
        [(1, "Alice"), (2, "Bob")],
    ),
    "record_missing_fields": (
        "SELECT id::int, optional FROM record_missing_fields",
        [(1, "now you see me"), (2, None)],
    ),
    "schema_updates": (
        "SELECT id::int, a1::int, a2, a3, a5, a6::int FROM test_schema_updates",
        [
            (1, 101, "string1", None, None, None),
            (2, 102, "string2", True, None, None),
            (3, 103, "string3", False, ["banana", "apple"], None),
            (4, 104, "string4", True, ["orange", "pear"], None),
            (5, 105, "string5", False, ["apple"], 985),
            (6, 106, "string6", True, ["banana", "orange"], 341),
        ],
    ),
    "schema_no_properties": (
        "SELECT object_store FROM test_object_schema_no_properties",
        [({"id": 1, "metric": 1},), ({"id": 2, "metric": 2},)],
    ),
    "special_chars_in_attributes": (
        'SELECT _id, d FROM "test:SpecialChars!in?attributes"',
        [("a2e98886", {"env": "prod", "agent:type": "desktop", "agent:os:version": "10.13.1"})],
    ),
}
"""For each test of the suite that loads rows: a query, and what it has to give afterwards."""


class ClosingRunner(TargetTestRunner):
    """The suite's runner, which remembers its targets so that they can be closed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.targets: list[Target] = []

    def new_target(self) -> Target:
        """Make a target."""
        self.targets.append(super().new_target())
        return self.targets[-1]


class TestTargetPandev(get_target_test_class(TargetPandev)):  # type: ignore[misc] # made at run time
    """All tests of the suite, each in a store of its own, with batches of several sizes."""

    @pytest.fixture(params=[1, 7, 10_000])
    def runner(self, database: str, request: pytest.FixtureRequest) -> Iterator[ClosingRunner]:
        """Yield a runner, and look at the rows once its test is over."""
        config = {"store_url": database, "batch_size_rows": request.param}
        runner = ClosingRunner(target_class=TargetPandev, config=config)
        yield runner
        if runner.target_input is not None:
            runner.target_input.close()
        for target in runner.targets:
            if isinstance(target, TargetPandev):
                target.close()
        name = request.node.originalname.removeprefix("test_target_")
        statement, expected = ROWS.get(name, ("SELECT 1", [(1,)]))
        with psycopg.connect(database, options="-c search_path=pandev") as connection:
            rows = connection.execute(statement.encode()).fetchall()
        assert sorted(rows, key=str) == sorted(expected, key=str)


def test_the_rows_of_every_test_that_loads_some_are_checked() -> None:
    tests = {
        name.removeprefix("test_target_")
        for name in dir(TestTargetPandev)
        if name.startswith("test_target_")
    }
    without_rows = {
        "camelcase_complex_schema",
        "cli_prints",
        "invalid_schema",
        "record_before_schema",
        "record_missing_key_property",
    }
    assert tests - without_rows == set(ROWS)
