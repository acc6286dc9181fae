"""The tab Flow: how long tasks take, where they wait, and how many are under way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pandev.page.cells import safe_url, visible
from pandev.page.charts.areas import draw_areas
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.columns import Series, draw_columns
from pandev.page.charts.grid import days_between
from pandev.page.charts.legend import draw_legend
from pandev.page.charts.scatter import Point, draw_scatter
from pandev.page.drawing import NOTHING, join
from pandev.page.figures import Drawing, Figure, figure_of, page_section, time_to_exceed
from pandev.page.work import GROUP_NAMES, PLACES_AND_TEAM, lead_to_status
from pandev.report.section import Column
from pandev.report.sections import BY_NAME, EIGHT_WEEKS, EVERY_SCOPE, TASKS, WORKSPACE
from pandev.report.values import Kind, format_age, format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandev.page.figures import Frame, Lead
    from pandev.page.filters import Filters
    from pandev.report.reading import Result

SHOWN_POINTS: Final = 400
OF_CLOSED_TASKS: Final = (
    "closed", "median_elapsed_ms", "p85_elapsed_ms", "median_active_ms", "median_working_ms"
)  # fmt: skip
"""Columns of the closed tasks of a week, whose median and P85 lead to them too."""
OF_STATUS_TIMES: Final = ("tasks", "median_ms", "p85_ms", "total_ms", "median_working_ms")
GROUPS: Final = {"open": "open", "in_progress": "in progress", "closed": "closed"}


def draw_cycle_times(result: Result, frame: Frame) -> Drawing:
    """Return a point for each task, with lines at the median and at P85."""
    points = [
        Point(
            row["closed_on"],
            row["elapsed_ms"],
            f"{visible(row['name'] or row['task_id'])}: {format_duration(row['elapsed_ms'])}",
            lead_to_stays(row, frame.filters),
            row["is_inferred"],
        )
        for row in result.rows
        if row["elapsed_ms"] is not None
    ]
    if not points:
        return Drawing(NOTHING, "When these tasks were started is not known.")
    last = result.rows[0]["closed_on"]
    first = min(point.day for point in points)
    median, p85 = result.rows[0]["median_ms"], result.rows[0]["p85_ms"]
    words = (
        f"Half of the tasks took no longer than {format_duration(median)}, 85 of 100 no longer "
        f"than {format_duration(p85)}; the longest of those shown took "
        f"{format_duration(max(point.duration_ms for point in points))}."
    )
    days = days_between(max(first, result.since or first), last)
    lines = {"median": median, "P85": p85}
    return Drawing(draw_scatter(days, points, lines, words), words)


def draw_throughput(result: Result, frame: Frame) -> Drawing:
    """Return two columns for each week, those of the tasks that were created and closed."""
    rows = sorted(result.rows, key=lambda row: row["week"])
    weeks = [row["week"] for row in rows]
    created = [int(row["created"]) for row in rows]
    closed = [int(row["closed"]) for row in rows]
    to_created, to_closed = lead_to_week("created_tasks"), lead_to_week("cycle_times")
    series = {
        "created": Series("fill-open", created, [to_created(row, frame.filters) for row in rows]),
        "closed": Series("fill-closed", closed, [to_closed(row, frame.filters) for row in rows]),
    }
    words = (
        f"{sum(created):,} tasks created and {sum(closed):,} closed in {len(weeks)} weeks, the "
        "first and the last of which may be incomplete."
    )
    legend = draw_legend({"fill-open": "created", "fill-closed": "closed"})
    return Drawing(join((legend, draw_columns(weeks, series, words))), words)


def lead_to_week(figure: str, kind: str = "") -> Lead:
    """Return a function that leads to the tasks of a figure in the week of a row."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        last = row["week"] + timedelta(days=6)
        until = min(last, filters.until or last)
        return f"/flow/{figure}{filters.query(since=row['week'], until=until, kind=kind)}"

    return lead


def lead_to_day(group: str = "", kind: str = "") -> Lead:
    """Return a function that leads to the tasks of a group at the end of the day of a row."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        return f"/flow/tasks_of_day{filters.query(day=row['day'], group=group, kind=kind)}"

    return lead


def lead_to_stays(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the statuses that a row's task has been in."""
    task = {"workspace": row["workspace_id"], "task": row["task_id"], "kind": ""}
    return f"/flow/task_stays{filters.query(**task)}"


