"""The PostgreSQL server as processes: made, started, asked, ended.

Whatever may write into the data directory inherits the descriptor that holds `server.lock`, so
the lock tells whether any of it lives; no pid is ever trusted for that. It knows no users and no
keeper, and the caller holds `start.lock` around whatever changes something.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from target_pandev.embedded import locks
from target_pandev.embedded.binaries import Binaries
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import (
    SOCKET,
    Account,
    StoreFolder,
    make_private,
    server_account,
    sync_folder,
    write_private,
)
from target_pandev.embedded.log import Wait, last_lines, last_words

logger = logging.getLogger(__name__)

ROLE = DATABASE = "pandev"
STOP_TIMEOUT = 300.0
READY_TIMEOUT = 30.0
LARGEST_LOG = 4 * 1024 * 1024
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # ours alone, not the caller's

INITDB_OPTIONS = (
    f"--username={ROLE}",
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

SETTINGS = {
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

# Errors quote values ("invalid input syntax for type date: ...") and go to the client, not the log.
FIXED_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class WrongPasswordError(EmbeddedError):
    """The server does not know our password; no waiting helps."""


def initialise(folder: StoreFolder, *, binaries: Binaries, lock: int) -> None:
    """Make the data directory; it gets its name when it is complete and on disk."""
    logger.info("creating a PostgreSQL %s store in %s", binaries.label, folder.path)
    account = server_account()
    nursery = folder.path / "data.init"
    if nursery.exists():
        shutil.rmtree(nursery)
    make_private(nursery, account=account)
    write_private(nursery / "password", folder.password, account=account)
    initdb = [str(binaries.program("initdb")), f"--pgdata={nursery / 'data'}"]
    _initdb([*initdb, f"--pwfile={nursery / 'password'}", *INITDB_OPTIONS], account, lock)
    (nursery / "data").rename(folder.data)
    sync_folder(folder.path)
    shutil.rmtree(nursery)


def _initdb(command: Sequence[str], account: Account | None, lock: int) -> None:
    done = subprocess.run(  # noqa: S603 -- our own copy of initdb
        command,
        env=ENVIRONMENT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        pass_fds=[lock],
        start_new_session=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        words = last_lines(done.stdout)
        raise EmbeddedError(f"initdb ended with {done.returncode} in making a store: {words}")


def launch(
    folder: StoreFolder, *, binaries: Binaries, settings: Mapping[str, str], lock: int
) -> int:
    """Start the server without waiting for it; return the size of its log before it began."""
    account = server_account()
    make_private(folder.socket_dir, account=account)
    for leftover in (SOCKET, f"{SOCKET}.lock"):
        (folder.socket_dir / leftover).unlink(missing_ok=True)
    directory = str(folder.socket_dir).replace('"', '""')
    fixed = {**FIXED_SETTINGS, "unix_socket_directories": f'"{directory}"'}
    options = {**SETTINGS, **settings, **fixed}
    command = [str(binaries.program("postgres")), "-D", str(folder.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    environment = dict(ENVIRONMENT)
    if (stale := _stale_pid(folder)) is not None:
        # the lock says that it is dead: whoever lives under that number now is somebody else
        environment["PG_GRANDPARENT_PID"] = str(stale)
    if folder.log.exists() and folder.log.stat().st_size > LARGEST_LOG:
        folder.log.rename(folder.log.with_name("server.log.1"))
    begin = folder.log.stat().st_size if folder.log.exists() else 0
    detach(command, folder=folder, environment=environment, account=account, lock=lock)
    return begin


def detach(
    command: Sequence[str],
    *,
    folder: StoreFolder,
    environment: Mapping[str, str],
    account: Account | None,
    lock: int,
) -> None:
    """Start a process that outlives us, is init's child, and keeps nothing of ours but a lock."""
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        subprocess.run(  # noqa: S603 -- our own programs
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            env=environment,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            pass_fds=[lock],
            start_new_session=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    finally:
        os.close(log)


def _stale_pid(folder: StoreFolder) -> int | None:
    """Return the pid that a dead server left, or None; remove the file if it is torn."""
    path = folder.data / "postmaster.pid"
    pid = _noted_pid(path)
    if pid is None:
        path.unlink(missing_ok=True)
    return pid


def _noted_pid(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return abs(int(path.read_text(encoding="utf-8").split("\n")[0])) or None
    return None


def accepts(folder: StoreFolder) -> bool:
    """Return whether a postmaster listens; its children do not, so they cannot feign it."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder.socket_dir / SOCKET))
        except OSError:
            return False
        return True


def answers(folder: StoreFolder, *, binaries: Binaries) -> bool:
    """Return whether the server answers queries; raise if it is not ours or refuses us."""
    if not (_is_ready(folder) and accepts(folder)):
        return False
    wait = Wait("asking PostgreSQL", folder=folder, limit=READY_TIMEOUT)
    while True:
        try:
            found = query("SHOW data_directory", folder=folder, binaries=binaries)
            break
        except WrongPasswordError:
            raise
        except EmbeddedError:  # full, or on its way down
            if not accepts(folder):
                return False
            if not wait.step():
                raise
    if os.path.realpath(found) != os.path.realpath(folder.data):
        raise EmbeddedError(
            f"the server in {folder.socket_dir} serves {found}, not {folder.data}: stop it first"
        )
    return True


def _is_ready(folder: StoreFolder) -> bool:
    """Return what the server notes of itself; to ask it too early would only fill its log."""
    with contextlib.suppress(OSError):
        return "\nready" in (folder.data / "postmaster.pid").read_text(encoding="utf-8")
    return False


def query(statement: str, *, folder: StoreFolder, binaries: Binaries) -> str:
    """Return what one statement prints; raise if the server did not do it."""
    done = subprocess.run(  # noqa: S603 -- our own copy of psql
        [str(binaries.program("psql")), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement],
        env={
            **ENVIRONMENT,
            "PGHOST": str(folder.socket_dir),
            "PGPORT": "5432",
            "PGUSER": ROLE,
            "PGDATABASE": "postgres",
            "PGPASSWORD": folder.password,
            "PGCONNECT_TIMEOUT": "10",
        },
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if b"password authentication failed" in done.stderr:
        raise WrongPasswordError(
            f"the server in {folder.path} refuses the password in its file 'password': "
            "put the right one back"
        )
    if done.returncode != 0:
        raise EmbeddedError(f"the server in {folder.path} refused: {last_lines(done.stderr)}")
    return os.fsdecode(done.stdout).rstrip("\n")


def make_database(folder: StoreFolder, *, binaries: Binaries) -> None:
    """Create the database unless it exists."""
    exists = f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 -- a constant
    if query(exists, folder=folder, binaries=binaries) == "0":
        query(f"CREATE DATABASE {DATABASE}", folder=folder, binaries=binaries)


def shut_down(folder: StoreFolder, *, timeout: float = STOP_TIMEOUT) -> None:
    """End the server at once but cleanly; return when its last process is gone."""
    wait = Wait("stopping PostgreSQL", folder=folder, limit=timeout)
    told = None
    while not locks.is_free(folder.server_lock):
        # a postmaster that listens wrote this pid itself, so it is not reused
        pid = _noted_pid(folder.data / "postmaster.pid") if accepts(folder) else None
        if pid not in {None, told}:
            told = pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        if not wait.step():
            raise EmbeddedError(
                f"PostgreSQL in {folder.path} did not stop within {timeout:.0f} s: "
                f"{last_words(folder)}"
            )
