"""Read the rows of a section, or find out why there are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pandev.report.selection import SCOPES, begin_of
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from pandev.report.section import Heading, Section
    from pandev.report.selection import Calendar, Selection
    from pandev.report.source import SharedReads, Source

COUNTS: Final = """
SELECT t.tablename,
    pg_catalog.format('SELECT pg_catalog.count(*) FROM %%I.%%I', t.schemaname, t.tablename)
FROM pg_catalog.pg_tables AS t
WHERE t.schemaname = pg_catalog.current_schema()
ORDER BY t.tablename
"""
"""The statements that count the rows of each table."""


@dataclass(frozen=True)
class Result:
    """The rows of a section, by the names of their columns."""

    section: Section
    columns: Sequence[str]
    rows: Sequence[dict[str, Any]]
    since: date | None = None
    """The first day of the period; None if it has no period."""
    is_cut: bool = False
    """Whether the limit left rows out."""
    reason: str = ""
    """Why there are no rows, and what to do."""
    is_limited: bool = False
    """Whether other limits may have rows."""


def read_section(
    store: SharedReads, section: Section, selection: Selection, calendar: Calendar
) -> Result:
    """Return the rows of a section. Raises `StoreError`."""
    if section.is_count_of_rows:
        return _read_row_counts(store, section)
    since = selection.day or selection.since if section.has_period else None
    until = selection.day or selection.until if section.has_period else None
    if section.has_period and since is None and section.default_days:
        since = (until or calendar.today) - timedelta(days=section.default_days)
    parameters = _read_parameters(store, section, selection, since, until)
    statement = read_statement(f"{section.prefix}_{section.name}", "pandev.sql")
    columns, rows = store.query(statement, parameters)
    by_column = [dict(zip(columns, row, strict=True)) for row in rows]
    shown = _by_heading(list(_first(by_column, section, selection.limit)), section.heading)
    result = Result(section, columns, shown, since, is_cut=len(shown) < len(by_column))
    return result if shown else _with_reason(store, result, selection)


def _read_parameters(
    store: SharedReads,
    section: Section,
    selection: Selection,
    since: date | None,
    until: date | None,
) -> dict[str, Any]:
    """Return the parameters of the statement of a section; statements use some of them."""
    limits = {
        "since_at": begin_of(store, since) if since else None,
        "until_at": begin_of(store, until + timedelta(days=1)) if until else None,
        **_read_team(store, selection.team),
        **{f"{scope}s": ids for scope, ids in selection.ids.items()},
        "list_tasks": _read_list_tasks(store, selection),
    }
    closed = store.read_row("report_closed_tasks", limits) if section.reads_closed_tasks else {}
    return {
        **limits,
        **closed,
        "limit": selection.limit + 1,
        "since": since,
        "until": until,
        "day_end": begin_of(store, selection.day + timedelta(days=1)) if selection.day else None,
        **selection.others,
    }


def _read_team(store: SharedReads, team: str | None) -> Mapping[str, Sequence[str] | None]:
    """Return the ClickUp users and the addresses of a team's employees; None without a team."""
    if team is None:
        return {"team_users": None, "team_emails": None}
    return store.read_row("report_team", {"team": team})


def _read_list_tasks(store: SharedReads, selection: Selection) -> Sequence[str] | None:
    """Return the tasks that are in the lists, apart from those whose home list is selected."""
    lists = selection.all_lists or selection.ids.get("list")
    if not lists:
        return None
    parameters = {"lists": lists, "in_all": bool(selection.all_lists)}
    task_ids: Sequence[str] | None = store.read_row("report_list_tasks", parameters)["list_tasks"]
    return task_ids


def _first(
    rows: Sequence[dict[str, Any]], section: Section, limit: int
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the first groups; without groups those of the first rows."""
    seen: set[object] = set()
    for number, row in enumerate(rows):
        seen.add(tuple(row[name] for name in section.grouped_by) if section.grouped_by else number)
        if section.is_limited and len(seen) > limit:
            return
        yield row


def _by_heading(rows: list[dict[str, Any]], heading: Heading | None) -> list[dict[str, Any]]:
    """Return the rows of each heading together, in the order of the first rows."""
    if heading is None:
        return rows
    groups: dict[object, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in heading.key), []).append(row)
    return [row for group in groups.values() for row in group]


def _read_row_counts(store: Source, section: Section) -> Result:
    columns = ("table", "rows")
    _, statements = store.query(COUNTS, {})
    counts = (
        (table, store.query(statement.replace("%", "%%"), {})[1][0][0])
        for table, statement in statements
    )
    return Result(section, columns, [dict(zip(columns, count, strict=True)) for count in counts])


def _with_reason(store: Source, result: Result, selection: Selection) -> Result:
    """Return a result without rows, and why: a table without rows, the limits, or good news."""
    for need in result.section.needs:
        has_rows = " OR ".join(f"EXISTS (SELECT FROM {table})" for table in need.tables)
        _, ((is_met,),) = store.query(f"SELECT {has_rows}", {})
        if not is_met:
            return replace(result, reason=need.advice)
    if selection.day:
        limits = [f"on {selection.day}"]
    elif result.section.is_of_period:
        limits = [f"since {result.since}"] if result.since else []
        limits += [f"until {selection.until}"] if selection.until else []
    else:
        limits = []
    limits += [f"in the chosen {scope}" for scope in SCOPES if scope in selection.scopes]
    values = {"team": selection.team, **selection.others}
    limits += [
        f"of the {name.replace('_', ' ')} {value}" for name, value in values.items() if value
    ]
    reason = f"{', '.join(limits)}: {result.section.empty}" if limits else result.section.empty
    return replace(result, reason=reason, is_limited=bool(limits))
