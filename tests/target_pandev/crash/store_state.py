"""A store that a target loads: what it holds, and whether that is what it must hold."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.waiting import wait_until
from tests.target_pandev.crash.scenario import KEYS, NUMBER, Row, events, scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.target_pandev.crash.scenario import Key

TABLES = {
    **dict.fromkeys(KEYS, "TRUE"),
    "completed_reads": "TRUE",
    "tombstones": "TRUE",
    "task_versions": "TRUE",
    "task_references": "TRUE",
    "rejected_records": "TRUE",
    "resolved_task_references": "workspace_id IS NOT NULL",
    "resolved_links": "TRUE",
    "task_activity": "TRUE",
}
"""Tables and views whose rows are compared."""


class AllRows:
    """All rows of `TABLES`, as JSON; no dataclass, for Hypothesis would print them all."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self.rows = rows


class StoreState:
    """A database, and what a schema of it holds."""

    def __init__(self, conninfo: str, schema: str = "pandev") -> None:
        self.conninfo = conninfo
        self.schema = schema
        self.connection = psycopg.connect(
            conninfo, autocommit=True, options=f"-c search_path={schema} -c timezone=UTC"
        )

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the store."""
        self.connection.close()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.connection.execute(statement.encode()).fetchall()

    def has(self, *tables: str) -> bool:
        """Return whether tables are there."""
        return self.query(f"SELECT count(to_regclass(t)) FROM unnest(array{[*tables]}) t") == [  # noqa: S608 - our own names
            (len(tables),)
        ]

    def rows(self) -> dict[Key, Row]:
        """Return what counts of the rows of the streams with a key."""
        return {
            (stream, name): Row(int(n), deleted_at)
            for stream, key in KEYS.items()
            if self.has(stream)
            for name, n, deleted_at in self.query(
                f"SELECT {key}, {NUMBER[stream]}, _sdc_deleted_at FROM {stream}"  # noqa: S608 - ours
            )
        }

    def events(self) -> Counter[int]:
        """Return the numbers of the stored events; their stream has no key."""
        rows = self.query("SELECT n::int FROM events") if self.has("events") else []
        return Counter(n for (n,) in rows)

    def all_rows(self) -> AllRows:
        """Return all rows of tables and views, without the hash and the time of writing."""
        rows = {
            table: [
                row
                for (row,) in self.query(
                    "SELECT (to_jsonb(t) - '{_sdc_hash,rejected_at}'::text[])::text "  # noqa: S608 - ours
                    f"FROM {table} AS t WHERE {where} ORDER BY 1"
                )
            ]
            for table, where in TABLES.items()
        }
        return AllRows(rows)

    def check(self, acknowledged: int, sent: Counter[int]) -> None:
        """See that all up to a state is stored, and nothing that was never sent.

        `sent` counts how often each event was sent: their stream has no key.
        """
        may_be, rows = scenario().model.possible(acknowledged), self.rows()
        for key in may_be.keys() | rows.keys():
            assert rows.get(key) in may_be[key], (key, acknowledged)
        stored = self.events()
        assert stored.keys() >= events(scenario().messages[: acknowledged + 1]).keys()
        assert stored <= sent

    def wait_for_disconnect(self) -> None:
        """Wait until the server has closed the connections of a killed target."""
        wait_until(
            lambda: (
                not self.query(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                    "AND application_name = 'target-pandev'"
                )
            )
        )

    def is_load_waiting(self) -> bool:
        """Return whether a load of this database waits for a lock."""
        return bool(
            self.query(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'target-pandev' AND wait_event_type = 'Lock'"
            )
        )


@contextmanager
def copied(database: str, *, tablespace: str = "pg_default") -> Iterator[str]:
    """Yield the address of a copy of a database without connections."""
    name, source = f"crash_{uuid4().hex}", str(conninfo_to_dict(database)["dbname"])
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {} STRATEGY FILE_COPY").format(
        *map(sql.Identifier, (name, source, tablespace))
    )
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    maintenance = make_conninfo(database, dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(create)
        try:
            yield make_conninfo(database, dbname=name)
        finally:
            connection.execute(drop)
