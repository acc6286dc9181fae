"""Whether the figures of a workspace can be trusted: each figure by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.target_pandev.history import COMMITS as HISTORY
from tests.target_pandev.loading import COMPLETED_READS, TIMESTAMP, completed, record, schema
from tests.target_pandev.test_links import merged

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
WORKSPACES = schema("workspaces", dict.fromkeys(("id", "name"), "string"), ["id"])
SYNC_RUNS = schema(
    "sync_runs",
    {
        **dict.fromkeys(("workspace_id", "source"), "string"),
        **dict.fromkeys(("started_at", "finished_at"), TIMESTAMP),
        **dict.fromkeys(("refused", "notes"), "array"),
        **dict.fromkeys(("live_tasks", "approximate_task_count"), "integer"),
        "complete": "boolean",
    },
    ["workspace_id", "source", "started_at"],
)
WEBHOOKS = schema("webhooks", dict.fromkeys((*KEY, "user_id", "health_status"), "string"), KEY)
TASKS = schema(
    "tasks",
    {
        **dict.fromkeys((*KEY, "status", "status_id", "status_type"), "string"),
        **dict.fromkeys(("date_created", "date_updated"), TIMESTAMP),
    },
    KEY,
    bookmark="date_updated",
)
TASK_CHANGES = schema(
    "task_changes",
    {
        **dict.fromkeys((*KEY, "task_id", "user_id", "field", "from_value"), "string"),
        **dict.fromkeys(("from_status_type", "to_value", "to_status_type"), "string"),
        "changed_at": TIMESTAMP,
    },
    KEY,
)
USERS = schema(
    "users",
    {
        **dict.fromkeys((*KEY, "email"), "string"),
        **dict.fromkeys(("is_member", "is_service_user"), "boolean"),
    },
    KEY,
)
EMPLOYEES = schema("employees", {"email": "string"}, ["email"])
COMMITS = schema(
    "commits",
    {**dict.fromkeys(("repository_id", "sha", "message"), "string"), "committed_at": TIMESTAMP},
    ["repository_id", "sha"],
)


def trust(store: Loader, columns: str, workspace: str = "900") -> tuple[Any, ...]:
    """Return columns of a workspace's row."""
    statement = f"SELECT {columns} FROM data_trust WHERE workspace_id = %s"  # noqa: S608 - names of our own
    (row,) = store.rows(statement, workspace)
    return row


def workspaces(store: Loader) -> None:
    names = {"900": "Shop", "901": "Lab"}
    records = [record("workspaces", {"id": key, "name": name}) for key, name in names.items()]
    store.load(WORKSPACES, *records)


def run(day: int, *, sweep: bool = False, **values: Any) -> dict[str, Any]:
    """Return a run of an hour that began at midnight."""
    source = "tap-clickup-sweep" if sweep else "tap-clickup"
    times = {
        "started_at": f"2026-03-{day:02}T00:00:00Z",
        "finished_at": f"2026-03-{day:02}T01:00:00Z",
    }
    empty = {"complete": True, "refused": [], "notes": []}
    return record(
        "sync_runs", {"workspace_id": "900", "source": source, **times, **empty, **values}
    )


def edit(task_id: str, hour: int, status: str) -> dict[str, Any]:
    """Return a task as it is read after an edit."""
    times = {
        "date_created": "2026-03-01T00:00:00Z",
        "date_updated": f"2026-03-01T{hour:02}:00:00Z",
    }
    values = {"status": status, "status_id": status, "status_type": "custom", **times}
    return record("tasks", {"workspace_id": "900", "id": task_id, **values})


def test_an_empty_workspace_is_a_row_of_nulls_and_zeros(store: Loader) -> None:
    workspaces(store)
    unknown = (
        "last_complete_run_at, last_complete_run_age_ms, last_complete_sweep_at, last_run_source, "
        "refused_objects, live_tasks, unhealthy_webhooks, inferred_share, users_without_employee"
    )
    assert trust(store, unknown) == (None,) * 9
    counted = (
        "rejected_records, stored_tasks, webhooks, recent_transitions, users, commits, "
        "commits_without_task"
    )
    assert trust(store, counted) == (0,) * 7
    assert store.rows("SELECT workspace_name FROM data_trust ORDER BY 1") == [("Lab",), ("Shop",)]


def test_the_last_complete_run_and_what_the_last_run_could_not_read(store: Loader) -> None:
    """The poll of day 3 was refused a list, so day 2 is the last complete one."""
    workspaces(store)
    refused = [{"what": "list 31", "why": "no access"}]
    counts = {"live_tasks": 7, "approximate_task_count": 9}
    store.load(
        SYNC_RUNS,
        run(1, sweep=True, **counts),
        run(2),
        run(3, complete=False, refused=refused, notes=["a note"]),
    )
    end = datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert trust(store, "last_complete_run_at, last_complete_sweep_at") == (
        end,
        end - timedelta(days=1),
    )
    columns = "last_run_source, last_run_is_complete, refused_objects, refused, notes"
    assert trust(store, columns) == ("tap-clickup", False, 1, refused, ["a note"])
    assert trust(store, "live_tasks, approximate_task_count, live_tasks_counted_at") == (
        7,
        9,
        end - timedelta(days=1),
    )
    (age,) = trust(store, "last_complete_run_age_ms")
    assert abs(timedelta(milliseconds=age) - (datetime.now(UTC) - end)) < timedelta(minutes=1)
    assert trust(store, "last_complete_run_at, refused_objects", "901") == (None, None)


