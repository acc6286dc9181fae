"""Loads of an organisation: all streams that rows are derived from, changed, deleted and restored.

Each load is a run of the target of its own. What they leave behind is the same on any PostgreSQL.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.target_pandev.loading import COMPLETED_READS, TIMESTAMP, at, completed, record, schema

Message = dict[str, Any]
STATE = {"type": "STATE", "value": {"bookmarks": {}}}
KEY = ["workspace_id", "id"]
STATUSES = schema(
    "statuses",
    dict.fromkeys(
        ("workspace_id", "scope_type", "scope_id", "status", "status_id", "status_type"), "string"
    ),
    ["workspace_id", "scope_type", "scope_id", "status"],
)
LISTS = schema(
    "lists", dict.fromkeys(("workspace_id", "id", "name", "space_id", "folder_id"), "string"), KEY
)
FOLDERS = schema(
    "folders", dict.fromkeys(("workspace_id", "id", "name", "space_id"), "string"), KEY
)
TASKS = schema(
    "tasks",
    {
        **dict.fromkeys(
            ("workspace_id", "id", "custom_id", "name", "list_id", "space_id"), "string"
        ),
        **dict.fromkeys(("status", "status_id", "status_type"), "string"),
        **dict.fromkeys(("date_created", "date_updated", "date_done", "date_closed"), TIMESTAMP),
    },
    KEY,
    bookmark="date_updated",
)
TASK_CHANGES = schema(
    "task_changes",
    {
        **dict.fromkeys(("workspace_id", "id", "task_id", "list_id", "user_id"), "string"),
        **dict.fromkeys(("field", "from_value", "from_status_type"), "string"),
        **dict.fromkeys(("to_value", "to_status_type"), "string"),
        "changed_at": TIMESTAMP,
    },
    KEY,
)
TIME_IN_STATUS = schema(
    "time_in_status",
    {
        **dict.fromkeys(("workspace_id", "task_id", "status"), "string"),
        "minutes": "number",
        "since": TIMESTAMP,
        "is_current": "boolean",
    },
    ["workspace_id", "task_id", "status"],
)
EMPLOYEES = schema(
    "employees",
    {**dict.fromkeys(("email", "name", "team"), "string"), "other_emails": "array"},
    ["email"],
)
REPOSITORIES = schema(
    "repositories",
    {**dict.fromkeys(("id", "path", "name"), "string"), "mailmap": {"type": ["array", "null"]}},
    ["id"],
)
COMMITS = schema(
    "commits",
    {
        **dict.fromkeys(
            ("repository_id", "sha", "message", "author_name", "author_email"), "string"
        ),
        **dict.fromkeys(("authored_at", "committed_at"), TIMESTAMP),
        "parents": {"type": "array", "items": {"type": "string"}},
    },
    ["repository_id", "sha"],
)
BRANCHES = schema(
    "branches",
    {**dict.fromkeys(("repository_id", "name", "head_sha"), "string"), "is_default": "boolean"},
    ["repository_id", "name"],
)
PULL_REQUESTS = schema(
    "pull_requests",
    {
        "repository_id": "string",
        "number": "integer",
        **dict.fromkeys(("title", "head_branch", "head_sha", "merge_commit_sha"), "string"),
        **dict.fromkeys(("created_at", "merged_at", "updated_at"), TIMESTAMP),
    },
    ["repository_id", "number"],
    bookmark="updated_at",
)
IDE_EVENTS = schema(
    "ide_events",
    {
        **dict.fromkeys(("email", "source", "event_hash"), "string"),
        "occurred_at": {"type": "string", "format": "date-time"},
        **dict.fromkeys(("project", "repository_path", "branch"), "string"),
    },
    ["email", "occurred_at", "source", "event_hash"],
)
THINGS = schema("things", {"id": "integer", "amount": "integer"}, ["id"])
WIDER_THINGS = schema("things", {"id": "integer", "amount": "number", "note": "string"}, ["id"])
SIGNALS = schema("signals", {"text": "string"})


class Load(NamedTuple):
    """The messages of one run of the target, and its settings."""

    messages: list[Message]
    settings: dict[str, Any]


def build_story() -> list[Load]:
    """Return the loads in their order."""
    return [
        Load(_first_load(), {"fail_on_rejected_records": False}),
        Load(_edits(), {}),
        Load(_first_load(), {"fail_on_rejected_records": False}),
        Load(_gone_and_back(), {"max_deleted_share": 0.9}),
        Load(_reported_deletions(), {}),
        Load(_versions(), {"max_deleted_share": 1}),
        Load(_reported_deletions(hour=20), {"hard_delete": True}),
        Load(_gone_for_good(), {"hard_delete": True, "max_deleted_share": 1}),
        Load([TASKS, STATE], {"hash_task_ids": False, "repository_workspaces": {"r": "900"}}),
    ]


def _time(hour: int, minute: int = 0) -> str:
    return at(f"{hour:02}:{minute:02}").isoformat()


def _row(stream: str, *, hour: int = 8, **values: Any) -> Message:
    return record(stream, values, at=_time(hour))


def _status(
    status: str, status_type: str, *, scope: str = "10", hour: int = 8, **more: str
) -> Message:
    values: Message = {
        "scope_type": "list",
        "scope_id": scope,
        "status": status,
        "status_type": status_type,
    }
    status_id = more.get("status_id", f"s {status}")
    return _row("statuses", workspace_id="900", **values, status_id=status_id, hour=hour)


def _task(task_id: str, status: str, status_type: str, *, hour: int = 8, **more: Any) -> Message:
    values = {
        "name": f"Task {task_id}",
        "custom_id": f"DEV-{task_id[-1]}",
        "list_id": "10",
        "space_id": "1",
        "date_created": _time(1),
        "date_updated": _time(hour),
    }
    state = {"status": status, "status_id": f"s {status}", "status_type": status_type}
    key = {"workspace_id": "900", "id": task_id}
    return _row("tasks", hour=hour, **{**key, **values, **state, **more})


def _change(number: int, task_id: str, before: str, after: str, *, hour: int) -> Message:
    types = {"to do": "open", "doing": "custom", "done": "closed"}
    return _row(
        "task_changes",
        workspace_id="900",
        id=str(number),
        task_id=task_id,
        list_id="10",
        user_id="1",
        field="status",
        from_value=before,
        from_status_type=types[before],
        to_value=after,
        to_status_type=types[after],
        changed_at=_time(hour),
    )


def _commit(sha: str, message: str, parents: str = "", *, minute: int, **more: Any) -> Message:
    return _row(
        "commits",
        **{
            "repository_id": "r",
            "sha": sha,
            "message": message,
            "parents": list(parents),
            "author_name": "User 1",
            "author_email": "user1@example.com",
            "authored_at": _time(7, minute),
            "committed_at": _time(7, minute),
            **more,
        },
    )


def _branch(name: str, head: str, *, hour: int = 8) -> Message:
    return _row(
        "branches",
        repository_id="r",
        name=name,
        head_sha=head,
        is_default=name == "main",
        hour=hour,
    )


def _pull_request(title: str, *, hour: int = 8) -> Message:
    return _row(
        "pull_requests",
        repository_id="r",
        number=7,
        title=title,
        head_branch="CU-task2-fix",
        head_sha="c",
        merge_commit_sha="m",
        created_at=_time(6),
        merged_at=_time(7, 50),
        updated_at=_time(hour),
        hour=hour,
    )


def _event(minute: int, branch: str | None = "CU-task2-fix", *, hour: int = 7) -> Message:
    context: Message = {"project": "p", "repository_path": "shop/r", "branch": branch}
    key: Message = {
        "email": "user1@example.com",
        "source": "pandev",
        "event_hash": f"h{minute}",
    }
    return _row("ide_events", **key, occurred_at=_time(hour, minute), **context)


def _first_load() -> list[Message]:
    people: Message = {"email": "user1@example.com", "name": "User 1", "team": "Shop"}
    repository: Message = {"id": "r", "path": "shop/r", "name": "r"}
    duration: Message = {"minutes": 30, "since": _time(2), "is_current": False}
    return [
        *(STATUSES, LISTS, FOLDERS, TASKS, TASK_CHANGES, TIME_IN_STATUS, EMPLOYEES, REPOSITORIES),
        *(COMMITS, BRANCHES, PULL_REQUESTS, IDE_EVENTS, THINGS, SIGNALS),
        _status("to do", "open"),
        _status("doing", "custom"),
        _status("done", "closed"),
        _row("folders", workspace_id="900", id="5", name="Folder", space_id="1"),
        _row("lists", workspace_id="900", id="10", name="List", space_id="1", folder_id="5"),
        *(_task(f"task{number}", "to do", "open") for number in range(1, 6)),
        _row("time_in_status", workspace_id="900", task_id="task1", status="to do", **duration),
        _row("employees", **people, other_emails=["home@example.com"]),
        _row("repositories", **repository, mailmap=None),
        _commit("a", "start", minute=0),
        _commit("b", "CU-task1: DEV-3\n\nCo-authored-by: U <user2@example.com>", "a", minute=10),
        _commit("c", "more work, #task4x", "a", minute=20, author_email="home@example.com"),
        _commit("m", "Merge pull request #7 from CU-task2-fix", "bc", minute=30),
        _branch("main", "m"),
        _branch("CU-task2-fix", "c"),
        _pull_request("CU-task3: fix"),
        *map(_event, range(0, 50, 5)),
        *(_row("things", id=number, amount=number) for number in range(5)),
        STATE,
        _row("signals", text="one"),
        _row("things", id="no number", amount=1),
        STATE,
    ]  # fmt: skip


def _edits() -> list[Message]:
    names = [{"email": "odd@example.com", "new_email": "user1@example.com"}]
    return [
        *(STATUSES, LISTS, TASKS, TASK_CHANGES, TIME_IN_STATUS, EMPLOYEES, REPOSITORIES, COMMITS),
        *(BRANCHES, PULL_REQUESTS, IDE_EVENTS, WIDER_THINGS),
        _change(9, "task1", "to do", "doing", hour=9),
        _task("task1", "doing", "custom", hour=9),
        _task("task2", "done", "closed", hour=9, date_done=_time(9), date_closed=_time(9)),
        _task("task6", "doing", "custom", hour=9),
        _change(10, "task1", "doing", "done", hour=10),
        _status("in work", "custom", status_id="s doing", hour=10),
        _row("lists", workspace_id="900", id="11", name="Moved", space_id="2", hour=10),
        _task("task3", "to do", "open", hour=10, list_id="11", custom_id="DEV-33"),
        _row("employees", email="user2@example.com", name="User 2", team="Shop", hour=10),
        _row("repositories", id="r", path="shop/r", name="r", mailmap=names, hour=10),
        _commit("d", "DEV-33 and CU-task5", "m", minute=40, author_email="odd@example.com"),
        _commit("e", "late", "d", minute=45),
        _branch("main", "e", hour=10),
        _pull_request("CU-task5: fix", hour=10),
        *(_event(minute, "main") for minute in (12, 47, 52)),
        *(_row("things", id=n, amount=n / 2, note="wide", hour=10) for n in range(2, 7)),
    ]


def _gone_and_back() -> list[Message]:
    """Return reads that do not find rows, and later ones that find them again."""
    scopes: list[tuple[str, list[str], list[Any], list[Any]]] = [
        ("tasks", ["id"], ["task1", "task2", "task6"], ["task3", "task4", "task5"]),
        ("commits", ["sha"], ["a", "b", "c", "m"], ["d", "e"]),
        ("branches", ["name"], ["main"], ["CU-task2-fix"]),
        ("statuses", ["scope_id", "status"], [["10", "to do"], ["10", "done"]], [["10", "doing"]]),
        ("lists", ["id"], ["10"], ["11"]),
        ("employees", ["email"], ["user1@example.com"], ["user2@example.com"]),
        ("things", ["id"], [0, 1, 2], [3, 4, 5, 6]),
    ]
    of_git = {"where": {"repository_id": {"in": ["r"]}}, "workspace_id": ""}
    reads = []
    for started, finds_all in (("11:00", False), ("12:00", True)):
        for stream, names, kept, gone in scopes:
            of = of_git if stream in {"commits", "branches"} else {}
            others = {"workspace_id": ""} if stream in {"employees", "things"} else {}
            keys = [*kept, *gone] if finds_all else kept
            reads.append(
                completed(stream, keys, started=started, key_properties=names, **of, **others)
            )
    return [COMPLETED_READS, *reads, STATE]


def _reported_deletions(*, hour: int = 13) -> list[Message]:
    deleted = {"_sdc_deleted_at": _time(hour)}
    event = {"email": "user1@example.com", "source": "pandev", "event_hash": "h20"}
    return [
        *(TASKS, COMMITS, IDE_EVENTS, TIME_IN_STATUS, REPOSITORIES, EMPLOYEES, PULL_REQUESTS),
        record("tasks", {"workspace_id": "900", "id": "task4", **deleted}),
        record("tasks", {"workspace_id": "900", "id": "task5", **deleted}),
        record("commits", {"repository_id": "r", "sha": "d", **deleted}),
        record("ide_events", {**event, "occurred_at": _time(7, 20), **deleted}),
        record(
            "time_in_status",
            {"workspace_id": "900", "task_id": "task1", "status": "to do", **deleted},
        ),
        record("employees", {"email": "user2@example.com", **deleted}),
        record("pull_requests", {"repository_id": "r", "number": 7, **deleted}),
        _task("task4", "to do", "open", hour=hour - 1),
        _task("task5", "doing", "custom", hour=hour + 1),
    ]


def _versions() -> list[Message]:
    """Return a table version that lacks rows of streams with several columns in their key."""
    version = {"version": 2}
    return [
        *(WIDER_THINGS, STATUSES, SIGNALS),
        *(_row("things", id=n, amount=1, hour=15) | version for n in range(3)),
        _status("to do", "open", hour=15) | version,
        _row("signals", text="two", hour=15) | version,
        *(
            {"type": "ACTIVATE_VERSION", "stream": stream, "version": 2}
            for stream in ("things", "statuses", "signals")
        ),
    ]


def _gone_for_good() -> list[Message]:
    of_git = {"where": {"repository_id": {"in": ["r"]}}, "workspace_id": ""}
    return [
        COMPLETED_READS,
        completed("tasks", ["task1", "task5"], started="22:00", finished_at=_time(23)),
        completed(
            "commits", ["a", "b", "c", "m"], started="22:00", finished_at=_time(23),
            key_properties=["sha"], **of_git,
        ),
        completed("things", [0], started="22:00", finished_at=_time(23), workspace_id=""),
    ]  # fmt: skip
