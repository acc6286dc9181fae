"""The tab Time: time in editors next to tracked time and estimates, and where time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pandev.page.cells import safe_url, visible
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.grid import draw_week
from pandev.page.charts.legend import draw_legend
from pandev.page.drawing import join
from pandev.page.figures import Drawing, Figure, figure_of, page_section
from pandev.page.filters import NOTHING, Filters
from pandev.page.work import PLACES_AND_TEAM
from pandev.report.section import Column, Need
from pandev.report.sections import BY_NAME, EIGHT_WEEKS, EVERY_SCOPE, TASKS, WORKSPACE
from pandev.report.selection import FIRST_YEAR
from pandev.report.values import Kind, format_duration, format_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandev.page.figures import Frame, Lead
    from pandev.report.reading import Result

METHODS: Final = {
    "branch": "by the name of the branch",
    "commit": "by the next commit",
    "none": "no task",
}
ALL_DAYS: Final = f"{FIRST_YEAR}-01-01"
IDE: Final = Need(
    ("ide_intervals",),
    "no editor activity is loaded; run: meltano run tap-ide target-pandev",
)
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def draw_task_time(result: Result, frame: Frame) -> Drawing:  # noqa: ARG001 - it has no links
    """Return a bar for each task: tracked time up to the estimate, beyond it, and what is left."""
    bars = [_time_bar(row) for row in result.rows]
    estimated = [row for row in result.rows if row["estimate_ms"]]
    over = sum((row["worklog_ms"] or 0) > row["estimate_ms"] for row in estimated)
    words = f"{over} of {len(estimated)} tasks with an estimate took longer than that."
    names = {
        "fill-in_progress": "tracked",
        "fill-undefined": "beyond the estimate",
        "fill-rest": "left of the estimate",
    }
    return Drawing(join((draw_legend(names), draw_bars(bars))), words)


def _time_bar(row: Mapping[str, Any]) -> Bar:
    tracked, estimate = row["worklog_ms"] or 0, row["estimate_ms"]
    value = _hours(tracked)
    if estimate:
        value += f" of {_hours(estimate)}"
    if row["ide_ms"]:
        value += f", in editors {_hours(row['ide_ms'])}"
    within = min(tracked, estimate) if estimate else tracked
    parts = [
        (within, "fill-in_progress"),
        (tracked - within, "fill-undefined"),
        (max(0, (estimate or 0) - tracked), "fill-rest"),
    ]
    return Bar(visible(row["name"] or row["task_id"]), value, parts, url=safe_url(row, "url"))


def _hours(duration_ms: int) -> str:
    return format_duration(duration_ms, in_hours=True)


def draw_allocation(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each list and type of task."""
    lead = lead_to_place("time_entries")
    bars = []
    for row in result.rows:
        names = [row["space_name"], row["list_name"], row["task_type"]]
        share = format_value(row["share"], Kind.SHARE, frame.zone)
        label = visible(", ".join(name for name in names if name))
        value = f"{_hours(row['booked_ms'])}, {share}"
        class_ = "fill-in_progress" if row["list_name"] else "fill-undefined"
        parts = [(row["booked_ms"], class_)]
        bars.append(Bar(label, value, parts, lead(row, frame.filters)))
    words = f"Most tracked time: {bars[0].label}, {bars[0].value}."
    return Drawing(draw_bars(bars), words)


