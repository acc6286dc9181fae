"""The command as operators run it: settings, exit codes, signals, state, and what never leaks."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import StreamSchema

from tap_clickup import tap as module
from tap_clickup.streams import base
from tests.clickup import Account, Fault, LocalClickUp, generate
from tests.clickup.client import every, live, readable
from tests.tap.running import (
    ALL_TIME,
    COMMAND,
    Run,
    command,
    environment,
    expected,
    is_page,
    moment,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_clickup.workspace import Workspace
    from tests.clickup import Knobs, Request
    from tests.tap.running import Reader

STREAMS = [
    "workspaces",
    "webhooks",
    "tasks",
    "time_in_status",
    "time_entries",
    "spaces",
    "folders",
    "lists",
    "statuses",
    "sprints",
    "users",
    "completed_reads",
    "sync_runs",
]
TOKEN = "pk_123_NEVERSHOWNTOANYONE"  # noqa: S105 - made up
PLANTED = {
    "description": "planted-description",
    "custom_field_value": "planted-field-value",
    "attachment_name": "planted-attachment.png",
    "comment": "planted-comment",
}


def critical(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what an operator sees of a failure: lines above INFO, without time and logger."""
    assert "Traceback" not in ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "| INFO " not in line]
    return [line.split("| ")[-1] for line in lines]


# --- starting


def test_discovery_needs_no_token_and_asks_nobody() -> None:
    ended = command("--discover")
    assert (ended.returncode, critical(ended)) == (0, ["Config validation failed"])
    entries = json.loads(ended.stdout)["streams"]
    assert [entry["tap_stream_id"] for entry in entries] == STREAMS
    keys = {entry["tap_stream_id"]: entry["key_properties"] for entry in entries}
    assert keys == {
        "workspaces": ["id"],
        "webhooks": ["workspace_id", "id"],
        "tasks": ["workspace_id", "id"],
        "time_in_status": ["workspace_id", "task_id", "status"],
        "time_entries": ["workspace_id", "id"],
        "spaces": ["workspace_id", "id"],
        "folders": ["workspace_id", "id"],
        "lists": ["workspace_id", "id"],
        "statuses": ["workspace_id", "scope_type", "scope_id", "status"],
        "sprints": ["workspace_id", "id"],
        "users": ["workspace_id", "id"],
        "completed_reads": ["workspace_id", "stream", "scope"],
        "sync_runs": ["workspace_id", "source", "started_at"],
    }
    incremental = [entry for entry in entries if entry["replication_method"] == "INCREMENTAL"]
    assert {entry["tap_stream_id"]: entry["replication_key"] for entry in incremental} == {
        "tasks": "date_updated",
        "time_entries": "date_updated",
    }


def test_about_names_the_settings_and_marks_the_token_as_secret() -> None:
    """R16, D5."""
    about = json.loads(command("--about", "--format=json").stdout)
    properties = about["settings"]["properties"]
    named = [
        "api_token",
        "workspace_ids",
        "space_ids",
        "start_date",
        "requests_per_minute",
        "api_url",
    ]
    assert [name for name in properties if name in named] == named
    assert properties["api_token"]["secret"] is True
    assert about["settings"]["required"] == ["api_token"]


@pytest.mark.parametrize("options", [(), ("--test",)])
def test_a_missing_token_is_one_clear_line(options: tuple[str, ...]) -> None:
    ended = command(*options)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = critical(ended)
    assert line == (
        "'api_token' is a required property; settings come from --config or, "
        "with --config=ENV, from TAP_CLICKUP_<SETTING>"
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"api_token": 123456789}, "a value is not of type 'string' in config['api_token']"),
        (
            {"api_token": {"secret": TOKEN}},
            "a value is not of type 'string' in config['api_token']",
        ),
        ({"api_token": [TOKEN]}, "a value is not of type 'string' in config['api_token']"),
        ({"api_token": TOKEN[3:]}, "api_token: expected a personal API token"),
        ({"api_token": f"{TOKEN} {TOKEN}"}, "api_token: expected a personal API token"),
        ({"api_token": TOKEN, "space_ids": TOKEN}, "a value is not of type 'array', 'null'"),
        ({"api_token": TOKEN, "start_date": "soon"}, "start_date: expected a moment such as"),
        ({"api_token": TOKEN, "start_date": "2026-02-30"}, "start_date: expected a moment"),
        (
            {"api_token": TOKEN, "api_url": "http://example.com"},
            "api_url: http is allowed for this",
        ),
        ({"api_token": TOKEN, "requests_per_minute": 0}, "0 is less than the minimum of 1"),
        ({"api_tokn": TOKEN, "api_token": TOKEN}, "('api_tokn' was unexpected)"),
    ],
)
def test_a_setting_that_cannot_work_is_one_line_that_shows_no_secret(
    tmp_path: Path, config: dict[str, Any], reason: str
) -> None:
    """R14, R16."""
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    ended = command(f"--config={file}", LOGLEVEL="DEBUG")
    shown = [line for line in ended.stderr.splitlines() if "| CRITICAL" in line]
    assert (ended.returncode, ended.stdout, len(shown)) == (1, "", 1)
    assert reason in shown[0]
    assert [
        one for one in (TOKEN, TOKEN[3:], "123456789", "Traceback") if one in ended.stderr
    ] == []


