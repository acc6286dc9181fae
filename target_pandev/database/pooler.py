"""Recognise a pooler that gives each transaction another session of PostgreSQL."""

from __future__ import annotations

import select
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

PROBES = 10
"""Probes of the pool; while others use it, it may give the same session again by chance."""
PROBE_SECONDS = 3
"""How long a pool may take to give a second session; one that has none left keeps ours for us."""
REJECTED = 0
"""The answer of a pool by statement, which allows no transaction."""
GET_PROCESS_ID = "SELECT pg_catalog.pg_backend_pid()"


def is_pooled_by_transaction(connection: psycopg.Connection[Any]) -> bool:
    """Return whether two transactions of a connection may run in different sessions.

    There, a search path, a temporary table or a setting reaches other clients of the pool, so this
    sets nothing. The cancellation key of a pooler has a process id of its own, which is not the
    server's. Its mode shows by a second connection: in a pool by transaction it gets the session
    that ours has just released, or makes ours get another one. If others keep all sessions of the
    pool busy, it gets none in time, but ours changes. https://www.pgbouncer.org/features
    """
    process_id = _process_id(connection)
    if process_id == connection.info.backend_pid:
        return False
    info = connection.info
    with closing(psycopg.connect(info.dsn, password=info.password)) as other:
        for _ in range(PROBES):
            other_process_id = _begin(other.pgconn)
            if other_process_id is None:
                break
            if other_process_id in (process_id, REJECTED) or _process_id(connection) != process_id:
                return True
            _run(other.pgconn, "ROLLBACK")
    return any(_process_id(connection) != process_id for _ in range(PROBES))


def _process_id(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(GET_PROCESS_ID, prepare=False).fetchone()
    return int(row[0]) if row else 0


def _begin(pgconn: PGconn) -> int | None:
    """Begin a transaction and return its session's process id.

    Returns `REJECTED` if transactions are not allowed, and None if the pool has no session left.
    """
    pgconn.send_query(f"BEGIN; {GET_PROCESS_ID}".encode())
    pgconn.flush()
    if not select.select([pgconn.socket], [], [], PROBE_SECONDS)[0]:
        return None
    value = _last_value(pgconn)
    return int(value) if value else REJECTED


def _run(pgconn: PGconn, statement: str) -> None:
    pgconn.send_query(statement.encode())
    _last_value(pgconn)


def _last_value(pgconn: PGconn) -> bytes | None:
    """Return the first value of the last result that has one."""
    value = None
    while result := pgconn.get_result():
        value = result.get_value(0, 0) or value
    return value
