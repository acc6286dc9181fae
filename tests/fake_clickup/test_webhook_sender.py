"""Edits are pushed to webhooks, which are suspended after failures as by ClickUp."""

from __future__ import annotations

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Behaviour
from fake_clickup.model import Tag
from fake_clickup.webhook_sender import WebhookSender
from tests.fake_clickup.client import NOW
from tests.support.shapes import recorded_deliveries, recorded_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import Account
    from fake_clickup.model import Workspace

ALL = ("*",)


class Endpoint:
    """Responds with the statuses in `statuses`, then 200; `received` has bodies and signatures."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[bytes, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((body, self.headers["X-Signature"]))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    thread = Thread(target=endpoint.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()
    thread.join()


@pytest.fixture
def sender(account: Account, endpoint: Endpoint) -> Iterator[WebhookSender]:
    account.clock = NOW.timestamp
    account.add_webhook(endpoint=endpoint.url, events=ALL)
    sender = WebhookSender(account)
    yield sender
    sender.close()


def take_pushed(sender: WebhookSender) -> list[dict[str, Any]]:
    deliveries = [json.loads(delivery.body) for delivery in sender.outbox]
    sender.outbox.clear()
    return deliveries


def take_event_names(sender: WebhookSender) -> list[str]:
    return [delivery["event"] for delivery in take_pushed(sender)]


def find_open_task(workspace: Workspace) -> str:
    """Return the id of a task that is open."""
    tasks = workspace.tasks.values()
    return next(task.id for task in tasks if workspace.status_of(task).type == "open")


def find_another_status(workspace: Workspace, task_id: str) -> str:
    """Return the name of another status of a task's list."""
    task = workspace.tasks[task_id]
    return next(
        status.name for status in workspace.statuses_of(task.list_id) if status.name != task.status
    )


