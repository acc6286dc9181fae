"""`pandev enable` and `pandev disable` set `enabled` in `.env`, and say what that means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.pandev.command import assert_golden, run_pandev, write_env

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "pk_1_AAAAAAAA"  # noqa: S105 - of a test


def test_the_integration_is_switched_off_and_on(tmp_path: Path) -> None:
    """R19: no request is sent, and the token's line stays."""
    path = write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN)
    before = path.read_text()
    assert run_pandev(tmp_path, "enable").stdout == "enabled already\n"
    assert path.read_text() == before
    assert_golden("disable", run_pandev(tmp_path, "disable").stdout)
    assert path.read_text() == f"{before}TAP_CLICKUP_ENABLED=false\n"
    assert run_pandev(tmp_path, "disable").stdout == "disabled already\n"
    assert_golden("enable", run_pandev(tmp_path, "enable").stdout)
    assert path.read_text() == f"{before}TAP_CLICKUP_ENABLED=true\n"


def test_a_switch_as_json_says_whether_it_is_a_change(tmp_path: Path) -> None:
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN)
    printed = [
        json.loads(run_pandev(tmp_path, command, "--format", "json").stdout)
        for command in ("disable", "disable", "enable")
    ]
    assert printed == [
        {"enabled": False, "is_changed": True},
        {"enabled": False, "is_changed": False},
        {"enabled": True, "is_changed": True},
    ]


def test_a_switch_in_the_environment_cannot_be_changed(tmp_path: Path) -> None:
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN)
    done = run_pandev(tmp_path, "enable", TAP_CLICKUP_ENABLED="false")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "pandev: TAP_CLICKUP_ENABLED: set in the environment, which takes precedence over .env; "
        "unset it there\n"
    )
