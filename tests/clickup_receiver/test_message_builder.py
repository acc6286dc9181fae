"""Events become the messages that the tap itself would write."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Fault
from tests.clickup_receiver.message_source import RECEIVED, MessageSourceHarness, pending_event
from tests.clickup_receiver.payloads import PRIVATE, history, status

if TYPE_CHECKING:
    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace


def test_a_status_change_is_emitted(source: MessageSourceHarness) -> None:
    """R70, R71, R72, R73, R74: transitions arrive with both statuses, timestamp and actor."""
    change = history("status", before=status("to do", "open"), after=status("done", "closed"))
    source.build(pending_event("taskStatusUpdated", change))
    (message,) = source.records("task_changes")
    assert message["record"] == {
        "workspace_id": source.workspace_id,
        "id": "2800787326392370170",
        "task_id": "86a1",
        "list_id": "162641062",
        "changed_at": "2022-01-21T03:34:33.330+00:00",
        "user_id": "183",
        "field": "status",
        "from_value": "to do",
        "from_status_type": "open",
        "to_value": "done",
        "to_status_type": "closed",
    }
    assert datetime.fromisoformat(message["time_extracted"]) == RECEIVED


@pytest.mark.parametrize(
    ("object_type", "streams"),
    [("task", ["tasks"]), ("list", ["lists", "sprints"]), ("folder", ["folders"]),
     ("space", ["spaces"])],
)  # fmt: skip
def test_a_deletion_is_emitted_if_the_object_cannot_be_read(
    source: MessageSourceHarness, object_type: str, streams: list[str]
) -> None:
    object_ids: dict[str, Any] = {"task_id": None, f"{object_type}_id": "deleted1"}
    paths = source.build(pending_event(f"{object_type}Deleted", **object_ids))
    assert paths[0] == f"/{object_type}/deleted1"
    assert paths[1:] in ([], ["/user"])  # whether the token is still accepted
    records = [message for message in source.messages if message["type"] == "RECORD"]
    assert [message["stream"] for message in records] == streams
    for stream in streams:
        assert source.rows(stream) == [
            {
                "workspace_id": source.workspace_id,
                "id": "deleted1",
                "_sdc_deleted_at": "2026-03-01T12:00:00.000+00:00",
            }
        ]


def test_a_deletion_of_an_object_that_exists_is_a_change(
    source: MessageSourceHarness, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """A delivery that was captured before the task was restored can be sent again."""
    task_id = next(iter(workspace.tasks))
    paths = source.build(
        pending_event("taskDeleted", task_id=task_id, event_id=1),
        pending_event("taskDeleted", task_id=task_id, event_id=2),
        pending_event("taskUpdated", task_id=task_id, event_id=3),
    )
    assert paths == [f"/task/{task_id}"] * 2
    (task,) = source.rows("tasks")
    assert task["id"] == task_id
    assert "_sdc_deleted_at" not in task
    assert f"task {task_id} was reported as deleted, but exists" in caplog.text


@pytest.mark.parametrize("object_type", ["list", "folder", "space"])
def test_a_deletion_of_a_container_that_exists_is_a_change(
    source: MessageSourceHarness, workspace: Workspace, object_type: str
) -> None:
    object_id = next(iter(getattr(workspace, f"{object_type}s")))
    object_ids: dict[str, Any] = {"task_id": None, f"{object_type}_id": object_id}
    source.build(pending_event(f"{object_type}Deleted", **object_ids))
    rows = source.rows(f"{object_type}s")
    assert object_id in {row["id"] for row in rows}
    assert not any("_sdc_deleted_at" in row for row in rows)


def test_a_list_that_can_be_read_as_deleted_is_deleted(
    source: MessageSourceHarness, clickup: FakeClickUp
) -> None:
    clickup.behaviour.faults.append(Fault(status=200, path="/list/", body={"deleted": True}))
    source.build(pending_event("listDeleted", task_id=None, list_id="9"))
    assert [row["id"] for row in source.rows("lists")] == ["9"]


def test_a_deleted_task_that_changed_before_is_read_once(source: MessageSourceHarness) -> None:
    paths = source.build(
        pending_event("taskUpdated", event_id=1), pending_event("taskDeleted", event_id=2)
    )
    assert paths == ["/task/86a1", "/user"]
    assert [row["id"] for row in source.rows("tasks")] == ["86a1"]


def test_an_unusable_response_leaves_a_deletion_undecided(
    source: MessageSourceHarness, clickup: FakeClickUp
) -> None:
    clickup.behaviour.faults.append(Fault(status=200, path="/task/", body="[]"))
    source.build(pending_event("taskDeleted", event_id=7))
    assert source.messages == []
    assert list(source.failed_events) == [7]


def test_schemas_contain_the_deletion_property(source: MessageSourceHarness) -> None:
    """The target would reject `_sdc_deleted_at` otherwise."""
    source.build(pending_event("taskDeleted"))
    assert [message["type"] for message in source.messages] == ["SCHEMA", "RECORD"]
    assert source.messages[0]["schema"]["properties"]["_sdc_deleted_at"] == {
        "type": ["string", "null"],
        "format": "date-time",
    }
    assert source.messages[0]["key_properties"] == ["workspace_id", "id"]


def test_no_free_text_is_emitted(source: MessageSourceHarness) -> None:
    """R89, R90, R91: no attachments, custom-field values or comments."""
    change = history("status", before=status("to do", "open"), after=status("done", "closed"))
    source.build(
        pending_event("taskStatusUpdated", change, history("comment", comment={"text": PRIVATE}))
    )
    assert PRIVATE not in json.dumps(source.messages)
    assert "@example.com" not in json.dumps(source.messages)