def lead_to_times(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the closed tasks that have been in a status of a group."""
    query = filters.query(group=row["status_group"], status=row["status"])
    return f"/flow/status_tasks{query}"


def draw_flow(result: Result, frame: Frame) -> Drawing:  # noqa: ARG001 - it has no links
    """Return the groups of each day on each other; closed ones from the first day on."""
    rows = sorted(result.rows, key=lambda row: row["day"])
    before = rows[0]["closed"]
    series = {
        "fill-closed": [max(0, row["closed"] - before) for row in rows],
        "fill-in_progress": [row["in_progress"] for row in rows],
        "fill-open": [row["open"] for row in rows],
    }
    last = rows[-1]
    words = (
        f"On {last['day']} {last['open']:,} tasks were open and {last['in_progress']:,} in "
        f"progress, on {rows[0]['day']} {rows[0]['open']:,} and {rows[0]['in_progress']:,}; "
        f"{last['closed'] - before:,} more are closed."
    )
    legend = draw_legend({f"fill-{key}": name for key, name in GROUPS.items()})
    days = [row["day"] for row in rows]
    return Drawing(join((legend, draw_areas(days, series, words))), words)


def draw_ages(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each task; those older than P85 of closed tasks stand out."""
    p85 = result.rows[0]["p85_elapsed_ms"]
    bars = [_age_bar(row, p85, lead_to_stays(row, frame.filters)) for row in result.rows]
    legend = {"fill-in_progress": "in progress"}
    words = f"The oldest task was started {format_age(result.rows[0]['age_ms'])} ago."
    until_older = None
    if p85 is not None:
        legend["fill-undefined"] = f"older than P85 of closed tasks, {format_duration(p85)}"
        ages = [row["age_ms"] for row in result.rows]
        until_older = time_to_exceed(p85, ages)
        older = sum(age > p85 for age in ages)
        verb = "is" if older == 1 else "are"
        words += f" {older} of those shown {verb} older than P85 of the closed ones."
    return Drawing(join((draw_legend(legend), draw_bars(bars))), words, until_older)


def _age_bar(row: Mapping[str, Any], p85: int | None, href: str) -> Bar:
    is_old = p85 is not None and row["age_ms"] > p85
    value = f"{format_age(row['age_ms'])}, {visible(row['status'] or 'no status')}"
    class_ = "fill-undefined" if is_old else "fill-in_progress"
    name = visible(row["name"] or row["task_id"])
    return Bar(name, value, [(row["age_ms"], class_)], href, safe_url(row, "url"))


def draw_status_times(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each status: the median, and from there to P85."""
    bars = [
        Bar(
            visible(row["status"] or "no status"),
            f"{format_duration(row['median_ms'])}, P85 {format_duration(row['p85_ms'])}",
            [
                (row["median_ms"], f"fill-{row['status_group'].lower()}"),
                (row["p85_ms"] - row["median_ms"], "fill-rest"),
            ],
            lead_to_times(row, frame.filters),
        )
        for row in result.rows
    ]
    longest = max(result.rows, key=lambda row: int(row["total_ms"]))
    name = visible(longest["status"] or "no status")
    words = f"Most time of closed tasks went by in the status {name}."
    legend = draw_legend({"fill-in_progress": "median", "fill-rest": "up to P85"})
    return Drawing(join((legend, draw_bars(bars))), words)


CYCLE_TIMES: Final = Figure(
    page_section(
        "cycle_times",
        "Cycle times of closed tasks",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("closed_at", "closed", Kind.TIME),
            Column("elapsed_ms", "cycle time", Kind.DURATION),
            Column("active_ms", "in progress", Kind.DURATION),
            Column("working_ms", "working time", Kind.HOURS),
            Column("reopened_count", "reopened", Kind.NUMBER),
            Column("is_inferred", "inferred"),
        ),
        "no task was closed",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
        reads_closed_tasks=True,
    ),
    "From the first start to the last closing, pauses included. A point is hollow if a change of "
    "status is inferred, so that the time is the longest possible one. Tasks whose start is not "
    "known are in the table only.",
    draw=draw_cycle_times,
    links={"task_id": "url", "name": "url"},
    leads=dict.fromkeys(("elapsed_ms", "active_ms", "working_ms", "reopened_count"), lead_to_stays),
    limits=PLACES_AND_TEAM | {"kind"},
    rows=SHOWN_POINTS,
)
DAILY_FLOW: Final = Figure(
    page_section(
        "daily_flow",
        "Cumulative flow",
        (
            Column("day", "day", Kind.DAY),
            Column("open", "open", Kind.NUMBER),
            Column("in_progress", "in progress", Kind.NUMBER),
            Column("closed", "closed", Kind.NUMBER),
            Column("undefined", "undefined", Kind.NUMBER),
            Column("inferred", "inferred", Kind.NUMBER),
        ),
        "no task existed",
        needs=(TASKS,),
        scopes=frozenset({"workspace", "space"}),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Tasks by their status at the end of each day, in the time zone of reports. In the picture "
    "closed tasks count from its first day on; the table has all of them.",
    draw=draw_flow,
    leads={
        **{group.lower(): lead_to_day(group) for group in GROUP_NAMES},
        "inferred": lead_to_day(kind="inferred"),
    },
    limits=frozenset({"workspace", "space"}),
    rows=EIGHT_WEEKS + 1,
)
CREATED_TASKS: Final = Figure(
    page_section(
        "created_tasks",
        "Tasks by their creation",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("date_created", "created", Kind.TIME),
            Column("status", "status"),
            Column("status_group", "group", Kind.WORD),
            Column("list_name", "list"),
        ),
        "no task was created",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Tasks that were created in the period, with their present status; the newest come first.",
    links={"task_id": "url", "name": "url"},
    limits=PLACES_AND_TEAM,
)
TASKS_OF_DAY: Final = Figure(
    page_section(
        "tasks_of_day",
        "Tasks by their status",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("status", "status"),
            Column("status_group", "group", Kind.WORD),
            Column("since_at", "since", Kind.TIME),
            Column("is_inferred", "inferred"),
            Column("list_name", "list"),
        ),
        "no task was in it",
        needs=(TASKS,),
        scopes=frozenset({"workspace", "space"}),
    ),
    "The status at the end of the chosen day, or the present one if none is chosen; what changed "
    "last comes first. A task without a status had none that is known, and counts as open.",
    links={"task_id": "url", "name": "url"},
    limits=frozenset({"workspace", "space", "day", "status", "kind"}),
)
STATUS_TASKS: Final = Figure(
    page_section(
        "status_tasks",
        "Time of closed tasks in a status",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("status", "status"),
            Column("status_group", "group", Kind.WORD),
            Column("visits", "visits", Kind.NUMBER),
            Column("duration_ms", "time", Kind.DURATION),
            Column("working_ms", "working time", Kind.HOURS),
        ),
        "no task was closed that had been in it",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
        reads_closed_tasks=True,
    ),
    "All visits of a task to a status together, of the tasks that were closed in the period; the "
    "longest come first.",
    links={"task_id": "url", "name": "url"},
    leads=dict.fromkeys(("visits", "duration_ms", "working_ms"), lead_to_stays),
    limits=PLACES_AND_TEAM | {"status"},
)
TASK_STAYS: Final = Figure(
    page_section(
        "task_stays",
        "Statuses of a task",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("status", "status"),
            Column("status_group", "group", Kind.WORD),
            Column("started_at", "from", Kind.TIME),
            Column("ended_at", "until", Kind.TIME),
            Column("duration_ms", "time", Kind.DURATION),
            Column("working_ms", "working time", Kind.HOURS),
            Column("is_inferred", "inferred"),
        ),
        "no status of the task is known",
        needs=(TASKS,),
        scopes=WORKSPACE,
    ),
    "Each stay in a status, the newest first. The time of an inferred change is the latest "
    "possible one.",
    links={"task_id": "url", "name": "url"},
    limits=WORKSPACE | {"task"},
)
ROWS: Final = (CREATED_TASKS, TASKS_OF_DAY, STATUS_TASKS, TASK_STAYS)
FIGURES: Final = (
    CYCLE_TIMES,
    figure_of(
        BY_NAME["flow"],
        "A task counts in the week in which it was closed the last time; one that was reopened "
        "since does not count.",
        also_by={"team"},
        draw=draw_throughput,
        leads={
            "created": lead_to_week("created_tasks"),
            "closed_again": lead_to_week("cycle_times", "reopened"),
            "inferred_tasks": lead_to_week("cycle_times", "inferred"),
            **dict.fromkeys(OF_CLOSED_TASKS, lead_to_week("cycle_times")),
        },
    ),
    DAILY_FLOW,
    figure_of(
        BY_NAME["ages"],
        "From the first start until now, pauses included: the one sign of trouble that shows "
        "before a task is closed. P85 is that of the tasks that were closed in the period.",
        also_by={"team"},
        draw=draw_ages,
        links={"task_id": "url", "name": "url"},
        leads=dict.fromkeys(("age_ms", "status_age_ms"), lead_to_stays),
    ),
    figure_of(
        BY_NAME["status_times"],
        "All visits of a task to a status together, of the tasks that were closed in the period.",
        also_by={"team"},
        draw=draw_status_times,
        leads={
            "tasks_now": lead_to_status,
            **dict.fromkeys(OF_STATUS_TIMES, lead_to_times),
        },
    ),
)
