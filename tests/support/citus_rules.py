"""Find in analysed statements the forms that Citus 14 refuses, or answers by copying a whole table.

Written after its planner. A temporary table exists on the coordinator only: what reads one together
with stored tables is planned in parts, whose results are sent to the machine of the stored tables.
Each WITH query is such a part, and so is a subquery of its own on a temporary table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg

from tests.support.query_trees import parse_tree, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.support.query_trees import Node

Place = Literal["stored", "temporary", "other"]
SELECT, UPDATE, INSERT, DELETE = "1", "2", "3", "4"
RELATION, SUBQUERY, COMMON_TABLE = "0", "1", "6"
LEFT_JOIN = "1"
OPERATORS = {"OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR"}
CHOICES = {"CASEEXPR", "COALESCEEXPR"}
RESULT_TYPES = (
    *("vartype", "consttype", "paramtype", "funcresulttype", "opresulttype", "resulttype"),
    *("coalescetype", "casetype", "array_typeid", "aggtype", "wintype", "minmaxtype"),
)
"""The fields with the type of an expression, which differ by its kind."""
RELATION_ID = re.compile(r":relid (\d+)")


@dataclass(frozen=True)
class Catalog:
    """What the oids in a tree stand for."""

    functions: Mapping[str, tuple[str, str]]
    """Name and volatility: i, s or v."""
    operators: Mapping[str, str]
    """The function of each operator."""
    conversions: Mapping[str, tuple[str, str]]
    """The functions that read and write the text form of a type."""
    relations: Mapping[str, tuple[str, str]]
    """Schema and name. Temporary tables have gone with their session."""

    def place(self, relation: str) -> Place:
        """Return where the rows of a relation are."""
        schema, _ = self.relations.get(relation, ("", ""))
        if not schema:
            return "temporary"
        return "other" if schema in {"pg_catalog", "information_schema"} else "stored"

    def name(self, relation: str) -> str:
        """Return the name of a relation."""
        return self.relations.get(relation, ("", "a temporary table"))[1]


def read_catalog(connection: psycopg.Connection[Any]) -> Catalog:
    """Return the catalog of a database."""

    def rows(query: str) -> list[tuple[str, ...]]:
        return [tuple(map(str, row)) for row in connection.execute(query.encode())]

    functions = rows("SELECT oid, proname, provolatile FROM pg_proc")
    types = rows("SELECT oid, typinput::oid, typoutput::oid FROM pg_type")
    relations = rows("SELECT oid, relnamespace::regnamespace, relname FROM pg_class")
    return Catalog(
        {oid: (name, kind) for oid, name, kind in functions},
        {row[0]: row[1] for row in rows("SELECT oid, oprcode::oid FROM pg_operator")},
        {oid: (reads, writes) for oid, reads, writes in types},
        {oid: (schema, name) for oid, schema, name in relations},
    )


def refused_forms(database: str, trees: Iterable[str]) -> set[str]:
    """Return what Citus would not run, or not well, of the statements of these trees."""
    with psycopg.connect(database) as connection:
        catalog = read_catalog(connection)

    def without_number(relation: re.Match[str]) -> str:
        """Return 0 for a temporary table, of which each session has another one."""
        return relation[0] if relation[1] in catalog.relations else ":relid 0"

    return {
        form
        for text in {RELATION_ID.sub(without_number, text) for text in trees}
        for tree in parse_tree(text)
        for form in find_refused_forms(tree, catalog)
    }


def find_refused_forms(tree: Node, catalog: Catalog) -> set[str]:
    """Return a sentence for each form in a statement that Citus cannot run, or not well."""
    if tree["node"] != "QUERY":
        return set()
    parts = [tree, *(node["ctequery"] for node in walk(tree) if node["node"] == "COMMONTABLEEXPR")]
    findings = {
        finding
        for part in parts
        for finding in (*_in_part(part, catalog), *_in_modification(part, catalog))
    }
    places = {place for part in parts for place in _places(part, catalog)}
    is_recursive = any(part["hasRecursive"] == "true" for part in parts)
    if is_recursive and places >= {"stored", "temporary"}:
        findings.add("recursion over a temporary table")
    return findings


def _in_part(part: Node, catalog: Catalog) -> Iterator[str]:
    places = _places(part, catalog)
    for query in _queries(part):
        is_empty = query["commandType"] == SELECT and query["targetList"] == "<>"
        if is_empty and "stored" in _places(query, catalog) and not _is_correlated(query):
            yield f"no columns of {_names(query, catalog)}"
    if places >= {"stored", "temporary"}:
        for query in _queries(part):
            yield from _joins_of_whole_tables(query, catalog)
            yield from _correlations(query, catalog)


def _joins_of_whole_tables(query: Node, catalog: Catalog) -> Iterator[str]:
    """Yield the stored tables to the right of a LEFT JOIN whose left side is not stored."""
    for node in _own(query["jointree"]):
        if node["node"] != "JOINEXPR" or node["jointype"] != LEFT_JOIN:
            continue
        if _is_stored(node["rarg"], query, catalog) and not _is_stored(
            node["larg"], query, catalog
        ):
            right = _entry(node["rarg"], query)
            if right["rtekind"] == RELATION or not _is_correlated(right["subquery"]):
                yield f"LEFT JOIN with the whole of {_names(right, catalog)}"


def _is_stored(join: Node, query: Node, catalog: Catalog) -> bool:
    """Return whether a part of FROM is read where the stored tables are."""
    if join["node"] == "JOINEXPR":
        left = _is_stored(join["larg"], query, catalog)
        if join["jointype"] == LEFT_JOIN:
            return left
        return left or _is_stored(join["rarg"], query, catalog)
    entry = _entry(join, query)
    if entry["rtekind"] == RELATION:
        return catalog.place(entry["relid"]) == "stored"
    if entry["rtekind"] != SUBQUERY:
        return False
    places = {catalog.place(relation) for relation in _from(entry["subquery"])}
    return "stored" in places and ("temporary" not in places or _is_correlated(entry["subquery"]))


def _correlations(query: Node, catalog: Catalog) -> Iterator[str]:
    """Yield what refers from stored to temporary rows, or back, in a condition or a column.

    A temporary table is sent to where it is joined with others, but not if it stands alone.
    """
    kinds = {entry["rtekind"] for entry in _entries(query)}
    if kinds & {SUBQUERY, COMMON_TABLE}:
        return
    if {catalog.place(relation) for relation in _relations(query)} != {"temporary"}:
        return
    if _is_correlated(query):
        yield "a correlated subquery over a temporary table"
    for node in _own([query["jointree"], query["targetList"]]):
        if node["node"] != "SUBLINK" or not _is_correlated(node["subselect"]):
            continue
        if "stored" in _places(node["subselect"], catalog):
            yield f"temporary rows with a correlated {_names(node['subselect'], catalog)}"


def _in_modification(query: Node, catalog: Catalog) -> Iterator[str]:
    if query["commandType"] not in {UPDATE, INSERT, DELETE}:
        return
    target = query["rtable"][int(query["resultRelation"]) - 1]["relid"]
    if catalog.place(target) != "stored":
        return
    name = catalog.name(target)
    if query["commandType"] == INSERT:
        for function, _ in _mutable(query["onConflict"], catalog):
            yield f"ON CONFLICT of {name}: {function}"
        return
    changed = query["targetList"] if query["commandType"] == UPDATE else []
    for function, node in _mutable([query["jointree"]["quals"], changed], catalog):
        is_volatile = catalog.functions[_functions(node, catalog)[0]][1] == "v"
        if is_volatile or any(part["node"] == "VAR" for part in walk(node)):
            yield f"change of {name}: {function} of a column"
    choices = [node for node in _own([query["jointree"], changed]) if node["node"] in CHOICES]
    for function, _ in _mutable(choices, catalog):
        yield f"choice in a change of {name}: {function}"
    for function, _ in _mutable(query["returningList"], catalog):
        yield f"RETURNING of {name}: {function}"


def _mutable(value: Any, catalog: Catalog) -> Iterator[tuple[str, Node]]:
    """Yield the calls of functions that are not immutable, except in parts of their own."""
    if isinstance(value, list):
        for item in value:
            yield from _mutable(item, catalog)
    elif isinstance(value, dict):
        if value["node"] == "SUBLINK" and _is_part(value["subselect"], catalog):
            yield from _mutable(value["testexpr"], catalog)
            return
        for function in _functions(value, catalog):
            name, kind = catalog.functions.get(function, ("", "i"))
            if kind != "i":
                yield name, value
        yield from _mutable(list(value.values()), catalog)


def _is_part(query: Node, catalog: Catalog) -> bool:
    """Return whether a subquery is run on its own, where the temporary tables are."""
    return "temporary" in _places(query, catalog) and not _is_correlated(query)


def _functions(node: Node, catalog: Catalog) -> list[str]:
    if node["node"] == "FUNCEXPR":
        return [node["funcid"]]
    if node["node"] in OPERATORS:
        return [catalog.operators[node["opno"]]]
    if node["node"] == "COERCEVIAIO":
        reads, _ = catalog.conversions[node["resulttype"]]
        source = next((node["arg"][name] for name in RESULT_TYPES if name in node["arg"]), None)
        return [reads, *([catalog.conversions[source][1]] if source else [])]
    return []


def _queries(value: Any) -> Iterator[Node]:
    """Yield a query and those in it, without those of its WITH."""
    if isinstance(value, list):
        for item in value:
            yield from _queries(item)
    elif isinstance(value, dict):
        if value["node"] == "QUERY":
            yield value
        yield from _queries([part for name, part in value.items() if name != "cteList"])


def _own(value: Any) -> Iterator[Node]:
    """Yield the nodes of a query, each before those in it, but not of the queries in it."""
    if isinstance(value, list):
        for item in value:
            yield from _own(item)
    elif isinstance(value, dict) and value["node"] != "QUERY":
        yield value
        yield from _own(list(value.values()))


def _entries(query: Node) -> list[Node]:
    entries: list[Node] = [] if query["rtable"] == "<>" else query["rtable"]
    return entries


def _entry(reference: Node, query: Node) -> Node:
    return _entries(query)[int(reference["rtindex"]) - 1]


def _relations(query: Node) -> list[str]:
    return [entry["relid"] for entry in _entries(query) if entry["rtekind"] == RELATION]


def _from(query: Node) -> Iterator[str]:
    """Yield the relations in FROM of a query, and of the subqueries there."""
    yield from _relations(query)
    for entry in _entries(query):
        if entry["rtekind"] == SUBQUERY:
            yield from _from(entry["subquery"])


def _places(value: Node, catalog: Catalog) -> set[Place]:
    return {catalog.place(relation) for query in _queries(value) for relation in _relations(query)}


def _names(value: Node, catalog: Catalog) -> str:
    if value.get("rtekind") == RELATION:
        return catalog.name(value["relid"])
    names = {catalog.name(relation) for query in _queries(value) for relation in _relations(query)}
    return ", ".join(sorted(names))


def _is_correlated(query: Node) -> bool:
    return _refers_beyond(query, -1)


def _refers_beyond(value: Any, level: int) -> bool:
    """Return whether a value names a column of a query around the one at level 0."""
    if isinstance(value, list):
        return any(_refers_beyond(item, level) for item in value)
    if not isinstance(value, dict):
        return False
    if value["node"] == "VAR" and int(value["varlevelsup"]) > level:
        return True
    return _refers_beyond(list(value.values()), level + (value["node"] == "QUERY"))
