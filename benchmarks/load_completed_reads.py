"""Completed reads of three sizes: what it costs to find the one row that no longer exists.

`work_mem` is less than the keys need, as on a worker of Citus or with PostgreSQL's default.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from benchmarks.inputs import READ_SIZES
from benchmarks.loaders import OURS
from benchmarks.peer import PROJECT
from benchmarks.processes import FailedRunError, run_measured

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.goals import Figures
    from benchmarks.load_store import LoadStore

DATABASE = "completed_reads"
OPTIONS = "&options=-c%20work_mem%3D1MB"
FILL = """
INSERT INTO pandev.tasks (workspace_id, id, name, _sdc_extracted_at, _sdc_hash)
SELECT '900', '86' || n, 'Task ' || n, '2026-03-01 10:00Z', gen_random_uuid()
FROM generate_series(0, {size}) AS n
"""
MARKED = "SELECT string_agg(id, ', ') FROM pandev.tasks WHERE _sdc_deleted_at IS NOT NULL"


def measure_completed_reads(store: LoadStore, folder: Path) -> Figures:
    """Return the figures by number of keys. Raises `FailedRunError` for other marks."""
    store.recreate_database(DATABASE)
    _load(store, folder, [])
    figures = {str(size): _measure(store, folder, size) for size in READ_SIZES}
    store.drop_database(DATABASE)
    return figures


def _measure(store: LoadStore, folder: Path, size: int) -> Figures:
    store.run_sql(DATABASE, "TRUNCATE pandev.tasks, pandev.completed_reads", FILL.format(size=size))
    store.vacuum(DATABASE)
    cpu_before = store.cpu_seconds()
    wall_seconds = _load(store, folder, [f"86{n}" for n in range(size)])
    cpu_after = store.cpu_seconds()
    marked = store.run_sql(DATABASE, MARKED)
    if marked != f"86{size}":
        raise FailedRunError(f"a completed read of {size} keys marked {marked or 'no row'}")
    server = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
    print(f"completed read of {size:,} keys: {wall_seconds:.2f} s")
    return {
        "wall_seconds": round(wall_seconds, 3),
        "server_cpu_seconds": None if server is None else round(server, 3),
    }


def _load(store: LoadStore, folder: Path, keys: list[str]) -> float:
    """Load a completed read, or only make the schema, and return the seconds."""
    schema = json.loads(
        files("tap_clickup").joinpath("schemas/completed_reads.json").read_text(encoding="utf-8")
    )
    messages: list[dict[str, Any]] = [
        {
            "type": "SCHEMA",
            "stream": "completed_reads",
            "schema": schema,
            "key_properties": ["workspace_id", "stream", "scope"],
        }
    ]
    if keys:
        read = {
            "workspace_id": "900",
            "stream": "tasks",
            "scope": "all",
            "started_at": "2026-03-01T11:00:00Z",
            "finished_at": "2026-03-01T12:00:00Z",
            "conditions": {},
            "key_properties": ["id"],
            "count": len(keys),
            "keys": [[key] for key in keys],
        }
        messages.append({"type": "RECORD", "stream": "completed_reads", "record": read})
    lines = folder / "completed_reads.singer"
    lines.write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    config = folder / "completed_reads.json"
    config.write_text(json.dumps({"store_url": store.address(DATABASE).url + OPTIONS}))
    command = [*OURS.command, "--config", config]
    output = folder / "completed_reads.out"
    return run_measured(command, stdin=lines, stdout=output, folder=PROJECT).wall_seconds
