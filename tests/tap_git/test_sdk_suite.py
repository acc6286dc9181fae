"""The SDK's test suite, run on a repository with two commits."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_git.tap import TapGit
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORIGIN

SUITE: dict[str, Any] = {"repositories": []}


@pytest.fixture(scope="module", autouse=True)
def suite_repository(tmp_path_factory: pytest.TempPathFactory) -> None:
    repository = RepositoryBuilder(tmp_path_factory.mktemp("suite") / "suite", origin=ORIGIN)
    repository.set_reference("refs/heads/main", repository.history(b"first", b"second")[-1])
    SUITE["repositories"] = [repository.path]


TestSuite = get_tap_test_class(
    TapGit,
    config=SUITE,
    parse_env_config=False,
    suite_config=SuiteConfig(max_records_limit=None),
)
