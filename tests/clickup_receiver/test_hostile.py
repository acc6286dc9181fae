"""Hostile clients of a real receiver: memory, descriptors and log lines stay bounded."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from benchmarks.hostile_clients import ATTACKS, run_attack
from clickup_receiver.http.signature import compute_signature
from clickup_receiver.inbox.events import EVENTS
from fake_clickup import Fault
from tests.clickup_receiver.payloads import body, history, status
from tests.clickup_receiver.receiver_process import COMMAND, ReceiverProcess
from tests.support.scale import scaled
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace

pytestmark = pytest.mark.faults

LIMITED = ("sh", "-c", f'ulimit -n 256; exec {COMMAND} "$@"', "sh")
"""A receiver that may open few files, so that few connections take all of them."""
ATTACK_SECONDS = scaled(2, full=15)
MAX_ATTACKERS = 500
DELIVERIES = scaled(20, full=360)
CANARY = "canary-7b1f"
CANARIES: dict[str, Any] = {
    "user": {"id": 183, "username": CANARY, "email": CANARY, "profilePicture": CANARY},
    "data": {"note": CANARY, CANARY: [CANARY]},
    "comment": {"comment_text": CANARY, "comment": [{"text": CANARY}]},
    "source": CANARY,
    "custom_field": {"name": CANARY, "value": CANARY},
}
MIB = 2**20


@pytest.fixture
def receiver(clickup: FakeClickUp, database: str, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(clickup, database, tmp_path, command=LIMITED) as process:
        yield process
        assert process.stop() == 0


def port_of(url: str) -> int:
    return int(urlsplit(url).port or 0)


def deliver(receiver: ReceiverProcess, task_id: str) -> int:
    """Send an honest delivery on a new connection; return its status."""
    webhook_id = receiver.webhook_id
    secret = receiver.secret_store.get(webhook_id)[0]
    content = body("taskUpdated", history("name"), task_id=task_id, webhook_id=webhook_id)
    headers = {"X-Signature": compute_signature(content, secret).decode()}
    return requests.post(receiver.url, content, headers=headers, timeout=7).status_code


def memory_bytes(receiver: ReceiverProcess) -> int:
    """Return the resident memory of the receiver."""
    assert receiver.process
    status = Path(f"/proc/{receiver.process.pid}/status").read_text(encoding="ascii")
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_takes_little_memory_and_delays_no_delivery(
    receiver: ReceiverProcess, workspace: Workspace, name: str
) -> None:
    task_id = next(iter(workspace.tasks))  # of an unknown task, each delivery would be logged
    assert deliver(receiver, task_id) == 200
    memory_before = memory_bytes(receiver)
    attack = replace(ATTACKS[name], connections=min(ATTACKS[name].connections, MAX_ATTACKERS))
    port = port_of(receiver.metrics_url if attack.is_on_metrics else receiver.url)
    attacker = Thread(target=run_attack, args=(attack, port, ATTACK_SECONDS))
    attacker.start()
    peak = memory_before
    statuses: list[int] = []
    while attacker.is_alive():
        statuses.append(deliver(receiver, task_id))
        peak = max(peak, memory_bytes(receiver))
    attacker.join()
    assert set(statuses) == {200}
    assert peak - memory_before < 50 * MIB
    assert len(receiver.log) < 20_000
    assert "Too many open files" not in receiver.log


@pytest.mark.parametrize("is_metrics", [False, True], ids=["deliveries", "metrics"])
def test_idle_connections_leave_room_for_deliveries(
    receiver: ReceiverProcess, *, is_metrics: bool
) -> None:
    port = port_of(receiver.metrics_url if is_metrics else receiver.url)
    with ExitStack() as stack:
        for _ in range(600):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        statuses = [deliver(receiver, str(number)) for number in range(20)]
        assert statuses == [200] * 20
        metrics = requests.get(receiver.metrics_url, timeout=30)
        assert 'webhook_received_total{event="taskUpdated"} 20.0' in metrics.text
    assert len(receiver.log) < 20_000


def test_no_text_of_a_delivery_or_a_response_is_kept(
    clickup: FakeClickUp, receiver: ReceiverProcess, workspace: Workspace
) -> None:
    """Canaries are in every text but names of statuses: not in the inbox, its WAL or the log."""
    task_ids = list(workspace.tasks)
    for task_id in task_ids[:DELIVERIES]:
        clickup.account.update_task(task_id, name=CANARY)
    broken = Fault(200, {"name": CANARY, "err": CANARY}, path=f"/task/{task_ids[0]}")
    refused = Fault(404, {"err": CANARY}, path=f"/task/{task_ids[1]}")
    clickup.behaviour.faults += [broken, refused]
    for number, event in zip(range(DELIVERIES), cycle(EVENTS)):
        item = history("status", number=str(number), **CANARIES)
        item["before"] = {**CANARIES, **status("to do", "open")}
        item["after"] = {**CANARIES, **status("done", "closed")}
        ids = {f"{EVENTS[event]}_id": task_ids[number % len(task_ids)]}
        assert receiver.post(event, item, history("name", **CANARIES), **ids, **CANARIES) == 200
    assert receiver.post(CANARY, history(CANARY)) == 200
    assert receiver.post("taskUpdated", {CANARY: CANARY}, task_id=[CANARY]) == 200
    wait_until(lambda: "is a dead letter" in receiver.log)
    files = [path for path in (receiver.folder / "data").iterdir() if path.is_file()]
    assert {"inbox.sqlite", "inbox.sqlite-wal"} <= {path.name for path in files}
    assert CANARY not in receiver.log
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []
