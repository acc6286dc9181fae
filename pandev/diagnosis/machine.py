"""Checks of this machine: disk, versions, and files that others can read."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from rich import filesize

from clickup_receiver.meltano_project import PROJECT_FILE
from clickup_receiver.schedule.commands import split_command
from pandev.diagnosis.check import Finding, ok, problem, skipped, warning
from tap_clickup.open_files import describe_open_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pandev.diagnosis.examination import Examination

LOW_BYTES: Final = 2 * 2**30
FULL_BYTES: Final = 2**28
MIN_PYTHON: Final = (3, 11)
MELTANO_TIMEOUT_SECONDS: Final = 60.0


def check_disk(examination: Examination) -> Sequence[Finding]:
    """Look whether there is space for the embedded store and the inbox."""
    folders = {"inbox": examination.data_dir}
    if not examination.store_settings.url:
        folders = {"store": examination.store_settings.path, **folders}
    findings = []
    free: list[str] = []
    for name, folder in folders.items():
        free_bytes = _free_bytes(folder)
        text = f"{filesize.decimal(free_bytes)} free for the {name} in {folder}"
        remedy = "free space, or move the folder"
        if free_bytes < FULL_BYTES:
            findings.append(problem(text, remedy))
        elif free_bytes < LOW_BYTES:
            findings.append(warning(text, remedy))
        free.append(f"{filesize.decimal(free_bytes)} free for the {name}")
    return findings or ok(", ".join(free))


def _free_bytes(folder: Path) -> int:
    """Return the free bytes where a folder is or would be."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def check_versions(examination: Examination) -> Sequence[Finding]:
    """Look whether the versions are supported, and whether Meltano can be run."""
    if sys.version_info < MIN_PYTHON:
        remedy = "install Python 3.11 or newer, and this package in it"
        return [problem(f"Python {platform.python_version()} is too old", remedy)]
    versions = f"pandev-clickup {version('pandev-clickup')}, Python {platform.python_version()}"
    if not examination.has_project:
        return ok(f"{versions}; no {PROJECT_FILE}")
    command = split_command("meltano --version", setting="meltano")
    try:
        answer = subprocess.run(  # noqa: S603 - the operator's own Meltano
            command, capture_output=True, text=True, timeout=MELTANO_TIMEOUT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        remedy = "put meltano on PATH, or install it: pip install meltano"
        return [problem(f"{versions}; Meltano cannot be run", remedy)]
    name = answer.stdout.strip().replace(", version", "")
    return ok(f"{versions}, {name.capitalize()}")


def check_files(examination: Examination) -> Sequence[Finding]:
    """Look for files with the token that other users can read (R16)."""
    lines = describe_open_files(examination.folder)
    findings = []
    for line in lines:
        text, _, remedy = line.partition(": run ")
        findings.append(problem(text, f"run {remedy}"))
    if findings:
        return findings
    if not (examination.folder / ".env").exists():
        return skipped(f"there is no .env in {examination.folder}")
    return ok("only their owner can read .env and .meltano")
