"""A forked command sees only its own environment and standard input, and ends with its own code."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support import commands
from tests.support.commands import run_command


def test_a_command_sees_only_its_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of the process that forks it nor that of the command before it."""
    monkeypatch.setenv("TAP_CLICKUP_API_TOKEN", "pk_1_AAAAAAAA")
    monkeypatch.setenv("TAP_CLICKUP_API_URL", "http://127.0.0.1:1/api/v2")
    start_server = commands._start_server.__wrapped__  # noqa: SLF001 - one with these variables
    monkeypatch.setattr(commands, "_start_server", cache(start_server))
    refused = {"TAP_CLICKUP_API_TOKEN": "planted"}
    assert (
        "expected a personal API token"
        in run_command("tap-clickup", "--config=ENV", env=refused).stderr
    )
    done = run_command("tap-clickup", "--config=ENV", env={})
    assert (done.returncode, done.stdout) == (1, "")
    assert "| api_token: missing; " in done.stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{planted", "line 1: not JSON"),
        ('{"type": "PLANTED"}', "line 1: not a Singer message of a known type"),
    ],
)
def test_a_command_reads_its_standard_input(line: str, error: str) -> None:
    done = run_command(
        "target-pandev",
        "--config=ENV",
        env={"TARGET_PANDEV_STORE_URL": "postgresql://127.0.0.1:1/planted"},
        stdin=line,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].endswith(f"| {error}")
