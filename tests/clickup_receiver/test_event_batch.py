"""Many events become few reads: each object once, in one batch per workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from clickup_receiver.feed.event_batch import group_events
from clickup_receiver.webhooks.secret_store import WebhookSecrets
from tests.clickup_receiver.message_source import RECEIVED, pending_event
from tests.clickup_receiver.payloads import OTHER_ID, WEBHOOK_ID, history

OURS = {WEBHOOK_ID: WebhookSecrets("9001", ("SECRET",))}
EARLY = "1772366400000"
LATE = "1772370000000"


def test_an_object_is_read_once_with_its_latest_change() -> None:
    """In whatever order the events arrive."""
    late = pending_event("taskUpdated", history("name", date=LATE), event_id=1)
    early = pending_event("taskUpdated", history("name", date=EARLY), event_id=2)
    for events in ([late, early], [early, late]):
        (batch,) = group_events(events, OURS)
        assert batch.changed == {("task", "86a1"): "2026-03-01T13:00:00.000+00:00"}
        assert sorted(batch.inbox_ids["task", "86a1"]) == [1, 2]


def test_the_latest_of_several_deletions_counts() -> None:
    """In whatever order the events arrive."""
    first = pending_event("taskDeleted", event_id=1)
    second = replace(first, id=2, received_at=RECEIVED + timedelta(hours=1))
    for events in ([first, second], [second, first]):
        (batch,) = group_events(events, OURS)
        assert batch.deleted == {("task", "86a1"): second.received_at}
        assert batch.changed == {}


def test_an_event_without_a_timestamp_counts_from_arrival() -> None:
    (batch,) = group_events([pending_event("folderUpdated", folder_id="12")], OURS)
    assert batch.changed == {("folder", "12"): ""}
    assert batch.untimed == {("folder", "12"): RECEIVED}
    assert batch.changed_objects("folder") == {"12": ""}
    assert batch.changed_objects("task") == {}


def test_the_latest_event_without_a_timestamp_counts() -> None:
    """What was read before it does not show its change."""
    first = pending_event("taskUpdated", event_id=1)
    second = replace(first, id=2, received_at=RECEIVED + timedelta(hours=1))
    for events in ([first, second], [second, first]):
        (batch,) = group_events(events, OURS)
        assert batch.untimed == {("task", "86a1"): second.received_at}


def test_time_changes_are_grouped_by_task_with_their_starts() -> None:
    items = [history("time_spent", after={"start": start}) for start in (EARLY, LATE)]
    events = [pending_event("taskTimeTrackedUpdated", item) for item in items]
    (batch,) = group_events([*events, pending_event("taskUpdated", history("time_spent"))], OURS)
    assert batch.tasks_with_time_changes == {
        "86a1": {"2026-03-01T12:00:00.000+00:00", "2026-03-01T13:00:00.000+00:00"}
    }


def test_each_workspace_gets_a_batch() -> None:
    """Events of unknown webhooks are ignored."""
    events = [pending_event("taskDeleted"), pending_event("taskDeleted", webhook_id=OTHER_ID)]
    both = group_events(events, {**OURS, OTHER_ID: WebhookSecrets("9002", ("SECRET",), "7")})
    assert [batch.workspace_id for batch in both] == ["9001", "9002"]
    assert [batch.space_ids for batch in both] == [set(), {"7"}]
    assert [batch.workspace_id for batch in group_events(events, OURS)] == ["9001"]
