"""Settings of the environment, the role and the database change nothing that is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from target_pandev.database import StoreError
from target_pandev.database.connection import connect
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterable

SETTINGS = {
    "client_encoding": "LATIN1",
    "timezone": "Asia/Tokyo",
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "search_path": "public",
    "quote_all_identifiers": "on",
    "work_mem": "64kB",
}
"""Settings and values that change results of statements which rely on the defaults."""
VARIABLES = {
    "client_encoding": "PGCLIENTENCODING",
    "timezone": "PGTZ",
    "datestyle": "PGDATESTYLE",
}
"""Settings with a variable of libpq; PGOPTIONS has all others."""
NAME = "Müller ß Задача 課題 🚀 \\back\\slash 'quoted'"
THINGS = schema(
    "things",
    {
        "id": "string",
        "name": "string",
        "share": "number",
        "at": {"type": ["string", "null"], "format": "date-time"},
        "labels": {"type": ["array", "null"], "items": {"type": "string"}},
    },
    ["id"],
)
COMMITS = schema(
    "commits",
    {"repository_id": "string", "sha": "string", "message": "string"},
    ["repository_id", "sha"],
)
MESSAGES = (
    THINGS,
    record(
        "things",
        {
            "id": "1",
            "name": NAME,
            "share": 0.1,
            "at": "2026-03-01T10:00:00",
            "labels": ["NULL", "null", "ü"],
        },
    ),
    record("things", {"id": "2", "name": None, "share": 1e-7, "at": None, "labels": None}),
    COMMITS,
    record("commits", {"repository_id": "shop", "sha": "a" * 40, "message": "CU-86abc123 Grüße"}),
)
STORED = {
    "SELECT id, name, share::text, at::text, labels::text FROM things ORDER BY id": [
        ("1", NAME, "0.1", "2026-03-01 10:00:00+00", '["NULL", "null", "ü"]'),
        ("2", None, "0.0000001", None, None),
    ],
    "SELECT message FROM commits": [("CU-86abc123 Grüße",)],
    "SELECT kind, reference FROM task_references": [("task_id", "86abc123")],
}
"""Statements and their rows."""
NEUTRAL = "-c timezone=UTC -c datestyle=ISO -c extra_float_digits=1 -c search_path=pandev"


def read(database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of a database, whatever its own settings are."""
    with psycopg.connect(database, client_encoding="utf8", options=NEUTRAL) as connection:
        return {text: connection.execute(text.encode()).fetchall() for text in STORED}


def set_all(level: str, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the settings at a level, and return the address of the store."""
    if level == "environment":
        monkeypatch.setenv("PGOPTIONS", as_options(SETTINGS.keys() - VARIABLES.keys()))
        for setting, variable in VARIABLES.items():
            monkeypatch.setenv(variable, SETTINGS[setting])
        return database
    if level == "address":
        encoding = SETTINGS["client_encoding"]
        options = as_options(SETTINGS.keys() - {"client_encoding"})
        return make_conninfo(database, client_encoding=encoding, options=options)
    name = sql.Identifier(str(conninfo_to_dict(database)["dbname"]))
    of = sql.SQL("ROLE current_user IN DATABASE {}" if level == "role" else "DATABASE {}")
    with psycopg.connect(database) as admin:
        for setting, value in SETTINGS.items():
            admin.execute(
                sql.SQL("ALTER {} SET {} = {}").format(
                    of.format(name), sql.Identifier(setting), sql.Literal(value)
                )
            )
    return database


def as_options(settings: Iterable[str]) -> str:
    """Return settings as options of PostgreSQL's command line, which have no quotes."""
    given = [f"-c {setting}={SETTINGS[setting]}" for setting in settings]
    return " ".join(option.replace(", ", ",\\ ") for option in given)


@pytest.mark.parametrize("level", ["environment", "address", "role", "database"])
def test_settings_of_another_level_change_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    address = set_all(level, database, monkeypatch)
    for _ in range(2):
        load(address, *MESSAGES)
    monkeypatch.undo()
    assert read(database) == STORED


def test_a_read_only_database_is_one_clear_line(database: str) -> None:
    address = make_conninfo(database, options="-c default_transaction_read_only=on")
    with pytest.raises(StoreError) as error:
        load(address, *MESSAGES)
    assert "read only sql transaction, SQLSTATE 25006" in str(error.value)


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1251", "SQL_ASCII", "EUC_JP"])
def test_a_database_of_another_encoding_is_refused(server: str, encoding: str) -> None:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode()
        )
        try:
            with pytest.raises(StoreError) as error:
                load(make_conninfo(server, dbname=name), *MESSAGES)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert str(error.value) == (
        f"store_url: the database {name} has the encoding {encoding}, expected UTF8; "
        "create another one with ENCODING 'UTF8' TEMPLATE template0"
    )


def test_options_of_the_address_change_what_may_be_changed(database: str) -> None:
    """A store_url may set its own patience and memory, but not the meaning of values."""
    options = "-c lock_timeout=7s -c work_mem=8MB -c timezone=Asia/Tokyo"
    with connect(make_conninfo(database, options=options)) as connection:
        values = [
            connection.execute("SELECT current_setting(%s)", [name]).fetchall()[0][0]
            for name in ("lock_timeout", "work_mem", "timezone", "jit")
        ]
    assert values == ["7s", "8MB", "UTC", "off"]
