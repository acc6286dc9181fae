"""The running command: from a delivery to a row, stopped, killed, on a full disk."""

from __future__ import annotations

import re
import resource
import sqlite3
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests

from fake_clickup import Fault
from tests.clickup_receiver.payloads import PRIVATE, history, status
from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace


@pytest.fixture
def receiver(clickup: FakeClickUp, database: str, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(clickup, database, tmp_path) as running:
        yield running


@pytest.fixture
def receiver_without_target(
    clickup: FakeClickUp, database: str, tmp_path: Path
) -> Iterator[ReceiverProcess]:
    """Yield a receiver whose target fails."""
    with ReceiverProcess(clickup, database, tmp_path, {"target-command": "false"}) as running:
        yield running


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def change(number: int) -> dict[str, Any]:
    """Return a change of status with an id of its own."""
    before, after = status("to do", "open"), status("done", "closed")
    return history("status", number=str(number), before=before, after=after)


def changes(database: str) -> set[str]:
    return {row[0] for row in rows(database, "SELECT id FROM pandev.status_changes")}


def test_a_delivery_becomes_rows(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, database: str
) -> None:
    """R36, R56, R70."""
    task_id = next(iter(workspace.tasks))
    account.update_task(task_id, name="Renamed", at=datetime.now(UTC))
    assert receiver.post("taskStatusUpdated", change(7), task_id=task_id) == 200
    wait_until(lambda: changes(database))
    assert rows(database, "SELECT task_id, to_status FROM pandev.status_changes") == [
        (task_id, "done")
    ]
    assert rows(database, "SELECT id, name FROM pandev.tasks") == [(task_id, "Renamed")]


def test_it_registers_its_webhook_and_keeps_the_secret_to_itself(
    receiver: ReceiverProcess, workspace: Workspace
) -> None:
    """R33."""
    webhook = workspace.webhooks[receiver.webhook_id]
    assert webhook.endpoint == ENDPOINT
    for name in ("webhooks.json", "inbox.sqlite"):
        assert stat.S_IMODE((receiver.folder / "data" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((receiver.folder / "data").stat().st_mode) == 0o700


def test_a_stop_feeds_or_keeps_all_that_was_answered(
    receiver: ReceiverProcess, database: str
) -> None:
    answered = {str(n) for n in range(40) if receiver.post("taskStatusUpdated", change(n)) == 200}
    assert receiver.stop() == 0
    with ReceiverProcess(receiver.clickup, database, receiver.folder):
        wait_until(lambda: len(changes(database)) == 40)
    assert changes(database) == answered
    assert "stopped; " in receiver.log


def test_what_was_answered_outlives_a_kill(receiver: ReceiverProcess, database: str) -> None:
    answered = set[str]()
    for start in range(3):
        for number in range(start * 30, start * 30 + 30):
            if receiver.post("taskStatusUpdated", change(number)) == 200:
                answered.add(str(number))
        receiver.kill()
        receiver.start()
    wait_until(lambda: len(changes(database)) == 90)
    assert changes(database) == answered


def test_events_wait_while_the_store_is_away(
    receiver_without_target: ReceiverProcess, database: str
) -> None:
    """Each delivery is answered all the same."""
    receiver = receiver_without_target
    assert [receiver.post("taskStatusUpdated", change(n)) for n in range(5)] == [200] * 5
    wait_until(lambda: "target_command false: exit code 1" in receiver.log)
    assert receiver.stop() == 0
    with ReceiverProcess(receiver.clickup, database, receiver.folder):
        wait_until(lambda: len(changes(database)) == 5)


def test_a_full_disk_is_answered_503_and_heals(receiver_without_target: ReceiverProcess) -> None:
    receiver = receiver_without_target
    assert receiver.post("taskStatusUpdated", change(1)) == 200
    assert receiver.process
    _, hard = resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (1_000, hard))
    assert receiver.post("taskStatusUpdated", change(2)) == 503
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert receiver.post("taskStatusUpdated", change(2)) == 200


def test_a_suspended_webhook_is_noticed_reactivated_and_made_up_for(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, tmp_path: Path
) -> None:
    """R98."""
    webhook_id = receiver.webhook_id
    receiver.stop()
    account.update_webhook(webhook_id, health="suspended", fail_count=100)
    receiver.options["poll-command"] = f"touch {tmp_path / 'polled'}"
    receiver.start()
    wait_until(lambda: workspace.webhooks[webhook_id].health == "active")
    wait_until((tmp_path / "polled").exists)
    told = f"webhook {webhook_id} of workspace {workspace.id} was suspended after 100 deliveries"
    wait_until(lambda: told in receiver.log)
    assert f"`curl -I {ENDPOINT}` answers" in receiver.log
    assert receiver.post("taskDeleted", task_id="86gone") == 200


def test_a_row_that_nobody_can_read_ends_nothing(receiver: ReceiverProcess, database: str) -> None:
    """It may come from another version; what is sent meanwhile is answered and kept."""
    receiver.post("taskStatusUpdated", change(1))
    wait_until(lambda: changes(database) == {"1"})
    inbox = receiver.folder / "data" / "inbox.sqlite"
    with sqlite3.connect(inbox) as connection:
        connection.execute(
            "INSERT INTO deliveries (key, webhook_id, received_at, is_hint, event) "
            "VALUES ('k', 'w', '2026-03-01T12:00:00+00:00', 0, x'7b7d')"
        )
    connection.close()
    wait_until(lambda: "events are not fed: unexpected ValidationError" in receiver.log)
    assert receiver.post("taskStatusUpdated", change(2)) == 200
    receiver.stop()
    with sqlite3.connect(inbox) as connection:
        connection.execute("DELETE FROM deliveries WHERE key = 'k'")
    connection.close()
    receiver.start()
    wait_until(lambda: changes(database) == {"1", "2"})


def test_one_folder_has_one_receiver(receiver: ReceiverProcess) -> None:
    second = receiver.call("serve")
    assert second.returncode == 1
    assert "another clickup-receiver is running on it; stop that one" in second.stderr
    assert "Traceback" not in second.stderr


def test_dead_letters_are_listed_and_replayed(
    receiver: ReceiverProcess, clickup: FakeClickUp, workspace: Workspace, database: str
) -> None:
    """Without a word of what was in them."""
    task_id = next(iter(workspace.tasks))
    clickup.behaviour.faults.append(
        Fault(status=200, body={"name": PRIVATE}, path=f"/task/{task_id}")
    )
    receiver.post("taskUpdated", history("name"), task_id=task_id)
    wait_until(lambda: "is a dead letter" in receiver.log)
    listed = receiver.call("dead-letters")
    assert re.fullmatch(
        rf"1  \S+  taskUpdated of task {task_id}: ClickUp sent an object of a shape that is not "
        r"known \(KeyError\)\n",
        listed.stdout,
    )
    assert receiver.call("replay").stdout == "1 events wait again\n"
    wait_until(lambda: rows(database, "SELECT id FROM pandev.tasks"))
    assert receiver.call("dead-letters").stderr == "none\n"


def test_metrics_are_on_an_address_of_their_own(receiver: ReceiverProcess) -> None:
    receiver.post("taskDeleted", task_id="86gone")
    public = receiver.url.replace("/v1/clickup/webhook", "/metrics")
    assert requests.get(public, timeout=9).status_code == 404
    found = requests.get(receiver.metrics_url, timeout=9).text
    assert 'webhook_received_total{event="taskDeleted"} 1.0' in found
    assert "webhook_inbox_depth " in found
    assert "webhook_inbox_oldest_seconds " in found
    assert f'webhook_clickup_fail_count{{webhook="{receiver.webhook_id}"}} 0.0' in found


def test_a_new_token_takes_effect_without_a_restart(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, database: str
) -> None:
    """R129, R130."""
    first, second = list(workspace.tasks)[:2]
    receiver.post("taskUpdated", history("name"), task_id=first)
    wait_until(lambda: rows(database, "SELECT id FROM pandev.tasks"))
    account.token = "pk_40000001_ANOTHERONE00"  # noqa: S105 - made up
    receiver.post("taskUpdated", history("name", number="2"), task_id=second)
    wait_until(lambda: "401 Unauthorized" in receiver.log)
    receiver.settings["TAP_CLICKUP_API_TOKEN"] = account.token
    receiver.write_settings()
    wait_until(lambda: len(rows(database, "SELECT id FROM pandev.tasks")) == 2)


def test_neither_secrets_nor_texts_are_logged(
    receiver: ReceiverProcess, workspace: Workspace
) -> None:
    """R89 to R91."""
    receiver.post("taskUpdated", history("comment", comment={"text": PRIVATE}), task_id="86gone")
    receiver.post("taskDeleted", history("name"), task_id="86gone", extra=PRIVATE)
    secret = workspace.webhooks[receiver.webhook_id].secret
    wait_until(lambda: "cannot be read" in receiver.log)
    receiver.stop()
    for private in (PRIVATE, secret, receiver.clickup.token, "user1@example.com"):
        assert private not in receiver.log
        for kept in (receiver.folder / "data").glob("inbox*"):
            assert private.encode() not in kept.read_bytes()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (({"webhook-url": "http://receiver.example.com/"}, {}), "webhook_url: expected the https"),
        (({"target-command": ""}, {}), "target_command: expected a command"),
        (({"poll-command": "'"}, {}), "poll_command: No closing quotation"),
        (({"host": "203.0.113.9"}, {}), "host 203.0.113.9, port 0: Cannot assign requested"),
        (({}, {"TAP_CLICKUP_API_TOKEN": "slip"}), "api_token: expected a personal API token"),
        (({}, {"TAP_CLICKUP_SPRINT_FOLDER_PATTERN": "("}), "sprint_folder_pattern: "),
    ],
)
def test_a_setting_that_cannot_work_stops_it_with_one_line(
    clickup: FakeClickUp,
    database: str,
    tmp_path: Path,
    given: tuple[dict[str, str], dict[str, str]],
    complaint: str,
) -> None:
    ended = ReceiverProcess(clickup, database, tmp_path, *given).call()
    assert ended.returncode == 1
    assert f"clickup-receiver: {complaint}" in ended.stderr.splitlines()[-1]
