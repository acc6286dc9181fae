"""tap-git into the target: branches that begin from `develop` while `main` is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import run_command
from tests.target_pandev.loading import TASKS, Loader, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINKED = """
SELECT c.message, l.task_id, l.via
FROM task_links AS l
INNER JOIN commits AS c ON c.repository_id = l.repository_id AND c.sha = l.object_key
WHERE l.source = 'commit'
ORDER BY c.committed_at, l.task_id
"""
TASK_IDS = ("86abc1d2e", "86abc1d2f")


@pytest.fixture
def store(database: str) -> Iterator[Loader]:
    loader = Loader(database)
    tasks = [{"workspace_id": "900", "id": task_id, "name": "Login"} for task_id in TASK_IDS]
    loader.load(TASKS, *(record("tasks", task) for task in tasks))
    yield loader
    loader.connection.close()


def load(store: Loader, repository: RepositoryBuilder) -> None:
    """Run tap-git over the whole repository into the store."""
    run = run_command("--config=ENV", TAP_GIT_REPOSITORIES=f"shop={repository.path}")
    assert run.returncode == 0, run.stderr
    store.load(*run.stdout.splitlines())


@pytest.mark.parametrize("shared", ["develop", "release/1.2", "staging"])
def test_commits_of_develop_are_not_those_of_its_features(
    store: Loader, tmp_path: Path, shared: str
) -> None:
    """They are not on main before the release, and belong to no task of a branch."""
    git = RepositoryBuilder(tmp_path / "shop")
    start = git.commit(b"start")
    begun = git.commit(b"on develop", start)
    login = git.commit(b"log in", begun)
    later = git.commit(b"on develop later", begun)
    brought = git.commit(b"Merge branch 'develop' into CU-86abc1d2e", login, later)
    cart = git.commit(b"cart", later)
    git.set_reference("refs/heads/main", start)
    git.set_reference(f"refs/heads/{shared}", later)
    git.set_reference("refs/heads/CU-86abc1d2e-login", brought)
    git.set_reference("refs/heads/CU-86abc1d2f-cart", cart)
    load(store, git)
    assert store.rows(LINKED) == [
        ("log in", "86abc1d2e", "branch_graph"),
        ("Merge branch 'develop' into CU-86abc1d2e", "86abc1d2e", "commit"),
        ("cart", "86abc1d2f", "branch_graph"),
    ]
    merged = git.commit(b"Merge branch 'CU-86abc1d2f-cart' into develop", later, cart)
    git.set_reference(f"refs/heads/{shared}", merged)
    load(store, git)
    assert store.rows(LINKED)[2:] == [
        ("cart", "86abc1d2f", "merge"),
        ("Merge branch 'CU-86abc1d2f-cart' into develop", "86abc1d2f", "commit"),
    ]


def test_a_branch_on_top_of_a_task_s_branch_keeps_its_commits_linked(
    store: Loader, tmp_path: Path
) -> None:
    """Only names decide: a branch without a task may as well begin from one with a task."""
    git = RepositoryBuilder(tmp_path / "shop")
    start, login, trial = git.history(b"start", b"log in", b"trial")
    git.set_reference("refs/heads/main", start)
    git.set_reference("refs/heads/CU-86abc1d2e-login", login)
    git.set_reference("refs/heads/trial", trial)
    load(store, git)
    assert store.rows(LINKED) == [("log in", "86abc1d2e", "branch_graph")]


def test_a_release_that_names_a_task_is_a_branch_of_it(store: Loader, tmp_path: Path) -> None:
    git = RepositoryBuilder(tmp_path / "shop")
    start, notes, login = git.history(b"start", b"release notes", b"log in")
    git.set_reference("refs/heads/main", start)
    git.set_reference("refs/heads/release/CU-86abc1d2e", notes)
    git.set_reference("refs/heads/CU-86abc1d2f-login", login)
    load(store, git)
    assert store.rows(LINKED) == [
        ("release notes", "86abc1d2e", "branch_graph"),
        ("release notes", "86abc1d2f", "branch_graph"),
        ("log in", "86abc1d2f", "branch_graph"),
    ]
