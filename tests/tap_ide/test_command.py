"""The command tap-ide in a process: discovery, state, signals, and the privacy of its output."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_ide.errors import ConfigurationError
from tap_ide.tap import TapIde
from tests.tap_ide.heartbeat_server import TOKEN, heartbeat
from tests.tap_ide.runner import (
    COMMAND,
    USER1,
    IdeRun,
    event,
    log_lines,
    run_command,
    write_events,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_ide.heartbeat_server import HeartbeatServer
    from tests.tap_ide.runner import Read

REFUSED = (
    "HTTP 401: the token is wrong or was replaced; set the API key of the account in "
    "wakatime_accounts"
)


def test_discovery_needs_no_source() -> None:
    catalog = json.loads(run_command("--discover").stdout)
    assert [
        (entry["stream"], entry["key_properties"], entry["replication_method"])
        for entry in catalog["streams"]
    ] == [("ide_events", ["email", "occurred_at", "source", "event_hash"], "LOG_BASED")]


def test_about_marks_the_tokens_secret() -> None:
    about = json.loads(run_command("--about", "--format=json").stdout)
    assert about["settings"]["properties"]["wakatime_accounts"]["secret"]


def test_the_connection_test_reads_one_record(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a.json", event(0), event(60))
    files = json.dumps([{"path": str(path), "email": USER1}])
    result = run_command("--config=ENV", "--test", TAP_IDE_EVENT_FILES=files)
    assert result.returncode == 0
    assert log_lines(result, "ERROR") == []
    assert len(IdeRun(result.stdout).rows) == 1


def test_the_connection_test_reports_a_missing_path() -> None:
    files = '[{"path": "/nowhere"}]'
    failed = run_command("--config=ENV", "--test", TAP_IDE_EVENT_FILES=files)
    assert failed.returncode == 1
    assert log_lines(failed, "ERROR") == ["event_files: '/nowhere' does not exist"]


def test_an_invalid_token_is_one_line_and_files_are_read(
    tmp_path: Path, wakatime: HeartbeatServer
) -> None:
    path = write_events(tmp_path / "a.json", event())
    result = run_command(
        "--config=ENV",
        TAP_IDE_EVENT_FILES=json.dumps([{"path": str(path), "email": USER1}]),
        TAP_IDE_WAKATIME_ACCOUNTS=json.dumps([{"email": USER1, "token": "planted-wrong"}]),
        TAP_IDE_WAKATIME_URL=wakatime.url,
    )
    assert result.returncode == 1
    assert log_lines(result, "ERROR") == [
        f"wakatime_accounts: {USER1} at 127.0.0.1: {REFUSED}",
    ]
    assert len(IdeRun(result.stdout).rows) == 1
    assert "planted" not in result.stderr


def test_output_contains_nothing_that_is_not_promised(
    tmp_path: Path, wakatime: HeartbeatServer
) -> None:
    """No file names, lines, cursor positions, machines, users or tokens; and no paths of files."""
    path = write_events(
        tmp_path / "planted-folder" / USER1 / "planted.json",
        event(gitPath="/home/planted-user/orders", title="planted", url="https://planted.example"),
        event(timestamp="planted"),
    )
    now = datetime.now(UTC)
    wakatime.days[now.date().isoformat()] = [heartbeat(now.timestamp())]
    result = run_command(
        "--config=ENV",
        TAP_IDE_EVENT_FILES=json.dumps([{"path": str(tmp_path)}]),
        TAP_IDE_WAKATIME_ACCOUNTS=json.dumps([{"email": USER1, "token": TOKEN}]),
        TAP_IDE_WAKATIME_URL=wakatime.url,
        TAP_IDE_LOGLEVEL="DEBUG",
    )
    run = IdeRun(result.stdout)
    assert run.column("source") == ["pandev", "wakatime"]
    assert run.column("project") == ["shop", "orders"]
    for secret in ("planted", "7700", str(tmp_path)):
        assert secret not in result.stdout
        assert secret not in result.stderr.replace(str(path), "")


def test_state_survives_a_round_trip_through_a_file(tmp_path: Path, read: Read) -> None:
    path = write_events(tmp_path / "a.json", event())
    first = read(path)
    (tmp_path / "state.json").write_text(json.dumps(first.state))
    files = json.dumps([{"path": str(path), "email": USER1}])
    state = f"--state={tmp_path / 'state.json'}"
    second = IdeRun(run_command("--config=ENV", state, TAP_IDE_EVENT_FILES=files).stdout)
    assert second.rows == []
    assert second.state == first.state


def test_full_table_reads_everything_again(tmp_path: Path, read: Read) -> None:
    path = write_events(tmp_path / "a.json", event())
    first = read(path)
    catalog = json.loads(run_command("--discover").stdout)
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    again = read(path, state=first.state, catalog=catalog)
    assert again.rows == first.rows
    assert {message["type"] for message in again.messages} == {"SCHEMA", "RECORD", "STATE"}


def test_stream_maps_are_applied(tmp_path: Path, read: Read) -> None:
    path = write_events(tmp_path / "a.json", event())
    maps: dict[str, Any] = {"ide_events": {"editor": "__NULL__", "project": "'mapped'"}}
    (row,) = read(path, stream_maps=maps).rows
    assert row["project"] == "mapped"
    assert "editor" not in row


def test_sigterm_exits_143_with_the_state_of_complete_files(tmp_path: Path, read: Read) -> None:
    first = write_events(tmp_path / "1.json", event(project="first"))
    long = write_events(tmp_path / "2.json", *(event(n, project="long") for n in range(9_000)))
    files = json.dumps([{"path": str(path), "email": USER1} for path in (first, long)])
    with subprocess.Popen(
        [COMMAND, "--config=ENV"],
        env={"TAP_IDE_EVENT_FILES": files},
        text=True,
        stdout=subprocess.PIPE,
    ) as tap:
        assert tap.stdout is not None
        lines = []
        for line in tap.stdout:
            lines.append(line)
            if '"long"' in line:
                break
        tap.send_signal(signal.SIGTERM)
        stopped = IdeRun("".join([*lines, *tap.stdout]))
    assert tap.returncode == 128 + signal.SIGTERM
    assert 1 < len(stopped.rows) < 9_001
    resumed = read(first, long, state=stopped.state)
    assert len(resumed.rows) == 9_000
    assert {*resumed.column("project")} == {"long"}


@pytest.mark.parametrize(
    "bookmarks", [[], {"ide_events": None}, {"ide_events": ["files"]}], ids=repr
)
def test_a_damaged_state_is_rejected(bookmarks: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^state: not a state of tap-ide; pass the last"):
        TapIde(config={}, state={"bookmarks": bookmarks})
