"""The tab Sprints: what each sprint committed to, what was done, and the tasks of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pandev.page.cells import visible
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.legend import draw_legend
from pandev.page.drawing import join
from pandev.page.figures import Drawing, Figure, page_section
from pandev.report.section import Column
from pandev.report.sections import BY_NAME, EVERY_SCOPE
from pandev.report.values import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandev.page.figures import Frame, Lead
    from pandev.page.filters import Filters
    from pandev.report.reading import Result

SHOWN_TASKS: Final = 200
KINDS: Final = ("committed", "added", "removed", "done", "carried_over")


def draw_sprints(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each sprint: what was done, removed and not done of all its tasks."""
    bars = [_sprint_bar(row, frame) for row in result.rows]
    first = result.rows[0]
    total = first["committed_tasks"] + first["added_tasks"]
    words = (
        f"{visible(first['name'] or first['sprint_id'])}: {first['done_tasks']:,} of {total:,} "
        f"tasks done; {first['added_tasks']:,} added after the start."
    )
    legend = {"fill-closed": "done", "fill-undefined": "removed", "fill-rest": "not done"}
    return Drawing(join((draw_legend(legend), draw_bars(bars))), words)


def _sprint_bar(row: Mapping[str, Any], frame: Frame) -> Bar:
    done, removed = row["done_tasks"], row["removed_tasks"]
    total = row["committed_tasks"] + row["added_tasks"]
    parts = [
        (done, "fill-closed"),
        (removed, "fill-undefined"),
        (max(0, total - done - removed), "fill-rest"),
    ]
    return Bar(
        f"{visible(row['name'] or row['sprint_id'])}, {row['phase']}",
        f"{done:,} of {total:,} done",
        parts,
        lead_to_tasks()(row, frame.filters),
    )


def lead_to_tasks(kind: str = "") -> Lead:
    """Return a function that leads to the tasks of a sprint: those of all teams, as it counts."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        query = filters.query(sprint=row["sprint_id"], team="", kind=kind)
        return f"/sprints/sprint_tasks{query}"

    return lead


SPRINT_TASKS: Final = Figure(
    page_section(
        "sprint_tasks",
        "Tasks of a sprint",
        (
            Column("sprint_name", "sprint"),
            Column("task_id", "task", Kind.ID),
            Column("task_name", "title"),
            Column("status", "status"),
            Column("points", "points", Kind.NUMBER),
            Column("is_committed", "committed"),
            Column("is_added", "added"),
            Column("is_removed", "removed"),
            Column("is_done", "done"),
            Column("is_carried_over", "carried over"),
        ),
        "no sprint has begun",
        needs=BY_NAME["sprints"].needs,
        scopes=EVERY_SCOPE,
    ),
    "Of the sprint that is chosen above, or else of the one that began last; what is not done "
    "comes first. Points are those at the start, or when the task came.",
    links={"task_id": "url", "task_name": "url"},
    limits=frozenset({"workspace", "space", "sprint", "team", "kind"}),
    rows=SHOWN_TASKS,
)
FIGURES: Final = (
    Figure(
        BY_NAME["sprints"],
        "Committed: in the sprint at its start. Added: came later. Done: closed at its end, or now "
        "while it is running. The number leads to the tasks.",
        draw=draw_sprints,
        leads={
            **{f"{kind}_tasks": lead_to_tasks(kind) for kind in KINDS},
            **dict.fromkeys(("committed_points", "done_points"), lead_to_tasks()),
        },
        limits=frozenset({"workspace", "space", "sprint"}),
    ),
    SPRINT_TASKS,
)
