"""The command as a process: from a delivery to a row, stopped, killed, and on a full disk."""

from __future__ import annotations

import re
import resource
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
import requests

from fake_clickup import Fault
from tests.clickup_receiver.payloads import PRIVATE, history, status
from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess
from tests.clickup_receiver.registrar_harness import audit_entries
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace

TASK_IDS = "SELECT id FROM pandev.tasks"


@pytest.fixture
def receiver(clickup: FakeClickUp, database: str, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(clickup, database, tmp_path) as receiver:
        yield receiver


@pytest.fixture
def receiver_without_target(
    clickup: FakeClickUp, database: str, tmp_path: Path
) -> Iterator[ReceiverProcess]:
    """Yield a receiver whose target fails."""
    options = {"target-command": "false"}
    with ReceiverProcess(clickup, database, tmp_path, options) as receiver:
        yield receiver


def fetch_rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def loaded_changes(database: str) -> set[str]:
    """Return the ids of the loaded status changes."""
    return {row[0] for row in fetch_rows(database, "SELECT id FROM pandev.task_changes")}


def status_change(number: int) -> dict[str, Any]:
    """Return a status change with this id."""
    before = status("to do", "open")
    after = status("done", "closed")
    return history("status", number=str(number), before=before, after=after)


def pending_count(receiver: ReceiverProcess) -> int:
    inbox = f"file:{receiver.folder / 'data' / 'inbox.sqlite'}?mode=ro"
    with closing(sqlite3.connect(inbox, uri=True)) as connection:
        query = "SELECT count(*) FROM deliveries WHERE event IS NOT NULL"
        count: int = connection.execute(query).fetchone()[0]
        return count


def test_a_delivery_is_loaded(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, database: str
) -> None:
    """R36, R56, R70, D4: HTTP 200, then the status transition and the task's fields are loaded."""
    task_id = next(iter(workspace.tasks))
    account.update_task(task_id, name="Renamed", at=datetime.now(UTC))
    assert receiver.post("taskStatusUpdated", status_change(7), task_id=task_id) == 200
    tasks = "SELECT id, name FROM pandev.tasks"
    wait_until(lambda: fetch_rows(database, tasks) == [(task_id, "Renamed")])
    changes = "SELECT task_id, to_value FROM pandev.task_changes"
    wait_until(lambda: fetch_rows(database, changes) == [(task_id, "done")])


def test_the_webhook_is_registered_and_its_secret_private(
    receiver: ReceiverProcess, workspace: Workspace
) -> None:
    """R33: registered automatically. Only the owner can read the receiver's files."""
    webhook = workspace.webhooks[receiver.webhook_id]
    assert webhook.endpoint == ENDPOINT
    for name in ("webhooks.json", "inbox.sqlite"):
        assert stat.S_IMODE((receiver.folder / "data" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((receiver.folder / "data").stat().st_mode) == 0o700


def test_no_acknowledged_delivery_is_lost_by_a_stop(
    receiver: ReceiverProcess, database: str
) -> None:
    acknowledged = {
        str(number)
        for number in range(40)
        if receiver.post("taskStatusUpdated", status_change(number)) == 200
    }
    assert len(acknowledged) == 40
    assert receiver.stop() == 0
    with ReceiverProcess(receiver.clickup, database, receiver.folder):
        wait_until(lambda: len(loaded_changes(database)) == 40)
    assert loaded_changes(database) == acknowledged
    assert re.search(r"stopped; (1 event|\d+ events) pending", receiver.log)


def test_no_acknowledged_delivery_is_lost_by_a_kill(
    receiver: ReceiverProcess, database: str
) -> None:
    acknowledged: set[str] = set()
    for first in (0, 30, 60):
        for number in range(first, first + 30):
            if receiver.post("taskStatusUpdated", status_change(number)) == 200:
                acknowledged.add(str(number))
        receiver.kill()
        receiver.start()
    assert len(acknowledged) == 90
    wait_until(lambda: len(loaded_changes(database)) == 90)
    assert loaded_changes(database) == acknowledged


@pytest.mark.parametrize(
    ("poll_command", "warning"),
    [
        ("true", "webhook_url is not set: changes come by polling only"),
        ("", "webhook_url and poll_command are not set: no changes are loaded"),
    ],
)
def test_the_log_says_how_changes_come_without_webhooks(
    clickup: FakeClickUp, database: str, tmp_path: Path, poll_command: str, warning: str
) -> None:
    options = {"webhook-url": "", "poll-command": poll_command}
    with ReceiverProcess(clickup, database, tmp_path, options=options) as process:
        wait_until(lambda: warning in process.log)
        assert process.stop() == 0


def test_the_waiting_target_ends_with_a_killed_receiver(
    receiver: ReceiverProcess, database: str
) -> None:
    """Its input ends then, without a message."""
    assert receiver.post("taskStatusUpdated", status_change(7)) == 200
    wait_until(lambda: loaded_changes(database) == {"7"})
    wait_until(lambda: pending_count(receiver) == 0)
    assert receiver.process
    (waiting,) = psutil.Process(receiver.process.pid).children()
    receiver.kill()
    wait_until(lambda: not waiting.is_running() or waiting.status() == psutil.STATUS_ZOMBIE)
    assert "completed processing 0 lines of input" in receiver.log.splitlines()[-1]


def test_events_are_pending_while_the_target_fails(
    receiver_without_target: ReceiverProcess, database: str
) -> None:
    """R36: deliveries are answered in spite of it."""
    receiver = receiver_without_target
    statuses = [receiver.post("taskStatusUpdated", status_change(number)) for number in range(5)]
    assert statuses == [200] * 5
    wait_until(lambda: "target_command false: exit code 1" in receiver.log)
    assert receiver.stop() == 0
    with ReceiverProcess(receiver.clickup, database, receiver.folder):
        wait_until(lambda: len(loaded_changes(database)) == 5)


def test_a_full_disk_is_503_until_there_is_space(
    receiver_without_target: ReceiverProcess,
) -> None:
    receiver = receiver_without_target
    assert receiver.post("taskStatusUpdated", status_change(1)) == 200
    assert receiver.process
    _, hard_limit = resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (1_000, hard_limit))
    assert receiver.post("taskStatusUpdated", status_change(2)) == 503
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (hard_limit, hard_limit))
    assert receiver.post("taskStatusUpdated", status_change(2)) == 200


def test_an_undecodable_row_of_the_inbox_is_a_dead_letter(
    receiver: ReceiverProcess, database: str
) -> None:
    """A later version may have stored it. Events behind it are loaded."""
    receiver.post("taskStatusUpdated", status_change(1))
    wait_until(lambda: loaded_changes(database) == {"1"})
    inbox = receiver.folder / "data" / "inbox.sqlite"
    with closing(sqlite3.connect(inbox)) as connection, connection:
        connection.execute(
            "INSERT INTO deliveries (key, webhook_id, received_at, is_hint, event) "
            "VALUES ('k', 'w', '2026-03-01T12:00:00+00:00', 0, x'7b7d')"
        )
    wait_until(lambda: "is a dead letter: not an event of this release" in receiver.log)
    assert receiver.post("taskStatusUpdated", status_change(2)) == 200
    wait_until(lambda: loaded_changes(database) == {"1", "2"})


def test_a_second_receiver_in_the_same_directory_is_rejected(receiver: ReceiverProcess) -> None:
    """Also if someone has tidied up the directory."""
    for path in (receiver.folder / "data").glob("*lock*"):
        path.unlink()
    second = receiver.run_command("serve")
    assert second.returncode == 1
    assert "another clickup-receiver is using it; stop that one" in second.stderr
    assert "Traceback" not in second.stderr


def test_dead_letters_are_listed_and_replayed(
    receiver: ReceiverProcess, clickup: FakeClickUp, workspace: Workspace, database: str
) -> None:
    """The list quotes no text of the object."""
    task_id = next(iter(workspace.tasks))
    fault = Fault(status=200, body={"name": PRIVATE}, path=f"/task/{task_id}")
    clickup.behaviour.faults.append(fault)
    receiver.post("taskUpdated", history("name"), task_id=task_id)
    wait_until(lambda: "is a dead letter" in receiver.log)
    assert re.fullmatch(
        rf"1  \S+  taskUpdated of task {task_id}: ClickUp sent an object of an unexpected shape "
        r"\(id\)\n",
        receiver.run_command("dead-letters").stdout,
    )
    kept = receiver.run_command("dead-letters", "--drop", "--older-than-days=1")
    assert kept.stdout == "0 dead letters dropped\n"
    assert receiver.run_command("replay").stdout == "1 event will be retried\n"
    assert audit_entries(receiver.folder / "data")[-2:] == [
        {"action": "drop dead letters", "outcome": "done", "events": 0},
        {"action": "replay", "outcome": "done", "events": 1},
    ]
    wait_until(lambda: fetch_rows(database, TASK_IDS))
    assert receiver.run_command("dead-letters").stderr == "no dead letters\n"


def test_dead_letters_are_dropped(
    receiver: ReceiverProcess, clickup: FakeClickUp, workspace: Workspace
) -> None:
    task_id = next(iter(workspace.tasks))
    clickup.behaviour.faults.append(Fault(200, {"name": PRIVATE}, path=f"/task/{task_id}"))
    receiver.post("taskUpdated", history("name"), task_id=task_id)
    wait_until(lambda: "is a dead letter" in receiver.log)
    refused = receiver.run_command("dead-letters", "--older-than-days=1")
    assert "--older-than-days needs --drop" in refused.stderr
    assert receiver.run_command("dead-letters", "--drop").stdout == "1 dead letter dropped\n"
    assert receiver.run_command("dead-letters").stderr == "no dead letters\n"


@pytest.mark.parametrize("command", ["dead-letters", "replay"])
def test_no_inbox_is_created_where_there_is_none(
    clickup: FakeClickUp, tmp_path: Path, command: str
) -> None:
    """An empty list would be misleading: the receiver's inbox is in another directory."""
    ended = ReceiverProcess(clickup, "", tmp_path).run_command(command)
    inbox = tmp_path / "data" / "inbox.sqlite"
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"clickup-receiver: inbox {inbox}: does not exist; set data_dir as for the receiver\n"
    )
    assert not inbox.parent.exists()


