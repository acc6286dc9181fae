"""The PostgreSQL server as processes: initialise, start, query and stop it.

Every process that may write into the data directory inherits the descriptor that holds
`server.lock`, so the lock shows whether one is alive; a pid is never trusted for that. It knows
neither users nor the reaper, and the caller holds `start.lock` around every change.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from target_pandev.embedded import locks
from target_pandev.embedded.accounts import Account, give, initdb_account
from target_pandev.embedded.binaries import Binaries
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import (
    SOCKET,
    StoreFolder,
    make_private,
    sync_folder,
    write_private,
)
from target_pandev.embedded.log import PatientWait, last_lines, log_tail

logger = logging.getLogger(__name__)

ROLE = DATABASE = "pandev"
STOP_TIMEOUT_SECONDS = 300.0
FAST_STOP_SECONDS = 60.0
READY_TIMEOUT_SECONDS = 30.0
MAX_LOG_BYTES = 4 * 1024 * 1024
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # not the caller's

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
    "work_mem": "64MB",  # sorts the points of 100,000 tasks' status changes without a file
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
    """The server rejects our password; waiting does not help."""


def initialise(folder: StoreFolder, *, binaries: Binaries, lock: int) -> None:
    """Create the data directory; it gets its name once it is complete and on disk."""
    logger.info("creating a PostgreSQL %s store in %s", binaries.label, folder.path)
    account = folder.account
    creator = initdb_account(account)
    init_dir = folder.path / "data.init"
    if init_dir.exists():
        shutil.rmtree(init_dir)
    init_dir.mkdir(mode=0o700)
    if account:
        os.chown(init_dir, -1, account.gid)
        init_dir.chmod(0o710)
    data = init_dir / "data"
    make_private(data, account=creator)
    write_private(init_dir / "password", folder.password, account=creator)
    initdb = [str(binaries.program("initdb")), f"--pgdata={data}"]
    _initdb([*initdb, f"--pwfile={init_dir / 'password'}", *INITDB_OPTIONS], creator, lock)
    give(data, account)
    data.rename(folder.data)
    sync_folder(folder.path)
    shutil.rmtree(init_dir)


def _initdb(command: Sequence[str], account: Account | None, lock: int) -> None:
    done = _run_as(account, command, environment=ENVIRONMENT, lock=lock, output=subprocess.PIPE)
    if done.returncode != 0:
        raise EmbeddedError(
            f"initdb exited with {done.returncode} while creating the store: "
            f"{last_lines(done.stdout)}"
        )


def launch(
    folder: StoreFolder, *, binaries: Binaries, settings: Mapping[str, str], lock: int
) -> int:
    """Start the server without waiting for it; return the size of its log before it began."""
    account = folder.account
    folder.give_to_account()
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
        # the lock shows that it is dead: a process with that pid is another one
        environment["PG_GRANDPARENT_PID"] = str(stale)
    if folder.log.exists() and folder.log.stat().st_size > MAX_LOG_BYTES:
        folder.log.rename(folder.log.with_name("server.log.1"))
    begin = folder.log.stat().st_size if folder.log.exists() else 0
    spawn_detached(command, folder=folder, environment=environment, account=account, lock=lock)
    return begin


def spawn_detached(
    command: Sequence[str],
    *,
    folder: StoreFolder,
    environment: Mapping[str, str],
    account: Account | None,
    lock: int,
) -> None:
    """Start a process that outlives this one, as a child of init, and inherits only a lock."""
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    shell = ["/bin/sh", "-c", '"$@" &', "sh", *command]
    try:
        _run_as(account, shell, environment=environment, lock=lock, output=log).check_returncode()
    finally:
        os.close(log)


def _run_as(
    account: Account | None,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    lock: int,
    output: int,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program as an account, or as this user, in a new session that inherits a lock."""
    return subprocess.run(  # noqa: S603 -- our own programs
        command,
        env=environment,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        pass_fds=[lock],
        start_new_session=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        check=False,
    )


def _stale_pid(folder: StoreFolder) -> int | None:
    """Return the pid that a dead server left, or None; remove the file if it is damaged."""
    path = folder.data / "postmaster.pid"
    pid = _read_pid(path)
    if pid is None:
        path.unlink(missing_ok=True)
    return pid


def _read_pid(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return abs(int(path.read_text(encoding="utf-8").split("\n")[0])) or None
    return None


def is_listening(folder: StoreFolder) -> bool:
    """Return whether a postmaster listens; its children, which may outlive it, do not."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder.socket_dir / SOCKET))
        except OSError:
            return False
        return True


def is_ready(folder: StoreFolder, *, binaries: Binaries) -> bool:
    """Return whether the server answers queries. Raises if it is not ours or rejects us."""
    if not (_has_noted_ready(folder) and is_listening(folder)):
        return False
    wait = PatientWait("querying PostgreSQL", folder=folder, limit_seconds=READY_TIMEOUT_SECONDS)
    while True:
        try:
            data_directory = query("SHOW data_directory", folder=folder, binaries=binaries)
            break
        except WrongPasswordError:
            raise
        except EmbeddedError:  # it has no free connection, or is shutting down
            if not is_listening(folder):
                return False
            if not wait.tick():
                raise
    if os.path.realpath(data_directory) != os.path.realpath(folder.data):
        raise EmbeddedError(
            f"the server in {folder.socket_dir} serves {data_directory}, not {folder.data}: "
            "stop it first"
        )
    return True


def _has_noted_ready(folder: StoreFolder) -> bool:
    """Return whether the server's pid file says ready; an earlier query would only fill its log."""
    with contextlib.suppress(OSError):
        return "\nready" in (folder.data / "postmaster.pid").read_text(encoding="utf-8")
    return False


def client_environment(folder: StoreFolder, *, database: str = "postgres") -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs connect to the server."""
    return {
        **ENVIRONMENT,
        "PGHOST": str(folder.socket_dir),
        "PGPORT": "5432",
        "PGUSER": ROLE,
        "PGDATABASE": database,
        "PGPASSWORD": folder.password,
        "PGCONNECT_TIMEOUT": "10",
    }


def query(statement: str, *, folder: StoreFolder, binaries: Binaries) -> str:
    """Return the output of one statement. Raises if the server did not execute it."""
    done = subprocess.run(  # noqa: S603 -- our own copy of psql
        [str(binaries.program("psql")), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement],
        env=client_environment(folder),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if b"password authentication failed" in done.stderr:
        raise WrongPasswordError(
            f"the server in {folder.path} rejects the password in its file 'password': "
            "put the right one back"
        )
    if done.returncode != 0:
        raise EmbeddedError(
            f"the server in {folder.path} reported an error: {last_lines(done.stderr)}"
        )
    return os.fsdecode(done.stdout).rstrip("\n")


def make_database(folder: StoreFolder, *, binaries: Binaries) -> None:
    """Create the database unless it exists."""
    exists = f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 -- a constant
    if query(exists, folder=folder, binaries=binaries) == "0":
        query(f"CREATE DATABASE {DATABASE}", folder=folder, binaries=binaries)


def shut_down(
    folder: StoreFolder,
    *,
    fast_seconds: float = FAST_STOP_SECONDS,
    timeout_seconds: float = STOP_TIMEOUT_SECONDS,
) -> None:
    """Stop the server and return when its last process has ended.

    A fast shutdown that takes longer than `fast_seconds` is followed by an immediate one, after
    which the next start recovers: PostgreSQL 18 can hang if it is stopped while it recovers from a
    full disk. https://www.postgresql.org/docs/current/server-shutdown.html
    """
    wait = PatientWait("stopping PostgreSQL", folder=folder, limit_seconds=timeout_seconds)
    immediate_at = time.monotonic() + fast_seconds
    sent = None
    while not locks.is_free(folder.server_lock):
        # a postmaster that listens has written this pid itself, so it is not reused
        pid = _read_pid(folder.data / "postmaster.pid") if is_listening(folder) else None
        signum = signal.SIGINT if time.monotonic() < immediate_at else signal.SIGQUIT
        if pid is not None and sent != (pid, signum):
            sent = (pid, signum)
            if signum == signal.SIGQUIT:
                logger.warning("PostgreSQL in %s: stopping it immediately", folder.path)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
        if not wait.tick():
            raise EmbeddedError(
                f"PostgreSQL in {folder.path} did not stop within {timeout_seconds:.0f} s: "
                f"{log_tail(folder)}"
            )
