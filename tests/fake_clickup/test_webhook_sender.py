"""Edits are pushed to webhooks, which are suspended after failures as by ClickUp."""

from __future__ import annotations

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

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
    made = Endpoint()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def sender(account: Account, endpoint: Endpoint) -> Iterator[WebhookSender]:
    account.clock = NOW.timestamp
    account.add_webhook(endpoint=endpoint.url, events=ALL)
    made = WebhookSender(account)
    yield made
    made.close()


def pushed(sender: WebhookSender) -> list[dict[str, Any]]:
    found = [json.loads(parcel.body) for parcel in sender.outbox]
    sender.outbox.clear()
    return found


def names(sender: WebhookSender) -> list[str]:
    return [one["event"] for one in pushed(sender)]


def open_task(workspace: Workspace) -> str:
    """Return the id of a task that is open."""
    tasks = workspace.tasks.values()
    return next(one.id for one in tasks if workspace.status_of(one).type == "open")


def later(workspace: Workspace, task_id: str) -> str:
    """Return the name of another status of a task's list."""
    task = workspace.tasks[task_id]
    return next(s.name for s in workspace.statuses_of(task.list_id) if s.name != task.status)


def test_a_status_change_has_a_twin_with_the_same_history(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = open_task(workspace)
    before, after = workspace.tasks[task_id].status, later(workspace, task_id)
    account.update_task(task_id, status=after)
    special, twin = pushed(sender)
    assert (special["event"], twin["event"]) == ("taskStatusUpdated", "taskUpdated")
    assert special["history_items"] == twin["history_items"]
    (item,) = special["history_items"]
    assert (item["before"]["status"], item["after"]["status"]) == (before, after)
    assert item["date"] == str(workspace.tasks[task_id].updated_ms)


def test_each_edit_pushes_its_events(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = open_task(workspace)
    task = workspace.tasks[task_id]
    account.update_task(task_id, name="Renamed")
    assert names(sender) == ["taskUpdated"]
    new = account.create_task(task.list_id, name="New")
    assert names(sender) == ["taskCreated", "taskStatusUpdated"]
    account.delete_task(new.id)
    assert names(sender) == ["taskDeleted"]
    other = next(one for one in workspace.lists if one != task.list_id)
    account.move_task(task_id, other)
    assert names(sender) == ["taskMoved", "taskUpdated", "spaceUpdated"]
    account.rename(other, "Renamed")
    assert names(sender) == ["listUpdated"]
    account.add_comment(task_id, "text")
    assert names(sender) == []


def test_events_of_tracked_time_describe_the_change(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    entry = next(one for one in workspace.time_entries.values() if one.task_id)
    account.update_time_entry(entry.id, billable=True)
    account.delete_time_entry(entry.id)
    found = [one for one in pushed(sender) if one["event"] == "taskTimeTrackedUpdated"]
    assert [one["data"]["description"] for one in found] == [
        "Time Tracking Edited",
        "Time Tracking Deleted",
    ]


def test_a_deleted_folder_has_events_of_its_lists_only(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    folder_id = next(
        one.id
        for one in workspace.folders.values()
        if any(each.folder_id == one.id for each in workspace.lists.values())
    )
    lists = {one.id for one in workspace.lists.values() if one.folder_id == folder_id}
    account.delete(folder_id)
    found = pushed(sender)
    assert {one["list_id"] for one in found if one["event"] == "listDeleted"} == lists
    assert {one["event"] for one in found} == {"listDeleted", "folderDeleted"}


def test_a_webhook_of_a_space_gets_events_of_that_space_only(
    account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    task = workspace.tasks[open_task(workspace)]
    here = workspace.lists[task.list_id].space_id
    there = next(one for one in workspace.spaces if one != here)
    made = [
        account.add_webhook(endpoint=endpoint.url, events=("taskUpdated",), space_id=one).id
        for one in (here, there)
    ]
    sender = WebhookSender(account)
    account.update_task(task.id, name="Renamed")
    assert [one["webhook_id"] for one in pushed(sender)] == made[:1]
    sender.close()


def test_a_delivery_is_signed_and_retried_until_it_arrives(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(open_task(workspace), name="Renamed")
    endpoint.statuses = [500, 503, 302, 403]
    (parcel,) = sender.outbox
    assert sender.send(parcel)
    assert sender.statuses == [500, 503, 302, 403, 200]
    (webhook,) = workspace.webhooks.values()
    signature = hmac.new(webhook.secret.encode(), parcel.body, hashlib.sha256).hexdigest()
    assert endpoint.received == [(parcel.body, signature)] * 5
    assert (webhook.health, webhook.fail_count) == ("active", 0)


def test_failed_deliveries_are_counted_until_one_arrives(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(open_task(workspace), name="Renamed")
    (parcel,) = sender.outbox
    endpoint.statuses = [500] * 10
    assert [sender.send(parcel), sender.send(parcel)] == [False, False]
    (webhook,) = workspace.webhooks.values()
    assert (webhook.health, webhook.fail_count) == ("failing", 2)
    assert sender.send(parcel)
    (webhook,) = workspace.webhooks.values()
    assert (webhook.health, webhook.fail_count) == ("active", 0)


@pytest.mark.parametrize("status", [401, 410])
def test_a_webhook_is_suspended_at_once_on_401_and_410(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint, status: int
) -> None:
    account.update_task(open_task(workspace), name="Renamed")
    (parcel,) = sender.outbox
    endpoint.statuses = [status]
    assert not sender.send(parcel)
    assert not sender.send(parcel)
    assert [one.health for one in workspace.webhooks.values()] == ["suspended"]
    assert sender.statuses == [status]


def test_a_webhook_is_suspended_after_100_failures(
    sender: WebhookSender, account: Account, workspace: Workspace, endpoint: Endpoint
) -> None:
    account.update_task(open_task(workspace), name="Renamed")
    (parcel,) = sender.outbox
    (webhook_id,) = workspace.webhooks
    account.update_webhook(webhook_id, health="failing", fail_count=98)
    endpoint.statuses = [500] * 10
    sender.send(parcel)
    assert workspace.webhooks[webhook_id].health == "failing"
    sender.send(parcel)
    assert workspace.webhooks[webhook_id].health == "suspended"


def test_a_pushed_status_change_is_shaped_as_recorded(
    sender: WebhookSender, account: Account, workspace: Workspace
) -> None:
    task_id = open_task(workspace)
    account.update_task(task_id, status=later(workspace, task_id))
    ours = pushed(sender)[0]
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
