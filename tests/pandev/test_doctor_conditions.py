"""The conditions of `pandev doctor`: each on both sides of its limit."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault, generate
from pandev.diagnosis.examination import Examination
from pandev.diagnosis.machine import check_disk, check_versions
from target_pandev.open_store import StoreSettings
from tests.pandev.doctor_store import Doctor, add_inbox, answering, execute
from tests.pandev.status_store import add_places, add_run

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Workspace

UNREAD = ("skipped", "ClickUp was not read, see the check token", None)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=5)


@pytest.fixture
def doctor(clickup: FakeClickUp, workspace: Workspace, database: str, tmp_path: Path) -> Doctor:
    """Return a doctor of a workspace that was synced five minutes ago."""
    add_places(database, workspace.id, spaces=1)
    add_run(database, workspace.id, finished="5 min", complete=True)
    settings = {"TAP_CLICKUP_API_TOKEN": clickup.token, "TAP_CLICKUP_API_URL": clickup.api_url}
    return Doctor(database, tmp_path, settings)


def test_an_unreachable_clickup_is_a_problem(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8: the remedy names the port; the store is checked nevertheless."""
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    doctor.settings["TAP_CLICKUP_API_URL"] = "http://127.0.0.1:1/api/v2"
    findings = doctor.examine()
    ((outcome, text, remedy),) = findings["token"]
    assert outcome == "problem"
    assert text == "GET /team: ConnectionError from 127.0.0.1 in 1 attempts"
    assert remedy == "check that its port can be reached, and run again"
    for name in ("clock", "role", "access", "clickapps"):
        assert findings[name] == [UNREAD], name
    assert findings["store"][0][0] == "ok"
    assert doctor.exit_code == 1


def test_a_missing_token_is_a_problem(doctor: Doctor, clickup: FakeClickUp) -> None:
    doctor.settings["TAP_CLICKUP_API_TOKEN"] = ""
    findings = doctor.examine()
    assert findings["token"][0][:2] == ("problem", "TAP_CLICKUP_API_TOKEN is not set")
    assert findings["role"] == [UNREAD]
    assert clickup.requests == []


def test_a_clickapp_that_is_off_is_a_warning(doctor: Doctor, behaviour: Behaviour) -> None:
    """R101, R103: only those that a setting asks for, and nothing else is a warning."""
    features = {name: {"enabled": False} for name in ("time_tracking", "sprints")}
    space = {"id": "901", "name": "Shop", "features": features}
    pages = [{"spaces": [space]}, {"spaces": []}]
    faults = [Fault(status=200, body=body, path=r"/team/\d+/space") for body in pages]
    behaviour.faults = [*faults]
    findings = doctor.examine()
    outcomes = [
        (outcome, text.split(" is off in ")[0]) for outcome, text, _ in findings["clickapps"]
    ]
    name = findings["clickapps"][0][1].split(":")[0]
    assert outcomes == [
        ("warning", f"{name}: the ClickApp Time Tracking"),
        ("warning", f"{name}: the ClickApp Sprints"),
    ]
    assert findings["role"][0][0] == findings["access"][0][0] == "ok"
    doctor.settings |= {"TAP_CLICKUP_TIME_TRACKING": "false", "TAP_CLICKUP_SPRINTS": "false"}
    behaviour.faults = [*faults]
    findings = doctor.examine()
    assert findings["clickapps"] == [("ok", "no ClickApp is missing", None)]
    assert findings["time entries"] == [("skipped", "the setting time_tracking is false", None)]