def test_a_status_change_has_a_twin_with_the_same_history(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = find_open_task(workspace)
    before, after = workspace.tasks[task_id].status, find_another_status(workspace, task_id)
    account.update_task(task_id, status=after)
    special, twin = take_pushed(sender)
    assert (special["event"], twin["event"]) == ("taskStatusUpdated", "taskUpdated")
    assert special["history_items"] == twin["history_items"]
    (item,) = special["history_items"]
    assert (item["before"]["status"], item["after"]["status"]) == (before, after)
    assert item["date"] == str(workspace.tasks[task_id].updated_ms)


def test_each_edit_pushes_its_events(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = find_open_task(workspace)
    task = workspace.tasks[task_id]
    account.update_task(task_id, name="Renamed")
    assert take_event_names(sender) == ["taskUpdated"]
    new = account.create_task(task.list_id, name="New")
    assert take_event_names(sender) == ["taskCreated", "taskStatusUpdated"]
    account.delete_task(new.id)
    assert take_event_names(sender) == ["taskDeleted"]
    other = next(list_id for list_id in workspace.lists if list_id != task.list_id)
    account.move_task(task_id, other)
    assert take_event_names(sender) == ["taskMoved", "taskUpdated", "spaceUpdated"]
    account.rename(other, "Renamed")
    assert take_event_names(sender) == ["listUpdated"]
    account.add_comment(task_id, "text")
    assert take_event_names(sender) == []


def take_changes(sender: WebhookSender) -> list[tuple[str, str, Any, Any]]:
    """Return name, field, and values before and after of the events, without twins."""
    return [
        (delivery["event"], item["field"], item["before"], item["after"])
        for delivery in take_pushed(sender)
        for item in delivery["history_items"]
        if delivery["event"] != "taskUpdated"
    ]


def test_history_has_the_values_before_and_after(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task = account.create_task(
        workspace.tasks[find_open_task(workspace)].list_id,
        name="New",
        priority=2,
        due_ms=1_772_600_000_000,
        time_estimate_ms=5_400_000.4,
    )
    sender.outbox.clear()
    account.update_task(
        task.id,
        priority=None,
        due_ms=None,
        start_ms=1_772_500_000_000,
        time_estimate_ms=3_600_000,
    )
    high = {"color": "#f8ae00", "id": "2", "orderindex": "2", "priority": "high"}
    assert take_changes(sender) == [
        ("taskPriorityUpdated", "priority", high, None),
        ("taskDueDateUpdated", "due_date", "1772600000000", None),
        ("taskDueDateUpdated", "start_date", None, "1772500000000"),
        ("taskTimeEstimateUpdated", "time_estimate", "5400000", "3600000"),
    ]


def test_people_and_tags_are_added_and_removed_one_by_one(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    first, second, third = sorted(workspace.members)[:3]
    list_id = workspace.tasks[find_open_task(workspace)].list_id
    tags = [Tag(name, "#FF4081", first) for name in ("one", "two")]
    task = account.create_task(list_id, name="New", assignee_ids=(first,), tags=(tags[0],))
    sender.outbox.clear()
    account.update_task(task.id, assignee_ids=(second, third), tags=(tags[1],))
    changes = take_changes(sender)
    assert [
        (name, field, before and before["id"], after and after["id"])
        for name, field, before, after in changes[:3]
    ] == [
        ("taskAssigneeUpdated", "assignee_rem", first, None),
        ("taskAssigneeUpdated", "assignee_add", None, second),
        ("taskAssigneeUpdated", "assignee_add", None, third),
    ]
    one, two = (
        {"name": name, "tag_fg": "#FF4081", "tag_bg": "#FF4081", "creator": first}
        for name in ("one", "two")
    )
    assert changes[3:] == [
        ("taskTagUpdated", "tag", None, [two]),
        ("taskTagUpdated", "tag_removed", [one], None),
    ]


def test_a_move_names_both_lists_with_folder_and_space(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task = workspace.tasks[find_open_task(workspace)]
    other = next(list_id for list_id in workspace.lists if list_id != task.list_id)
    account.move_task(task.id, other)
    (before, after) = take_changes(sender)[0][2:]
    assert (before["id"], after["id"]) == (task.list_id, other)
    moved_to = workspace.lists[other]
    folder = workspace.folder_of(moved_to)
    space = workspace.spaces[moved_to.space_id]
    assert after == {
        "id": other,
        "name": moved_to.name,
        "category": {"id": folder.id, "name": folder.name, "hidden": folder.hidden},
        "project": {"id": space.id, "name": space.name},
    }


def test_events_of_tracked_time_describe_the_change(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    entry = next(entry for entry in workspace.time_entries.values() if entry.task_id)
    account.update_time_entry(entry.id, billable=True)
    account.delete_time_entry(entry.id)
    deliveries = [
        delivery
        for delivery in take_pushed(sender)
        if delivery["event"] == "taskTimeTrackedUpdated"
    ]
    assert [delivery["data"]["description"] for delivery in deliveries] == [
        "Time Tracking Edited",
        "Time Tracking Deleted",
    ]


def test_a_deleted_folder_has_events_of_its_lists_only(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    folder_id = next(
        folder.id
        for folder in workspace.folders.values()
        if any(task_list.folder_id == folder.id for task_list in workspace.lists.values())
    )
    lists = {
        task_list.id for task_list in workspace.lists.values() if task_list.folder_id == folder_id
    }
    account.delete(folder_id)
    deliveries = take_pushed(sender)
    assert {
        delivery["list_id"] for delivery in deliveries if delivery["event"] == "listDeleted"
    } == lists
    assert {delivery["event"] for delivery in deliveries} == {"listDeleted", "folderDeleted"}


def test_a_webhook_of_a_space_gets_events_of_that_space_only(
    account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    task = workspace.tasks[find_open_task(workspace)]
    space_id = workspace.lists[task.list_id].space_id
    other_space_id = next(
        candidate_id for candidate_id in workspace.spaces if candidate_id != space_id
    )
    webhook_ids = [
        account.add_webhook(endpoint=endpoint.url, events=("taskUpdated",), space_id=scope_id).id
        for scope_id in (space_id, other_space_id)
    ]
    sender = WebhookSender(account)
    account.update_task(task.id, name="Renamed")
    assert [delivery["webhook_id"] for delivery in take_pushed(sender)] == webhook_ids[:1]
    sender.close()


@pytest.mark.parametrize("hidden", ["list", "space"])
def test_what_is_hidden_from_the_creator_is_not_delivered(
    account: Account, workspace: Workspace, hidden: str
) -> None:
    account.add_webhook(endpoint="http://127.0.0.1:1/", events=ALL)
    task = workspace.tasks[find_open_task(workspace)]
    space_id = workspace.lists[task.list_id].space_id
    behaviour = Behaviour()
    sender = WebhookSender(account, behaviour=behaviour)
    account.update_task(task.id, name="Shown")
    if hidden == "list":
        behaviour.hidden_lists = {task.list_id}
    else:
        behaviour.hidden_spaces = {space_id}
    account.update_task(task.id, name="Hidden")
    account.rename(space_id, "Renamed")
    shown = {"list": ["taskUpdated", "spaceUpdated"], "space": ["taskUpdated"]}
    assert take_event_names(sender) == shown[hidden]
    sender.close()


def test_a_delivery_is_signed_and_retried_until_it_arrives(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(find_open_task(workspace), name="Renamed")
    endpoint.statuses = [500, 503, 302, 403]
    (delivery,) = sender.outbox
    assert sender.send(delivery)
    assert sender.statuses == [500, 503, 302, 403, 200]
    (webhook,) = workspace.webhooks.values()
    signature = hmac.new(webhook.secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    assert endpoint.received == [(delivery.body, signature)] * 5
    assert (webhook.health, webhook.fail_count) == ("active", 0)


def test_failed_deliveries_are_counted_until_one_arrives(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(find_open_task(workspace), name="Renamed")
    (delivery,) = sender.outbox
    endpoint.statuses = [500] * 10
    assert [sender.send(delivery), sender.send(delivery)] == [False, False]
    (webhook,) = workspace.webhooks.values()
    assert (webhook.health, webhook.fail_count) == ("failing", 2)
    assert sender.send(delivery)
    (webhook,) = workspace.webhooks.values()
    assert (webhook.health, webhook.fail_count) == ("active", 0)


@pytest.mark.parametrize("status", [401, 410])
def test_a_webhook_is_suspended_at_once_on_401_and_410(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint, status: int
) -> None:
    account.update_task(find_open_task(workspace), name="Renamed")
    (delivery,) = sender.outbox
    endpoint.statuses = [status]
    assert not sender.send(delivery)
    assert not sender.send(delivery)
    assert [webhook.health for webhook in workspace.webhooks.values()] == ["suspended"]
    assert sender.statuses == [status]


def test_a_webhook_is_suspended_after_100_failures(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(find_open_task(workspace), name="Renamed")
    (delivery,) = sender.outbox
    (webhook_id,) = workspace.webhooks
    account.update_webhook(webhook_id, health="failing", fail_count=98)
    endpoint.statuses = [500] * 10
    sender.send(delivery)
    assert workspace.webhooks[webhook_id].health == "failing"
    sender.send(delivery)
    assert workspace.webhooks[webhook_id].health == "suspended"


def test_a_pushed_status_change_is_shaped_as_recorded(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = find_open_task(workspace)
    account.update_task(task_id, status=find_another_status(workspace, task_id))
    ours = take_pushed(sender)[0]
    recorded = [
        recorded_shape(place)
        for place in recorded_deliveries()
        if place.startswith("webhook-taskStatusUpdated/")
    ]
    recorded_keys = {key for delivery in recorded for key in delivery} | {"team_id"}
    assert ours.keys() <= recorded_keys
    recorded_items = [delivery["history_items"][0] for delivery in recorded]
    (item,) = ours["history_items"]
    for key in ("before", "after"):
        assert any(item[key].keys() == set(recorded_item[key]) for recorded_item in recorded_items)
    assert item.keys() <= {key for recorded_item in recorded_items for key in recorded_item}
