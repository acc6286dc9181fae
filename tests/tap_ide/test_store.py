"""Files and heartbeats of a person, loaded by target-pandev into a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.tap_ide.heartbeat_server import heartbeat
from tests.tap_ide.runner import USER1, event, write_events
from tests.target_pandev.loading import Loader, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tap_ide.heartbeat_server import HeartbeatServer
    from tests.tap_ide.runner import Read

TASKS = schema("tasks", {"workspace_id": "string", "id": "string"}, ["workspace_id", "id"])
TASK_TIME = """
SELECT email, task_id, repository_path, project, branch, method, active_ms
FROM task_time ORDER BY task_id, branch
"""


@pytest.fixture
def store(database: str) -> Iterator[Loader]:
    loader = Loader(database)
    with loader.connection:
        yield loader


def test_sources_of_a_person_are_merged_and_attributed(
    tmp_path: Path, wakatime: HeartbeatServer, account: dict[str, Any], read: Read, store: Loader
) -> None:
    """R48. Events at 0, 300 and 600 s, heartbeats on another branch at 200 and 900 s."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    start = noon.timestamp()
    path = write_events(
        tmp_path / "a.json",
        *(event(timestamp=start + seconds) for seconds in (600, 0, 300, 300)),
    )
    wakatime.days[noon.date().isoformat()] = [
        heartbeat(start + seconds, branch="main") for seconds in (200, 900)
    ]
    files = [{"path": str(path), "email": USER1}]
    tasks = [TASKS, record("tasks", {"workspace_id": "900", "id": "86a1"})]
    first = read(event_files=files, **account)
    store.load(*tasks, *first.messages)
    second = read(event_files=files, **account, state=first.state)
    store.load(*second.messages)
    assert store.rows("SELECT source, count(*) FROM ide_events GROUP BY 1 ORDER BY 1") == [
        ("pandev", 3),
        ("wakatime", 2),
    ]
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", "shop/backend/orders", "shop", "feature/CU-86a1", "branch", 800_000),
        (USER1, None, None, "orders", "main", "none", 100_000),
    ]
