"""Completed reads: what was read completely is recorded, with its times; nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import (
    ARCHIVED_FOLDER,
    ARCHIVED_SPACE,
    FOLDER,
    LISTS,
    SPACE,
    WORKSPACE,
)
from tests.tap_clickup.dates import days_ago, to_iso
from tests.tap_clickup.runner import ALL_TIME, TapRun
from tests.tap_clickup.time_tracking import slice_name, track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Row, TapRunner

NAMES = [
    *("spaces", "folders", "lists", "statuses", "sprints"),
    *("users", "webhooks", "task_types", "groups"),
]
WITH_RECORDS = {*NAMES, "time_entries"} - {"sprints"}
"""The streams of the shop with records, once time was tracked and a webhook added."""
IN_WORKSPACE = {"workspace_id": {"in": [WORKSPACE]}}
IN_SPACES = {**IN_WORKSPACE, "space_id": {"in": [SPACE, ARCHIVED_SPACE]}}
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def completed_reads_of(run: TapRun) -> list[Row]:
    """Return the completed reads of the streams that this file is about."""
    streams = {*NAMES, "tasks", "time_entries"}
    return [row for row in run.rows("completed_reads") if row["stream"] in streams]


def find_completed_reads(run: TapRun) -> dict[str, Row]:
    """Return the completed read of each stream; of several time entry slices the last."""
    return {row["stream"]: row for row in completed_reads_of(run)}


def read_keys(run: TapRun, stream: str) -> list[tuple[str, ...]]:
    return [tuple(key) for key in find_completed_reads(run)[stream]["keys"]]


def tasks_bookmark(run: TapRun) -> Row:
    """Return the bookmark of the shop's tasks."""
    (partition,) = run.state["bookmarks"]["tasks"]["partitions"]
    return dict(partition)


def saved_lists(run: TapRun) -> dict[str, str]:
    """Return the lists of each space as a run has saved them."""
    walks = tasks_bookmark(run)["walks"]
    return {space_id: walk["lists"] for space_id, walk in walks.items()}


def test_completed_reads_have_the_documented_fields(run_tap: TapRunner) -> None:
    rows = find_completed_reads(run_tap(start_date=ALL_TIME))
    assert sorted(rows) == sorted([*NAMES, "time_entries"])
    assert {stream for stream, row in rows.items() if row["keys"]} == {
        "spaces",
        "folders",
        "lists",
        "statuses",
        "users",
        "task_types",
        "groups",
    }
    for row in rows.values():
        assert list(row) == [
            "workspace_id",
            "stream",
            "scope",
            "started_at",
            "finished_at",
            "conditions",
            "key_properties",
            "count",
            "keys",
        ]
        assert row["workspace_id"] == WORKSPACE
        assert row["count"] == len(row["keys"])
        assert row["keys"] == sorted(row["keys"])
        width = len(row["key_properties"])
        assert [key for key in row["keys"] if len(key) != width] == []


def test_hierarchy_completed_reads_are_conditioned_on_spaces(run_tap: TapRunner) -> None:
    rows = find_completed_reads(run_tap(start_date=ALL_TIME))
    hierarchy_reads = {
        stream: (rows[stream]["conditions"], rows[stream]["keys"]) for stream in NAMES[:3]
    }
    assert hierarchy_reads == {
        "spaces": (IN_WORKSPACE, [[SPACE], [ARCHIVED_SPACE]]),
        "folders": (IN_SPACES, [[FOLDER], [ARCHIVED_FOLDER]]),
        "lists": (IN_SPACES, [[list_id] for list_id in sorted(LISTS.values())]),
    }
    assert {rows[stream]["scope"] for stream in NAMES} == {"all"}
    assert {tuple(rows[stream]["key_properties"]) for stream in NAMES[:3]} == {("id",)}


def test_statuses_completed_read_lists_the_scopes_found(run_tap: TapRunner) -> None:
    row = find_completed_reads(run_tap(start_date=ALL_TIME))["statuses"]
    places = [SPACE, ARCHIVED_SPACE, FOLDER, ARCHIVED_FOLDER, *LISTS.values()]
    assert row["conditions"] == {**IN_WORKSPACE, "scope_id": {"in": sorted(places)}}
    assert row["key_properties"] == ["scope_type", "scope_id", "status"]
    assert row["keys"] == [
        ["folder", FOLDER, "review"],
        ["list", LISTS["folderless"], "review"],
        ["space", SPACE, "backlog"],
        ["space", SPACE, "shipped"],
        ["space", ARCHIVED_SPACE, "anything"],
    ]


def test_users_completed_read_contains_members_only(run_tap: TapRunner) -> None:
    row = find_completed_reads(run_tap(start_date=ALL_TIME))["users"]
    assert row["conditions"] == {**IN_WORKSPACE, "is_member": {"in": [True]}}
    assert row["keys"] == [["40000001"], ["40000002"], ["40000003"]]


