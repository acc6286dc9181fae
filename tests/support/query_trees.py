"""Record the statements of a program as PostgreSQL has analysed and rewritten them.

PostgreSQL sends the tree of each statement as a message if `debug_print_rewritten` is set: with the
oids of tables and functions, so that rules on statements need no parser of SQL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from psycopg.errors import Diagnostic

Node: TypeAlias = "dict[str, Any]"
"""The fields of a node by name; its type is in `node`."""
SETTINGS = "-c debug_print_rewritten=on -c debug_pretty_print=off -c client_min_messages=log"
TREES = "rewritten parse tree:"
NUMBERS = re.compile(r":(location|paramid|stmt_location|stmt_len) -?\d+")
"""Parts of a tree that differ between equal statements."""
TOKEN = re.compile(r'[{}()]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s{}()"\\])+', re.DOTALL)


def printing_trees(conninfo: str) -> str:
    """Return an address whose connections get the trees of their statements as messages."""
    return make_conninfo(conninfo, options=SETTINGS)


def collect_trees(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return a set to which the trees that connections get from now on are added."""
    collected: set[str] = set()

    def note(message: Diagnostic) -> None:
        if message.message_primary == TREES:
            collected.add(NUMBERS.sub("", message.message_detail or ""))

    watch_messages(monkeypatch, note)
    return collected


def watch_messages(
    monkeypatch: pytest.MonkeyPatch, on_message: Callable[[Diagnostic], None]
) -> None:
    """Call a function with each message that connections get from now on."""
    connect = psycopg.connect

    def watched(*arguments: Any, **keywords: Any) -> psycopg.Connection[Any]:
        connection = connect(*arguments, **keywords)
        connection.add_notice_handler(on_message)
        return connection

    monkeypatch.setattr(psycopg, "connect", watched)


def parse_tree(text: str) -> Any:
    """Return the value that is written in PostgreSQL's text form of trees."""
    return _Parser(TOKEN.findall(text)).value()


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def value(self) -> Any:
        """Return the next node, list or token."""
        token = self._take()
        if token == "{":  # noqa: S105 - not a secret
            return self._node()
        if token == "(":  # noqa: S105 - not a secret
            return self._values(")")
        return token

    def _node(self) -> Node:
        node: Node = {"node": self._take()}
        while self._tokens[self._next] != "}":
            name = self._take().removeprefix(":")
            values = []
            while not self._tokens[self._next].startswith((":", "}")):
                values.append(self.value())
            node[name] = values[0] if len(values) == 1 else values
        self._take()
        return node

    def _values(self, end: str) -> list[Any]:
        values = []
        while self._tokens[self._next] != end:
            values.append(self.value())
        self._take()
        return values

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1]


def walk(value: Any) -> Iterator[Node]:
    """Yield the nodes in a value, each before those in it."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)
