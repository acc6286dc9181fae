"""The command tap-git in its own process: discovery, state, and what it never writes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.tap_git.repository import Work
from tests.tap_git.running import Run, command, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_git.running import Read


def test_discovery_needs_no_repository() -> None:
    catalog = json.loads(command("--discover").stdout)
    assert [
        (entry["stream"], entry["key_properties"], entry["replication_method"])
        for entry in catalog["streams"]
    ] == [
        ("repositories", ["id"], "FULL_TABLE"),
        ("branches", ["repository_id", "name"], "FULL_TABLE"),
        ("commits", ["repository_id", "sha"], "LOG_BASED"),
    ]


def test_about_tells_only_what_is_true() -> None:
    about = json.loads(command("--about", "--format=json").stdout)
    assert about["capabilities"] == [
        "catalog",
        "state",
        "discover",
        "about",
        "stream-maps",
        "schema-flattening",
        "structured-logging",
    ]
    own = {"repositories", "start_date"}
    assert all(about["settings"]["properties"][name]["description"] for name in own)


def test_the_connection_test_reads_one_record_of_each_stream(tmp_path: Path, orders: Work) -> None:
    done = command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=orders.path)
    assert done.returncode == 0
    assert "ERROR" not in done.stderr
    assert Run(done.stdout).column("commits", "message") == ["first"]
    failed = command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=str(tmp_path / "none"))
    assert failed.returncode == 1


def test_state_survives_its_way_through_a_file(tmp_path: Path, orders: Work, read: Read) -> None:
    first = read(orders)
    (tmp_path / "state.json").write_text(json.dumps(first.state))
    with start(orders, state=tmp_path / "state.json") as tap:
        stdout, _ = tap.communicate()
    assert Run(stdout).state == first.state
    assert Run(stdout).rows("commits") == []


def test_no_output_holds_contents_file_names_paths_or_credentials(tmp_path: Path) -> None:
    work = Work(
        tmp_path / "planted-folder" / "checkout",
        origin="https://planted-user:planted-password@git.example.com/shop/api.git",
    )
    work.point("refs/heads/main", work.commit(b"one"))
    with start(work, stderr=subprocess.PIPE) as tap:
        stdout, stderr = tap.communicate()
    assert Run(stdout).column("commits", "message") == ["one"]
    for output in (stdout, stderr):
        assert "planted" not in output
        assert str(tmp_path) not in output
