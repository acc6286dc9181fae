"""tap-git into the target: what a repository no longer has is left out of the views."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.errors import RejectedRecordsError
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import run_command
from tests.target_pandev.loading import TASKS, Loader, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTIVITY = 'SELECT title FROM task_activity ORDER BY title COLLATE "C"'
LIVE = "SELECT count(*)::int FROM commits WHERE _sdc_deleted_at IS NULL"


class GitSync:
    """Run tap-git over a repository into a store; each run resumes from the last state."""

    def __init__(self, repository: RepositoryBuilder, loader: Loader, folder: Path) -> None:
        self._repository = repository
        self._loader = loader
        self._state = folder / "state.json"

    def __call__(self, **settings: Any) -> None:
        options = [f"--state={self._state}"] if self._state.exists() else []
        run = run_command(
            "--config=ENV", *options, TAP_GIT_REPOSITORIES=f"shop={self._repository.path}"
        )
        assert run.returncode == 0, run.stderr
        lines = run.stdout.splitlines()
        states = [message["value"] for message in map(json.loads, lines) if "value" in message]
        self._state.write_text(json.dumps(states[-1]))
        self._loader.load(*lines, **settings)

    def rows(self, statement: str) -> list[Any]:
        return [value for (value,) in self._loader.rows(statement)]


@pytest.fixture
def repository(tmp_path: Path) -> RepositoryBuilder:
    return RepositoryBuilder(tmp_path / "shop")


@pytest.fixture
def sync(database: str, repository: RepositoryBuilder, tmp_path: Path) -> Iterator[GitSync]:
    loader = Loader(database)
    task = {"workspace_id": "900", "id": "86abc1d2e", "name": "Login"}
    loader.load(TASKS, record("tasks", task))
    yield GitSync(repository, loader, tmp_path)
    loader.connection.close()


def test_deleted_renamed_and_force_pushed_branches_are_left_out(
    repository: RepositoryBuilder, sync: GitSync
) -> None:
    root, topic = repository.history(b"CU-86abc1d2e root", b"CU-86abc1d2e topic")
    repository.set_reference("refs/heads/main", root)
    repository.set_reference("refs/heads/CU-86abc1d2e", topic)
    sync()
    first = ["CU-86abc1d2e", "CU-86abc1d2e root", "CU-86abc1d2e topic"]
    assert sync.rows(ACTIVITY) == first
    repository.set_reference("refs/heads/CU-86abc1d2e-renamed", topic)
    repository.git.references.delete("refs/heads/CU-86abc1d2e")
    sync()
    assert sync.rows(ACTIVITY) == [
        "CU-86abc1d2e root",
        "CU-86abc1d2e topic",
        "CU-86abc1d2e-renamed",
    ]
    amended = repository.commit(b"CU-86abc1d2e amended", root)
    repository.set_reference("refs/heads/CU-86abc1d2e-renamed", amended)
    sync()
    assert sync.rows(ACTIVITY) == [
        "CU-86abc1d2e amended",
        "CU-86abc1d2e root",
        "CU-86abc1d2e-renamed",
    ]
    repository.git.references.delete("refs/heads/CU-86abc1d2e-renamed")
    sync()
    assert sync.rows(ACTIVITY) == ["CU-86abc1d2e root"]
    repository.set_reference("refs/heads/CU-86abc1d2e", topic)
    sync()
    assert sync.rows(ACTIVITY) == first


def test_a_rewritten_repository_is_followed(repository: RepositoryBuilder, sync: GitSync) -> None:
    """Each of its 300 commits has another sha, as after a secret was removed from all of them."""
    old = repository.history(*(b"old %d" % number for number in range(300)))
    repository.set_reference("refs/heads/main", old[-1])
    sync()
    new = repository.history(*(b"new %d" % number for number in range(299)))
    repository.set_reference("refs/heads/main", new[-1])
    sync()
    live = "SELECT sha FROM commits WHERE _sdc_deleted_at IS NULL"
    assert set(sync.rows(live)) == set(new)


def test_a_lost_history_is_refused_until_it_is_confirmed(
    repository: RepositoryBuilder, sync: GitSync
) -> None:
    shas = repository.history(*(b"%d" % number for number in range(300)))
    repository.set_reference("refs/heads/main", shas[-1])
    sync()
    repository.set_reference("refs/heads/main", shas[20])
    with pytest.raises(RejectedRecordsError):
        sync()
    assert sync.rows(LIVE) == [300]
    sync(max_deleted_share=1)
    assert sync.rows(LIVE) == [21]
    assert sync.rows("SELECT reason FROM rejected_records") == []


def test_gone_commits_come_back_in_a_store_that_deletes(
    repository: RepositoryBuilder, sync: GitSync
) -> None:
    root, topic = repository.history(b"root", b"topic")
    repository.set_reference("refs/heads/main", root)
    repository.set_reference("refs/heads/topic", topic)
    sync(hard_delete=True)
    repository.git.references.delete("refs/heads/topic")
    sync(hard_delete=True)
    assert sync.rows("SELECT message FROM commits") == ["root"]
    assert sync.rows("SELECT name FROM branches") == ["main"]
    repository.set_reference("refs/heads/topic", topic)
    sync(hard_delete=True)
    assert sorted(sync.rows("SELECT message FROM commits")) == ["root", "topic"]
    assert sorted(sync.rows("SELECT name FROM branches")) == ["main", "topic"]
