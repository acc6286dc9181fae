"""Settings that enable features: a disabled one costs no request and yields no data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup.model import CustomField
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import MINUTE, now, to_iso
from tests.tap_clickup.runner import environment, run_command
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour, FakeClickUp
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

SINCE = "2026-03-01"
OPTIONS = (("0a-1", "Low"), ("0a-2", "High"))
FIELDS = (
    CustomField("f0-1", "Severity", "drop_down", 1, 0, OPTIONS),
    CustomField("f0-2", "Where", "labels", 1, ["0b-2"], (("0b-1", "Web"), ("0b-2", "Desk"))),
    CustomField("f0-3", "Budget", "currency", 1, "1250.5"),
    CustomField("f0-4", "Promised", "date", 1, "1772600000009"),
    CustomField("f0-5", "Checked", "checkbox", 1, "false"),
    CustomField("f0-6", "Owners", "users", 1, [accounts.MEMBER, accounts.OWNER]),
    CustomField("f0-7", "Reference", "short_text", 1, "planted-reference"),
    CustomField("f0-8", "Never set", "number", 1),
)


@pytest.fixture
def account() -> Account:
    """Return the shop; its live task has a value in fields of several types."""
    account = accounts.shop()
    account.update_task("86task001", custom_fields=FIELDS)
    return account


def read_values(run_tap: TapRunner, *selected: str) -> Any:
    """Return the custom fields of the task."""
    rows = run_tap(start_date=SINCE, custom_fields=list(selected)).rows("tasks")
    (values,) = (row["custom_fields"] for row in rows if row["id"] == "86task001")
    return values


def test_custom_fields_are_disabled_by_default(run_tap: TapRunner, account: Account) -> None:
    """R54, R89, R90, R91, R110: nor is other private content in a record, the state or the log."""
    account.add_texts(
        "86task001",
        description="planted-description",
        custom_field_value="planted-value",
        attachment_name="planted.png",
        comment="planted-comment",
    )
    track(account, now(), description="planted-entry")
    run = run_tap(start_date=SINCE, time_in_status=True)
    assert [row["custom_fields"] for row in run.rows("tasks")] == [None, None]
    assert len(run.rows("time_entries")) == 1
    assert "planted" not in run.stdout + run.log
    assert [name for name in ("0a-1", "Severity", "Desk", "1250.5") if name in run.stdout] == []


def test_custom_field_is_selected_by_name_or_id(
    run_tap: TapRunner,
) -> None:
    assert read_values(run_tap, "REFERENCE", "f0-3") == {
        "REFERENCE": "planted-reference",
        "f0-3": 1250.5,
    }


def test_custom_field_values_are_typed(run_tap: TapRunner) -> None:
    """R111: options become labels and users ids; the first option of a drop-down has index 0."""
    selected = ("Severity", "Where", "Budget", "Promised", "Checked", "Owners")
    values = read_values(run_tap, *selected)
    assert values == {
        "Severity": "Low",
        "Where": ["Desk"],
        "Budget": 1250.5,
        "Promised": "2026-03-04T04:53:20.009+00:00",
        "Checked": False,
        "Owners": ["40000002", "40000001"],
    }
    assert type(values["Checked"]) is bool


def test_unselected_and_unset_custom_fields_are_omitted(
    run_tap: TapRunner,
) -> None:
    run = run_tap(start_date=SINCE, custom_fields=["Severity", "Never set", "No such field"])
    assert sorted(map(str, run.column("tasks", "custom_fields"))) == ["{'Severity': 'Low'}", "{}"]
    assert "planted" not in run.stdout + run.log


def test_custom_fields_setting_comes_from_the_environment(clickup: FakeClickUp) -> None:
    settings = {"TAP_CLICKUP_START_DATE": SINCE, "TAP_CLICKUP_CUSTOM_FIELDS": '["Severity"]'}
    process = run_command("--config=ENV", **environment(clickup), **settings)
    records = [json.loads(line) for line in process.stdout.splitlines()]
    tasks = [message["record"] for message in records if message["type"] == "RECORD"]
    values = [task["custom_fields"] for task in tasks if task.get("id") == "86task001"]
    assert process.returncode == 0
    assert values == [{"Severity": "Low"}]


def test_standard_fields_need_no_setting(run_tap: TapRunner, account: Account) -> None:
    """R109: status, priority, assignees, tags, due date and points are always read."""
    account.update_task("86task001", custom_fields=())
    rows = run_tap(start_date=SINCE).rows("tasks")
    (row,) = (row for row in rows if row["id"] == "86task001")
    standard = ("status", "priority", "assignee_ids", "tags", "due_date", "points")
    assert [row[name] for name in standard] == [
        "review",
        2,
        ["40000002", "40000004"],
        ["urgent"],
        "2026-03-04T04:53:20.006+00:00",
        0.5,
    ]


def test_disabled_run_makes_no_request_and_writes_nothing(run_tap: TapRunner) -> None:
    """R19: the saved state stays valid, because no new one is written."""
    state = run_tap(start_date=SINCE).state
    run = run_tap(enabled=False, state=state)
    assert run.stdout == ""
    assert run.error is None
    assert run_tap.clickup.requests == []
    assert "enabled is false: skipping the run" in run.log


def test_disabled_command_exits_0_without_output(clickup: FakeClickUp) -> None:
    """R19: switching the integration off is not an error."""
    process = run_command("--config=ENV", **environment(clickup), TAP_CLICKUP_ENABLED="false")
    assert process.returncode == 0
    assert process.stdout == ""
    assert clickup.requests == []
    assert "enabled is false" in process.stderr


def test_time_tracking_can_be_disabled(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R116: no request for time entries is made, and no note is logged."""
    behaviour.role = "member"
    start = now()
    track(account, start)
    run = run_tap(start_date=to_iso(start), time_tracking=False)
    assert run.rows("time_entries") == []
    assert run_tap.requests_to("/time_entries") == []
    streams = run.column("completed_reads", "stream")
    assert "tasks" in {message["stream"] for message in run.records("tasks")}
    assert "time_entries" not in streams
    assert run.error is None
    assert run.read_failures == []