def test_only_the_first_denied_objects_are_listed(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    """R104: five, and the number of the others."""
    for count in (5, 7):
        execute(database, "DELETE FROM sync_runs")
        refused = [
            {"what": f"list {number}", "why": "HTTP 401", "retryable": False}
            for number in range(count)
        ]
        add_run(database, workspace.id, finished="5 min", complete=False, refused=refused)
        texts = [text for _, text, _ in doctor.examine()["denied"]]
        assert len(texts) == min(count, 6)
        assert texts[:2] == [
            f"workspace {workspace.id}: list {number}: HTTP 401" for number in (0, 1)
        ]
        assert ("2 more" in texts) == (count == 7)


def test_denied_time_entries_are_not_listed_twice(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    """R102: of a user, and of the whole stream."""
    execute(database, "DELETE FROM sync_runs")
    refused = [
        {"what": what, "why": "HTTP 403", "retryable": False}
        for what in ("stream time_entries", "time entries of user 5")
    ]
    add_run(database, workspace.id, finished="5 min", complete=False, refused=refused)
    findings = doctor.examine()
    assert [outcome for outcome, _, _ in findings["time entries"]] == ["warning", "warning"]
    assert findings["denied"] == [("ok", "nothing was denied", None)]


@pytest.mark.parametrize(("minutes", "outcome"), [(5, "ok"), (15, "problem")])
def test_events_may_wait_for_ten_minutes(
    doctor: Doctor, tmp_path: Path, minutes: int, outcome: str
) -> None:
    add_inbox(tmp_path, pending_hours=1)
    move_deliveries(tmp_path, timedelta(minutes=minutes))
    ((found, text, _),) = doctor.examine()["inbox"]
    assert found == outcome
    expected = "1 event not loaded, since" if outcome == "problem" else "1 pending event, no dead"
    assert text.startswith(expected)


def move_deliveries(folder: Path, age: timedelta) -> None:
    """Date all deliveries of an inbox."""
    received_at = (datetime.now(UTC) - age).isoformat()
    with closing(sqlite3.connect(folder / "inbox.sqlite")) as connection:
        connection.execute("UPDATE deliveries SET received_at = ?", (received_at,))
        connection.commit()


def test_dead_letters_are_a_problem(doctor: Doctor, tmp_path: Path) -> None:
    add_inbox(tmp_path, dead_letters=2)
    ((outcome, text, remedy),) = doctor.examine()["inbox"]
    assert (outcome, text) == ("problem", "2 dead letters")
    assert remedy == "see clickup-receiver dead-letters, then clickup-receiver replay"


def test_a_running_back_fill_does_not_count_as_an_old_sync(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    execute(database, "DELETE FROM sync_runs")
    add_run(database, workspace.id, started="40 min", seen="5 s", progress=0.4)
    findings = doctor.examine()
    assert findings["last sync"] == [("skipped", "the back-fill is not complete", None)]


def test_a_receiver_that_does_not_run_is_a_warning(doctor: Doctor) -> None:
    """It may run on another machine; without a public address there is none."""
    assert doctor.examine()["receiver"][0][0] == "skipped"
    with answering(503) as port:
        url = f"http://127.0.0.1:{port}/v1/clickup/webhook"
        findings = doctor.examine("--webhook-url", url, "--receiver-port", str(port))
    text = f"clickup-receiver is not ready on port {port} of this machine"
    remedy = "start it, unless it runs on another machine"
    assert findings["receiver"] == [("warning", text, remedy)]


def examination(folder: Path, *, url: str | None, has_project: bool = False) -> Examination:
    return Examination(
        settings={"enabled": True},
        store_settings=StoreSettings(url, str(folder / "store")),
        folder=folder,
        data_dir=folder / "inbox",
        receiver_port=1,
        has_project=has_project,
    )


def test_a_missing_meltano_is_a_problem_of_a_project_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = check_versions(examination(tmp_path, url=None, has_project=True))
    assert str(found.outcome) == "problem"
    assert found.text.endswith("; Meltano cannot be run")
    assert found.remedy == "put meltano on PATH, or install it: pip install meltano"
    (found,) = check_versions(examination(tmp_path, url=None))
    assert str(found.outcome) == "ok"
    assert found.text.endswith("; no meltano.yml")


def test_the_disk_of_the_store_counts_only_if_it_is_embedded(tmp_path: Path) -> None:
    (embedded,) = check_disk(examination(tmp_path, url=None))
    (remote,) = check_disk(examination(tmp_path, url="postgresql://localhost/db"))
    assert ("free for the store" in embedded.text, "free for the store" in remote.text) == (
        True,
        False,
    )
    assert "free for the inbox" in remote.text
