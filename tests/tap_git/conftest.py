"""Real repositories, and tap-git to read them in this process."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from pygit2.enums import ConfigLevel

from tap_git import TapGit
from tests.tap_git.repository import Work
from tests.tap_git.running import ORIGIN, Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tap_git.running import Message, Read


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(tmp_path: Path) -> Iterator[None]:
    levels = (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM)
    before = {level: pygit2.settings.search_path[level] for level in levels}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for level in levels:
        pygit2.settings.search_path[level] = str(tmp_path)
    yield
    for level, path in before.items():
        pygit2.settings.search_path[level] = path
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Return a function that runs the tap over repositories in this process."""

    def run(*works: Work, state: Message | None = None, **options: Any) -> Run:
        catalog = options.pop("catalog", None)
        config = {"repositories": [work.path for work in works], **options}
        capsys.readouterr()
        tap = TapGit(config=config, state=state, catalog=catalog)
        with tap.ending():
            tap.sync_all()
        return Run(capsys.readouterr().out)

    return run


@pytest.fixture
def orders(tmp_path: Path) -> Work:
    """Two commits on main, and origin to name the repository."""
    work = Work(tmp_path / "checkout", origin=ORIGIN)
    work.point("refs/heads/main", work.history(b"first", b"second")[-1])
    return work
