"""Settings of tap-ide: their sources and forms, and the errors for invalid ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_ide.errors import ConfigurationError
from tap_ide.settings import (
    Account,
    EventFiles,
    parse_accounts,
    parse_event_files,
    validate_url,
)
from tests.tap_ide.runner import USER1, USER2, IdeRun, event, run_command, write_events

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://wakapi.example.com/api/compat/wakatime/v1"
NOTHING = "event_files, wakatime_accounts: no source is configured; expected at least one"
FILES = [{"path": "/nowhere"}]
ACCOUNT = {"email": USER1, "token": "planted"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, NOTHING),
        ({"event_files": [], "wakatime_accounts": ""}, NOTHING),
        ({"event_files": "[planted"}, "event_files: expected a JSON array of objects"),
        ({"event_files": ["planted"]}, "event_files.0: expected type object"),
        ({"event_files": [{"email": USER1}]}, "event_files: expected objects with path and"),
        ({"event_files": [{"path": "/a", "planted": 1}]}, "event_files: expected objects with"),
        ({"event_files": [{"path": "/a", "email": "planted"}]}, "event_files: expected email, the"),
        ({"event_files": 7}, "event_files: expected type ['array', 'string'"),
        ({"wakatime_accounts": {"planted": 1}}, "wakatime_accounts: expected type ['array'"),
        ({"wakatime_accounts": "planted"}, "wakatime_accounts: expected a JSON array of objects"),
        ({"wakatime_accounts": [{"token": "planted"}]}, "wakatime_accounts: expected email, the"),
        (
            {"wakatime_accounts": [{"email": USER1, "token": "planted x"}]},
            f"wakatime_accounts: {USER1}: expected token, the API key of the account",
        ),
        (
            {"wakatime_accounts": [{"email": USER1, "token": "planted", "key": 1}]},
            f"wakatime_accounts: {USER1}: expected email, token and optionally url only",
        ),
        (
            {"wakatime_accounts": [ACCOUNT, {**ACCOUNT, "email": "User1@example.com"}]},
            "wakatime_accounts: expected each employee once per server",
        ),
        ({"event_files": FILES, "wakatime_url": "http://host.example/api"}, "use https"),
        (
            {"event_files": FILES, "heartbeats_window_days": -1},
            "heartbeats_window_days: expected minimum 0",
        ),
        ({"event_files": FILES, "start_date": "soon"}, "start_date: expected a date such as"),
        (
            {"event_files": FILES, "flattening_enabled": True, "flattening_max_depth": 1},
            "are flat already",
        ),
        ({"event_files": FILES, "planted_name": 1}, "unknown setting planted_name"),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    tmp_path: Path, config: dict[str, Any], expected: str
) -> None:
    (tmp_path / "c.json").write_text(json.dumps(config))
    result = run_command(f"--config={tmp_path / 'c.json'}")
    errors = [line for line in result.stderr.splitlines() if "| INFO " not in line]
    assert result.returncode == 1
    assert len(errors) == 1
    assert expected in errors[0]
    assert "planted" not in errors[0].replace("planted_name", "")
    assert result.stdout == ""


def test_entries_are_a_list_or_its_text() -> None:
    files: list[dict[str, Any]] = [{"path": " /a "}, {"path": "/b", "email": " User1@Example.com "}]
    accounts = [{"email": USER1, "token": "t"}, {"email": USER2, "token": "u", "url": URL}]
    for as_given in (lambda entries: entries, json.dumps):
        assert parse_event_files(as_given(files)) == [
            EventFiles("/a", None),
            EventFiles("/b", USER1),
        ]
        assert parse_accounts(as_given(accounts), "https://a.example/api/v1") == [
            Account(USER1, "https://a.example/api/v1", "t"),
            Account(USER2, URL, "u"),
        ]


def test_the_token_is_not_part_of_the_text_of_an_account() -> None:
    assert "secret-1" not in repr(Account(USER1, URL, "secret-1"))


@pytest.mark.parametrize("url", [URL, f"{URL}/", "http://127.0.0.1:3000/api", "http://[::1]/api"])
def test_https_or_this_machine_is_accepted(url: str) -> None:
    assert validate_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://wakapi.example.com/api",
        "http://127.0.0.1.example.com/api",
        "https://user:secret@wakapi.example.com/api",
        "https://wakapi.example.com/api?x=1",
        "https://wakapi.example.com/a b",
        "ftp://wakapi.example.com",
        "https://",
        "wakapi.example.com",
        "https://[bad/api",
        "",
        7,
        None,
    ],
)
def test_other_addresses_are_refused(url: object) -> None:
    with pytest.raises(ConfigurationError, match="wakatime_url: "):
        validate_url(url)


def test_the_environment_configures_the_tap(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a.json", event(0), event(86_400))
    result = run_command(
        "--config=ENV",
        TAP_IDE_EVENT_FILES=json.dumps([{"path": str(path), "email": USER1}]),
        TAP_IDE_START_DATE="2026-03-02",
    )
    assert IdeRun(result.stdout).column("occurred_at") == ["2026-03-02T09:00:00.250+00:00"]