def test_users_are_not_completed_if_clickup_lists_too_few(
    run_tap: TapRunner, account: Account
) -> None:
    """The token's user is a member: a response without it does not list the members."""
    del account.workspaces[0].members[accounts.OWNER]
    run = run_tap(start_date=ALL_TIME)
    assert run.error is None
    assert {row["id"] for row in run.rows("users") if row["is_member"]} == {"40000002", "40000003"}
    assert "users" not in find_completed_reads(run)


def test_webhooks_completed_read_contains_own_webhooks_only(
    run_tap: TapRunner, account: Account
) -> None:
    ours = account.add_webhook(endpoint="https://hooks.example.com/1", events=["*"])
    account.add_webhook(
        endpoint="https://hooks.example.com/2", events=["*"], user_id=accounts.MEMBER
    )
    row = find_completed_reads(run_tap())["webhooks"]
    assert row["conditions"] == {**IN_WORKSPACE, "user_id": {"in": ["40000001"]}}
    assert row["keys"] == [[ours.id]]


def test_time_entry_slices_have_bounds_and_users(run_tap: TapRunner, account: Account) -> None:
    """Only the token's user is named, as no entry shows that the other users were included."""
    start = days_ago(40)
    entry = track(account, days_ago(35))
    run = run_tap(start_date=to_iso(start))
    rows = [row for row in run.rows("completed_reads") if row["stream"] == "time_entries"]
    by_name = {row["scope"]: row for row in rows}
    assert min(by_name) == slice_name(start)
    row = by_name[slice_name(days_ago(35))]
    assert row["keys"] == [[entry.id]]
    users = {"user_id": {"in": ["40000001"]}}
    first = max(to_iso(start), f"{row['scope'][:10]}T00:00:00.000+00:00")
    before = f"{row['scope'][11:]}T00:00:00.000+00:00"
    bounds = {"started_at": {"from": first, "before": before}}
    assert row["conditions"] == {**IN_WORKSPACE, **bounds, **users}


def test_completed_read_spans_its_requests_and_responses(
    run_tap: TapRunner, account: Account
) -> None:
    account.add_webhook(endpoint="https://hooks.example.com/1", events=["*"])
    track(account, days_ago(1))
    before = datetime.now(UTC) - MILLISECOND
    run = run_tap(start_date=to_iso(days_ago(2)))
    rows = completed_reads_of(run)
    assert {row["stream"] for row in rows if run.records(row["stream"])} == WITH_RECORDS
    for row in rows:
        sent = [
            datetime.fromisoformat(message["time_extracted"])
            for message in run.records(row["stream"])
        ]
        started, finished = (
            datetime.fromisoformat(row[f"{name}_at"]) for name in ("started", "finished")
        )
        assert before <= started <= min(sent, default=started)
        assert max(sent, default=started) <= finished + MILLISECOND
        assert finished <= datetime.now(UTC)


def test_completed_reads_follow_their_records(run_tap: TapRunner, account: Account) -> None:
    track(account, days_ago(1))
    run = run_tap(start_date=to_iso(days_ago(2)))
    order = [message["stream"] for message in run.messages if message["type"] == "RECORD"]
    assert set(order[order.index("completed_reads") :]) == {"completed_reads", "sync_runs"}
    rows = completed_reads_of(run)
    assert {row["stream"] for row in rows if row["keys"]} == WITH_RECORDS - {"webhooks"}
    for row in rows:
        key_properties = row["key_properties"]
        records = {
            tuple(record[name] for name in key_properties) for record in run.rows(row["stream"])
        }
        assert {tuple(key) for key in row["keys"]} - records == set()


def test_only_the_sweep_completes_tasks(run_tap: TapRunner) -> None:
    assert "tasks" not in find_completed_reads(run_tap(start_date=ALL_TIME))
    assert read_keys(run_tap(start_date=ALL_TIME, sweep=True), "tasks") == [
        ("86parent1",),
        ("86task001",),
    ]


def test_disabled_features_have_no_completed_read(run_tap: TapRunner) -> None:
    run = run_tap(start_date=ALL_TIME, sprints=False, time_tracking=False)
    assert sorted(find_completed_reads(run)) == sorted(set(NAMES) - {"sprints"})


def test_selected_spaces_are_a_condition(run_tap: TapRunner) -> None:
    rows = find_completed_reads(run_tap(start_date=ALL_TIME, space_ids=[SPACE]))
    assert rows["spaces"]["conditions"] == {**IN_WORKSPACE, "id": {"in": [SPACE]}}
    assert rows["lists"]["conditions"] == {**IN_WORKSPACE, "space_id": {"in": [SPACE]}}
    assert ARCHIVED_SPACE not in rows["statuses"]["conditions"]["scope_id"]["in"]


