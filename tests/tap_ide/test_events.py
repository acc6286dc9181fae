"""Records of events: their columns, their key, and values of any shape."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from tap_ide.events import (
    Context,
    TimeRange,
    build_record,
    pandev_context,
    parse_time,
    shorten_repository_path,
)
from tests.tap_ide.runner import START_S, USER1, event

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = TimeRange.until(NOW, None)


def record(**more: Any) -> dict[str, Any]:
    time_ms = parse_time(START_S, TIMES)
    assert time_ms is not None
    return build_record(USER1, "pandev", time_ms, pandev_context(event(**more)))


def test_every_column_has_its_own_source() -> None:
    assert record(activityType="edit") == {
        "email": "user1@example.com",
        "occurred_at": "2026-03-01T09:00:00.250+00:00",
        "source": "pandev",
        "event_hash": record(activityType="edit")["event_hash"],
        "activity_type": "edit",
        "project": "shop",
        "repository_path": "shop/backend/orders",
        "branch": "feature/CU-86a1",
        "language": "PYTHON",
        "editor": "PyCharm 2026.1",
    }


@pytest.mark.parametrize(
    "name", ["activityType", "project", "gitPath", "gitBranch", "language", "ide"]
)
def test_events_that_differ_in_a_kept_column_are_distinct(name: str) -> None:
    assert record(**{name: "other"})["event_hash"] != record()["event_hash"]


@pytest.mark.parametrize("name", ["module", "fileName", "lineCount", "lineNumber", "more"])
def test_events_that_differ_in_what_is_not_kept_are_the_same(name: str) -> None:
    assert record(**{name: "other"}) == record()


def test_a_value_moved_to_another_column_is_another_event() -> None:
    first = record(project="x", gitPath=None)
    second = record(project=None, gitPath="x")
    assert first["event_hash"] != second["event_hash"]


@pytest.mark.parametrize("value", [7, True, [], {}, None, "", "  "])
def test_values_that_are_not_texts_are_null(value: object) -> None:
    assert record(gitBranch=value)["branch"] is None


def test_texts_are_such_that_postgresql_can_store_them() -> None:
    assert record(gitBranch=" a\0b\n\ud800 ")["branch"] == "ab?"
    assert record(gitBranch="x" * 300)["branch"] == "x" * 255


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("group/sub/repo", "group/sub/repo"),
        ("group//repo.git/", "group/repo"),
        ("https://user:secret@host.example:8443/group/repo.git?t=1", "group/repo"),
        ("git@host.example:group/repo.git", "group/repo"),
        ("ssh://git@host.example:2222/group/repo", "group/repo"),
        ("/home/user/src/shop", "shop"),
        ("~/src/shop/.git", None),
        ("C:\\Users\\user\\src\\shop", "shop"),
        ("../shop", "shop"),
        ("https://user:sec/ret@host.example/group/repo", None),
        ("https://[bad/group", None),
        ("/", None),
    ],
)
def test_a_repository_path_has_no_host_user_or_local_folder(
    path: str, expected: str | None
) -> None:
    assert shorten_repository_path(path) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1_772_355_600, 1_772_355_600_000),
        (1_772_355_600.0005, 1_772_355_600_001),
        (946_684_800, 946_684_800_000),
        (946_684_799.9, None),
        (1_772_355_600_000, None),
        (NOW.timestamp() + 86_400, 1_772_496_000_000),
        (NOW.timestamp() + 86_401, None),
        (math.inf, None),
        (math.nan, None),
        (10**400, None),
        ("1772355600", None),
        (True, None),
        (None, None),
    ],
)
def test_only_plausible_times_are_read(seconds: object, expected: int | None) -> None:
    assert parse_time(seconds, TIMES) == expected


def test_a_context_has_no_more_columns_than_promised() -> None:
    assert Context._fields == (
        "activity_type",
        "project",
        "repository_path",
        "branch",
        "language",
        "editor",
    )
