"""Repositories that cannot be read are reported, and the others are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pygit2
import pytest

from tap_git import TapGit
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORDERS, GitRun


def test_unreadable_repositories_are_reported_and_skipped(
    tmp_path: Path,
    orders: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = RepositoryBuilder(tmp_path / "broken")
    parent = "e" * 40
    broken.set_reference("refs/heads/main", broken.commit(b"x", parent))
    tap = TapGit(config={"repositories": [str(tmp_path / "none"), broken.path, orders.path]})
    with pytest.raises(SystemExit, match="1"), tap.report_failures():
        tap.sync_all()
    run = GitRun(capsys.readouterr().out)
    assert run.column("commits", "message") == ["first", "second"]
    assert list(run.heads) == [ORDERS]
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert [error.replace(str(tmp_path), "<folder>") for error in errors] == [
        "repositories: '<folder>/none' does not exist",
        f"repositories: local/broken cannot be read: object not found - no match for id ({parent})",
    ]


def test_a_folder_inside_a_repository_is_not_a_repository(tmp_path: Path) -> None:
    inside = Path(RepositoryBuilder(tmp_path / "outer").path, "inside")
    inside.mkdir()
    tap = TapGit(config={"repositories": [str(inside)]})
    assert tap.sync_context.repositories == []
    (failure,) = tap.sync_context.failures
    assert failure == (
        f"repositories: '{inside}' is not a git repository; "
        "expected a working tree, a bare repository or a .git folder"
    )


def test_dubious_ownership_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_not_owned(path: str, *_: Any) -> None:
        # libgit2's error text for a folder of another user
        raise pygit2.GitError(f"{path}: repository path '{path}' is not owned by current user")

    monkeypatch.setattr(pygit2, "Repository", raise_not_owned)
    tap = TapGit(config={"repositories": [str(tmp_path)]})
    assert tap.sync_context.repositories == []
    (failure,) = tap.sync_context.failures
    assert failure == (
        f"repositories: '{tmp_path}' belongs to another user (dubious ownership); if you trust it, "
        "run `git config --global --add safe.directory <its path>`"
    )