@pytest.mark.parametrize("status", [400, 401], ids=["failed", "denied"])
@pytest.mark.parametrize(
    ("path", "incomplete"),
    [
        (f"/team/{WORKSPACE}/space$", {*NAMES[:5], "tasks"}),
        (f"/space/{SPACE}/folder$", {*NAMES[1:5], "tasks"}),
        (f"/space/{ARCHIVED_SPACE}/list$", {*NAMES[1:5], "tasks"}),
        (f"/folder/{FOLDER}/list$", {*NAMES[1:5], "tasks"}),
        (f"/list/{LISTS['folderless']}$", {*NAMES[1:5], "tasks"}),
        (f"/team/{WORKSPACE}/webhook$", {"webhooks"}),
        (f"/team/{WORKSPACE}/custom_item$", {"task_types"}),
        ("/group$", {"groups"}),
        (f"/list/{LISTS['archived']}/task$", {"tasks"}),
    ],
)
def test_denied_or_failed_reads_are_not_completed(
    run_tap: TapRunner, behaviour: Behaviour, path: str, incomplete: set[str], status: int
) -> None:
    behaviour.faults = [Fault(status=status, body={"ECODE": "OAUTH_018"}, path=path)]
    run = run_tap(start_date=ALL_TIME, sweep=True)
    assert behaviour.faults == []
    assert set(find_completed_reads(run)) == {*NAMES, "tasks", "time_entries"} - incomplete
    assert bool(run.error) is (status == 400)


def test_failed_slice_is_not_completed(run_tap: TapRunner, behaviour: Behaviour) -> None:
    behaviour.faults = [Fault(status=400, path="/time_entries$")] * 2
    run = run_tap(start_date=to_iso(days_ago(1)))
    assert "time_entries" not in find_completed_reads(run)
    assert run.error


def test_sweep_completes_every_slice_whatever_the_state(
    run_tap: TapRunner,
) -> None:
    first = run_tap(start_date="2026-01-01")
    again = run_tap(start_date="2026-01-01", state=first.state)
    sweep = run_tap(start_date="2026-01-01", state=first.state, sweep=True)
    scopes = [
        sorted(
            row["scope"] for row in run.rows("completed_reads") if row["stream"] == "time_entries"
        )
        for run in (first, again, sweep)
    ]
    assert scopes[0] == scopes[2]
    assert scopes[1] == scopes[0][-len(scopes[1]) :]
    assert len(scopes[1]) <= 3 < len(scopes[0])


def test_poll_without_changes_skips_archived_lists(
    run_tap: TapRunner,
) -> None:
    first = run_tap(start_date=ALL_TIME)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert [path for path in run_tap.requested_paths if "/folder/" in path] == []
    incomplete = {"folders", "lists", "sprints"}
    assert set(find_completed_reads(second)) == {*NAMES, "time_entries"} - incomplete
    assert saved_lists(second) == saved_lists(first)
    assert {space_id: len(lists) for space_id, lists in saved_lists(first).items()} == {
        SPACE: 4 * len(LISTS),
        ARCHIVED_SPACE: 0,
    }
    archives = tasks_bookmark(first)["archives"]
    assert tasks_bookmark(second)["archives"] == archives
    assert archives.keys() == {SPACE, ARCHIVED_SPACE}


def test_list_archived_in_a_live_folder_is_found_by_the_next_poll(
    run_tap: TapRunner, account: Account
) -> None:
    first = run_tap(start_date=ALL_TIME)
    account.archive(LISTS["in_folder"])
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert {row["id"]: row["archived"] for row in second.rows("lists")} == {
        LISTS["in_folder"]: True,
        LISTS["folderless"]: False,
        LISTS["in_archived_folder"]: False,
        LISTS["archived"]: True,
    }
    assert "86task001" in second.column("tasks", "id")
    assert read_keys(second, "lists") == [(list_id,) for list_id in sorted(LISTS.values())]
    assert saved_lists(second)[SPACE] != saved_lists(first)[SPACE]
    archives = [tasks_bookmark(run)["archives"] for run in (first, second)]
    assert archives[0][SPACE] != archives[1][SPACE]


@pytest.mark.parametrize("container_id", [FOLDER, SPACE, LISTS["folderless"]], ids=str)
def test_archived_container_is_found_with_earlier_edits(
    run_tap: TapRunner, account: Account, container_id: str
) -> None:
    """No search returns its tasks any longer, so they are read list by list, once."""
    first = run_tap(start_date=ALL_TIME)
    workspace = account.workspaces[0]
    below = {
        FOLDER: {LISTS["in_folder"]},
        SPACE: {LISTS["in_folder"], LISTS["folderless"]},
        LISTS["folderless"]: {LISTS["folderless"]},
    }[container_id]
    edited = {task.id for task in workspace.tasks.values() if task.list_id in below}
    account.bulk_update(edited, name="Edited")
    account.archive(container_id)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert {row["id"] for row in second.rows("tasks") if row["name"] == "Edited"} == edited
    run_tap(start_date=ALL_TIME, state=second.state)
    assert [request for request in run_tap.requests_to("/task") if "/list/" in request.path] == []


def test_deleted_list_is_missing_from_the_completed_lists(
    run_tap: TapRunner, account: Account
) -> None:
    first = run_tap(start_date=ALL_TIME)
    account.delete(LISTS["in_folder"])
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert (LISTS["in_folder"],) in read_keys(first, "lists")
    assert read_keys(second, "lists") == [
        (list_id,) for list_id in sorted(LISTS.values()) if list_id != LISTS["in_folder"]
    ]