def draw_editor_time(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each way in which time was attributed."""
    lead = lead_to_method("editor_days")
    bars = [
        Bar(
            METHODS.get(row["method"], row["method"]),
            f"{_hours(row['active_ms'])}, {format_value(row['share'], Kind.SHARE, frame.zone)}",
            [
                (
                    row["active_ms"],
                    "fill-undefined" if row["method"] == "none" else "fill-in_progress",
                )
            ],
            lead(row, frame.filters),
        )
        for row in result.rows
    ]
    total = sum(row["active_ms"] for row in result.rows)
    return Drawing(draw_bars(bars), f"{_hours(total)} of active time in editors.")


def draw_work_hours(result: Result, frame: Frame) -> Drawing:  # noqa: ARG001 - it has no links
    """Return a row for each day of the week with a square for each hour."""
    counts = {(row["weekday"], row["hour"]): int(row["events"]) for row in result.rows}
    weekday, hour = max(counts, key=lambda key: counts[key])
    words = f"Most events: {WEEKDAYS[weekday - 1]} {hour}:00 to {hour + 1}:00."
    return Drawing(draw_week(counts, WEEKDAYS, words), words)


def lead_to_place(figure: str) -> Lead:
    """Return a function that leads to the rows of a figure with a row's list and type of task."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        names = {name: row[name] or NOTHING for name in ("space_name", "list_name", "task_type")}
        return f"/time/{figure}{filters.query(workspace=row['workspace_id'], **names)}"

    return lead


def lead_to_task(figure: str) -> Lead:
    """Return a function that leads to all time of a row's task: of any day, person and place."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:  # noqa: ARG001 - it has all time
        task = Filters(workspace=row["workspace_id"], task=row["task_id"])
        return f"/time/{figure}{task.query(since=ALL_DAYS)}"

    return lead


def lead_to_method(figure: str) -> Lead:
    """Return a function that leads to the rows of a figure with a row's method."""
    return lambda row, filters: f"/time/{figure}{filters.query(kind=row['method'])}"


def lead_to_branch(figure: str) -> Lead:
    """Return a function that leads to the rows of a figure with a row's branch and no task."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        names = {name: row[name] or NOTHING for name in ("repository", "branch")}
        return f"/time/{figure}{filters.query(task=NOTHING, **names)}"

    return lead


EDITOR_TIME: Final = Figure(
    page_section(
        "editor_time",
        "Time in editors by task",
        (
            Column("method", "attributed by", Kind.WORD),
            Column("tasks", "tasks", Kind.NUMBER),
            Column("active_ms", "active", Kind.HOURS),
            Column("share", "share", Kind.SHARE),
        ),
        "there was no active time",
        needs=(IDE,),
        has_period=True,
        default_days=EIGHT_WEEKS,
        is_limited=False,
    ),
    "Active time goes to the task that the name of the branch names, or else the person's next "
    "commit in the repository.",
    draw=draw_editor_time,
    leads={
        "tasks": lead_to_method("editor_tasks"),
        "active_ms": lead_to_method("editor_days"),
        "share": lead_to_method("editor_days"),
    },
    limits=frozenset({"team"}),
)
UNATTRIBUTED: Final = Figure(
    page_section(
        "unattributed",
        "Time in editors without a task",
        (
            Column("repository", "repository"),
            Column("branch", "branch"),
            Column("people", "people", Kind.NUMBER),
            Column("active_ms", "active", Kind.HOURS),
        ),
        "all active time belongs to a task",
        needs=(IDE,),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Begin the name of a branch with the id of its task, as in CU-86abc1d2e, and its time counts "
    "for the task.",
    leads={"people": lead_to_branch("editor_people"), "active_ms": lead_to_branch("editor_days")},
    limits=frozenset({"team"}),
)
WORK_HOURS: Final = Figure(
    page_section(
        "work_hours",
        "When work happens",
        (
            Column("weekday", "weekday (1 is Monday)", Kind.NUMBER),
            Column("hour", "hour", Kind.NUMBER),
            Column("events", "events", Kind.NUMBER),
        ),
        "fewer than five people have events, and smaller groups are not shown",
        needs=(TASKS,),
        scopes=WORKSPACE,
        is_limited=False,
    ),
    "Commits, status changes and begins of time entries of everyone together, in the time zone of "
    "reports. Hours in which only one person works are left out.",
    draw=draw_work_hours,
    limits=frozenset({"workspace"}),
)
TIME_ENTRIES: Final = Figure(
    page_section(
        "time_entries",
        "Time entries",
        (
            Column("task_id", "task", Kind.ID),
            Column("task_name", "title"),
            Column("list_name", "list"),
            Column("started_at", "started", Kind.TIME),
            Column("duration_ms", "tracked", Kind.HOURS),
        ),
        "there are no finished time entries",
        needs=BY_NAME["allocation"].needs,
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Finished entries that people made, the newest first.",
    links={"task_id": "url", "task_name": "url"},
    limits=PLACES_AND_TEAM | {"task", "place"},
)
TIME_PEOPLE: Final = Figure(
    page_section(
        "time_people",
        "People who tracked time",
        (Column("author_id", "user", Kind.ID), Column("name", "name")),
        "there are no finished time entries",
        needs=BY_NAME["allocation"].needs,
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "By name. How much time each of them tracked is not shown.",
    limits=PLACES_AND_TEAM | {"place"},
)
EDITOR_TASKS: Final = Figure(
    page_section(
        "editor_tasks",
        "Tasks with time in editors",
        (
            Column("task_id", "task", Kind.ID),
            Column("name", "title"),
            Column("method", "attributed by", Kind.WORD),
            Column("active_ms", "active", Kind.HOURS),
        ),
        "there was no active time of a task",
        needs=(IDE,),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Active time of the period by task, and by how it was attributed; the most comes first.",
    links={"task_id": "url", "name": "url"},
    limits=frozenset({"team", "kind"}),
)
EDITOR_DAYS: Final = Figure(
    page_section(
        "editor_days",
        "Days with time in editors",
        (
            Column("work_date", "day", Kind.DAY),
            Column("repository", "repository"),
            Column("branch", "branch"),
            Column("task_id", "task", Kind.ID),
            Column("method", "attributed by", Kind.WORD),
            Column("active_ms", "active", Kind.HOURS),
        ),
        "there was no active time",
        needs=(IDE,),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "Active time of all people together by day, branch and task; the latest day comes first.",
    links={"task_id": "url"},
    limits=frozenset({"team", "repository", "branch", "task", "kind"}),
)
EDITOR_PEOPLE: Final = Figure(
    page_section(
        "editor_people",
        "People with time in editors without a task",
        (Column("name", "name"), Column("email", "address")),
        "all active time belongs to a task",
        needs=(IDE,),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "By name. How much time each of them had is not shown.",
    limits=frozenset({"team", "repository", "branch"}),
)
ROWS: Final = (TIME_ENTRIES, TIME_PEOPLE, EDITOR_TASKS, EDITOR_DAYS, EDITOR_PEOPLE)
FIGURES: Final = (
    figure_of(
        BY_NAME["task_time"],
        "Tasks with the most time in the period, with all their time: also that before it, and "
        "that of people in other teams. Time of subtasks is not added to their parents.",
        also_by={"team"},
        draw=draw_task_time,
        links={"task_id": "url", "name": "url"},
        leads={"worklog_ms": lead_to_task("time_entries"), "ide_ms": lead_to_task("editor_days")},
    ),
    figure_of(
        BY_NAME["allocation"],
        "Finished time entries by list and type of the task. Time without a task is a bar of its "
        "own.",
        also_by={"team"},
        draw=draw_allocation,
        leads={
            "people": lead_to_place("time_people"),
            **dict.fromkeys(("entries", "booked_ms", "share"), lead_to_place("time_entries")),
        },
    ),
    EDITOR_TIME,
    UNATTRIBUTED,
    WORK_HOURS,
)
