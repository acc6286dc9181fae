"""Repositories that cannot be read: each is named, and the others are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pygit2
import pytest

from tap_git import TapGit
from tests.tap_git.repository import Work
from tests.tap_git.running import ORDERS, Run


def test_one_unreadable_repository_is_named_and_the_others_are_read(
    tmp_path: Path,
    orders: Work,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = Work(tmp_path / "broken")
    broken.point("refs/heads/main", broken.commit(b"x", "e" * 40))
    tap = TapGit(config={"repositories": [str(tmp_path / "none"), broken.path, orders.path]})
    with pytest.raises(SystemExit, match="1"), tap.ending():
        tap.sync_all()
    run = Run(capsys.readouterr().out)
    assert run.column("commits", "message") == ["first", "second"]
    assert list(run.heads) == [ORDERS]
    assert [record.message[:40] for record in caplog.records if record.levelname == "ERROR"] == [
        f"repositories: '{tmp_path / 'none'}' does not exist"[:40],
        "repositories: local/broken cannot be read: object not found"[:40],
    ]


def test_a_folder_inside_a_repository_is_not_taken_for_it(tmp_path: Path) -> None:
    inside = Path(Work(tmp_path / "outer").path, "inside")
    inside.mkdir()
    tap = TapGit(config={"repositories": [str(inside)]})
    assert tap.repositories == []
    assert "is not a git repository" in tap.failures[0]


def test_a_repository_of_another_user_tells_of_safe_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, *_: Any) -> None:
        # libgit2's own words, heard of a folder that belonged to somebody else
        raise pygit2.GitError(f"{path}: repository path '{path}' is not owned by current user")

    monkeypatch.setattr(pygit2, "Repository", refuse)
    tap = TapGit(config={"repositories": [str(tmp_path)]})
    assert tap.repositories == []
    assert "belongs to another user (dubious ownership)" in tap.failures[0]
    assert "git config --global --add safe.directory" in tap.failures[0]