def test_metrics_are_served_on_a_separate_port(receiver: ReceiverProcess) -> None:
    """They are not public."""
    receiver.post("taskDeleted", task_id="86gone")
    public_url = receiver.url.replace("/v1/clickup/webhook", "/metrics")
    assert requests.get(public_url, timeout=9).status_code == 404
    metrics = requests.get(receiver.metrics_url, timeout=9).text
    assert 'webhook_received_total{event="taskDeleted"} 1.0' in metrics
    assert "webhook_inbox_depth " in metrics
    assert "webhook_inbox_oldest_seconds " in metrics
    fail_count = f'webhook_clickup_fail_count{{webhook="{receiver.webhook_id}"}} 0.0'
    wait_until(lambda: fail_count in requests.get(receiver.metrics_url, timeout=9).text)


def test_a_new_token_takes_effect_without_a_restart(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, database: str
) -> None:
    """R129, R130: the events of the meantime are loaded once the token is replaced in `.env`."""
    first, second = list(workspace.tasks)[:2]
    receiver.post("taskUpdated", history("name"), task_id=first)
    wait_until(lambda: fetch_rows(database, TASK_IDS))
    account.token = "pk_40000001_ANOTHERONE00"  # noqa: S105 - made up
    receiver.post("taskUpdated", history("name", number="2"), task_id=second)
    wait_until(lambda: "401 Unauthorized" in receiver.log)
    receiver.settings["TAP_CLICKUP_API_TOKEN"] = account.token
    receiver.write_settings()
    wait_until(lambda: len(fetch_rows(database, TASK_IDS)) == 2)
    entry = {"action": "use settings", "outcome": "token replaced"}
    assert audit_entries(receiver.folder / "data").count(entry) == 1


