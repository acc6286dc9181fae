"""Which hosts `pandev connect` and the receiver connect to, and what they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.clickup_receiver.payloads import history
from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess
from tests.pandev.command import run_process
from tests.support.connections import WatchedConnections, address_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedConnections:
    """Return the connections of all processes that this test starts."""
    watched = WatchedConnections(tmp_path)
    for variable, value in watched.settings.items():
        monkeypatch.setenv(variable, value)
    return watched


def test_only_the_api_is_connected_to_and_only_webhooks_are_written(
    watched: WatchedConnections,
    clickup: FakeClickUp,
    workspace: Workspace,
    database: str,
    tmp_path: Path,
) -> None:
    """R8, R114, R125: also while a delivery is loaded, and the webhooks are checked."""
    receiver = ReceiverProcess(clickup, database, tmp_path)
    receiver.write_settings()
    options = ("--no-sync", "--webhook-url", ENDPOINT, "--data-dir", str(tmp_path / "data"))
    connected = run_process(tmp_path, "connect", *options)
    assert connected.returncode == 0, connected.stderr
    task_id = next(iter(workspace.tasks))
    with receiver, psycopg.connect(database, autocommit=True) as connection:
        assert receiver.post("taskUpdated", history("name"), task_id=task_id) == 200
        query = "SELECT id FROM pandev.tasks"
        assert wait_until(lambda: connection.execute(query).fetchall()) == [(task_id,)]
        reads = f"/api/v2/team/{workspace.id}/webhook"
        wait_until(lambda: [r.method for r in clickup.requests if r.path == reads].count("GET") > 1)
    api = address_of(clickup.api_url)
    assert watched.commands == {"pandev connect", "clickup-receiver", "target-pandev"}
    assert watched.connections == {("pandev connect", api), ("clickup-receiver", api)}
    assert [
        (request.method, request.path) for request in clickup.requests if request.method != "GET"
    ] == [("POST", f"/api/v2/team/{item.id}/webhook") for item in clickup.account.workspaces]
    paths = [request.path for request in clickup.requests]
    assert [path for path in paths if not path.startswith("/api/v2/")] == []
