"""Dump the store to a file, and restore it, with the pg_dump and pg_restore of its own version.

An older pg_dump rejects a newer server, and an older server may reject what a newer one writes.
So the embedded store uses its own programs, and a store at an address those of its version.
https://www.postgresql.org/docs/current/app-pgdump.html
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from target_pandev.database.backup import (
    complete_schema,
    export_snapshot,
    reserve_schema,
    separate_password,
)
from target_pandev.embedded import PACKAGE_FOLDERS, EmbeddedServer, wheel_folders
from target_pandev.embedded.folder import sync_folder
from target_pandev.errors import StoreError
from target_pandev.open_store import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_pandev.open_store import RunningServer, StoreSettings

MAGIC = b"PGDMP"
"""The first bytes of pg_dump's custom format."""
LOCK_TIMEOUT_MS = 300_000
"""How long pg_dump waits for tables that another session changes."""


@dataclass(frozen=True)
class Backup:
    """A complete file."""

    row_count: int
    size_bytes: int


def dump_store(settings: StoreSettings, file: Path) -> Backup:
    """Dump the store's schema to a file that only its owner can read.

    The file gets its name, and replaces an older one, once it is complete and on disk.
    Raises `StoreError`.
    """
    if not settings.url and not EmbeddedServer(settings.path).exists():
        raise StoreError(f"store_dir {settings.path}: there is no store, so nothing to dump")
    with _unfinished_file(file.resolve()) as unfinished, open_server(settings) as server:
        with export_snapshot(server.conninfo, settings.schema) as snapshot:
            arguments = [
                "--format=custom",
                f"--schema={snapshot.schema_pattern}",
                f"--snapshot={snapshot.snapshot_id}",
                f"--lock-wait-timeout={LOCK_TIMEOUT_MS}",
                f"--file={unfinished}",
            ]
            pg_dump = _find_program("pg_dump", server, snapshot.server_version)
            _run_connected(pg_dump, arguments, server)
        return Backup(snapshot.row_count, unfinished.stat().st_size)


def restore_store(settings: StoreSettings, file: Path) -> int:
    """Restore a dump into an empty store, completely or not at all; return the number of rows.

    Owners and grants are not restored: everything belongs to the store's user.
    Raises `StoreError`.
    """
    _require_custom_format(file)
    with open_server(settings) as server:
        with reserve_schema(server.conninfo, settings.schema) as empty:
            pg_restore = _find_program("pg_restore", server, empty.server_version)
            _require_schema(pg_restore, file, settings.schema)
            arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-acl"]
            if empty.exists:
                arguments.append(f"--schema={settings.schema}")  # its objects, but not itself
            _run_connected(pg_restore, [*arguments, str(file.resolve())], server)
        return complete_schema(server.conninfo, settings.schema)


@contextmanager
def _unfinished_file(file: Path) -> Iterator[Path]:
    """Yield a private file next to another, which it replaces unless the block fails."""
    if file.exists() and not file.is_file():
        raise StoreError(f"{file}: not a regular file")
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:  # from before it exists: a signal may come at any time
        _create_private(unfinished, file)
        yield unfinished
        unfinished.replace(file)
        sync_folder(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _create_private(unfinished: Path, file: Path) -> None:
    """Create an empty file that only its owner can read; an error names the file it becomes."""
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}") from error


def _require_custom_format(file: Path) -> None:
    """Raise `StoreError` before a server is started for a file that is not a dump."""
    try:
        with file.open("rb") as opened:
            begin = opened.read(len(MAGIC))
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}") from error
    if begin != MAGIC:
        raise StoreError(f"{file}: expected a file that pandev store dump wrote")


def _require_schema(pg_restore: Path, file: Path, schema: str) -> None:
    """Raise `StoreError` if a dump is of another schema: pg_restore would restore nothing."""
    contents = _run(pg_restore, ["--list", str(file.resolve())], os.environ)
    if f" SCHEMA - {schema} " not in contents:
        raise StoreError(
            f"{file}: does not contain the schema {schema}; set store_schema as it was when the "
            "file was written"
        )


def _find_program(name: str, server: RunningServer, version: int) -> Path:
    """Return a program of PostgreSQL of this major version. Raises `StoreError`."""
    if server.program_folder:
        return server.program_folder / name
    on_path = [Path(program)] if (program := shutil.which(name)) else []
    folders = [*wheel_folders(), *(Path(folder.format(version)) for folder in PACKAGE_FOLDERS)]
    for candidate in [*(folder / name for folder in folders), *on_path]:
        if candidate.is_file() and _major_version(candidate) == version:
            return candidate
    raise StoreError(
        f"store_url: PostgreSQL {version} needs {name} {version}, which is not on PATH; install "
        f"the client programs of version {version} (Debian: postgresql-client-{version})"
    )


def _major_version(program: Path) -> int | None:
    match = re.search(r"\(PostgreSQL\) (\d+)", _run(program, ["--version"], os.environ))
    return int(match[1]) if match else None


def _run_connected(program: Path, arguments: list[str], server: RunningServer) -> None:
    """Run a program on a server; the password is in its environment only."""
    conninfo, password = separate_password(server.conninfo)
    connection = ["--no-password", f"--dbname={conninfo}"]
    _run(program, [*connection, *arguments], {**os.environ, **password})


def _run(program: Path, arguments: list[str], environment: Mapping[str, str]) -> str:
    """Return the output of a program. Raises `StoreError` with its first error if it fails."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [program, *arguments],
        env={**environment, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        reason = _first_error(done.stderr) or f"exit code {done.returncode}"
        raise StoreError(f"{program.name}: {reason}")
    return os.fsdecode(done.stdout)


def _first_error(output: bytes) -> str:
    """Return the first error that a program reports, without a value of a row."""
    lines = output.decode(errors="replace").splitlines()
    errors = [line.partition("error: ")[2] for line in lines if "error: " in line]
    first = errors[0] if errors else ""
    return re.sub(r"(COPY failed for table \S+):.*", r"\1", first)
