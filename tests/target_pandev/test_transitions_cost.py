"""The transitions of some tasks are derived without comparing them with those of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_pandev.database.table import FORCE_KEY_LOOKUP
from target_pandev.database.transitions import CREATE_TOUCHED_TASKS
from target_pandev.sql import read_statement
from tests.target_pandev.large_store import FILL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.target_pandev.loading import Loader

TOUCH_HALF = """
TRUNCATE pg_temp.touched_tasks;
INSERT INTO pg_temp.touched_tasks
SELECT workspace_id, id, true FROM tasks WHERE substr(id, 5)::integer % 2 = {remainder}
"""


def compared(plan: dict[str, Any]) -> Iterator[int]:
    """Yield for each join of a plan how many pairs of rows it has compared in vain."""
    yield int(plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"])
    for part in plan.get("Plans", []):
        yield from compared(part)


def test_transitions_of_a_first_load_are_derived_by_lookups_of_keys(store: Loader) -> None:
    """The second half of 3,000 tasks: without statistics PostgreSQL expects 200 of them."""
    store.connection.execute(FILL.encode())
    derive = read_statement("derive_transitions")
    with store.connection.transaction():
        store.connection.execute(FORCE_KEY_LOOKUP)
        store.connection.execute(CREATE_TOUCHED_TASKS)
        store.connection.execute(TOUCH_HALF.format(remainder=0).encode())
        store.connection.execute(derive.encode())
        assert store.rows("SELECT count(*) FROM task_transitions") == [(4_200,)]
        store.connection.execute(TOUCH_HALF.format(remainder=1).encode())
        ((explained,),) = store.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {derive}")
    assert max(compared(explained[0]["Plan"])) <= 10 * 4_200
