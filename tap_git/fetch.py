"""Fetch a clone by the command git, without prompts, hooks or commands of other users."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tap_git.errors import RepositoryError
from tap_git.repository import explain_errors, find_common_folder, open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pygit2

    from tap_git.repository import Location

TIMEOUT_SECONDS = 600.0
POLL_SECONDS = 0.1
TERMINATION_SECONDS = 5.0
"""Time in which git removes its lock files."""
CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",  # its URLs are commands
)
OPTIONS = (
    "--prune",
    "--quiet",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--no-write-fetch-head",
)
REPOSITORY_VARIABLES = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
"""Variables that would make git use another repository than the one that is passed."""
VERBOSE_VARIABLES = ("GIT_CURL_VERBOSE", "GIT_TRACE")
"""Variables with these prefixes write credentials to the log."""
UNATTENDED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}
ADDRESS = re.compile(r"'(?=[^']*(?:://|::|@)).*?'(?=[:\s]|$)|\S*(?:://|::|@)\S*")
REASON = re.compile(
    r"(?:fatal|error): .*|.*(?:Permission denied|Host key verification failed|ssh: ).*"
)
SERVER_TEXT = re.compile("remote error: .*")
MAX_REASON_LENGTH = 300


def fetch_repository(location: Location, *, raise_if_interrupted: Callable[[], None]) -> None:
    """Fetch from remote origin, if there is one, and remove branches that it no longer has.

    Raises `RepositoryError`.
    """
    with explain_errors(f"{location.address.id} could not be fetched and is read as it is:"):
        git = open_repository(location.folder)
        try:
            origin = git.remotes["origin"]
        except KeyError:
            return
        if not _belongs_to_this_user(git):
            raise RepositoryError(
                "it belongs to another user, whose hooks and commands are not run; fetch it as "
                "that user before the run"
            )
        if not origin.fetch_refspecs:
            raise RepositoryError(
                "remote origin has no fetch refspec; expected a clone by `git clone --mirror`"
            )
        _run_fetch(git, origin.url or "", raise_if_interrupted)


def _belongs_to_this_user(git: pygit2.Repository) -> bool:
    """Return whether the current user owns everything from which git reads its configuration."""
    common = find_common_folder(git)
    paths = {Path(git.path), common, common / "config"}
    if git.workdir:
        paths |= {Path(git.workdir), Path(git.workdir, ".git")}
    return {path.lstat().st_uid for path in paths} == {os.geteuid()}


def _run_fetch(git: pygit2.Repository, url: str, raise_if_interrupted: Callable[[], None]) -> None:
    command = ["git", f"--git-dir={git.path}"]
    for setting in CONFIGURATION:
        command += ["-c", setting]
    command += ["fetch", *OPTIONS, "origin"]
    try:
        process = subprocess.Popen(  # noqa: S603 - the command git of this user
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=git.path,
            env=_build_environment(os.environ, _read_ssh_command(git)),
            start_new_session=True,  # no terminal to prompt on, and one group of processes to end
        )
    except FileNotFoundError:
        raise RepositoryError("the command git is not installed") from None
    with process:
        try:
            log = _wait(process, raise_if_interrupted)
        finally:
            _stop(process)
    if process.returncode:
        raise RepositoryError(_find_reason(log, url) or f"exit code {process.returncode}")


def _read_ssh_command(git: pygit2.Repository) -> str | None:
    try:
        return git.config["core.sshCommand"]
    except KeyError:
        return None


def _build_environment(variables: Mapping[str, str], ssh_command: str | None) -> dict[str, str]:
    """Return the environment of git: this user's, without prompts."""
    environment = {
        name: value
        for name, value in variables.items()
        if name not in REPOSITORY_VARIABLES and not name.startswith(VERBOSE_VARIABLES)
    }
    environment.setdefault("GIT_ASKPASS", "")
    environment |= UNATTENDED
    if protocols := environment.get("GIT_ALLOW_PROTOCOL"):
        allowed = [name for name in protocols.split(":") if name != "ext"]
        environment["GIT_ALLOW_PROTOCOL"] = ":".join(allowed)
    default = None if "GIT_SSH" in environment else "ssh"
    command = environment.get("GIT_SSH_COMMAND") or ssh_command or default
    if command and _is_openssh(command):
        environment["GIT_SSH_COMMAND"] = f"{command} -o BatchMode=yes"
    return environment


def _is_openssh(command: str) -> bool:
    try:
        return Path(shlex.split(command)[0]).name == "ssh"
    except (IndexError, ValueError):
        return False


def _wait(process: subprocess.Popen[str], raise_if_interrupted: Callable[[], None]) -> str:
    """Return what git has logged. Raises `RepositoryError` after the timeout."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        raise_if_interrupted()
        try:
            return process.communicate(timeout=POLL_SECONDS)[1]
        except subprocess.TimeoutExpired:
            continue
    raise RepositoryError(f"git fetch has not ended within {TIMEOUT_SECONDS:g} seconds")


def _stop(process: subprocess.Popen[str]) -> None:
    """End git and the processes that it has started."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, signum)
        try:
            process.wait(TERMINATION_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _find_reason(log: str, url: str) -> str:
    """Return the reasons in git's log, without addresses, as they may contain credentials."""
    if url:
        log = log.replace(url, "<address>")
    lines = [line.strip() for line in log.splitlines()]
    reasons = [
        ADDRESS.sub("<address>", SERVER_TEXT.sub("remote error", line))
        for line in lines
        if REASON.fullmatch(line)
    ]
    text = "; ".join(dict.fromkeys(reasons))
    return "".join(filter(str.isprintable, text))[:MAX_REASON_LENGTH]
