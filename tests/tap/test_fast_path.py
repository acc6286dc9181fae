"""The fast writer and the missing second look at each value change no message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.io_base import SingerWriter

from tap_clickup.streams import ClickUpStream
from tap_clickup.tap import TapClickUp
from tests.tap.running import ALL_TIME

if TYPE_CHECKING:
    import pytest

    from tests.tap.running import Reader, Run

MOMENTS = ("started_at", "finished_at")


def told(run: Run) -> list[dict[str, Any]]:
    """Return the messages without the moments of the run itself."""
    messages = run.messages
    for message in messages:
        message.pop("time_extracted", None)
        if message.get("stream") == "sync_runs" and message["type"] == "RECORD":
            for name in MOMENTS:
                del message["record"][name]
    return messages


def test_the_fast_path_and_the_sdks_own_give_the_same_messages(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = read(start_date=ALL_TIME)
    monkeypatch.setattr(TapClickUp, "message_writer_class", SingerWriter)
    monkeypatch.setattr(ClickUpStream, "TYPE_CONFORMANCE_LEVEL", TypeConformanceLevel.RECURSIVE)
    stock = read(start_date=ALL_TIME)
    assert told(fast) == told(stock)
    assert len(fast.rows("tasks")) > 300


def test_a_property_that_is_not_selected_is_left_out(read: Reader) -> None:
    catalog = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "name"]:
                entry["metadata"]["selected"] = False
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    rows = read(start_date=ALL_TIME, catalog=catalog).rows("tasks")
    assert rows
    assert [row for row in rows if "name" in row] == []
