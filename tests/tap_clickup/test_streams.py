"""Tasks, users, workspaces and sync runs over HTTP: which records, and in which order."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault, generate
from tests.fake_clickup.client import get_all_tasks, get_live_tasks, get_searchable_tasks
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import ms_to_iso
from tests.tap_clickup.runner import (
    ALL_TIME,
    LiveTaskFaults,
    catalog_selecting,
    expected_versions,
    state_with_cursor,
    task_versions,
    updated_ms,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRunner


def group_by_pass(rows: list[Row]) -> dict[tuple[str, bool], list[str]]:
    """Return the update times of tasks in order, by workspace and by live or archived."""
    passes: dict[tuple[str, bool], list[str]] = {}
    for row in rows:
        passes.setdefault((row["workspace_id"], row["archived"]), []).append(row["date_updated"])
    return passes


PERSON = ("workspace_id", "id", "username", "email", "role", "is_member", "is_service_user")


class TestAccount:
    SPRINTS_OFF = (
        f"the Sprints ClickApp is off in space {accounts.ARCHIVED_SPACE}; an owner or admin "
        "can switch it on in ClickUp under Workspace settings > ClickApps > Sprints"
    )

    @pytest.fixture
    def account(self) -> Account:
        return accounts.shop()

    def test_every_task_column_is_mapped(self, run_tap: TapRunner) -> None:
        """Every documented task field is read, and no other.

        R52, R55, R56, R57, R58, R59, R60, R61, R62, R63, R64, R65, R66, R67, R68, R69.
        """
        _, task = run_tap(start_date=ALL_TIME).rows("tasks")
        assert task == {
            "workspace_id": accounts.WORKSPACE,
            "id": "86task001",
            "custom_id": "SHOP-7",
            "name": "Count the coins",
            "status": "review",
            "status_id": "s54",
            "status_type": "custom",
            "priority": 2,
            "assignee_ids": ["40000002", "40000004"],
            "group_assignee_ids": [accounts.GROUP],
            "task_type_id": "1003",
            "creator_id": "40000001",
            "list_id": accounts.LISTS["in_folder"],
            "folder_id": accounts.FOLDER,
            "space_id": accounts.SPACE,
            "secondary_list_ids": [accounts.LISTS["folderless"]],
            "parent_id": "86parent1",
            "top_level_parent_id": "86parent1",
            "tags": ["urgent"],
            "points": 0.5,
            "time_estimate_ms": 1500000.5,
            "date_created": "2026-03-04T04:53:20.003+00:00",
            "date_updated": "2026-03-04T04:53:20.004+00:00",
            "start_date": "2026-03-04T04:53:20.005+00:00",
            "due_date": "2026-03-04T04:53:20.006+00:00",
            "date_done": "2026-03-04T04:53:20.007+00:00",
            "date_closed": "2026-03-04T04:53:20.008+00:00",
            "archived": False,
            "url": "https://app.clickup.com/t/86task001",
            "custom_fields": None,
        }

    def test_users_include_former_members_named_by_tasks(self, run_tap: TapRunner) -> None:
        """R86, R87: an invited user has no name yet; watchers of tasks are not read as users."""
        rows = [
            tuple(row[name] for name in PERSON)
            for row in run_tap(start_date=ALL_TIME).rows("users")
        ]
        mail = "user{}@example.com".format
        assert rows == [
            (accounts.WORKSPACE, "40000001", "Olga", mail(40000001), 1, True, True),
            (accounts.WORKSPACE, "40000002", "Mia", mail(40000002), 3, True, False),
            (accounts.WORKSPACE, "40000003", None, mail(40000003), 4, True, False),
            (accounts.WORKSPACE, "40000004", "Lena", mail(40000004), None, False, False),
        ]

    def test_workspaces_have_id_and_name(self, run_tap: TapRunner) -> None:
        assert run_tap().rows("workspaces") == [{"id": accounts.WORKSPACE, "name": "Shop"}]

    def test_sync_run_record_summarizes_the_run(self, run_tap: TapRunner) -> None:
        counts = {"workspaces": 1, "spaces": 2, "folders": 2, "lists": 4, "statuses": 5}
        counts |= {"tasks": 2, "users": 4, "completed_reads": 6}
        catalog = catalog_selecting(*counts, "sprints", "sync_runs")
        run = run_tap(start_date=ALL_TIME, time_tracking=False, catalog=catalog)
        (row,) = run.rows("sync_runs")
        started, finished = (
            datetime.fromisoformat(row.pop(f"{n}_at")) for n in ("started", "finished")
        )
        assert timedelta() <= finished - started < timedelta(minutes=1)
        assert row == {
            "workspace_id": accounts.WORKSPACE,
            "source": "tap-clickup",
            "complete": True,
            "records": counts,
            "requests": 21,
            "retries": 0,
            "waited_seconds": 0.0,
            "refused": [],
            "notes": [self.SPRINTS_OFF],
            "live_tasks": None,
            "approximate_task_count": 2,
            "progress": None,
        }
        assert [message["stream"] for message in run.messages if message["type"] == "RECORD"][
            -1
        ] == "sync_runs"


def test_every_task_is_read_once_in_ascending_order(run_tap: TapRunner, account: Account) -> None:
    """R29, R131: open, closed and archived tasks and subtasks of both workspaces."""
    run = run_tap(start_date=ALL_TIME)
    for workspace in account.workspaces:
        assert task_versions(run, workspace) == expected_versions(get_all_tasks(workspace))
    searchable_ids = {
        task.id for workspace in account.workspaces for task in get_searchable_tasks(workspace)
    }
    searchable_rows = [row for row in run.rows("tasks") if row["id"] in searchable_ids]
    assert list(dict.fromkeys(run.column("tasks", "workspace_id"))) == [
        workspace.id for workspace in account.workspaces
    ]
    for dates in group_by_pass(searchable_rows).values():
        assert dates == sorted(dates)
    assert len(group_by_pass(searchable_rows)) == 2 * len(account.workspaces)
    assert Counter(run.column("tasks", "id")).most_common(1)[0][1] == 1
    assert run.error is None


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("last_page", ["honest", "missing", "always_false"])
def test_gt_and_last_page_variants_lose_no_task(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, last_page: str, *, inclusive: bool
) -> None:
    """This includes 250 tasks with equal timestamps."""
    behaviour.updated_gt_inclusive, behaviour.last_page = inclusive, last_page  # type: ignore[assignment]
    workspace = account.workspaces[0]
    bulk = [task.id for task in get_searchable_tasks(workspace)][:250]
    account.bulk_update(bulk, at=datetime(2026, 3, 4, tzinfo=UTC), priority=1)
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert task_versions(run, workspace) == expected_versions(get_all_tasks(workspace))
    is_truncated = "ClickUp announced further tasks and sent none" in run.log
    assert run.error is None
    assert is_truncated is (last_page == "always_false")


@pytest.mark.parametrize("seed", range(6))
def test_concurrent_edits_between_requests_lose_no_task(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, seed: int
) -> None:
    workspace = account.workspaces[0]
    rng = random.Random(seed)  # noqa: S311 - guards nothing
    ids = [task.id for task in get_searchable_tasks(workspace)]
    behaviour.updated_gt_inclusive = bool(seed % 2)
    account.bulk_update(ids[:150], at=datetime(2026, 3, 4, tzinfo=UTC), priority=1)
    at_start = {task.id: updated_ms(task) for task in get_all_tasks(workspace)}

    def edit(request: Request, _: Account) -> None:
        if request.path.endswith("/task"):
            account.bulk_update(rng.sample(ids, rng.randrange(4)), points=1)

    behaviour.on_request = edit
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    newest = {row["id"]: row["date_updated"] for row in run.rows("tasks")}
    assert [
        task_id for task_id, at in at_start.items() if newest.get(task_id, "") < ms_to_iso(at)
    ] == []
    rows = [row for row in run.rows("tasks") if row["id"] in set(ids)]
    passes = group_by_pass(rows)
    assert set(passes) == {(workspace.id, False), (workspace.id, True)}
    for dates in passes.values():
        assert dates == sorted(dates)


def test_missing_date_updated_falls_back_to_date_created(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    account = run_tap.clickup.account
    workspace = account.workspaces[0]
    undated = generate(seed=7, tasks=400, workspaces=2, time_entries=0, undated_tasks=120)
    workspace.tasks = undated.workspaces[0].tasks
    workspace.version += 1
    behaviour.rate_limited = False
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert task_versions(run, workspace) == expected_versions(get_all_tasks(workspace))
    dated = [task.updated_ms for task in get_live_tasks(workspace) if task.updated_ms]
    assert run.task_cursors == {workspace.id: ms_to_iso(max(dated))}


@pytest.mark.parametrize("created", [None, "2026-03-02T00:00:00.000+00:00"])
def test_task_without_update_does_not_move_the_bookmark(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace, created: str | None
) -> None:
    """Its position in the order is unknown, so later tasks may have earlier timestamps."""
    task = {"id": "86a1", "date_created": created and "1772409600000"}
    page = {"tasks": [task], "last_page": True}
    LiveTaskFaults(behaviour, workspace, [Fault(200, page, path=f"/team/{workspace.id}/task$")])
    run = run_tap(
        state=state_with_cursor(workspace, "2026-03-01T00:00:00.000+00:00"),
        workspace_ids=[workspace.id],
    )
    (row,) = [row for row in run.rows("tasks") if row["id"] == "86a1"]
    assert row["date_updated"] == created
    assert run.task_cursors == {workspace.id: "2026-03-01T00:00:00.000+00:00"}


def test_time_extracted_is_the_time_of_the_request(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """This is true of live and archived tasks of a workspace and of archived lists."""
    arrived: dict[tuple[str, bool], list[datetime]] = defaultdict(list)

    def note(request: Request, _: Account) -> None:
        if request.path.endswith("/task"):
            archived = request.query["archived"] == ["true"]
            arrived[request.path.removeprefix("/api/v2"), archived].append(datetime.now(UTC))

    behaviour.on_request = note
    before = datetime.now(UTC)
    run = run_tap(start_date=ALL_TIME)
    searchable_ids = {
        task.id for workspace in account.workspaces for task in get_searchable_tasks(workspace)
    }
    extracted: dict[tuple[str, bool], list[datetime]] = defaultdict(list)
    for message in run.records("tasks"):
        row = message["record"]
        place = (
            f"team/{row['workspace_id']}"
            if row["id"] in searchable_ids
            else f"list/{row['list_id']}"
        )
        requested_at = datetime.fromisoformat(message["time_extracted"])
        extracted[f"/{place}/task", row["archived"]].append(requested_at)
    assert len(extracted) > 4
    for pass_key, sent in extracted.items():
        arrivals = arrived[pass_key]
        assert before <= sent[0] <= arrivals[0]
        assert sent == sorted(sent)
        next_arrivals = [bisect_left(arrivals, at) for at in sorted(set(sent))]
        assert next_arrivals == sorted(set(next_arrivals))
        assert next_arrivals[-1] < len(arrivals)
