"""What people read of time and tasks: each view on a worked example."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.target_pandev.loading import COMPLETED_READS, TIMESTAMP, at, completed, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
ENTRIES = schema(
    "time_entries",
    {
        **dict.fromkeys(("workspace_id", "id", "task_id", "user_id", "marker"), "string"),
        **dict.fromkeys(("started_at", "ended_at", "date_updated"), TIMESTAMP),
        "duration_ms": "integer",
        "is_running": "boolean",
    },
    KEY,
    bookmark="date_updated",
)
USERS = schema(
    "users",
    {
        **dict.fromkeys(("workspace_id", "id", "username", "email"), "string"),
        "is_service_user": "boolean",
    },
    KEY,
)
TASKS = schema(
    "tasks",
    {**dict.fromkeys(("workspace_id", "id", "name"), "string"), "custom_fields": "object"},
    KEY,
)


def entry(
    name: str, task: str | None, user: str, minutes: int | None, *, marker: str | None = None
) -> dict[str, Any]:
    """Return a time entry from nine o'clock on; without minutes its timer runs."""
    ended = minutes and f"2026-02-10T09:{minutes}:00Z"
    values = {
        "workspace_id": "900",
        "id": name,
        "task_id": task,
        "user_id": user,
        "started_at": "2026-02-10T09:00:00Z",
        "ended_at": ended,
        "duration_ms": minutes and minutes * 60_000,
        "is_running": minutes is None,
        "date_updated": ended or "2026-02-10T09:00:00Z",
        "marker": marker,
    }
    return record("time_entries", values)


def test_worklogs_show_whose_time_went_to_which_task(store: Loader) -> None:
    """A running timer, time without task, time of people and tasks that are deleted or unknown.

    R11: Bob is the service user, and the last entry was written by pandev worklogs.
    """
    ann, bob = (
        {"workspace_id": "900", "id": "1", "username": "Ann", "email": " Ann@Example.com "},
        {"workspace_id": "900", "id": "2", "username": "Bob", "email": "bob@example.com"}
        | {"is_service_user": True},
    )
    tasks = {"86a1": "Write the README", "86a2": "Ship it"}
    named = [
        record("tasks", {"workspace_id": "900", "id": name, "name": text})
        for name, text in tasks.items()
    ]
    store.load(USERS, record("users", ann), record("users", bob), TASKS, *named)
    store.load(
        ENTRIES,
        entry("1", "86a1", "1", 15),
        entry("2", "86a2", "2", 20),
        entry("3", None, "1", 25),
        entry("4", "86zz", "9", 30),
        entry("5", "86a1", "1", None),
        entry("6", "86a1", "1", 35),
        entry("7", "86a1", "1", 40, marker="pandev:" + "0" * 32),
    )
    store.load(
        COMPLETED_READS,
        completed("time_entries", ["1", "2", "3", "4", "5", "7"], started="11:00"),
        completed("users", ["1"], started="11:00"),
        completed("tasks", ["86a1"], started="11:00"),
    )
    nine = datetime(2026, 2, 10, 9, tzinfo=UTC)

    def until(minute: int) -> tuple[Any, ...]:
        return nine, nine.replace(minute=minute), minute * 60_000, False

    person, service_user, written = (False, False), (True, False), (False, True)
    ann_is = ("1", "Ann", "ann@example.com")
    assert store.rows("SELECT * FROM worklogs ORDER BY id") == [
        ("900", "1", *ann_is, "86a1", "Write the README", *until(15), *person),
        ("900", "2", "2", "Bob", "bob@example.com", "86a2", "Ship it", *until(20), *service_user),
        ("900", "3", *ann_is, None, None, *until(25), *person),
        ("900", "4", "9", None, None, "86zz", None, *until(30), *person),
        ("900", "5", *ann_is, "86a1", "Write the README", nine, None, None, True, *person),
        ("900", "7", *ann_is, "86a1", "Write the README", *until(40), *written),
    ]


def test_selected_custom_fields_are_in_the_overview(store: Loader) -> None:
    fields = {"Team": "Payments", "Effort": 3}
    values = {"workspace_id": "900", "id": "86a1", "name": "x", "custom_fields": fields}
    store.load(TASKS, record("tasks", values))
    assert store.rows("SELECT custom_fields FROM task_overview") == [(fields,)]


