"""A store accepts only states of which it has everything: its own, and those without a mark."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from target_pandev.database import StoreError
from target_pandev.emitted_states import StateMark, add_mark, read_mark
from tests.target_pandev.loading import Loader, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

THINGS = schema("things", {"id": "string"}, ["id"])
RUN = "00000000-0000-4000-8000-000000000001"
ALL = "SELECT id FROM things ORDER BY id"


def state(bookmarks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": bookmarks}}


def thing(name: str) -> dict[str, Any]:
    return record("things", {"id": name})


def load_things(store: Loader, names: str, **settings: Any) -> None:
    """Load things with a state of its own behind each of them."""
    messages = [(thing(name), state({"things": {"n": name}})) for name in names]
    store.load(THINGS, *[message for pair in messages for message in pair], **settings)


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@contextmanager
def backup_of(store: Loader) -> Iterator[Loader]:
    """Yield a copy of the database as it is now."""
    name = conninfo_to_dict(store.database)["dbname"]
    server = make_conninfo(store.database, dbname="postgres")
    store.connection.close()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(f"{name}_backup"), sql.Identifier(str(name))
            )
        )
        backup = Loader(make_conninfo(store.database, dbname=f"{name}_backup"))
        try:
            yield backup
        finally:
            backup.connection.close()
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(f"{name}_backup")))


def test_a_state_of_the_store_itself_is_continued(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    load_things(store, "a")
    (first,) = emitted(capsys)
    assert first["bookmarks"]["things"] == {"n": "a"}
    store.load({"type": "STATE", "value": first}, THINGS, thing("b"))
    (second,) = emitted(capsys)
    assert second["bookmarks"]["things"] == {"n": "a"}
    assert store.rows(ALL) == [("a",), ("b",)]
    marks = [read_mark(value) for value in (first, second)]
    stored = store.rows("SELECT run_id::text, states FROM emitted_states ORDER BY emitted_at")
    assert [StateMark(*row) for row in stored] == marks


def test_each_state_of_a_run_is_continued(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    load_things(store, "abc", batch_size_rows=1)
    states = emitted(capsys)
    assert [state["bookmarks"]["target_pandev"]["number"] for state in states] == [1, 2, 3]
    for state in states:
        store.load({"type": "STATE", "value": state})


def test_a_state_of_another_store_is_refused(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tap would skip what the other store has; nothing behind the state is loaded."""
    load_things(store, "a", store_schema="other")
    (of_other,) = emitted(capsys)
    expected = (
        "store_schema pandev: the state of the tap is not from this store: the store is new, "
        "another one or an older backup, and what the tap read before would be missing; read "
        "everything again with meltano run --full-refresh <tap> target-pandev (or without "
        "--state), or restore the newest backup"
    )
    with pytest.raises(StoreError, match=f"^{re.escape(expected)}$"):
        store.load({"type": "STATE", "value": of_other}, THINGS, thing("b"))
    assert store.rows("SELECT to_regclass('things')") == [(None,)]
    assert emitted(capsys) == []


def test_a_state_that_is_newer_than_the_backup_is_refused(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one of the same run: a backup may be made in the middle of it."""
    load_things(store, "a")
    (in_backup,) = emitted(capsys)
    with backup_of(store) as backup:
        store.connection = psycopg.connect(store.database, autocommit=True)
        load_things(store, "b")
        (newer,) = emitted(capsys)
        of_the_run = read_mark(in_backup)
        assert of_the_run
        later_in_the_run = add_mark(in_backup, StateMark(of_the_run.run_id, 2))
        for refused in (newer, later_in_the_run):
            with pytest.raises(StoreError, match="an older backup"):
                backup.load({"type": "STATE", "value": refused})
        backup.load({"type": "STATE", "value": in_backup}, THINGS, thing("c"))
        assert backup.rows("SELECT id FROM pandev.things ORDER BY id") == [("a",), ("c",)]


@pytest.mark.parametrize(
    "mark",
    [
        "text",
        {},
        {"run_id": 1, "number": 1},
        {"run_id": "not a UUID", "number": 1},
        {"run_id": RUN, "number": "1"},
        {"run_id": RUN, "number": 10**30},
    ],
    ids=str,
)
def test_an_invalid_mark_is_of_no_store(store: Loader, mark: Any) -> None:
    with pytest.raises(StoreError, match="is not from this store"):
        store.load(state({"target_pandev": mark}))


@pytest.mark.parametrize("value", [{}, {"n": 1}, {"bookmarks": None}, {"bookmarks": []}], ids=str)
def test_a_state_of_another_form_is_emitted_as_it_is(
    store: Loader, capsys: pytest.CaptureFixture[str], value: Any
) -> None:
    store.load({"type": "STATE", "value": value}, THINGS, thing("a"))
    assert emitted(capsys) == [value] * bool(value)


def test_a_mark_replaces_the_one_that_the_tap_was_given() -> None:
    given = {"bookmarks": {"things": {"n": 1}, "target_pandev": {"run_id": "x", "number": 9}}}
    mark = StateMark(RUN, 1)
    assert add_mark(given, mark) == {
        "bookmarks": {"things": {"n": 1}, "target_pandev": {"run_id": RUN, "number": 1}}
    }
    assert read_mark(given) != mark
    assert read_mark(add_mark(given, mark)) == mark
