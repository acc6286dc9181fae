"""A line that strangers can cause is logged once in a while, with how often it occurred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickup_receiver.http import log_limit
from clickup_receiver.http.log_limit import limited_logger

if TYPE_CHECKING:
    import pytest


def test_equal_lines_are_counted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = limited_logger("test")
    for number in range(2_000):
        logger.warning("rejected: %s", "slow" if number % 2 else "large")
    assert caplog.messages == ["rejected: large", "rejected: slow"]
    monkeypatch.setattr(log_limit, "INTERVAL_SECONDS", 0)
    for _ in range(2):
        logger.warning("rejected: %s", "slow")
    assert caplog.messages[2:] == [
        "rejected: slow; 999 more since the last such line",
        "rejected: slow",
    ]
