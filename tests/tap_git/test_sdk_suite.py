"""The SDK's own suite, over a repository that holds every kind of value."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.testing import get_tap_test_class

from tap_git import TapGit
from tests.tap_git.repository import Work
from tests.tap_git.running import ORIGIN

SUITE: dict[str, Any] = {"repositories": []}


@pytest.fixture(scope="module", autouse=True)
def suite_repository(tmp_path_factory: pytest.TempPathFactory) -> None:
    work = Work(tmp_path_factory.mktemp("suite") / "suite", origin=ORIGIN)
    work.point("refs/heads/main", work.history(b"first", b"second")[-1])
    SUITE["repositories"] = [work.path]


TestSuite = get_tap_test_class(TapGit, config=SUITE, parse_env_config=False)