def test_webhooks_that_are_not_active_are_counted(store: Loader) -> None:
    workspaces(store)
    hooks = [("1", "active"), ("2", "suspended"), ("3", "failing"), ("4", "active")]
    store.load(
        WEBHOOKS,
        *(
            record("webhooks", {"workspace_id": "900", "id": key, "health_status": status})
            for key, status in hooks
        ),
    )
    store.connection.execute("UPDATE webhooks SET _sdc_deleted_at = now() WHERE id = '3'")
    columns = "webhooks, unhealthy_webhooks, health_statuses"
    assert trust(store, columns) == (3, 1, ["active", "suspended"])
    assert trust(store, columns, "901") == (0, None, None)


def test_webhooks_of_a_former_user_are_not_counted(store: Loader) -> None:
    """ClickUp lists them only to the user who created them."""
    workspaces(store)
    values = {"workspace_id": "900", "health_status": "active"}
    store.load(
        WEBHOOKS,
        record("webhooks", {**values, "id": "1", "user_id": "7", "health_status": "suspended"}),
        record("webhooks", {**values, "id": "2", "user_id": "8"}),
    )
    columns = "webhooks, unhealthy_webhooks, health_statuses"
    assert trust(store, columns) == (2, 1, ["active", "suspended"])
    where = {"user_id": {"in": ["8"]}}
    store.load(COMPLETED_READS, completed("webhooks", ["2"], started="10:00", where=where))
    assert trust(store, columns) == (1, 0, ["active"])


def test_the_share_of_inferred_transitions(store: Loader) -> None:
    """Of a's two transitions a webhook reported one, b's was only read: two of three."""
    workspaces(store)
    change = {"task_id": "a", "field": "status", "from_value": "x", "to_value": "y"}
    types = {"from_status_type": "custom", "to_status_type": "custom", "user_id": "183"}
    key = {"workspace_id": "900", "id": "1", "changed_at": "2026-03-01T02:00:00Z"}
    for messages in (
        (TASKS, edit("a", 1, "x"), edit("b", 1, "x")),
        (TASK_CHANGES, record("task_changes", {**key, **change, **types})),
        (TASKS, edit("a", 5, "z"), edit("b", 5, "z")),
    ):
        store.load(*messages)
    columns = "recent_transitions, inferred_share::float, stored_tasks"
    assert trust(store, columns) == (3, 0.667, 2)
    assert trust(store, "last_reported_change_at") == (datetime(2026, 3, 1, 2, tzinfo=UTC),)
    store.connection.execute("UPDATE tasks SET _sdc_deleted_at = now() WHERE id = 'b'")
    assert trust(store, columns) == (2, 0.5, 1)


def test_users_without_an_employee_are_counted_once_employees_exist(store: Loader) -> None:
    """Of the members 1, 2 and 3 the employees are 1 and 2; 8 has left, and 9 is the token's."""
    workspaces(store)
    people = [("1", True, False), ("2", True, False), ("3", True, False)]
    others = [("8", False, False), ("9", True, True)]
    users = [
        {
            "workspace_id": "900",
            "id": key,
            "email": f"user{key}@example.com",
            "is_member": is_member,
            "is_service_user": is_service_user,
        }
        for key, is_member, is_service_user in people + others
    ]
    store.load(USERS, *(record("users", values) for values in users))
    assert trust(store, "users, users_without_employee") == (3, None)
    emails = ("user1@example.com", "user2@example.com")
    store.load(EMPLOYEES, *(record("employees", {"email": email}) for email in emails))
    assert trust(store, "users, users_without_employee") == (3, 1)
    assert trust(store, "users, users_without_employee", "901") == (0, 0)


def test_rejected_records_and_commits_without_a_task(store: Loader) -> None:
    """Commits are those of all workspaces: c1 names the task a, c2 nothing that exists."""
    workspaces(store)
    store.load(TASKS, edit("86abc1d2e", 1, "x"))
    commits = [("c1", "CU-86abc1d2e"), ("c2", "CU-86zzz9999")]
    store.load(
        COMMITS,
        *(
            record("commits", {"repository_id": "r", "sha": sha, "message": message})
            for sha, message in commits
        ),
    )
    store.connection.execute(
        "INSERT INTO rejected_records (stream, record_hash, reason, record, rejected_at) "
        "SELECT 'tasks', gen_random_uuid(), 'odd', record::jsonb, now() FROM (VALUES "
        """('{"workspace_id": "900"}'), ('{"workspace_id": "901"}'), ('{}'), (NULL)) """
        "AS v (record)"
    )
    columns = "rejected_records, rejected_without_workspace, commits, commits_without_task"
    assert trust(store, columns) == (1, 2, 2, 1)
    assert trust(store, columns, "901") == (1, 2, 2, 1)


def test_commits_that_the_history_links_have_a_task(store: Loader) -> None:
    """The merge m names the task and brought b and c, so that only a and d have none."""
    workspaces(store)
    store.load(TASKS, edit("86abc1", 1, "doing"))
    store.load(HISTORY, *merged())
    assert trust(store, "commits, commits_without_task") == (4, 2)
