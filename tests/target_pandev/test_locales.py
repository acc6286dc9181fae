"""References are the same whatever the locale of the database: letters are those of all scripts."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from target_pandev.sql import read_statement
from tests.target_pandev.git_messages import COMMITS, commit
from tests.target_pandev.loading import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = {"C": "abc", "C.UTF-8": "abcéжё修"}
"""Locales of a database, and what PostgreSQL takes for a letter there."""
LETTERS_HERE = "SELECT regexp_replace('a-bcé→жё修', '[^[:alnum:]]', '', 'g')"
ONE_TASK = [("task_id", "86abc1d2e")]
TEXTS: dict[str, list[tuple[str, str]]] = {
    "éCU-86abc1d2e, ЖCU-86abc1d2e, 修CU-86abc1d2e, e\u0301CU-86abc1d2e": [],
    "CU-86abc1d2eé, CU-86abc1d2eж, CU-86abc1d2e\u0301": [],
    "éDEV-12, жDEV-12, DEV-12ё, é#86abc1d2e": [],
    "see \u2013CU-86abc1d2e\u2014": ONE_TASK,
    "«CU-86abc1d2e»": ONE_TASK,
    "„CU-86abc1d2e“": ONE_TASK,
    "\uff0cCU-86abc1d2e\u3002": ONE_TASK,
    "🚀CU-86abc1d2e": ONE_TASK,
    "⚠\ufe0fCU-86abc1d2e": ONE_TASK,
    "готово\u00a0CU-86abc1d2e": ONE_TASK,
    "cU-86ABC1D2E": ONE_TASK,
    "#86abc1d2e→done": ONE_TASK,
    "86abc1d2e\u00a0fix": [("bare_id", "86abc1d2e")],
    "86abc1d2e\u3000fix": [("bare_id", "86abc1d2e")],
    "86abc1d2eé fix": [],
    "…dev-12…": [("custom_id", "DEV-12")],
}
FOUND = "SELECT object_key, kind, reference FROM task_references"
SYMBOLS = [*range(0x2000, 0x2C00), *range(0xFE00, 0xFE10), *range(0x1F000, 0x1FB00)]
"""Blocks of punctuation, symbols and emoji; some of their characters are letters by name only."""


@contextmanager
def database_of(server: str, locale: str) -> Iterator[str]:
    """Yield the address of an empty database with a locale of the C library."""
    name = f"test_{uuid4().hex}"
    create = sql.SQL(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE {}"
    ).format(sql.Identifier(name), sql.Literal(locale))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
        yield make_conninfo(server, dbname=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("locale", LETTERS)
def test_references_do_not_depend_on_the_locale(server: str, locale: str) -> None:
    """R50: an id is none if a letter of any script is next to it."""
    with database_of(server, locale) as database:
        store = Loader(database)
        store.load(COMMITS, *(commit(text, text) for text in TEXTS))
        letters = store.rows(LETTERS_HERE)
        found: dict[str, list[tuple[str, str]]] = {text: [] for text in TEXTS}
        for text, kind, reference in store.rows(FOUND):
            found[text].append((kind, reference))
        store.connection.close()
    assert letters == [(LETTERS[locale],)]
    assert found == TEXTS


def test_letters_and_digits_of_all_scripts_are_letters(database: str) -> None:
    """As in Python's tables of Unicode."""
    query = sql.SQL(
        "SELECT c.code FROM ({patterns}) AS r, unnest(%s::integer[]) AS c (code) "
        "WHERE chr(c.code) COLLATE \"C\" ~* ('[' || r.alnum || ']')"
    ).format(patterns=sql.SQL(read_statement("reference_patterns")))
    codes = [code for code in range(1, 0x32000) if not 0xD800 <= code < 0xE000]
    with psycopg.connect(database, options="-c search_path=pandev") as connection:
        letters = {code for (code,) in connection.execute(query, [codes])}
    kinds = {code: unicodedata.category(chr(code)) for code in codes}
    expected = {code for code, kind in kinds.items() if kind[0] in "LM" or kind == "Nd"}
    assert len(expected) > 100_000
    assert expected - set(SYMBOLS) - letters == set()
    common = [*range(1, 0x700), *range(0x3000, 0x3040), *range(0xFF00, 0x10000), *SYMBOLS]
    assert {code for code in common if kinds[code][0] in "PSZ"} & letters == set()
