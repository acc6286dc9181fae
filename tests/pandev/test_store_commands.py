"""`pandev store start`, `url`, `psql`, `dump`, `restore` and `stop`: what they print and do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from target_pandev.embedded import EmbeddedServer
from tests.pandev.command import assert_golden
from tests.pandev.store_process import call_command, run_command, stopped_store
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THINGS = schema("things", {"id": "string"}, ["id"])
JSON = ("--format", "json")
ELSEWHERE = ("--store-url", "postgresql://user1@db.example.com/metrics")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield the folder of an embedded store with a row, which the tests share."""
    with stopped_store() as folder:
        with EmbeddedServer(folder, idle_timeout_seconds=0) as server:
            load(server.conninfo, THINGS, record("things", {"id": "1"}))
        yield folder


def masked(url: str) -> str:
    """Return a URL without what differs from store to store: password and folder of the socket."""
    return re.sub(r"(?<=host=)[^&]+", "FOLDER", re.sub(r":[^@/]+@", ":PASSWORD@", url))


def test_start_prints_a_url_that_works_until_stop(folder: Path) -> None:
    code, url, err = call_command("start", folder=folder)
    assert (code, err) == (0, "")
    assert_golden("store_start", masked(url), columns=None)
    assert json.loads(call_command("start", *JSON, folder=folder)[1]) == {"url": url.strip()}
    with psycopg.connect(url.strip()) as session:
        assert session.execute("SELECT id FROM pandev.things").fetchall() == [("1",)]
    assert call_command("url", folder=folder) == (0, url, "")
    assert json.loads(call_command("url", *JSON, folder=folder)[1]) == {"url": url.strip()}
    assert EmbeddedServer(folder).is_running()
    code, stopped, err = call_command("stop", folder=folder)
    assert (code, err) == (0, "")
    assert_golden("store_stop", stopped)
    assert not EmbeddedServer(folder).is_running()
    assert json.loads(call_command("stop", *JSON, folder=folder)[1]) == {"is_running": False}


def test_a_store_in_use_is_not_stopped(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        refused = "pandev: the store is in use by another process; stop that process first\n"
        assert call_command("stop", folder=folder) == (1, "", refused)
        with psycopg.connect(server.conninfo) as session:
            assert session.execute("SELECT 1").fetchall() == [(1,)]


def test_psql_begins_in_the_schema_and_hands_on_its_exit_code(folder: Path) -> None:
    show = ("psql", "-At", "-c", "SHOW search_path", "--store-schema", "team_a")
    assert run_command(*show, folder=folder) == (0, '"team_a"\n', "")
    rows = run_command("psql", "-c", "SELECT id FROM things", folder=folder)
    assert rows == (0, " id \n----\n 1\n(1 row)\n\n", "")
    code, out, err = run_command("psql", "-c", "SELECT missing", folder=folder)
    assert (code, out) == (1, "")
    assert 'column "missing" does not exist' in err


def test_a_dump_and_its_restore_count_the_same_rows(folder: Path) -> None:
    file = folder.parent / "pandev.dump"
    dumped = call_command("dump", str(file), folder=folder)
    dumped_as_json = call_command("dump", str(file), *JSON, folder=folder)[1]
    with stopped_store() as empty:
        restored = call_command("restore", str(file), folder=empty)
        with EmbeddedServer(empty) as server, psycopg.connect(server.conninfo) as session:
            session.execute("DROP SCHEMA pandev CASCADE")
        restored_as_json = call_command("restore", str(file), *JSON, folder=empty)[1]
    rows, size = re.findall(r"\d+ rows|\d+\.\d kB", dumped[1])
    assert (dumped[0], dumped[2], restored[0], restored[2]) == (0, "", 0, "")
    assert rows in restored[1]
    shown = dumped[1].replace(str(file), "pandev.dump").replace(size, "0.0 kB")
    assert_golden("store_dump", shown.replace(rows, "0 rows"))
    assert_golden("store_restore", restored[1].replace(rows, "0 rows"))
    result = {"file": str(file), "schema": "pandev", "row_count": int(rows.removesuffix(" rows"))}
    assert json.loads(dumped_as_json) == {**result, "size_bytes": file.stat().st_size}
    assert json.loads(restored_as_json) == result


def test_the_url_of_another_server_is_printed_as_it_is(folder: Path) -> None:
    assert call_command("url", folder=folder, location=ELSEWHERE) == (0, f"{ELSEWHERE[1]}\n", "")


@pytest.mark.parametrize("command", ["start", "stop", "psql"])
def test_another_server_is_not_run_here(folder: Path, command: str) -> None:
    refused = "pandev: store_url is set, so there is no embedded store; use that URL\n"
    assert call_command(command, folder=folder, location=ELSEWHERE) == (1, "", refused)