def test_minimal_settings_use_only_free_api_v2_paths(run_tap: TapRunner) -> None:
    """R114, R116: with paid ClickApps disabled, only API v2 of the free plan is used."""
    run = run_tap(start_date=SINCE, time_tracking=False, sprints=False)
    paths = {request.path for request in run_tap.clickup.requests}
    assert {path.split("/")[1:3] == ["api", "v2"] for path in paths} == {True}
    words = ("time_entries", "time_in_status", "goal", "sprint")
    assert [path for path in paths for word in words if word in path] == []
    assert run.error is None
    assert run.rows("sync_runs")[0]["complete"] is True


def test_disabled_stream_keeps_its_bookmark(run_tap: TapRunner, account: Account) -> None:
    """Once enabled again, time entries are read from the saved bookmark."""
    start = now()
    entry = track(account, start)
    first = run_tap(start_date=to_iso(start))
    disabled = run_tap(state=first.state, time_tracking=False)
    third = run_tap(state=disabled.state)
    bookmarks = [run.state["bookmarks"]["time_entries"]["partitions"] for run in (first, disabled)]
    assert bookmarks[0] == bookmarks[1]
    assert list(time_tracking.entry_ids_by_slice(third).values()) == [[entry.id]]


UNKNOWN_FIELD = (
    "custom_fields: 'refrence' is on none of the {} tasks that were read; expected the name"
)


def unknown_field_notes(run: TapRun) -> list[str]:
    """Return the notes of a run about custom fields, each of which is also logged once."""
    notes = [note for note in run.rows("sync_runs")[0]["notes"] if "custom" in note]
    assert [run.log.count(note) for note in notes] == [1] * len(notes)
    return [note.partition(" or the id of a custom field")[0] for note in notes]


def test_unknown_custom_field_is_noted_by_first_load_and_sweep(
    run_tap: TapRunner,
) -> None:
    """A misspelled name is noted; an unset field exists, and a poll reads too few tasks to know."""
    selected: Row = {
        "start_date": SINCE,
        "custom_fields": ["refrence", "reference", "NEVER set", "f0-3"],
    }
    first = run_tap(**selected)
    poll = run_tap(**selected, state=first.state)
    sweep = run_tap(**selected, state=poll.state, sweep=True)
    assert len(poll.rows("tasks")) > 0
    assert unknown_field_notes(first) == [UNKNOWN_FIELD.format(2)]
    assert unknown_field_notes(poll) == []
    assert len(unknown_field_notes(sweep)) == 1
    assert {run.error for run in (first, poll, sweep)} == {None}


def test_sweep_counts_an_edited_task_once(run_tap: TapRunner) -> None:
    """The sweep reads that task twice, but there are only two tasks."""
    run = run_tap(start_date=SINCE, custom_fields=["refrence"], sweep=True)
    assert unknown_field_notes(run) == [UNKNOWN_FIELD.format(2)]


def test_unknown_custom_field_is_not_noted_without_tasks(run_tap: TapRunner) -> None:
    run = run_tap(start_date=to_iso(now() + MINUTE), custom_fields=["refrence"])
    assert run.rows("tasks") == []
    assert unknown_field_notes(run) == []


def test_disabled_connection_test_makes_no_request(
    clickup: FakeClickUp,
) -> None:
    settings = {**environment(clickup), "TAP_CLICKUP_ENABLED": "false"}
    process = run_command("--config=ENV", "--test", **settings)
    assert process.returncode == 0
    assert process.stdout == ""
    assert clickup.requests == []
    assert "enabled is false: skipping the run" in process.stderr
    assert "Traceback" not in process.stderr