def test_the_overview_names_the_type_and_the_groups_of_a_task(store: Loader) -> None:
    """The default type has no name: ClickUp does not list it. Types of one id are per workspace."""
    properties = dict.fromkeys(("workspace_id", "id", "task_type_id"), "string")
    tasks = schema("tasks", {**properties, "group_assignee_ids": "array"}, KEY)
    types = schema("task_types", dict.fromkeys(("workspace_id", "id", "name"), "string"), KEY)
    values = [
        ("900", "86a1", "1001", ["g1", "g2"]),
        ("901", "86a2", "1001", ["g1"]),
        ("900", "86a3", "0", []),
        ("900", "86a4", "1", None),
        ("900", "86a5", None, None),
        ("900", "86a6", "1002", None),
    ]
    names = ("workspace_id", "id", "task_type_id", "group_assignee_ids")
    store.load(tasks, *(record("tasks", dict(zip(names, row, strict=True))) for row in values))
    named = [("900", "1001", "Bug"), ("901", "1001", "Idea"), ("900", "1002", "Deleted later")]
    columns = ("workspace_id", "id", "name")
    rows = [record("task_types", dict(zip(columns, row, strict=True))) for row in named]
    store.load(types, *rows)
    store.load(COMPLETED_READS, completed("task_types", ["1001"], started="11:00"))
    assert store.rows(
        "SELECT task_id, task_type_id, task_type_name, group_assignee_ids "
        "FROM task_overview ORDER BY 1"
    ) == [
        ("86a1", "1001", "Bug", ["g1", "g2"]),
        ("86a2", "1001", "Idea", ["g1"]),
        ("86a3", "0", None, []),
        ("86a4", "1", None, None),
        ("86a5", None, None, None),
        ("86a6", "1002", "Deleted later", None),
    ]


def test_tasks_of_deselected_spaces_are_not_current(store: Loader) -> None:
    """The rows are kept: they are current again once their space is selected."""
    tasks = schema(
        "tasks", dict.fromkeys(("workspace_id", "id", "name", "space_id"), "string"), KEY
    )
    spaces = schema("spaces", dict.fromkeys(("workspace_id", "id", "name"), "string"), KEY)
    values = {"shop": ("900", "11"), "annex": ("900", "12"), "other": ("901", "13")}
    for name, (workspace_id, space_id) in values.items():
        space = {"workspace_id": workspace_id, "id": space_id, "name": name}
        store.load(spaces, record("spaces", space))
        task = {"workspace_id": workspace_id, "id": name, "name": name, "space_id": space_id}
        store.load(tasks, record("tasks", task))

    def current() -> list[str]:
        return [row[0] for row in store.rows("SELECT task_id FROM task_overview ORDER BY 1")]

    def select(minute: int, *space_ids: str, keys: list[str]) -> None:
        where = {"id": {"in": list(space_ids)}}
        started = f"11:{minute}"
        store.load(COMPLETED_READS, completed("spaces", keys, started=started, where=where))

    assert current() == ["annex", "other", "shop"]
    select(10, "11", keys=["11"])
    assert current() == ["other", "shop"]
    select(20, keys=[])
    assert current() == ["other"]
    store.load(COMPLETED_READS, completed("spaces", ["11", "12"], started="11:30"))
    assert current() == ["annex", "other", "shop"]
    assert store.rows("SELECT count(*) FROM tasks WHERE _sdc_deleted_at IS NULL") == [(3,)]


TIME = {"_sdc_extracted_at": at("10:00").isoformat(), "_sdc_deleted_at": None}
ROWS: dict[str, dict[str, Any]] = {
    "task_types": {"workspace_id": "900", "id": "1001", "name": "Bug"},
    "groups": {"workspace_id": "900", "id": "g1", "name": "Backend", "member_ids": ["183", "184"]},
    "sprints": {
        "workspace_id": "900",
        "id": "1",
        "name": "Sprint 7",
        "space_id": "2",
        "folder_id": "3",
        "start_date": "2026-02-02T00:00:00+00:00",
        "end_date": "2026-02-15T00:00:00+00:00",
        "dates_inferred": True,
        "archived": False,
    },
    "time_in_status": {
        "workspace_id": "900",
        "task_id": "86a1",
        "status": "in review",
        "minutes": 12.5,
        "since": "2026-02-03T04:05:06.789+00:00",
        "is_current": True,
        "orderindex": 4,
    },
    "webhooks": {
        "workspace_id": "900",
        "id": "4b67ac88",
        "user_id": "1",
        "endpoint": "https://example.com:8443",
        "events": ["taskUpdated", "taskDeleted"],
        "space_id": "2",
        "folder_id": "3",
        "list_id": "5",
        "task_id": "86a1",
        "health_status": "failing",
        "fail_count": 7,
    },
    "sync_runs": {
        "workspace_id": "900",
        "source": "tap-clickup",
        "started_at": "2026-02-03T04:00:00+00:00",
        "finished_at": "2026-02-03T04:01:00+00:00",
        "complete": True,
        "records": {"tasks": 3},
        "requests": 8,
        "retries": 1,
        "waited_seconds": 2.5,
        "refused": [],
        "notes": ["no folder is one of sprints"],
        "live_tasks": 41,
        "approximate_task_count": 42,
        "progress": 0.5,
    },
}
KEYS = {
    "task_types": KEY,
    "groups": KEY,
    "sprints": KEY,
    "time_in_status": ["workspace_id", "task_id", "status"],
    "webhooks": KEY,
    "sync_runs": ["workspace_id", "source", "started_at"],
}


def test_every_field_of_the_streams_without_a_view_arrives(store: Loader) -> None:
    for stream, values in ROWS.items():
        properties = {name: {"description": "of any type"} for name in values}
        store.load(schema(stream, properties, KEYS[stream]), record(stream, values))
        statement = f"SELECT to_jsonb(t) - '_sdc_hash' FROM {stream} AS t"  # noqa: S608 - our own names
        assert store.rows(statement) == [(values | TIME,)]
