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

LISTS_WITH_STATUSES = """
INSERT INTO lists (workspace_id, id, space_id, _sdc_extracted_at, _sdc_hash)
SELECT '900', 'list' || n, '11', now(), gen_random_uuid() FROM generate_series(1, 300) AS n;
INSERT INTO statuses (workspace_id, scope_type, scope_id, status, status_id, status_type,
    _sdc_extracted_at, _sdc_hash)
SELECT '900', 'list', id, status, 's-' || id || status, 'custom', now(), gen_random_uuid()
FROM lists CROSS JOIN (VALUES ('to do'), ('doing'), ('review')) AS v (status);
INSERT INTO tasks (workspace_id, id, list_id, status, status_type, date_created, date_updated,
    _sdc_extracted_at, _sdc_hash)
SELECT '900', 'task' || id, id, 'review', 'custom', '2026-01-01', '2026-01-04', now(),
    gen_random_uuid()
FROM lists;
INSERT INTO task_changes (workspace_id, id, task_id, list_id, changed_at, field, from_value,
    to_value, _sdc_extracted_at, _sdc_hash)
SELECT '900', 'change' || list_id, id, list_id, '2026-01-02', 'status', 'to do', 'doing', now(),
    gen_random_uuid()
FROM tasks;
INSERT INTO time_in_status (workspace_id, task_id, status, since, _sdc_extracted_at, _sdc_hash)
SELECT '900', id, 'to do', '2026-01-01', now(), gen_random_uuid() FROM tasks;
"""
TRANSITIONS = """
SELECT to_status, count(*) FILTER (WHERE to_status_id = 's-' || substr(task_id, 5) || to_status)
FROM task_transitions GROUP BY 1 ORDER BY 1
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


def test_a_status_is_looked_up_by_its_name_in_the_list_of_the_task(store: Loader) -> None:
    """Each of 300 lists has statuses of its own, of the same names; there are no statistics yet."""
    store.connection.execute(LISTS_WITH_STATUSES.encode())
    derive = read_statement("derive_transitions")
    with store.connection.transaction():
        store.connection.execute(FORCE_KEY_LOOKUP)
        store.connection.execute(CREATE_TOUCHED_TASKS)
        store.connection.execute(
            "INSERT INTO pg_temp.touched_tasks SELECT workspace_id, id FROM tasks"
        )
        ((explained,),) = store.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {derive}")
    assert store.rows(TRANSITIONS) == [("doing", 300), ("review", 300), ("to do", 300)]
    assert max(compared(explained[0]["Plan"])) <= 10 * 300
