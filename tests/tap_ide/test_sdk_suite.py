"""The SDK's test suite, run on a file with two events."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.testing import get_tap_test_class

from tap_ide import TapIde
from tests.tap_ide.runner import USER1, event, write_events

SUITE: dict[str, Any] = {"event_files": []}


@pytest.fixture(scope="module", autouse=True)
def suite_events(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_events(
        tmp_path_factory.mktemp("suite") / "suite.json",
        event(activityType="edit"),
        event(60, activityType="scroll"),
    )
    SUITE["event_files"] = [{"path": str(path), "email": USER1}]


TestSuite = get_tap_test_class(TapIde, config=SUITE, parse_env_config=False)
