"""The SDK's own test suite against the fake ClickUp, and tests of what it misses.

The suite's test of primary keys compares generators, and its test of the final state searches for
progress markers in the wrong place; both pass whatever the tap does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.streams.task_changes import TaskChanges
from tap_clickup.tap import TapClickUp
from tests.support.waiting import join_threads
from tests.tap_clickup.cli_output import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tap_clickup.runner import TapRunner

CONFIG: dict[str, Any] = {
    "api_token": "pk_123_ABCDEFGH12",
    "start_date": "2000-01-01",
    "requests_per_minute": 9999,
    "time_in_status": True,
    "custom_fields": ["Channel"],
}
"""The token and the API URL are set once the fake ClickUp runs."""


def full(*, workspaces: int) -> Account:
    """Return an account in which each stream has records."""
    account = generate(seed=7, tasks=200, workspaces=workspaces, subfolders=2)
    for workspace in account.workspaces:
        account.add_webhook(workspace.id, endpoint="https://example.com/", events=["taskCreated"])
    return account


@pytest.fixture
def account() -> Account:
    return full(workspaces=2)


@pytest.fixture(scope="module", autouse=True)
def _clickup() -> Iterator[None]:
    with FakeClickUp(full(workspaces=1), behaviour=Behaviour(rate_limited=False)) as running:
        CONFIG.update(api_token=running.token, api_url=running.api_url)
        yield
        join_threads(THREAD_NAME)


class PolledTap(TapClickUp):
    """The tap without task_changes, which has no records in a poll: webhooks report them."""

    stream_types = tuple(stream for stream in TapClickUp.stream_types if stream is not TaskChanges)


TestSuite = get_tap_test_class(
    PolledTap,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=500),
    parse_env_config=False,
)


def test_primary_keys_are_unique_and_not_null(run_tap: TapRunner) -> None:
    run = run_tap(start_date="2000-01-01", time_in_status=True)
    schemas = [message for message in run.messages if message["type"] == "SCHEMA"]
    assert {schema["stream"] for schema in schemas} == set(STREAMS)
    without_rows = [schema["stream"] for schema in schemas if not run.rows(schema["stream"])]
    assert without_rows == ["task_changes"]
    for schema in schemas:
        rows = run.rows(schema["stream"])
        keys = Counter(tuple(row[key] for key in schema["key_properties"]) for row in rows)
        assert schema["stream"] == schema["stream"]
        assert max(keys.values(), default=1) == 1
        assert [key for key in keys if None in key] == []


def test_final_state_has_only_finished_bookmarks(run_tap: TapRunner) -> None:
    bookmarks = run_tap(start_date="2000-01-01", time_in_status=True).state["bookmarks"]
    partitions = bookmarks.pop("tasks")["partitions"]
    names = [
        "archives",
        "context",
        "cursors",
        "walks",
        "spaces",
        "start_date",
        "replication_key",
        "replication_key_value",
    ]
    assert [sorted(partition) for partition in partitions] == [sorted(names), sorted(names)]
    partitions = bookmarks.pop("time_entries")["partitions"]
    names = ["context", "read_until", "sees", "sent", "spaces", "start_date", "user_ids"]
    assert [sorted(partition) for partition in partitions] == [names, names]
    partitions = bookmarks.pop("time_in_status")["partitions"]
    assert [sorted(partition) for partition in partitions] == [["context"], ["context"]]
    assert {name: value for name, value in bookmarks.items() if value} == {}
