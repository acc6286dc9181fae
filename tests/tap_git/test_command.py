"""The command tap-git in a process: discovery, state, and the privacy of its output."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.tap_git.repository_builder import FAR_S, USER1, RepositoryBuilder
from tests.tap_git.runner import ORDERS, GitRun, run_command, start_tap

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_git.runner import Read


def test_discovery_needs_no_repository() -> None:
    catalog = json.loads(run_command("--discover").stdout)
    assert [
        (entry["stream"], entry["key_properties"], entry["replication_method"])
        for entry in catalog["streams"]
    ] == [
        ("repositories", ["id"], "FULL_TABLE"),
        ("completed_reads", ["workspace_id", "stream", "scope"], "FULL_TABLE"),
        ("branches", ["repository_id", "name"], "FULL_TABLE"),
        ("commits", ["repository_id", "sha"], "LOG_BASED"),
    ]


def test_the_connection_test_reads_one_record_of_each_stream(
    tmp_path: Path, orders: RepositoryBuilder
) -> None:
    orders.set_reference("refs/heads/other", str(orders.git.head.target))
    second = RepositoryBuilder(tmp_path / "second")
    second.set_reference("refs/heads/main", second.commit(b"third"))
    paths = json.dumps([orders.path, second.path])
    result = run_command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=paths)
    assert result.returncode == 0
    assert "ERROR" not in result.stderr
    run = GitRun(result.stdout)
    assert run.column("repositories", "id") == [ORDERS]
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["first"]
    assert run.rows("completed_reads") == []


def test_the_connection_test_reports_an_unreadable_repository(tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    failed = run_command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=path)
    assert failed.returncode == 1
    errors = [line for line in failed.stderr.splitlines() if "| ERROR " in line]
    assert [error.rpartition(" | ")[2] for error in errors] == [
        f"repositories: '{path}' does not exist"
    ]


def test_state_survives_a_round_trip_through_a_file(
    tmp_path: Path, orders: RepositoryBuilder, read: Read
) -> None:
    first = read(orders)
    (tmp_path / "state.json").write_text(json.dumps(first.state))
    with start_tap(orders, state=tmp_path / "state.json") as tap:
        stdout, _ = tap.communicate()
    assert GitRun(stdout).state == first.state
    assert GitRun(stdout).rows("commits") == []


def test_output_contains_no_contents_paths_or_credentials(tmp_path: Path) -> None:
    repository = RepositoryBuilder(
        tmp_path / "planted-folder" / "checkout",
        origin="https://planted-user:planted-password@git.example.com/shop/api.git",
    )
    sha = repository.commit(b"one", author=USER1 + b" " + FAR_S + b" +0000")
    repository.set_reference("refs/heads/main", sha)
    with start_tap(repository, stderr=subprocess.PIPE) as tap:
        stdout, stderr = tap.communicate()
    assert GitRun(stdout).column("commits", "message") == ["one"]
    assert f"git.example.com/shop/api: commit {sha} has an invalid timestamp" in stderr
    for output in (stdout, stderr):
        assert "planted" not in output
        assert str(tmp_path) not in output
