"""Attribution of active time to tasks: by branch, by commit, and what belongs to no task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.target_pandev.ide import (
    COMMITS,
    IDE_EVENTS,
    PATH,
    REPOSITORIES,
    USER1,
    USER2,
    day_time,
    events,
    records,
)
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from datetime import datetime

    from tests.target_pandev.ide import Event
    from tests.target_pandev.loading import Loader

TASKS = schema(
    "tasks",
    {"workspace_id": "string", "id": "string", "custom_id": "string"},
    ["workspace_id", "id"],
)
TASK_TIME = """
SELECT email, task_id, repository_path, project, branch, method, active_ms / 60000
FROM task_time ORDER BY email, method, task_id, branch, project
"""
REPOSITORY = "git.example.com/shop/orders"


def task(name: str, custom: str | None = None, *, workspace: str = "900") -> dict[str, Any]:
    return record("tasks", {"workspace_id": workspace, "id": name, "custom_id": custom})


def repository(
    name: str = REPOSITORY, default: str = "main", mailmap: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    path = name.partition("/")[2]
    values = {"id": name, "path": path, "name": path.rpartition("/")[2], "default_branch": default}
    return record("repositories", {**values, "mailmap": mailmap})


class Commit(NamedTuple):
    """A commit of a person in a repository."""

    at: datetime
    sha: str
    message: str
    email: str = USER1
    parents: int = 1
    repository: str = REPOSITORY
    name: str = "One"

    def record(self) -> dict[str, Any]:
        values = {
            "repository_id": self.repository,
            "sha": self.sha,
            "author_name": self.name,
            "author_email": self.email,
            "authored_at": self.at.isoformat(),
            "message": self.message,
            "parents": ["p"] * self.parents,
        }
        return record("commits", values)


def load(
    store: Loader,
    *,
    events: list[Event],
    commits: list[Commit],
    more: Any = (),
    mailmap: list[dict[str, str]] | None = None,
) -> None:
    store.load(
        *(TASKS, task("86a1"), task("86a2", "DEV-2")),
        *(REPOSITORIES, repository(mailmap=mailmap)),
        *more,
        *(COMMITS, *(commit.record() for commit in commits)),
        *(IDE_EVENTS, *records(events)),
    )


def test_time_on_a_branch_goes_to_the_first_task_in_its_name(store: Loader) -> None:
    """R48. Ids of tasks that are not loaded, and names that only look like one, do not count."""
    branches = ["feature/CU-86a1-x", "CU-86a2-and-CU-86a1", "fix/dev-2_UTF-8", "UTF-8/CU-86a1"]
    unknown = ["CU-86zz9", "topic", None]
    load(
        store,
        events=[
            event
            for number, branch in enumerate([*branches, *unknown])
            for event in events(USER1, f"02 1{number}:00:00", f"02 1{number}:10:00", branch=branch)
        ],
        commits=[],
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "UTF-8/CU-86a1", "branch", 10),
        (USER1, "86a1", PATH, None, "feature/CU-86a1-x", "branch", 10),
        (USER1, "86a2", PATH, None, "CU-86a2-and-CU-86a1", "branch", 10),
        (USER1, "86a2", PATH, None, "fix/dev-2_UTF-8", "branch", 10),
        (USER1, None, PATH, None, "CU-86zz9", "none", 10),
        (USER1, None, PATH, None, "topic", "none", 10),
        (USER1, None, PATH, None, None, "none", 10),
    ]


def test_head_and_default_branches_name_no_task_by_themselves(store: Loader) -> None:
    default = repository("git.example.com/shop/Release", default="release/DEV-2")
    load(
        store,
        events=[
            *events(USER1, "02 10:00:00", "02 10:10:00", branch="HEAD"),
            *events(USER1, "02 11:00:00", "02 11:10:00", branch="release/DEV-2"),
            *events(
                *(USER1, "02 12:00:00", "02 12:10:00"), branch="release/DEV-2", path="shop/release"
            ),
        ],
        commits=[],
        more=[default],
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a2", PATH, None, "release/DEV-2", "branch", 10),
        (USER1, None, PATH, None, "HEAD", "none", 10),
        (USER1, None, "shop/release", None, "release/DEV-2", "none", 10),
    ]


def test_a_custom_id_of_two_workspaces_names_neither(store: Loader) -> None:
    other = [TASKS, task("86b2", "DEV-2", workspace="800")]
    load(
        store,
        events=[
            *events(USER1, "02 10:00:00", "02 10:10:00", branch="DEV-2"),
            *events(USER1, "02 11:00:00", "02 11:10:00", branch="DEV-2-CU-86a1"),
        ],
        commits=[],
        more=other,
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "DEV-2-CU-86a1", "branch", 10),
        (USER1, None, PATH, None, "DEV-2", "none", 10),
    ]


def test_a_branch_counts_when_its_task_arrives(store: Loader) -> None:
    day = events(USER1, "02 10:00:00", "02 10:10:00", branch="CU-86late")
    load(store, events=day, commits=[])
    assert store.rows(TASK_TIME) == [(USER1, None, PATH, None, "CU-86late", "none", 10)]
    store.load(TASKS, task("86late"))
    assert store.rows(TASK_TIME) == [(USER1, "86late", PATH, None, "CU-86late", "branch", 10)]


def test_another_prefix_searches_the_branches_of_editors_again(store: Loader) -> None:
    day = events(USER1, "02 10:00:00", "02 10:10:00", branch="T_86a1")
    load(store, events=day, commits=[])
    assert store.rows(TASK_TIME) == [(USER1, None, PATH, None, "T_86a1", "none", 10)]
    store.load(TASKS, task_id_prefix="T_")
    assert store.rows(TASK_TIME) == [(USER1, "86a1", PATH, None, "T_86a1", "branch", 10)]


def test_time_before_a_commit_goes_to_the_task_that_it_names(store: Loader) -> None:
    """R49: from the person's previous commit on. Merges and others' commits do not count.

    10:00 to 10:12 and 10:20 to 10:32 on main; commits at 10:05, 10:10 and 10:25.
    """
    load(
        store,
        events=[
            *events(USER1, "02 10:00:00", "02 10:06:00", "02 10:12:00", branch="main"),
            *events(USER1, "02 10:28:00", "02 10:40:00", branch="main"),
        ],
        commits=[
            Commit(day_time("02 10:05:00"), "1", "CU-86a1 and CU-86a2"),
            Commit(day_time("02 10:06:00"), "2", "CU-86a2 of another", email=USER2),
            Commit(day_time("02 10:07:00"), "3", "Merge CU-86a2", parents=2),
            Commit(day_time("02 10:08:00"), "4", "CU-86a2 elsewhere", repository="h/shop/other"),
            Commit(day_time("02 10:10:00"), "5", "no task"),
            Commit(day_time("02 10:30:00"), "6", "DEV-2: done", email=" User1@Example.com"),
        ],
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "main", "commit", 5),
        (USER1, "86a2", PATH, None, "main", "commit", 4),
        (USER1, None, PATH, None, "main", "none", 15),
    ]


def test_a_commit_at_the_end_of_an_interval_gets_its_time(store: Loader) -> None:
    load(
        store,
        events=events(USER1, "02 10:00:00", "02 10:10:00", branch="main"),
        commits=[
            Commit(day_time("02 10:00:00"), "1", "DEV-2"),
            Commit(day_time("02 10:10:00"), "2", "CU-86a1"),
        ],
    )
    assert store.rows(TASK_TIME) == [(USER1, "86a1", PATH, None, "main", "commit", 10)]


def test_of_commits_at_the_same_time_the_first_counts(store: Loader) -> None:
    load(
        store,
        events=events(USER1, "02 10:00:00", "02 10:10:00", branch="main"),
        commits=[
            Commit(day_time("02 10:05:00"), "1", "CU-86a1"),
            Commit(day_time("02 10:05:00"), "2", "DEV-2"),
            Commit(day_time("02 10:10:00"), "4", "DEV-2"),
            Commit(day_time("02 10:10:00"), "3", "no task"),
        ],
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "main", "commit", 5),
        (USER1, None, PATH, None, "main", "none", 5),
    ]


def test_a_branch_that_names_a_task_keeps_its_time(store: Loader) -> None:
    load(
        store,
        events=[
            *events(USER1, "02 10:00:00", "02 10:05:00", branch="CU-86a1"),
            *events(USER1, "02 10:10:00", branch=None),
        ],
        commits=[Commit(day_time("02 11:00:00"), "1", "CU-86a2")],
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "CU-86a1", "branch", 10),
    ]


def test_heartbeats_find_the_only_repository_of_their_name(store: Loader) -> None:
    ambiguous = [repository("git.example.com/a/api"), repository("git.example.com/b/api")]
    day = [
        event
        for hour, project in (("10", "Orders"), ("11", "api"), ("12", None))
        for event in events(
            *(USER1, f"02 {hour}:00:00", f"02 {hour}:10:00"),
            branch=None, path=None, project=project, source="wakatime",
        )
    ]  # fmt: skip
    commits = [
        Commit(day_time("02 13:00:00"), "1", "CU-86a1", repository=name)
        for name in (REPOSITORY, "git.example.com/a/api", "git.example.com/b/api")
    ]
    load(store, events=day, commits=commits, more=ambiguous)
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", None, "Orders", None, "commit", 10),
        (USER1, None, None, "api", None, "none", 10),
        (USER1, None, None, None, None, "none", 10),
    ]


def test_the_same_commit_at_two_hosts_counts_once(store: Loader) -> None:
    mirror = "mirror.example.com/shop/orders"
    load(
        store,
        events=events(USER1, "02 10:00:00", "02 10:10:00", branch=None),
        commits=[
            Commit(day_time("02 11:00:00"), "1", "CU-86a1", repository=name)
            for name in (REPOSITORY, mirror)
        ],
        more=[repository(mirror)],
    )
    assert store.rows(TASK_TIME) == [(USER1, "86a1", PATH, None, None, "commit", 10)]


def test_branches_of_editors_are_not_shown_as_activity(store: Loader) -> None:
    load(
        store,
        events=events(USER1, "02 10:00:00", "02 10:10:00", branch="CU-86a1"),
        commits=[Commit(day_time("02 11:00:00"), "1", "CU-86a1")],
    )
    assert store.rows("SELECT source, object_key FROM task_activity") == [("commit", "1")]
