"""The catalog: discovery, deselected streams and fields, and additional streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk import StreamSchema

from tap_clickup.streams import base
from tap_clickup.tap import TapClickUp
from tests.tap_clickup.cli_output import STREAMS, error_lines
from tests.tap_clickup.runner import ALL_TIME, run_command

if TYPE_CHECKING:
    import pytest

    from tap_clickup.workspace import Workspace
    from tests.tap_clickup.runner import TapRunner


def test_discovery_needs_no_token_and_no_request() -> None:
    process = run_command("--discover")
    assert process.returncode == 0
    assert error_lines(process) == ["invalid settings: api_token: missing"]
    entries = json.loads(process.stdout)["streams"]
    assert [entry["tap_stream_id"] for entry in entries] == STREAMS
    keys = {entry["tap_stream_id"]: entry["key_properties"] for entry in entries}
    assert keys == {
        "workspaces": ["id"],
        "webhooks": ["workspace_id", "id"],
        "task_types": ["workspace_id", "id"],
        "groups": ["workspace_id", "id"],
        "tasks": ["workspace_id", "id"],
        "time_in_status": ["workspace_id", "task_id", "status"],
        "time_entries": ["workspace_id", "id"],
        "spaces": ["workspace_id", "id"],
        "folders": ["workspace_id", "id"],
        "lists": ["workspace_id", "id"],
        "statuses": ["workspace_id", "scope_type", "scope_id", "status"],
        "sprints": ["workspace_id", "id"],
        "task_changes": ["workspace_id", "id"],
        "users": ["workspace_id", "id"],
        "completed_reads": ["workspace_id", "stream", "scope"],
        "sync_runs": ["workspace_id", "source", "started_at"],
    }
    incremental = [entry for entry in entries if entry["replication_method"] == "INCREMENTAL"]
    assert {entry["tap_stream_id"]: entry["replication_key"] for entry in incremental} == {
        "tasks": "date_updated",
        "time_entries": "date_updated",
    }


def test_deselected_streams_and_fields_are_omitted(run_tap: TapRunner) -> None:
    catalog = json.loads(run_command("--discover").stdout)
    for entry in catalog["streams"]:
        is_selected_stream = entry["stream"] in {"tasks", "users"}
        for metadata in entry["metadata"]:
            is_other_field = metadata["breadcrumb"] != ["properties", "name"]
            metadata["metadata"]["selected"] = is_selected_stream and is_other_field
    run = run_tap(catalog=catalog, start_date=ALL_TIME)
    streams = {message["stream"] for message in run.messages if message["type"] == "RECORD"}
    assert streams == {"tasks", "users"}
    assert {"name" in row for row in run.rows("tasks")} == {False}
    assert run.error is None


def test_deselected_fields_are_missing_from_no_other_stream(run_tap: TapRunner) -> None:
    """Sprints are made of lists, walks depend on webhooks, and the run counts the tasks of lists.

    Keys are written nevertheless.
    """
    run_tap.clickup.account.add_webhook(endpoint="https://1.example.com/", events=["taskUpdated"])
    catalog = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if entry["tap_stream_id"] in {"webhooks", "spaces", "folders", "lists"}:
                metadata["metadata"]["selected"] = not metadata["breadcrumb"]
    complete = run_tap(start_date=ALL_TIME)
    run = run_tap(catalog=catalog, start_date=ALL_TIME)
    assert run.error is None
    assert {*run.rows("lists")[0]} == {"workspace_id", "id"}
    for stream in ("statuses", "sprints", "users"):
        assert run.rows(stream) == complete.rows(stream) != []
    counts = [row["approximate_task_count"] for row in run.rows("sync_runs")]
    assert counts == [row["approximate_task_count"] for row in complete.rows("sync_runs")]
    assert None not in counts


def test_stream_is_added_by_a_class_and_a_list_entry(
    run_tap: TapRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Archives(base.ClickUpStream):
        """The spaces again, under another name."""

        name = "archives"
        primary_keys = ("workspace_id", "id")
        schema = StreamSchema(base.SCHEMAS, key="spaces")

        def read(self, workspace: Workspace) -> Any:
            yield from workspace.hierarchy.spaces

    monkeypatch.setattr(TapClickUp, "stream_types", (*TapClickUp.stream_types, Archives))
    run = run_tap()
    assert run.rows("archives") == run.rows("spaces") != []
