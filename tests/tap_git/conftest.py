"""Real repositories, and a fixture that runs tap-git in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from pygit2.enums import ConfigLevel

from tap_git.tap import TapGit
from tests.support.signals import signal_handlers
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORIGIN, GitRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tap_git.runner import Message, Read

__all__ = ["signal_handlers"]


@pytest.fixture(autouse=True)
def isolated_git_settings(tmp_path: Path) -> Iterator[None]:
    levels = (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM)
    before = {level: pygit2.settings.search_path[level] for level in levels}
    for level in levels:
        pygit2.settings.search_path[level] = str(tmp_path)
    yield
    for level, path in before.items():
        pygit2.settings.search_path[level] = path


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Return a function that runs the tap over repositories in this process."""

    def run(
        *repositories: RepositoryBuilder, state: Message | None = None, **options: Any
    ) -> GitRun:
        catalog = options.pop("catalog", None)
        config = {"repositories": [repository.path for repository in repositories], **options}
        capsys.readouterr()
        tap = TapGit(config=config, state=state, catalog=catalog)
        tap.sync_all()
        return GitRun(capsys.readouterr().out)

    return run


@pytest.fixture
def orders(tmp_path: Path) -> RepositoryBuilder:
    """Two commits on main, and a remote origin."""
    repository = RepositoryBuilder(tmp_path / "checkout", origin=ORIGIN)
    repository.set_reference("refs/heads/main", repository.history(b"first", b"second")[-1])
    return repository