def test_a_state_that_holds_no_moment_is_one_clear_line(read: Reader) -> None:
    context = {"workspace_id": "1"}
    partition = {"context": context, "cursors": {"live": "1772600000001"}}
    run = read(state={"bookmarks": {"tasks": {"partitions": [partition]}}}, start_date=ALL_TIME)
    assert run.error == (
        "state of tasks in {'workspace_id': '1'}, cursor live: expected a moment such as 2026-01-31"
    )
    assert (run.stdout, read.clickup.requests) == ("", [])


def test_a_wrong_token_is_one_line_with_what_to_do(clickup: LocalClickUp) -> None:
    """R92, R93."""
    values = {**environment(clickup), "TAP_CLICKUP_API_TOKEN": TOKEN}
    ended = command("--config=ENV", **values)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = critical(ended)
    assert line == (
        "401 Unauthorized: the token is wrong, expired or was regenerated; "
        "make a fresh one in ClickUp under avatar > Settings > My Settings > Apps > API Token, "
        "and set it as TAP_CLICKUP_API_TOKEN (OAUTH_025)"
    )
    assert [(one.path, one.status) for one in clickup.requests] == [("/api/v2/team", 401)]


def test_an_unreachable_clickup_is_one_line_before_any_message(read: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    run = read(api_url=f"http://127.0.0.1:{port}/api/v2")
    assert run.stdout == ""
    assert run.error == (
        "GET /team: ConnectionError from 127.0.0.1 in 6 attempts; "
        "check that it can be reached on its port, and run again"
    )


# --- the connection test: R21


class TestOfEveryStream:
    @pytest.fixture
    def account(self) -> Account:
        """Return an account in which each stream has a record."""
        made = generate(seed=7, tasks=200)
        made.add_webhook(endpoint="https://example.com/", events=["taskCreated"])
        return made

    def test_the_connection_test_asks_for_the_workspaces_and_reads_one_record_a_stream(
        self, clickup: LocalClickUp
    ) -> None:
        """R21."""
        values = {**environment(clickup), "TAP_CLICKUP_TIME_IN_STATUS": "true"}
        ended = command("--config=ENV", "--test", **values)
        assert (ended.returncode, "CRITICAL" in ended.stderr) == (0, False)
        run = Run(ended.stdout, ended.stderr, None)
        # Time in status follows whole pages of tasks, and of those only one task is taken.
        assert {stream: len(run.rows(stream)) for stream in STREAMS} == {
            **dict.fromkeys(STREAMS, 1),
            "time_in_status": 0,
        }
        assert clickup.requests[0].path == "/api/v2/team"


@pytest.mark.parametrize("status", [401, 200])
def test_the_connection_test_fails_where_a_run_would(
    clickup: LocalClickUp, knobs: Knobs, status: int
) -> None:
    knobs.faults = [Fault(status=status, body={"ECODE": "OAUTH_025"}, path="/team")]
    ended = command("--config=ENV", "--test", **environment(clickup))
    reason = {401: "401 Unauthorized", 200: "GET /team: the answer holds no 'teams'"}[status]
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = critical(ended)
    assert line.startswith(reason)


def test_the_connection_test_names_the_stream_that_fails(
    clickup: LocalClickUp, knobs: Knobs
) -> None:
    """It reads one record a stream, of whichever reading comes first: so here all fail."""
    knobs.faults = [Fault(status=400, path="/task$")] * 999
    ended = command("--config=ENV", "--test", **environment(clickup))
    assert ended.returncode == 1
    told = [line for line in critical(ended) if line.startswith("not everything was read: ")]
    assert ["stream tasks: GET /team/" in line for line in told] == [True]


# --- exit codes and messages


def test_the_command_reads_everything_and_exits_0(clickup: LocalClickUp, account: Account) -> None:
    values = {**environment(clickup), "TAP_CLICKUP_START_DATE": ALL_TIME}
    ended = command("--config=ENV", **values)
    assert (ended.returncode, critical(ended)) == (0, [])
    run = Run(ended.stdout, ended.stderr, None)
    tasks = [task.id for workspace in account.workspaces for task in every(workspace)]
    assert sorted(run.column("tasks", "id")) == sorted(tasks)
    schemas = [m["stream"] for m in run.messages if m["type"] == "SCHEMA"]
    assert list(dict.fromkeys(schemas)) == STREAMS


def test_a_failed_stream_exits_1_after_the_others(clickup: LocalClickUp, knobs: Knobs) -> None:
    knobs.ignored_parameters = {"reverse"}
    ended = command("--config=ENV", **environment(clickup))
    run = Run(ended.stdout, ended.stderr, None)
    assert ended.returncode == 1
    assert run.rows("sync_runs")[0]["complete"] is False
    told = [line for line in critical(ended) if line.startswith("not everything was read: ")]
    assert ["stream tasks: GET /team/" in line for line in told] == [True]


def test_a_refused_place_exits_0(clickup: LocalClickUp, knobs: Knobs, account: Account) -> None:
    space_id = next(iter(account.workspaces[0].spaces))
    knobs.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"/space/{space_id}/list")]
    ended = command("--config=ENV", **environment(clickup))
    (line,) = critical(ended)
    assert ended.returncode == 0
    assert "lists (archived=false) not read: GET /space/" in line


