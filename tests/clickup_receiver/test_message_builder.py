"""What webhooks source becomes the messages that the tap itself would write."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.clickup_receiver.message_source import RECEIVED, MessageSourceHarness, pending_event
from tests.clickup_receiver.payloads import PRIVATE, history, status

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


def test_a_change_of_status_is_told_with_who_when_from_and_to(source: MessageSourceHarness) -> None:
    """R70 to R74."""
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
    ("kind", "streams"),
    [("task", ["tasks"]), ("list", ["lists", "sprints"]), ("folder", ["folders"]),
     ("space", ["spaces"])],
)  # fmt: skip
def test_a_deletion_is_a_tombstone_and_asks_for_nothing(
    source: MessageSourceHarness, kind: str, streams: list[str]
) -> None:
    gone: dict[str, Any] = {"task_id": None, f"{kind}_id": "gone1"}
    asked = source.build(pending_event(f"{kind}Deleted", **gone))
    assert asked == []
    assert [m["stream"] for m in source.messages if m["type"] == "RECORD"] == streams
    for stream in streams:
        assert source.rows(stream) == [
            {
                "workspace_id": source.workspace_id,
                "id": "gone1",
                "_sdc_deleted_at": "2026-03-01T12:00:00.000+00:00",
            }
        ]


def test_the_latest_of_two_deletions_counts_and_a_change_beside_it_is_read(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    task_id = next(iter(workspace.tasks))
    gone = [pending_event("taskDeleted", task_id=task_id, event_id=n) for n in (1, 2)]
    assert source.build(*gone, pending_event("taskUpdated", task_id=task_id, event_id=3)) == [
        f"/task/{task_id}"
    ]
    first, second = source.rows("tasks")
    assert (first["_sdc_deleted_at"], second["id"]) == ("2026-03-01T12:00:00.000+00:00", task_id)


def test_every_schema_with_a_tombstone_allows_for_it(source: MessageSourceHarness) -> None:
    source.build(pending_event("taskDeleted"))
    assert [message["type"] for message in source.messages] == ["SCHEMA", "RECORD"]
    assert source.messages[0]["schema"]["properties"]["_sdc_deleted_at"] == {
        "type": ["string", "null"],
        "format": "date-time",
    }
    assert source.messages[0]["key_properties"] == ["workspace_id", "id"]


def test_no_text_of_people_is_told(source: MessageSourceHarness) -> None:
    """R89 to R91."""
    change = history("status", before=status("to do", "open"), after=status("done", "closed"))
    source.build(
        pending_event("taskStatusUpdated", change, history("comment", comment={"text": PRIVATE}))
    )
    assert PRIVATE not in json.dumps(source.messages)
    assert "@example.com" not in json.dumps(source.messages)
