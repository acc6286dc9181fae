"""Copy roles and databases from one running server to another, and list what a server has.

It works with any schema. Passwords are in the environment of programs, and rows in pipes; errors
are codes of PostgreSQL without values.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence

from target_pandev.embedded.binaries import Binaries
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import StoreFolder
from target_pandev.embedded.log import last_lines
from target_pandev.embedded.postmaster import ROLE, client_environment, query

MAINTENANCE_DATABASE = "template1"
"""A connection to it is possible while the others are created."""
PSQL = ("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", "-f", "-")
DATABASES = """\
SELECT datname FROM pg_catalog.pg_database
WHERE datallowconn AND NOT datistemplate ORDER BY datname"""
TABLESPACES = """\
SELECT spcname FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')"""
INVENTORY = r"""
SELECT pg_catalog.concat_ws(' ', c.relkind, n.nspname, c.relname)
FROM pg_catalog.pg_class AS c INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
SELECT pg_catalog.concat_ws(' ', 'function', p.oid::pg_catalog.regprocedure)
FROM pg_catalog.pg_proc AS p INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
SELECT pg_catalog.format(
    'SELECT %L, pg_catalog.count(*) FROM ONLY %I.%I',
    n.nspname || '.' || c.relname, n.nspname, c.relname
)
FROM pg_catalog.pg_class AS c INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
\gexec
"""


def copy_cluster(source: StoreFolder, target: StoreFolder, *, programs: Binaries) -> None:
    """Copy roles with their passwords, and databases with their owners, grants and settings."""
    if query(TABLESPACES, folder=source, binaries=programs):
        raise EmbeddedError(
            f"store_dir {source.path} has tablespaces, which an upgrade does not move"
        )
    _copy_roles(source, target, programs)
    for database in _databases(source, programs):
        _copy_database(database, source, target, programs)
        _psql("ANALYZE;", target, programs, database=database)


def read_inventory(folder: StoreFolder, *, programs: Binaries) -> dict[str, int | None]:
    """Return the number of rows of each table, and None for each other relation and function."""
    inventory: dict[str, int | None] = {}
    for database in _databases(folder, programs):
        for line in _psql(INVENTORY, folder, programs, database=database).splitlines():
            name, separator, count = line.rpartition("|")
            inventory[f"{database}: {name if separator else line}"] = (
                int(count) if separator else None
            )
    return inventory


def _databases(folder: StoreFolder, programs: Binaries) -> list[str]:
    return query(DATABASES, folder=folder, binaries=programs).splitlines()


def _copy_roles(source: StoreFolder, target: StoreFolder, programs: Binaries) -> None:
    dumped = _run(
        [str(programs.program("pg_dumpall")), "--globals-only"],
        environment=client_environment(source),
        text="",
    )
    lines = dumped.splitlines(keepends=True)
    # initdb has made our own role already
    statements = "".join(line for line in lines if line.rstrip() != f"CREATE ROLE {ROLE};")
    _psql(statements, target, programs, database=MAINTENANCE_DATABASE)


def _copy_database(
    database: str, source: StoreFolder, target: StoreFolder, programs: Binaries
) -> None:
    """Dump a database into a pipe from which psql creates it."""
    dump_command = [str(programs.program("pg_dump")), "--create", "--clean", "--if-exists"]
    psql_command = [str(programs.program(PSQL[0])), *PSQL[1:]]
    with tempfile.TemporaryFile() as dump_errors, contextlib.ExitStack() as children:
        dump = subprocess.Popen(  # noqa: S603 -- our own programs
            dump_command,
            env=client_environment(source, database=database),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=dump_errors,
        )
        children.callback(_end, dump)
        restore = subprocess.Popen(  # noqa: S603 -- our own programs
            psql_command,
            env=client_environment(target, database=MAINTENANCE_DATABASE),
            cwd="/",
            stdin=dump.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        children.callback(_end, restore)
        if dump.stdout:
            dump.stdout.close()  # or else the dump would not notice that psql has ended
        _, restore_errors = restore.communicate()
        dump.wait()
        dump_errors.seek(0)
        if restore.returncode != 0:
            raise EmbeddedError(f"database {database}: psql: {last_lines(restore_errors)}")
        if dump.returncode != 0:
            raise EmbeddedError(f"database {database}: {last_lines(dump_errors.read())}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a child that is still running, which is the case after an exception only."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _psql(statements: str, folder: StoreFolder, programs: Binaries, *, database: str) -> str:
    return _run(
        [str(programs.program(PSQL[0])), *PSQL[1:]],
        environment=client_environment(folder, database=database),
        text=statements,
    )


def _run(command: Sequence[str], *, environment: Mapping[str, str], text: str) -> str:
    done = subprocess.run(  # noqa: S603 -- our own programs
        command,
        env=environment,
        cwd="/",
        input=os.fsencode(text),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        program = command[0].rpartition("/")[2]
        raise EmbeddedError(f"{program}: {last_lines(done.stderr)}")
    return os.fsdecode(done.stdout)
