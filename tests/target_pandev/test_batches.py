"""What a batch costs depends on the batch, not on the table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.support.waiting import wait_until
from tests.target_pandev.loading import TASKS_WITH_STATUS, record

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

SCANS = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'tasks'"
LOADING = (
    "SELECT FROM pg_stat_activity "
    "WHERE application_name = 'target-pandev' AND datname = current_database()"
)


def test_a_small_batch_does_not_read_a_large_table(store: Loader) -> None:
    store.connection.execute(
        "INSERT INTO tasks (workspace_id, id, status, date_updated, _sdc_extracted_at, _sdc_hash) "
        "SELECT '1', n::text, 'open', '2026-01-01', now(), gen_random_uuid() "
        "FROM generate_series(1, 30000) AS n"
    )
    store.connection.execute("ANALYZE tasks")
    before = store.rows(SCANS)
    changed = {"workspace_id": "1", "id": "7", "status": "done", "date_updated": "2026-03-01"}
    store.load(TASKS_WITH_STATUS, record("tasks", changed, at=datetime.now(UTC).isoformat()))
    assert store.rows("SELECT status FROM task_versions") == [("open",)]
    # A session counts its scans when it ends.
    wait_until(lambda: not store.rows(LOADING), description="the load's session has ended")
    assert store.rows(SCANS) == before
