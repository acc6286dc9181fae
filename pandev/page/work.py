"""The tab Work: recent tasks next to commits and pull requests, the board, and the work log."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from pandev.page.cells import safe_url, visible
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.grid import Dot, days_between, draw_day_labels, draw_strip
from pandev.page.charts.legend import draw_legend
from pandev.page.drawing import element, join
from pandev.page.figures import Drawing, Figure, page_section
from pandev.page.filters import NOTHING
from pandev.report.section import Column, Need
from pandev.report.sections import EVERY_SCOPE, TASKS, TWO_WEEKS, WORKSPACE
from pandev.report.values import Kind, format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markupsafe import Markup

    from pandev.page.figures import Frame, Lead
    from pandev.page.filters import Filters, Limit
    from pandev.report.reading import Result

PLACES_AND_TEAM: Final[frozenset[Limit]] = frozenset({*EVERY_SCOPE, "sprint", "team"})
WORK_LOG_TASKS: Final = 20
GROUP_NAMES: Final = {
    "OPEN": "Open",
    "IN_PROGRESS": "In progress",
    "CLOSED": "Closed",
    "UNDEFINED": "Undefined",
}
KINDS: Final = {
    "commit": ("commit", "commits"),
    "status_change": ("status change", "status changes"),
    "worklog": ("time entry", "time entries"),
    "done": ("closing", "closings"),
}
LEGEND: Final = {f"dot-{kind}": many for kind, (_, many) in KINDS.items()}
WITHOUT_TASK: Final = "Work without a task"


def draw_board(result: Result, frame: Frame) -> Drawing:
    """Return bars of statuses below the total of each group."""
    longest = max(int(row["tasks"]) for row in result.rows)
    columns = []
    totals = []
    for group, of_group in groupby(result.rows, key=lambda row: row["status_group"]):
        rows = list(of_group)
        total = f"{sum(int(row['tasks']) for row in rows):,}"
        totals.append(f"{GROUP_NAMES[group]} {total}")
        heading = element(
            "h3",
            element("span", GROUP_NAMES[group], class_=f"group group-{group.lower()}"),
            " ",
            element("a", total, class_="total", href=_tasks_of(frame.filters, group=group)),
        )
        bars = draw_bars([_status_bar(row, frame) for row in rows], longest)
        columns.append(element("div", heading, bars))
    return Drawing(element("div", *columns, class_="board"), f"Tasks: {', '.join(totals)}.")


def _status_bar(row: Mapping[str, Any], frame: Frame) -> Bar:
    count = int(row["tasks"])
    return Bar(
        visible(row["status"] or "") or "no status",
        f"{count:,}",
        [(count, f"fill-{row['status_group'].lower()}")],
        lead_to_status(row, frame.filters),
    )


def lead_to_status(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the tasks that are in a status of a group now."""
    return _tasks_of(filters, group=row["status_group"], status=row["status"])


def lead_to_events(begin_of_kind: str = "") -> Lead:
    """Return a function that leads to the events of a row's day, task and kind."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        events = {
            "workspace": row["workspace_id"],
            "day": row["work_date"],
            "task": row["task_id"] or NOTHING,
            "kind": begin_of_kind + row["kind"],
        }
        return f"/tasks/work_events{filters.query(**events)}"

    return lead


def _tasks_of(filters: Filters, **chosen: str | None) -> str:
    return f"/tasks/recent_tasks{filters.query(since='', until='', **chosen)}"


def lead_to_activity(source: str) -> Lead:
    """Return a function that leads to the commits, branches or pull requests of a row's task."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        task = {"workspace": row["workspace_id"], "task": row["task_id"], "source": source}
        return f"/tasks/task_activity{filters.query(**task)}"

    return lead


def draw_work_log(result: Result, frame: Frame) -> Drawing:
    """Return a row for each task with a dot for each day and kind of event."""
    first = min(row["work_date"] for row in result.rows)
    last = max(row["work_date"] for row in result.rows)
    days = days_between(max(first, result.since or first), last)[-28:]
    body = []
    for _, of_task in groupby(result.rows, key=lambda row: row["task_id"]):
        events = list(of_task)
        dots = _find_dots(events, frame.filters)
        titles = [dot.title for of_day in dots.values() for dot in of_day]
        strip = draw_strip(days, dots, "; ".join(titles))
        body.append(
            element("tr", element("th", _task_label(events[0]), scope="row"), element("td", strip))
        )
    header = element(
        "tr", element("th", "Task", scope="col"), element("th", draw_day_labels(days), scope="col")
    )
    table = element("table", element("thead", header), element("tbody", *body), class_="work-log")
    tasks = {row["task_id"] for row in result.rows if row["task_id"]}
    words = f"Work on {len(tasks)} tasks from {days[0]} to {days[-1]}."
    return Drawing(join((draw_legend(LEGEND), table)), words)


def _task_label(row: Mapping[str, Any]) -> Markup:
    if not row["task_id"]:
        return element("span", WITHOUT_TASK, class_="quiet")
    name = element("bdi", visible(row["task_name"] or row["task_id"]))
    url = safe_url(row, "url")
    return element("a", name, href=url) if url else name


