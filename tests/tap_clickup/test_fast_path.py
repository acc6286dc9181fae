"""The buffered writer and the skipped type conversion of the SDK change no message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.io_base import SingerWriter

from fake_clickup import generate
from tap_clickup.streams.base import ClickUpStream
from tap_clickup.tap import TapClickUp
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.singerlib import RecordMessage

    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRun, TapRunner

RUN_TIMES = ("started_at", "finished_at")
RUN_STREAMS = {"completed_reads", "sync_runs"}
"""The streams whose records contain timestamps of the run itself."""
CONCURRENT_STREAMS = ("tasks", "time_in_status", "time_entries", "completed_reads")


@pytest.fixture
def account() -> Account:
    """Return an account in which each stream has records."""
    new_account = generate(seed=7, tasks=400, workspaces=2)
    new_account.add_webhook(endpoint="https://example.com/", events=["taskCreated"])
    return new_account


def comparable_messages(run: TapRun) -> dict[str, list[dict[str, Any]]]:
    """Return the SCHEMA and RECORD messages by stream, without timestamps of the run itself.

    Messages of concurrent reads are sorted, because their order differs between runs.
    """
    messages: dict[str, list[dict[str, Any]]] = {}
    for message in run.messages:
        if message["type"] == "STATE":
            continue
        stream = message["stream"]
        if message["type"] == "RECORD":
            extracted = datetime.fromisoformat(message.pop("time_extracted"))
            assert (datetime.now(UTC) - extracted) < timedelta(minutes=1)
            for name in RUN_TIMES if stream in RUN_STREAMS else ():
                del message["record"][name]
        messages.setdefault(stream, []).append(message)
    for stream in CONCURRENT_STREAMS:
        messages[stream].sort(key=lambda message: json.dumps(message.get("record")))
    return messages


def by_the_sdk(stream: ClickUpStream, record: dict[str, Any]) -> Iterator[RecordMessage]:
    """Yield the messages of the SDK with the time of their request."""
    for message in Stream._generate_record_messages(stream, record):  # noqa: SLF001 - what the tap's own replaces
        message.time_extracted = stream._extracted_at  # noqa: SLF001 - as above
        yield message


def test_fast_path_writes_the_same_messages_as_the_sdk(
    run_tap: TapRunner, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour.rate_limited = False  # so that no time passes, which time in status would show
    config: dict[str, Any] = {
        "start_date": ALL_TIME,
        "time_in_status": True,
        "custom_fields": ["Channel"],
        "requests_per_minute": 9_999,
    }
    fast = run_tap(**config)
    monkeypatch.setattr(TapClickUp, "message_writer_class", SingerWriter)
    monkeypatch.setattr(ClickUpStream, "TYPE_CONFORMANCE_LEVEL", TypeConformanceLevel.RECURSIVE)
    monkeypatch.setattr(ClickUpStream, "_generate_record_messages", by_the_sdk)
    stock = run_tap(**config)
    assert comparable_messages(fast) == comparable_messages(stock)
    assert [name for name in comparable_messages(fast) if not fast.rows(name)] == ["task_changes"]
    assert len(fast.rows("tasks")) > 300
    assert any(row["custom_fields"] for row in fast.rows("tasks"))


def test_deselected_property_is_omitted(run_tap: TapRunner) -> None:
    catalog = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "name"]:
                entry["metadata"]["selected"] = False
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    rows = run_tap(start_date=ALL_TIME, catalog=catalog).rows("tasks")
    assert rows
    assert [row for row in rows if "name" in row] == []