@pytest.fixture
def halted(knobs: Knobs) -> Iterator[tuple[Event, Event]]:
    """Let the local ClickUp stop before its 15th page of live tasks; tell when, wait to go on."""
    reached, go_on = Event(), Event()
    pages: list[str] = []

    def halt(request: Request, account: Account) -> None:
        if is_page(request, account.workspaces[0], archived=False):
            pages.append(request.path)
            if len(pages) == 15:
                reached.set()
                go_on.wait(timeout=20)

    knobs.on_request, knobs.rate_limited = halt, False
    yield reached, go_on
    go_on.set()


class TestBackfill:
    """Runs that are stopped in the middle: ClickUp is slow to answer a page."""

    @pytest.fixture
    def account(self) -> Account:
        return generate(seed=5, tasks=2_600, time_entries=0)

    def stop(
        self, clickup: LocalClickUp, halted: tuple[Event, Event], number: int, out: Path
    ) -> tuple[int, Run]:
        """Return exit code and output of a run that is stopped by a signal."""
        values = {
            **environment(clickup),
            "TAP_CLICKUP_START_DATE": ALL_TIME,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "9999",
        }
        with (
            out.open("w", encoding="utf-8") as stdout,
            subprocess.Popen(
                [COMMAND, "--config=ENV"], stdout=stdout, stderr=subprocess.DEVNULL, env=values
            ) as process,
        ):
            assert halted[0].wait(timeout=20)
            process.send_signal(number)
            code = process.wait(timeout=20)
        halted[1].set()
        return code, Run(out.read_text(encoding="utf-8"), "", None)

    @staticmethod
    def before_last_state(run: Run) -> int:
        """Return how many tasks stand before the last STATE."""
        last = max(n for n, one in enumerate(run.messages) if one["type"] == "STATE")
        shown = [one for one in run.messages[:last] if one["type"] == "RECORD"]
        return len([one for one in shown if one["stream"] == "tasks"])

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
    )
    def test_a_stopped_run_exits_non_zero_and_the_next_goes_on_from_its_last_state(
        self,
        read: Reader,
        halted: tuple[Event, Event],
        tmp_path: Path,
        number: signal.Signals,
        code: int,
    ) -> None:
        """R32, R135."""
        exit_code, cut = self.stop(read.clickup, halted, number, tmp_path / "out.singer")
        rest = read(state=cut.state, requests_per_minute=9999)
        workspace = read.clickup.account.workspaces[0]
        wanted = {(task.id, moment(task.updated_ms or 0)) for task in every(workspace)}
        found = [
            (row["id"], row["date_updated"]) for run in (cut, rest) for row in run.rows("tasks")
        ]
        assert (exit_code, set(found) ^ wanted) == (code, set())
        seen = {task.id for task in live(workspace)}
        came = [one for one in cut.column("tasks", "id") if one in seen]
        again = [one for one in rest.column("tasks", "id") if one in seen]
        # Page 15 was asked for once page 13 was taken; a killed process loses what it buffers.
        assert 1_150 < len(came) <= 1_400
        assert 0 < len(cut.rows("tasks")) - self.before_last_state(cut) <= 1_000
        cursor = datetime.fromisoformat(cut.bookmarks[workspace.id] or "")
        since_ms = round((cursor - timedelta(minutes=10)).timestamp() * 1000)
        assert set(again) == {id_ for id_, _ in expected(live(workspace), since_ms=since_ms)}
        assert len(again) < len(seen) - 300


