"""Whether a load could write is found out without leaving a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from target_pandev.database import WriteCheck, check_writable
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings, check_store
from target_pandev.sql import read_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEWEST = read_migrations()[-1][0]
OBJECTS = "SELECT relname FROM pg_class UNION ALL SELECT nspname FROM pg_namespace ORDER BY 1"


def objects(conninfo: str) -> list[str]:
    """Return the names of all schemas and tables but temporary ones."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(OBJECTS).fetchall()
    return [str(name) for (name,) in rows if "temp" not in name]


@pytest.fixture
def guest(empty_database: str) -> Iterator[str]:
    """Yield the address of a database for a role without any rights in it."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE ROLE check_guest LOGIN PASSWORD 'guest'")
        try:
            yield make_conninfo(empty_database, user="check_guest", password="guest")  # noqa: S106
        finally:
            connection.execute("DROP OWNED BY check_guest; DROP ROLE check_guest")


def test_a_store_is_writable_and_stays_as_it_is(database: str) -> None:
    """R4, R5: it is reachable, and this role may write."""
    before = objects(database)
    result = check_writable(database, "pandev")
    assert (result.schema_version, result.newest_version) == (NEWEST, NEWEST)
    assert result.server_version[:2].isdecimal()
    assert objects(database) == before


def test_a_missing_schema_is_not_created(empty_database: str) -> None:
    before = objects(empty_database)
    result = check_store(StoreSettings(url=empty_database, schema="org"))
    assert result
    assert result == WriteCheck(result.server_version, None, NEWEST)
    assert objects(empty_database) == before


def test_the_version_of_an_older_store_is_returned(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM pandev.schema_versions WHERE version > 3")
    assert check_writable(database, "pandev").schema_version == 3


def test_a_store_of_a_newer_version_is_refused(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO pandev.schema_versions VALUES (99, 'later', now())")
    with pytest.raises(StoreError, match=r"^store_schema pandev: its schema version is 99, this"):
        check_writable(database, "pandev")


@pytest.mark.parametrize("exists", [False, True])
def test_a_role_that_may_not_write_is_refused(
    empty_database: str, guest: str, *, exists: bool
) -> None:
    if exists:
        with psycopg.connect(empty_database) as connection:
            connection.execute("CREATE SCHEMA org")
    with pytest.raises(StoreError) as caught:
        check_writable(guest, "org")
    assert str(caught.value) == (
        "store_schema org: the store's user may not create or change it; grant it CREATE on the "
        "database, or make it the owner of the schema"
    )


def test_a_role_that_only_owns_the_schema_may_write(empty_database: str, guest: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE SCHEMA org AUTHORIZATION check_guest")
    assert check_writable(guest, "org").schema_version is None


def test_a_server_that_takes_no_writes_is_refused(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode()
        )
    with pytest.raises(StoreError, match=r"^store_url: the server takes no writes, as a standby"):
        check_writable(database, "pandev")


def test_an_embedded_store_is_not_created(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "store"
    assert check_store(StoreSettings(dir=str(folder))) is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").touch()
    with pytest.raises(StoreError) as caught:
        check_store(StoreSettings(dir=str(folder)))
    assert str(caught.value) == (
        f"store_dir {folder}: cannot be created, as {tmp_path}/a is not writable; choose another "
        "directory, or set store_url"
    )