def _find_dots(rows: Sequence[Mapping[str, Any]], filters: Filters) -> dict[date, list[Dot]]:
    """Return the dots of each day, one for each kind of event."""
    lead = lead_to_events()
    dots: dict[date, list[Dot]] = {}
    for day, kind in dict.fromkeys((row["work_date"], row["kind"]) for row in rows):
        of_dot = [row for row in rows if (row["work_date"], row["kind"]) == (day, kind)]
        count = sum(int(row["events"]) for row in of_dot)
        one, many = KINDS.get(kind, (kind, kind))
        title = f"{day}: {count:,} {one if count == 1 else many}"
        if duration := sum(int(row["duration_ms"] or 0) for row in of_dot):
            title += f", {format_duration(duration, in_hours=True)}"
        dots.setdefault(day, []).append(Dot(f"dot-{kind}", title, lead(of_dot[0], filters)))
    return dots


RECENT_TASKS: Final = Figure(
    page_section(
        "recent_tasks",
        "Recent tasks next to commits and pull requests",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("status", "status"),
            Column("status_group", "group", Kind.WORD),
            Column("list_name", "list"),
            Column("space_name", "space"),
            Column("commits", "commits", Kind.NUMBER),
            Column("branches", "branches", Kind.NUMBER),
            Column("pull_requests", "pull requests", Kind.NUMBER),
            Column("date_updated", "changed", Kind.TIME),
        ),
        "no task was changed",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
    ),
    "The tasks that were changed last, each with its newest commits, branches and pull requests, "
    "and the number of all.",
    links={"task_id": "url", "name": "url"},
    leads={
        "commits": lead_to_activity("commit"),
        "branches": lead_to_activity("branch"),
        "pull_requests": lead_to_activity("pull_request"),
    },
    limits=PLACES_AND_TEAM | {"status"},
    template="recent_tasks.html",
)
BOARD: Final = Figure(
    page_section(
        "board",
        "Board by status group",
        (
            Column("status_group", "group", Kind.WORD),
            Column("status", "status"),
            Column("tasks", "tasks", Kind.NUMBER),
        ),
        "there are no tasks",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        is_limited=False,
    ),
    "All tasks by their present status. The group follows from the type that the status has in "
    "ClickUp, never from its name.",
    draw=draw_board,
    leads={"tasks": lead_to_status},
    limits=PLACES_AND_TEAM,
)
WORK_LOG: Final = Figure(
    page_section(
        "task_days",
        "Work log",
        (
            Column("work_date", "day", Kind.DAY),
            Column("task_id", "task", Kind.ID),
            Column("task_name", "title"),
            Column("kind", "kind", Kind.WORD),
            Column("events", "events", Kind.NUMBER),
            Column("inferred_events", "inferred", Kind.NUMBER),
            Column("duration_ms", "tracked", Kind.HOURS),
        ),
        "there are no commits, status changes or time entries",
        needs=(Need(("tasks", "commits", "time_entries"), TASKS.advice),),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=TWO_WEEKS,
        grouped_by=("task_id",),
    ),
    "Days on which a task had events, those of all people together. Work that names no task has a "
    "row of its own.",
    draw=draw_work_log,
    links={"task_id": "url", "task_name": "url"},
    leads={
        "events": lead_to_events(),
        "inferred_events": lead_to_events("inferred_"),
        "duration_ms": lead_to_events(),
    },
    limits=PLACES_AND_TEAM,
    rows=WORK_LOG_TASKS,
)
TASK_ACTIVITY: Final = Figure(
    page_section(
        "task_activity",
        "Commits, branches and pull requests of tasks",
        (
            Column("task_id", "task", Kind.ID),
            Column("source", "kind", Kind.WORD),
            Column("title", "title"),
            Column("author_name", "author"),
            Column("repository", "repository"),
            Column("occurred_at", "made", Kind.TIME),
        ),
        "no commit, branch or pull request is linked with a task",
        needs=(TASKS,),
        scopes=WORKSPACE,
    ),
    "The newest come first; merges are left out. A branch has the time and the author of its "
    "newest commit.",
    links={"task_id": "task_url", "title": "url"},
    limits=frozenset({"workspace", "task", "source"}),
)
WORK_EVENTS: Final = Figure(
    page_section(
        "work_events",
        "Events of the work log",
        (
            Column("occurred_at", "time", Kind.TIME),
            Column("task_id", "task", Kind.ID),
            Column("task_name", "title"),
            Column("kind", "kind", Kind.WORD),
            Column("title", "commit or change"),
            Column("is_inferred", "inferred"),
            Column("duration_ms", "tracked", Kind.HOURS),
        ),
        "there are no commits, status changes or time entries",
        needs=WORK_LOG.section.needs,
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=TWO_WEEKS,
    ),
    "Each commit that counts, each change of a status, and each finished time entry at its begin; "
    "the newest come first. The time of an inferred change is the latest possible one.",
    links={"task_id": "url", "task_name": "url", "title": "event_url"},
    limits=PLACES_AND_TEAM | {"day", "task", "kind"},
)
FIGURES: Final = (RECENT_TASKS, BOARD, WORK_LOG)
ROWS: Final = (TASK_ACTIVITY, WORK_EVENTS)
