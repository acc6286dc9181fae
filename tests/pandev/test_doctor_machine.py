"""`pandev doctor`: disk, versions, files, the public address and the receiver of this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pandev.diagnosis import delivery, machine
from pandev.diagnosis.check import Check, Finding, Outcome, run_check
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings
from tests.pandev.doctor_store import add_inbox, answering, examination

if TYPE_CHECKING:
    from pathlib import Path

    from pandev.diagnosis.examination import Examination

MELTANO_MISSING = "put meltano on PATH, or install it: pip install meltano"
PROXY = "let the reverse proxy pass it on to clickup-receiver without a redirect"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH; commands next to Python are not found either."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("sys.executable", str(folder / "python"))
    return folder


def add_meltano(folder: Path, script: str) -> None:
    file = folder / "meltano"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)


@pytest.mark.usefixtures("programs")
def test_a_missing_meltano_is_a_problem_in_a_project(tmp_path: Path) -> None:
    (finding,) = machine.check_versions(examination(tmp_path, has_project=True))
    assert (finding.outcome, finding.remedy) == (Outcome.PROBLEM, MELTANO_MISSING)
    assert finding.text.startswith("pandev-clickup ")
    assert finding.text.endswith("; Meltano cannot be run")
    (outside,) = machine.check_versions(examination(tmp_path))
    assert (outside.outcome, outside.text.rpartition("; ")[2]) == (Outcome.OK, "no meltano.yml")


def test_a_broken_meltano_is_a_problem(tmp_path: Path, programs: Path) -> None:
    """It was installed for a Python that is gone, for instance."""
    add_meltano(programs, "echo broken >&2; exit 1")
    (finding,) = machine.check_versions(examination(tmp_path, has_project=True))
    assert (finding.outcome, finding.remedy) == (Outcome.PROBLEM, MELTANO_MISSING)


def test_the_version_of_meltano_is_shown(tmp_path: Path, programs: Path) -> None:
    add_meltano(programs, "echo 'meltano, version 4.4.0'")
    (finding,) = machine.check_versions(examination(tmp_path, has_project=True))
    assert finding.outcome is Outcome.OK
    assert finding.text.endswith(", Meltano 4.4.0")


def test_an_old_python_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    major, minor = sys.version_info[:2]
    monkeypatch.setattr(machine, "MIN_PYTHON", (major, minor + 1))
    (finding,) = machine.check_versions(examination(tmp_path))
    assert finding.outcome is Outcome.PROBLEM
    assert finding.text.endswith(" is too old")
    assert finding.remedy == "install Python 3.11 or newer, and this package in it"
    monkeypatch.setattr(machine, "MIN_PYTHON", (major, minor))
    assert machine.check_versions(examination(tmp_path))[0].outcome is Outcome.OK


def test_the_disk_of_an_embedded_store_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of a store at an address is another machine's."""
    monkeypatch.setattr(machine, "_free_bytes", lambda _: 2**28)
    findings = machine.check_disk(examination(tmp_path))
    assert findings == [
        Finding(
            Outcome.WARNING,
            f"268.4 MB free for the {name} in {folder}",
            "free space, or move the folder",
        )
        for name, folder in (("store", tmp_path / "store"), ("inbox", tmp_path))
    ]
    url = StoreSettings("postgresql://db.example.com/pandev", None, "pandev")
    (inbox,) = machine.check_disk(examination(tmp_path, store_settings=url))
    assert "for the inbox" in inbox.text
    monkeypatch.setattr(machine, "_free_bytes", lambda _: 2**28 - 1)
    outcomes = {finding.outcome for finding in machine.check_disk(examination(tmp_path))}
    assert outcomes == {Outcome.PROBLEM}


def test_without_an_env_file_there_is_nothing_to_read(tmp_path: Path) -> None:
    (finding,) = machine.check_files(examination(tmp_path))
    assert finding == Finding(Outcome.SKIPPED, f"there is no .env in {tmp_path}")


def test_the_whole_address_is_asked_by_head(tmp_path: Path) -> None:
    """R99: as curl -I does, with the path; a GET would not show that HEAD is refused."""
    with answering(200, only=("HEAD", "/v1/clickup/webhook")) as port:
        url = f"http://127.0.0.1:{port}/v1/clickup/webhook"
        good = delivery.check_public_address(examination(tmp_path, webhook_url=url))
        wrong = delivery.check_public_address(examination(tmp_path, webhook_url=url[:-1]))
    assert good == [Finding(Outcome.OK, f"{url} answers")]
    assert wrong == [Finding(Outcome.PROBLEM, f"{url[:-1]} answers HTTP 404, expected 200", PROXY)]


def test_https_is_not_asked_without_encryption(tmp_path: Path) -> None:
    with answering(200) as port:
        url = f"https://127.0.0.1:{port}/v1/clickup/webhook"
        (finding,) = delivery.check_public_address(examination(tmp_path, webhook_url=url))
    assert finding.outcome is Outcome.PROBLEM
    assert f"{url} cannot be reached (" in finding.text


def test_a_receiver_that_does_not_run_here_is_a_warning(tmp_path: Path) -> None:
    """It may run on another machine; without a public address there is none."""
    url = "https://receiver.example.com/v1/clickup/webhook"
    assert delivery.check_receiver(examination(tmp_path, webhook_url=url)) == [
        Finding(
            Outcome.WARNING,
            "clickup-receiver is not ready on port 1 of this machine",
            "start it, unless it runs on another machine",
        )
    ]
    (finding,) = delivery.check_receiver(examination(tmp_path))
    assert finding == Finding(Outcome.SKIPPED, "webhook_url is not set: polling only")


def test_events_are_late_after_ten_minutes(tmp_path: Path) -> None:
    fresh, late = tmp_path / "fresh", tmp_path / "late"
    for folder, minutes, dead_letters in ((fresh, 9, 0), (late, 11, 1)):
        folder.mkdir()
        add_inbox(folder, pending_hours=minutes / 60, dead_letters=dead_letters)
    assert delivery.check_inbox(examination(tmp_path, data_dir=fresh)) == [
        Finding(Outcome.OK, "1 pending event, no dead letters")
    ]
    dead, backlog = delivery.check_inbox(examination(tmp_path, data_dir=late))
    assert dead == Finding(
        Outcome.PROBLEM,
        "1 dead letter",
        "see clickup-receiver dead-letters, then clickup-receiver replay",
    )
    assert (backlog.outcome, backlog.remedy) == (
        Outcome.PROBLEM,
        "start clickup-receiver, and look at its log",
    )


@pytest.mark.parametrize(
    ("error", "text", "remedy"),
    [
        (StoreError("disk full; free space"), "disk full", "free space"),
        (StoreError("disk full"), "disk full", "remove the cause, then run it again"),
    ],
)
def test_an_error_of_a_check_becomes_its_finding(
    tmp_path: Path, error: Exception, text: str, remedy: str
) -> None:
    def fail(_: Examination) -> list[Finding]:
        raise error

    result = run_check(Check("disk", "free space", fail), examination(tmp_path))
    assert result.findings == [Finding(Outcome.PROBLEM, text, remedy)]
    assert result.has_problem
