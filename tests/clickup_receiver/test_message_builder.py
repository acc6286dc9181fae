"""Events become the messages that the tap itself would write."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.clickup_receiver.message_source import RECEIVED, MessageSourceHarness, pending_event
from tests.clickup_receiver.payloads import PRIVATE, history, status

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


def test_a_status_change_is_emitted(source: MessageSourceHarness) -> None:
    """R70-R74: status transitions arrive by webhook with both statuses, timestamp and actor."""
    change = history("status", before=status("to do", "open"), after=status("done", "closed"))
    source.build(pending_event("taskStatusUpdated", change))
    (message,) = source.records("status_changes")
    assert message["record"] == {
        "workspace_id": source.workspace_id,
        "id": "2800787326392370170",
        "task_id": "86a1",
        "list_id": "162641062",
        "changed_at": "2022-01-21T03:34:33.330+00:00",
        "user_id": "183",
        "from_status": "to do",
        "from_status_type": "open",
        "to_status": "done",
        "to_status_type": "closed",
    }
    assert datetime.fromisoformat(message["time_extracted"]) == RECEIVED


@pytest.mark.parametrize(
    ("object_type", "streams"),
    [("task", ["tasks"]), ("list", ["lists", "sprints"]), ("folder", ["folders"]),
     ("space", ["spaces"])],
)  # fmt: skip
def test_a_deletion_is_emitted_without_a_request(
    source: MessageSourceHarness, object_type: str, streams: list[str]
) -> None:
    object_ids: dict[str, Any] = {"task_id": None, f"{object_type}_id": "deleted1"}
    paths = source.build(pending_event(f"{object_type}Deleted", **object_ids))
    assert paths == []
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


def test_a_task_that_is_deleted_and_changed_is_read(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    task_id = next(iter(workspace.tasks))
    paths = source.build(
        pending_event("taskDeleted", task_id=task_id, event_id=1),
        pending_event("taskDeleted", task_id=task_id, event_id=2),
        pending_event("taskUpdated", task_id=task_id, event_id=3),
    )
    assert paths == [f"/task/{task_id}"]
    deletion, current = source.rows("tasks")
    assert deletion["_sdc_deleted_at"] == "2026-03-01T12:00:00.000+00:00"
    assert current["id"] == task_id


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
    """R89-R91: no attachments, custom-field values or comments."""
    change = history("status", before=status("to do", "open"), after=status("done", "closed"))
    source.build(
        pending_event("taskStatusUpdated", change, history("comment", comment={"text": PRIVATE}))
    )
    assert PRIVATE not in json.dumps(source.messages)
    assert "@example.com" not in json.dumps(source.messages)
