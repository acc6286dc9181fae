"""The setting fetch: clones are fetched before they are read, and nothing else is run."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import tap_git.fetch
from tap_git.repository import locate_repository
from tap_git.settings import ConfiguredRepository
from tap_git.tap import TapGit
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import GitRun, run_command

SHOP = "local/clone"
NOT_FETCHED = f"repositories: {SHOP} could not be fetched and is read as it is: "


@pytest.fixture(autouse=True)
def isolated_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_CONFIG_GLOBAL", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def origin(tmp_path: Path) -> RepositoryBuilder:
    origin = RepositoryBuilder(tmp_path / "origin", bare=True)
    origin.set_reference("refs/heads/main", origin.commit(b"first"))
    origin.set_reference("refs/heads/old", origin.commit(b"old"))
    return origin


@pytest.fixture
def clone(tmp_path: Path, origin: RepositoryBuilder) -> RepositoryBuilder:
    """Return a mirror clone; later a branch of origin was added and another one deleted."""
    path = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--mirror", origin.path, str(path)], check=True)
    clone = RepositoryBuilder(path, bare=True)
    origin.set_reference("refs/heads/new", origin.commit(b"new"))
    origin.git.references.delete("refs/heads/old")
    return clone


def set_origin(clone: RepositoryBuilder, url: str) -> None:
    clone.git.config["remote.origin.url"] = url


def write_script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def write_sleeping_ssh(path: Path, pid: Path) -> Path:
    """Write an ssh that never connects, and first writes the id of its process to a file."""
    return write_script(path, f"echo $$ > {pid}.new; mv {pid}.new {pid}", "sleep 60")


def assert_ends(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def read(*paths: str, **settings: Any) -> tuple[dict[str, list[str]], list[str]]:
    """Return the branches by repository, and the failures."""
    tap = TapGit(config={"repositories": list(paths), "fetch": True, **settings})
    repositories = tap.sync_context.repositories
    branches = {repository.address.id: [*repository.branches] for repository in repositories}
    return branches, tap.sync_context.failures


def test_a_clone_is_fetched_before_it_is_read(clone: RepositoryBuilder) -> None:
    assert read(clone.path, fetch=False) == ({SHOP: ["main", "old"]}, [])
    assert read(clone.path) == ({SHOP: ["main", "new"]}, [])


def test_origins_branches_of_a_working_tree_are_fetched(
    tmp_path: Path, origin: RepositoryBuilder
) -> None:
    path = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", origin.path, str(path)], check=True)
    origin.git.references.delete("refs/heads/old")
    origin.set_reference("refs/heads/new", origin.commit(b"new"))
    RepositoryBuilder(path).git.add_worktree("linked", str(tmp_path / "linked"))
    assert read(str(tmp_path / "linked")) == ({SHOP: ["linked", "main", "new"]}, [])


def test_a_repository_without_origin_is_read(origin: RepositoryBuilder) -> None:
    assert read(origin.path) == ({"local/origin": ["main", "old"]}, [])


def test_a_failed_fetch_is_named_without_credentials(
    clone: RepositoryBuilder, origin: RepositoryBuilder, capfd: pytest.CaptureFixture[str]
) -> None:
    """The clone is read as it is, and so are the others."""
    set_origin(
        clone, "http://planted-user:planted-password@127.0.0.1:1/planted path/clone?t=planted"
    )
    clone.path = f"clone={clone.path}"
    branches, (failure,) = read(clone.path, origin.path)
    assert branches == {SHOP: ["main", "old"], "local/origin": ["main", "new"]}
    assert failure.startswith(f"{NOT_FETCHED}fatal: unable to access <address>")
    assert "planted" not in failure
    output = capfd.readouterr()
    assert "planted" not in output.out + output.err


def test_a_failed_fetch_ends_the_run_with_1(clone: RepositoryBuilder) -> None:
    set_origin(clone, str(Path(clone.path, "nothing")))
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    settings = {"TAP_GIT_REPOSITORIES": clone.path, "TAP_GIT_FETCH": "true"}
    result = run_command("--config=ENV", **environment, **settings)
    assert result.returncode == 1
    assert sorted(GitRun(result.stdout).column("commits", "message")) == ["first", "old"]
    errors = [line for line in result.stderr.splitlines() if "| ERROR " in line]
    assert [NOT_FETCHED in error for error in errors] == [True]


def test_a_signal_ends_the_fetch(tmp_path: Path, clone: RepositoryBuilder) -> None:
    pid = tmp_path / "pid"
    clone.git.config["core.sshCommand"] = str(write_sleeping_ssh(tmp_path / "ssh", pid))
    set_origin(clone, "git@127.0.0.1:shop/clone.git")

    def raise_once_started() -> None:
        if pid.exists():
            raise SystemExit(143)

    location = locate_repository(ConfiguredRepository(clone.path, "clone"))
    with pytest.raises(SystemExit, match="143"):
        tap_git.fetch.fetch_repository(location, raise_if_interrupted=raise_once_started)
    assert_ends(int(pid.read_text()))


def test_hooks_and_monitors_are_not_run(tmp_path: Path, clone: RepositoryBuilder) -> None:
    ran = tmp_path / "ran"
    for name in ("reference-transaction", "post-merge", "pre-auto-gc"):
        write_script(Path(clone.path, "hooks", name), f"echo {name} >> {ran}")
    monitor = write_script(tmp_path / "monitor", f"echo monitor >> {ran}")
    clone.git.config["core.fsmonitor"] = str(monitor)
    assert read(clone.path) == ({SHOP: ["main", "new"]}, [])
    assert not ran.exists()


def test_a_command_as_a_url_is_not_run(
    tmp_path: Path, clone: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    clone.git.config["protocol.ext.allow"] = "always"
    script = write_script(tmp_path / "remote", f"touch {ran}")
    set_origin(clone, f"ext::{script} planted")
    _, failures = read(clone.path)
    assert failures == [f"{NOT_FETCHED}fatal: transport 'ext' not allowed"]
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ext:file")
    assert read(clone.path)[1] == failures
    assert not ran.exists()


def test_nothing_of_another_users_repository_is_run(
    tmp_path: Path, clone: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    script = write_script(tmp_path / "ssh", f"touch {ran}")
    clone.git.config["core.sshCommand"] = str(script)
    set_origin(clone, "ssh://git@127.0.0.1/clone")
    clone.path = f"clone={clone.path}"
    uid = os.geteuid()
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: uid + 1)
        branches, failures = read(clone.path)
    assert branches == {SHOP: ["main", "old"]}
    assert failures == [
        (
            f"{NOT_FETCHED}it belongs to another user, whose hooks and commands are not run; "
            "fetch it as that user before the run"
        )
    ]
    assert not ran.exists()
    read(clone.path)
    assert ran.exists()


@pytest.mark.parametrize("setting", ["core.sshCommand", "GIT_SSH_COMMAND"])
def test_ssh_and_git_ask_no_questions(
    tmp_path: Path, clone: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    log = tmp_path / "log"
    script = write_script(
        tmp_path / "ssh",
        f'echo "$@" > {log}',
        f'echo "prompt=$GIT_TERMINAL_PROMPT askpass=$GIT_ASKPASS dir=$GIT_DIR" >> {log}',
        "echo 'git@host: Permission denied (publickey).' >&2",
        "exit 255",
    )
    if setting == "GIT_SSH_COMMAND":
        monkeypatch.setenv(setting, f"{script} -p 22")
    else:
        clone.git.config[setting] = f"{script} -p 22"
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    set_origin(clone, "git@127.0.0.1:planted/clone.git")
    clone.path = f"clone={clone.path}"
    _, failures = read(clone.path)
    arguments, variables = log.read_text().splitlines()
    assert "-p 22 -o BatchMode=yes" in arguments
    assert variables == "prompt=0 askpass= dir="
    assert failures == [
        (
            f"{NOT_FETCHED}<address> Permission denied (publickey).; "
            "fatal: Could not read from remote repository."
        )
    ]


def test_a_fetch_has_a_timeout_and_leaves_no_process(
    tmp_path: Path, clone: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    clone.git.config["core.sshCommand"] = str(write_sleeping_ssh(tmp_path / "ssh", pid))
    set_origin(clone, "git@127.0.0.1:shop/clone.git")
    clone.path = f"clone={clone.path}"
    monkeypatch.setattr(tap_git.fetch, "TIMEOUT_SECONDS", 1.5)
    branches, failures = read(clone.path)
    assert branches == {SHOP: ["main", "old"]}
    assert failures == [f"{NOT_FETCHED}git fetch has not ended within 1.5 seconds"]
    assert_ends(int(pid.read_text()))


def test_a_clone_that_would_not_be_updated_is_named(clone: RepositoryBuilder) -> None:
    del clone.git.config["remote.origin.fetch"]
    assert read(clone.path)[1] == [
        f"{NOT_FETCHED}remote origin has no fetch refspec; expected a clone by `git clone --mirror`"
    ]


def test_git_must_be_installed_to_fetch(
    clone: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", clone.path)
    assert read(clone.path, fetch=False) == ({SHOP: ["main", "old"]}, [])
    assert read(clone.path)[1] == [f"{NOT_FETCHED}the command git is not installed"]
