"""The page of a store that is missing, empty, partly unreadable, restarted, or only read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg.conninfo import make_conninfo

from pandev.page.tabs import TABS
from target_pandev.database.readers import drop_reader, save_reader
from target_pandev.open_store import StoreSettings
from tests.pandev.page_server import serve_database, serve_store, texts
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from pathlib import Path

TAB_PATHS = [f"/{tab.key}" for tab in TABS]


def test_without_a_store_the_page_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is created."""
    with serve_store(StoreSettings(dir=str(tmp_path / "store"))) as running:
        for path in TAB_PATHS:
            answer = running.get(path)
            assert answer.status == 200
            empty = texts(answer.text, ".empty")
            assert set(empty) == {"There is no store yet; run: pandev sync."}
        assert texts(running.get("/integration").text, ".badge") == ["Nothing loaded yet"]
        assert running.get("/tasks/board.json").rows == []
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_says_why_each_figure_is_empty(database: str) -> None:
    with serve_database(database) as running:
        empty = texts(running.get("/tasks").text, ".empty")
    assert empty == [
        "No tasks are loaded; run: pandev sync.",
        "No tasks are loaded; run: pandev sync.",
        "No tasks are loaded; run: pandev sync.",
    ]


def test_a_store_that_cannot_be_read_is_a_page_of_its_own() -> None:
    url = "postgresql://user:secret@127.0.0.1:1/store"
    with serve_store(StoreSettings(url=url)) as running:
        answer = running.get("/tasks")
    assert answer.status == 503
    assert texts(answer.text, "h1") == ["The store cannot be read"]
    assert "secret" not in answer.text


def test_a_figure_that_cannot_be_read_leaves_the_others(database: str) -> None:
    """As one that takes too long: the others of its tab show, and it says what to do."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute("DROP VIEW work_hours")
    with serve_database(database) as running:
        answer = running.get("/time")
    assert answer.status == 200
    (empty,) = texts(answer.text, ".empty")
    assert empty.startswith("This figure cannot be read: reading store_schema pandev: undefined")
    assert empty.endswith("; limit it by a filter, or to fewer days.")
    assert len(texts(answer.text, ".bar-label")) > 20


def test_a_lost_connection_is_replaced(database: str) -> None:
    """As after a restart of PostgreSQL."""
    fill_page(database)
    with serve_database(database) as running, connect(database) as connection:
        assert running.get("/tasks").status == 200
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
        assert len(ended) == 1
        assert running.get("/tasks").status == 200


def test_a_login_that_only_reads_is_enough(database: str) -> None:
    """One of pandev store reader: the page shows all tabs, and the same state as its owner's."""
    fill_page(database)
    role, password = f"reader_{uuid4().hex}", uuid4().hex
    save_reader(database, "pandev", role, password=password, is_embedded=False)
    try:
        with serve_database(make_conninfo(database, user=role, password=password)) as running:
            assert {running.get(path).status for path in TAB_PATHS} == {200}
            state = json.loads(running.get("/integration/status.json").text)
        assert state["data"] == {"denied": 1, "rejected": 1}
    finally:
        drop_reader(database, "pandev", role)