# --- what never leaks (R16, R53, R54, R89-R91)


@pytest.mark.parametrize("breaks", [False, True])
def test_what_may_not_be_kept_appears_nowhere(
    clickup: LocalClickUp, account: Account, knobs: Knobs, *, breaks: bool
) -> None:
    """In no record, no state and no log line, not even at DEBUG and in an answer that fails."""
    for workspace in account.workspaces:
        for task in readable(workspace)[:200:20]:
            account.plant(task.id, **PLANTED)
    if breaks:
        body = json.dumps({"err": "planted-error", "ECODE": "planted", "tasks": [PLANTED]})
        knobs.faults = [
            Fault(status=500, body=body, path="/task$"),
            Fault(status=200, body=body[:-9], reset=True, path="/task$"),
            Fault(status=200, body=body[:-9], path="/task$"),
            Fault(status=403, body=body, path="/list$"),
        ]
    values = {**environment(clickup), "TAP_CLICKUP_START_DATE": ALL_TIME}
    ended = command("--config=ENV", LOGLEVEL="DEBUG", **values)
    assert ended.returncode == breaks
    shown = ended.stdout + ended.stderr
    secret = clickup.token.rpartition("_")[2]
    assert [one for one in (*PLANTED.values(), "planted", secret) if one in shown] == []
    assert "DEBUG" in ended.stderr


def test_the_token_can_come_from_a_file_and_is_in_no_message(
    clickup: LocalClickUp, tmp_path: Path
) -> None:
    """R16, R17."""
    clickup.knobs.limit_per_minute = 10_000  # a process of its own waits in real time
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings(clickup)), encoding="utf-8")
    ended = command(f"--config={file}")
    assert ended.returncode == 0
    assert clickup.token not in ended.stdout + ended.stderr


def test_a_new_token_replaces_the_old_one_and_the_state_goes_on(
    read: Reader, account: Account
) -> None:
    """R94, R129."""
    first = read()
    old, account.token = account.token, f"{account.token}ROTATED"
    second = read(state=first.state)
    assert (second.error, second.bookmarks) == (None, first.bookmarks)
    assert {one.token_ok for one in read.clickup.requests} == {True}
    assert read(api_token=old).error is not None


# --- selection by catalog


def test_deselected_streams_and_fields_are_left_out(read: Reader) -> None:
    catalog = json.loads(command("--discover").stdout)
    for entry in catalog["streams"]:
        wanted = entry["stream"] in {"tasks", "users"}
        for metadata in entry["metadata"]:
            shown = metadata["breadcrumb"] != ["properties", "name"]
            metadata["metadata"]["selected"] = wanted and shown
    run = read(catalog=catalog, start_date=ALL_TIME)
    streams = {m["stream"] for m in run.messages if m["type"] == "RECORD"}
    assert streams == {"tasks", "users"}
    assert {"name" in row for row in run.rows("tasks")} == {False}
    assert run.error is None


# --- adding a stream (D6)


def test_a_stream_is_added_by_a_class_and_its_place_in_the_list(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Archives(base.ClickUpStream):
        """Spaces once more, under another name."""

        name = "archives"
        primary_keys = ("workspace_id", "id")
        schema = StreamSchema(base.SCHEMAS, key="spaces")

        def read(self, workspace: Workspace, context: object) -> Any:  # noqa: ARG002
            yield from workspace.hierarchy.readings["spaces"]

    monkeypatch.setattr(module, "STREAMS", (*module.STREAMS, Archives))
    run = read()
    assert run.rows("archives") == run.rows("spaces") != []
