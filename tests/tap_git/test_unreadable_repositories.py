"""Repositories that cannot be read are reported, and the others are read."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygit2
import pytest

from tap_git.tap import TapGit
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORDERS, ORIGIN, GitRun, run_command

if TYPE_CHECKING:
    from tests.tap_git.runner import Read


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
    with pytest.raises(SystemExit, match="1"):
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
        "run `git config --file ~/.gitconfig --add safe.directory <its path>` (tap-git does not "
        "read the file in GIT_CONFIG_GLOBAL)"
    )


def test_a_sha_256_repository_is_explained(tmp_path: Path) -> None:
    path = str(tmp_path / "long-ids")
    subprocess.run(["git", "init", "-q", "--object-format=sha256", path], check=True)
    tap = TapGit(config={"repositories": [path]})
    assert tap.sync_context.repositories == []
    assert tap.sync_context.failures == [
        (
            f"repositories: '{path}' uses another object format than SHA-1, such as SHA-256, which "
            "cannot be read"
        )
    ]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://user7:planted@git.example.com/shop/api.git", "'git.example.com/shop/api'"),
        ("git@git.example.com:shop/api.git", "'git.example.com/shop/api'"),
        ("https://user7:pla/nted@git.example.com/shop", "an entry"),
        ("file:///srv/git/api.git", "an entry"),
    ],
)
def test_a_url_is_not_a_local_clone(url: str, name: str) -> None:
    tap = TapGit(config={"repositories": [url]})
    assert tap.sync_context.repositories == []
    assert tap.sync_context.failures == [
        (
            f"repositories: {name} is a URL; expected the path of a local clone: clone it with "
            "`git clone --mirror` and fetch it before each run, or set fetch"
        )
    ]


def test_repositories_of_one_name_are_reported_and_others_read(
    tmp_path: Path, orders: RepositoryBuilder
) -> None:
    """Two folders without a remote, and two clones of one repository."""
    folders = [RepositoryBuilder(tmp_path / parent / "shop") for parent in ("a", "b")]
    clones = [RepositoryBuilder(tmp_path / name, origin=ORIGIN) for name in ("one", "two", "six")]
    healthy = RepositoryBuilder(tmp_path / "healthy")
    healthy.set_reference("refs/heads/main", healthy.commit(b"healthy"))
    paths = [repository.path for repository in (*folders, healthy, *clones, orders)]
    result = run_command("--config=ENV", TAP_GIT_REPOSITORIES=",".join(paths))
    assert result.returncode == 1
    assert GitRun(result.stdout).column("repositories", "id") == ["local/healthy"]
    assert GitRun(result.stdout).column("commits", "message") == ["healthy"]
    errors = [line for line in result.stderr.splitlines() if "| ERROR " in line]
    clone_paths = ", ".join(f"'{repository.path}'" for repository in (*clones, orders))
    assert [error.rpartition(" | ")[2] for error in errors] == [
        f"repositories: {paths} have the same id {repository_id}, so none of them is read; "
        "expected each repository once, or name=path to distinguish them"
        for paths, repository_id in [
            (f"'{folders[0].path}', '{folders[1].path}'", "local/shop"),
            (clone_paths, ORDERS),
        ]
    ]


def test_a_name_distinguishes_repositories_of_one_name(
    tmp_path: Path, orders: RepositoryBuilder, read: Read
) -> None:
    folders = [RepositoryBuilder(tmp_path / parent / "shop") for parent in ("a", "b")]
    for folder in folders:
        folder.set_reference("refs/heads/main", folder.commit(b"same"))
    clone = RepositoryBuilder(tmp_path / "clone", origin=ORIGIN)
    folders[1].path = f"shop-b={folders[1].path}"
    clone.path = f"fork={clone.path}"
    run = read(*folders, orders, clone)
    assert [row["id"] for row in run.rows("repositories")] == [
        "local/shop",
        "local/shop-b",
        ORDERS,
        "local/fork",
    ]
    assert run.rows("repositories")[1] == {
        "id": "local/shop-b",
        "host": "local",
        "path": "shop-b",
        "name": "shop-b",
        "default_branch": "main",
        "mailmap": [],
    }
    assert {row["repository_id"] for row in run.rows("commits")} == {
        "local/shop",
        "local/shop-b",
        ORDERS,
    }
