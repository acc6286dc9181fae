"""Invalid settings and an invalid state are reported in one line each."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tap_clickup.tap import TapClickUp
from tests.tap_clickup.cli_output import error_lines
from tests.tap_clickup.runner import ALL_TIME, environment, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from tests.tap_clickup.runner import TapRunner

TOKEN = "pk_123_NEVERSHOWNTOANYONE"  # noqa: S105 - made up


def test_about_lists_settings_and_marks_the_token_secret() -> None:
    """R16, R20, D5: Meltano shows the settings and hides the token."""
    about = json.loads(run_command("--about", "--format=json").stdout)
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


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("SPACE_IDS", "90000000011", ["90000000011"]),
        ("SPACE_IDS", " 90000000011 , 90000000013 ", ["90000000011", "90000000013"]),
        ("SPACE_IDS", '["90000000011", "90000000013"]', ["90000000011", "90000000013"]),
        ("SPACE_IDS", "", None),
        ("CUSTOM_FIELDS", "", []),
        ("CUSTOM_FIELDS", "Sprint goal", ["Sprint goal"]),
        ("SPRINTS", "", True),
        ("SPRINTS", " Off", False),
        ("SPRINTS", "0", False),
        ("SWEEP", "Yes", True),
        ("SWEEP", "1", True),
        ("REQUESTS_PER_MINUTE", "", None),
        ("REQUESTS_PER_MINUTE", "7", 7),
        ("SPRINT_FOLDER_PATTERN", "", ""),
    ],
)
def test_variable_has_the_form_that_a_shell_or_meltano_gives_it(
    variable: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAP_CLICKUP_API_TOKEN", TOKEN)
    monkeypatch.setenv(f"TAP_CLICKUP_{variable}", text)
    config = TapClickUp(parse_env_config=True).config
    assert config.get(variable.lower()) == value


@pytest.mark.parametrize("options", [(), ("--test",)])
def test_missing_token_is_reported_in_one_line(options: tuple[str, ...]) -> None:
    process = run_command(*options)
    assert process.returncode == 1
    assert process.stdout == ""
    (line,) = error_lines(process)
    assert line == (
        "api_token: missing; settings come from --config or, "
        "with --config=ENV, from TAP_CLICKUP_<SETTING>"
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"api_token": 123456789}, "api_token: expected string;"),
        (
            {"api_token": {"secret": TOKEN}},
            "api_token: expected string;",
        ),
        ({"api_token": [TOKEN]}, "api_token: expected string;"),
        ({"api_token": TOKEN[3:]}, "api_token: expected a personal API token"),
        ({"api_token": f"{TOKEN} {TOKEN}"}, "api_token: expected a personal API token"),
        ({"api_token": TOKEN, "space_ids": TOKEN}, "space_ids: expected array or null;"),
        (
            {"api_token": TOKEN, "start_date": "soon"},
            "start_date: expected a date or",
        ),
        (
            {"api_token": TOKEN, "start_date": "2026-02-30"},
            "start_date: expected a date or timestamp",
        ),
        (
            {"api_token": TOKEN, "api_url": "http://example.com"},
            "api_url: http is allowed for this",
        ),
        (
            {"api_token": TOKEN, "requests_per_minute": 0},
            "requests_per_minute: expected at least 1;",
        ),
        ({"api_tokn": TOKEN, "api_token": TOKEN}, "unknown setting api_tokn;"),
    ],
)
def test_invalid_setting_is_reported_without_secrets(
    tmp_path: Path, config: dict[str, Any], reason: str
) -> None:
    """R14, R16: the error names the setting and contains no part of a token."""
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    process = run_command(f"--config={file}", LOGLEVEL="DEBUG")
    critical_lines = [line for line in process.stderr.splitlines() if "| CRITICAL" in line]
    assert process.returncode == 1
    assert process.stdout == ""
    assert len(critical_lines) == 1
    assert reason in critical_lines[0]
    assert [
        text for text in (TOKEN, TOKEN[3:], "123456789", "Traceback") if text in process.stderr
    ] == []


def test_invalid_state_timestamp_is_reported_in_one_line(run_tap: TapRunner) -> None:
    context = {"workspace_id": "1"}
    partition = {"context": context, "cursors": {"live": "1772600000001"}}
    run = run_tap(state={"bookmarks": {"tasks": {"partitions": [partition]}}}, start_date=ALL_TIME)
    assert run.error == (
        "state of tasks in {'workspace_id': '1'}, cursor live: "
        "expected a date or timestamp such as 2026-01-31"
    )
    assert run.stdout == ""
    assert run_tap.clickup.requests == []


def test_wrong_token_is_reported_with_advice(clickup: FakeClickUp) -> None:
    """R92, R93: the error names the cause and says where to create a new token."""
    values = {**environment(clickup), "TAP_CLICKUP_API_TOKEN": TOKEN}
    process = run_command("--config=ENV", **values)
    assert process.returncode == 1
    assert process.stdout == ""
    (line,) = error_lines(process)
    assert line == (
        "401 Unauthorized: the token is wrong, expired or was regenerated; "
        "create a new one in ClickUp under avatar > Settings > My Settings > Apps > API Token, "
        "and set it as TAP_CLICKUP_API_TOKEN (OAUTH_025)"
    )
    assert [(request.path, request.status) for request in clickup.requests] == [
        ("/api/v2/team", 401)
    ]


def test_unreachable_clickup_is_reported_before_any_message(run_tap: TapRunner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    run = run_tap(api_url=f"http://127.0.0.1:{port}/api/v2")
    assert run.stdout == ""
    assert run.error == (
        "GET /team: ConnectionError from 127.0.0.1 in 6 attempts; "
        "check that its port can be reached, and run again"
    )