def test_secrets_and_private_texts_are_not_stored_or_logged(
    receiver: ReceiverProcess, workspace: Workspace
) -> None:
    """R89, R90, R91: also not in the inbox."""
    receiver.post("taskUpdated", history("comment", comment={"text": PRIVATE}), task_id="86none")
    receiver.post("taskDeleted", history("name"), task_id="86gone", extra=PRIVATE)
    secret = workspace.webhooks[receiver.webhook_id].secret
    wait_until(lambda: "cannot be read" in receiver.log)
    receiver.stop()
    inbox_files = list((receiver.folder / "data").glob("inbox*"))
    assert "inbox.sqlite" in [path.name for path in inbox_files]
    for private in (PRIVATE, secret, receiver.clickup.token, "user1@example.com"):
        assert private not in receiver.log
        for path in inbox_files:
            assert private.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("options", "settings", "error"),
    [
        ({"webhook-url": "http://receiver.example.com/"}, {}, "webhook_url: expected the https"),
        ({"target-command": ""}, {}, "target_command: expected a command"),
        ({"poll-command": "'"}, {}, "poll_command: No closing quotation"),
        ({"host": ""}, {}, "host: empty; choose an address such as 127.0.0.1"),
        ({"host": "203.0.113.9"}, {}, "host 203.0.113.9, port 0: Cannot assign requested"),
        ({}, {"TAP_CLICKUP_API_TOKEN": "slip"}, "api_token: expected a personal API token"),
        ({}, {"TAP_CLICKUP_SPRINT_FOLDER_PATTERN": "("}, "sprint_folder_pattern: "),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    clickup: FakeClickUp,
    tmp_path: Path,
    options: dict[str, str],
    settings: dict[str, str],
    error: str,
) -> None:
    process = ReceiverProcess(clickup, "", tmp_path, options, settings).run_command()
    assert process.returncode == 1
    assert f"clickup-receiver: {error}" in process.stderr.splitlines()[-1]
