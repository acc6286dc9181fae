"""The audit log has a line for each change, and only its owner can write to it."""

from __future__ import annotations

import errno
import json
import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.audit_log import AuditLog
from tap_clickup.errors import ConfigurationError
from tests.clickup_receiver.registrar_harness import RegistrarHarness, audit_entries

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_line_says_who_did_what_when(folder: Path) -> None:
    AuditLog(folder).write("replay", "done", events=3, workspace_id=None)
    (line,) = (folder / "audit.log").read_text().splitlines()
    entry = json.loads(line)
    time = datetime.fromisoformat(entry.pop("time"))
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=5)
    user = pwd.getpwuid(os.getuid()).pw_name
    assert entry == {"user": user, "action": "replay", "outcome": "done", "events": 3}


def test_only_the_owner_has_access(folder: Path) -> None:
    AuditLog(folder).prepare()
    assert (folder / "audit.log").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_lines_of_several_processes_are_appended(folder: Path) -> None:
    for _ in range(2):
        AuditLog(folder).write("replay", "done", events=1)
    assert len(audit_entries(folder)) == 2


def test_an_outcome_that_stays_the_same_is_written_once(folder: Path) -> None:
    """The receiver checks the token again every few seconds."""
    log = AuditLog(folder)
    for outcome in ("refused", "refused", "accepted", "refused"):
        log.write("check webhooks", outcome)
    assert [entry["outcome"] for entry in audit_entries(folder)] == [
        "refused",
        "accepted",
        "refused",
    ]


def test_a_failed_change_is_recorded(folder: Path) -> None:
    def fail() -> int:
        raise KeyError

    with pytest.raises(KeyError):
        AuditLog(folder).count_changes("replay", fail)
    assert audit_entries(folder) == [{"action": "replay", "outcome": "failed"}]


def test_no_change_is_made_that_cannot_be_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    changes = iter([1])
    with pytest.raises(ConfigurationError, match=r"audit\.log: No space left on device"):
        AuditLog(folder).count_changes("replay", lambda: next(changes))
    assert list(changes) == [1]


def test_a_file_that_another_user_may_have_prepared_is_refused(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    path, other, writable = folder / "audit.log", folder / "other", folder / "writable"
    for file in (other, writable):
        file.touch()
    writable.chmod(0o620)
    refusals = []
    for prepare in (
        lambda: path.symlink_to(other),
        lambda: path.hardlink_to(other),
        lambda: os.mkfifo(path),
        lambda: writable.rename(path),
    ):
        prepare()
        with pytest.raises(ConfigurationError) as raised:
            AuditLog(folder).prepare()
        refusals.append(str(raised.value).removeprefix(f"audit log {path}: "))
        path.unlink()
    assert refusals == [
        "is a symbolic link",
        "expected a regular file with one name",
        "No such device or address",
        "others can write to it; run chmod 600 on it",
    ]
    assert other.read_text() == ""


def test_repairs_of_the_receiver_are_recorded(clickup: FakeClickUp, tmp_path: Path) -> None:
    """Not the reactivation of a webhook, which is repeated while the receiver is unreachable."""
    harness = RegistrarHarness(clickup, tmp_path)
    harness.reconcile()
    (webhook,) = harness.webhooks.values()
    harness.webhooks[webhook.id] = replace(webhook, health="failing")
    harness.reconcile()
    harness.webhooks[webhook.id] = replace(webhook, secret="REPLACED")  # noqa: S106 - made up
    harness.endpoint = "https://other.example.com/v1/clickup/webhook"
    harness.reconcile()
    del harness.webhooks[webhook.id]
    harness.reconcile()
    outcomes = [(entry["outcome"], entry["webhook_id"]) for entry in audit_entries(tmp_path)]
    (new,) = harness.webhooks.values()
    assert outcomes == [
        ("webhook created", webhook.id),
        ("webhook's secret replaced", webhook.id),
        ("webhook's endpoint updated", webhook.id),
        ("webhook created", new.id),
        ("webhook's secret deleted", webhook.id),
    ]
    assert "REPLACED" not in (tmp_path / "audit.log").read_text()
