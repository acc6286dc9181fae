"""Heartbeats of a server: their records, which days are requested, what is read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_ide.heartbeats import find_editor
from tests.tap_ide.heartbeat_server import TOKEN, USER_AGENT, heartbeat, respond
from tests.tap_ide.runner import USER1, USER2, IdeRun

if TYPE_CHECKING:
    from tests.tap_ide.heartbeat_server import HeartbeatServer
    from tests.tap_ide.runner import Read

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day(days: int) -> str:
    """Return the day so many days after today."""
    return (TODAY + timedelta(days=days)).date().isoformat()


def days(first: int, last: int) -> list[str]:
    return [day(number) for number in range(first, last + 1)]


def seconds(days: int, seconds: float = 0) -> float:
    return (TODAY + timedelta(days=days)).timestamp() + seconds


def test_every_column_has_its_own_source(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    wakatime.days[day(-1)] = [heartbeat(seconds(-1, 1.0004))]
    (row,) = read(**account).rows
    assert row == {
        "email": USER1,
        "occurred_at": f"{day(-1)}T00:00:01.000+00:00",
        "source": "wakatime",
        "event_hash": row["event_hash"],
        "activity_type": "coding",
        "project": "orders",
        "repository_path": None,
        "branch": "feature/CU-86a2",
        "language": "Go",
        "editor": "vscode/1.90.1",
    }


def test_the_first_run_requests_90_days_and_the_day_ahead(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    """The server's day is that of the user's time zone; Wakapi's may even be the day before."""
    wakatime.days[day(1)] = [heartbeat(seconds(0, 60))]
    run = read(**account)
    assert wakatime.requested_days == days(-90, 1)
    assert run.column("occurred_at") == [f"{day(0)}T00:01:00.000+00:00"]


def test_later_runs_read_the_last_days_and_only_what_has_changed(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    wakatime.days = {day(-n): [heartbeat(seconds(-n), project=str(n))] for n in range(6)}
    first = read(**account)
    assert first.column("project") == ["5", "4", "3", "2", "1", "0"]
    wakatime.requested_days.clear()
    wakatime.days[day(-3)].append(heartbeat(seconds(-3, 9), project="late"))
    wakatime.days[day(-4)].append(heartbeat(seconds(-4, 9), project="too late"))
    second = read(**account, state=first.state)
    assert wakatime.requested_days == days(-3, 1)
    assert second.column("project") == ["3", "late"]
    assert read(**account, state=second.state).rows == []


def test_the_lookback_is_a_setting(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    first = read(**account, heartbeats_window_days=0)
    wakatime.requested_days.clear()
    read(**account, state=first.state, heartbeats_window_days=0)
    assert wakatime.requested_days == days(0, 1)


def test_a_start_date_is_a_limit_and_an_earlier_one_reads_all(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    wakatime.days[day(-2)] = [
        heartbeat(seconds(-2, n), project=str(n)) for n in (0, 3_599.5, 3_600)
    ]
    first = read(**account, start_date=f"{day(-2)}T01:00:00Z")
    assert wakatime.requested_days == days(-3, 1)
    assert first.column("project") == ["3600"]
    wakatime.requested_days.clear()
    second = read(**account, start_date=day(-5), state=first.state)
    assert wakatime.requested_days == days(-6, 1)
    assert second.column("project") == ["0", "3599.5", "3600"]


def test_two_employees_of_a_server_are_kept_apart(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    wakatime.tokens.add("second")
    wakatime.days[day(0)] = [heartbeat(seconds(0))]
    account["wakatime_accounts"].append({"email": USER2, "token": "second"})
    first = read(**account)
    assert first.column("email") == [USER1, USER2]
    assert len(first.bookmark["accounts"]) == 2


def test_odd_heartbeats_are_counted_and_left_out(
    wakatime: HeartbeatServer,
    account: dict[str, Any],
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wakatime.days[day(0)] = [
        heartbeat(seconds(0), time="now"),
        {},
        heartbeat(seconds(0), branch=7, language=None, category="", project=[]),
    ]
    (row,) = read(**account).rows
    assert [row[name] for name in ("branch", "language", "activity_type", "project")] == [None] * 4
    assert f"{USER1} at 127.0.0.1: 2 events without a plausible timestamp left out" in caplog.text


def test_days_that_the_plan_does_not_include_are_named_once(
    wakatime: HeartbeatServer,
    account: dict[str, Any],
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wakatime.faults = [respond(402)] * 80
    wakatime.days[day(0)] = [heartbeat(seconds(0))]
    assert len(read(**account).rows) == 1
    assert f"HTTP 402, the account's plan does not include 80 days until {day(-11)}" in caplog.text


def test_what_was_read_before_a_failure_is_not_read_again(
    wakatime: HeartbeatServer,
    account: dict[str, Any],
    read: Read,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wakatime.days = {day(-50): [heartbeat(seconds(-50))], day(0): [heartbeat(seconds(0))]}
    wakatime.faults = [respond(200, b'{"data": []}')] * 41 + [respond(404)]
    with pytest.raises(SystemExit):
        read(**account)
    failed = IdeRun(capsys.readouterr().out)
    assert failed.rows == []
    wakatime.requested_days.clear()
    resumed = read(**account, state=failed.state)
    assert wakatime.requested_days == days(-53, 1)
    assert resumed.column("occurred_at") == [
        f"{day(-50)}T00:00:00.000+00:00",
        f"{day(0)}T00:00:00.000+00:00",
    ]


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (USER_AGENT, "vscode/1.90.1"),
        (
            "wakatime/13.0.7 (Linux-4.15-x86_64) Python3.6 Kate/21.08 Kate-wakatime/1.3.10",
            "Kate/21.08",
        ),
        ("wakatime/v1.98 (windows-10) go1.22 vim-wakatime/11.0", "vim"),
        ("neovim-wakatime/11.0", "neovim"),
        ("a0b1c2d3-0000-4000-8000-000000000000", None),
        ("", None),
        (None, None),
    ],
)
def test_the_editor_is_all_that_is_kept_of_a_user_agent(
    user_agent: str | None, expected: str | None
) -> None:
    assert find_editor(user_agent) == expected


def test_the_token_is_sent_as_basic_authentication(
    wakatime: HeartbeatServer, account: dict[str, Any], read: Read
) -> None:
    read(**account, start_date=day(0))
    assert {*wakatime.authorizations} == {"Basic cGxhbnRlZC10b2tlbi0x"}
    assert TOKEN == "planted-token-1"  # noqa: S105
