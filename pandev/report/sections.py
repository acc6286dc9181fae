"""The sections of the report, in their order: what each shows, and what to do if it is empty.

The statement of a section is `report_<name>.sql`. Its columns have the names that they have in the
views; those that are not declared here are in JSON and CSV only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pandev.report.section import Column, Heading, Layout, Need, Section
from pandev.report.values import Kind, format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pandev.report.selection import Scope


EIGHT_WEEKS: Final = 56
TWO_WEEKS: Final = 14
EVERY_SCOPE: Final[frozenset[Scope]] = frozenset({"workspace", "space", "list"})
WORKSPACE: Final[frozenset[Scope]] = frozenset({"workspace"})
TASKS: Final = Need(("tasks",), "no tasks are loaded; run: pandev sync")
COMMITS: Final = Need(
    ("commits", "branches", "pull_requests"),
    "no commits are loaded; set TAP_GIT_REPOSITORIES, then run: meltano run tap-git target-pandev",
)
TIME_ENTRIES: Final = Need(
    ("time_entries",),
    "no time entries are loaded; people track time in ClickUp, and time_tracking must be on",
)


def _describe_p85(row: Mapping[str, Any], since: date) -> str:
    if row["p85_elapsed_ms"] is None:
        return f"No task was closed since {since}, so there is no usual age to compare with."
    usual = format_duration(row["p85_elapsed_ms"])
    return f"85 of 100 tasks closed since {since} took no longer than {usual}."


TASK: Final = Column("task_id", "task", Kind.ID)
SECTIONS: Final = (
    Section(
        "trust",
        "What the store holds, and how fresh it is",
        "age of the data, failures, what is missing",
        (),
        "no workspace is left",
        needs=(
            Need(
                ("workspaces",),
                "no workspace is loaded; run: pandev sync",
            ),
        ),
        scopes=WORKSPACE,
        layout=Layout.FACTS,
    ),
    Section(
        "groups",
        "Tasks by status group",
        "number of tasks that are open, in progress, closed",
        (
            Column("status_group", "group", Kind.ID),
            Column("tasks", "tasks", Kind.NUMBER),
            Column("statuses", "statuses"),
        ),
        "there are no tasks",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        is_limited=False,
    ),
    Section(
        "activity",
        "Recent work next to its tasks",
        "newest commits, branches and pull requests, by task",
        (
            Column("source", "task", Kind.WORD),
            Column("title", "title"),
            Column("author_name", "status, author", max_width=16),
            Column("occurred_at", "time", Kind.TIME),
        ),
        "no commit, branch or pull request names a task; write CU-<task id> in them",
        needs=(TASKS, COMMITS),
        scopes=EVERY_SCOPE,
        has_period=True,
        heading=Heading(
            ("workspace_id", "task_id"),
            {"source": "task_id", "title": "task_name", "author_name": "status"},
        ),
    ),
    Section(
        "work_log",
        "Work log",
        "days on which people worked on tasks",
        (),
        "there are no commits, status changes or time entries",
        needs=(Need(("tasks", "commits", "time_entries"), TASKS.advice),),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=TWO_WEEKS,
        layout=Layout.DAYS,
        grouped_by=("person", "task_id"),
    ),
    Section(
        "flow",
        "Tasks per week, and how long they took",
        "throughput and cycle times per week",
        (
            Column("week", "week of", Kind.DAY),
            Column("created", "created", Kind.NUMBER),
            Column("closed", "closed", Kind.NUMBER),
            Column("closed_again", "reopened", Kind.NUMBER),
            Column("median_elapsed_ms", "median", Kind.DURATION),
            Column("p85_elapsed_ms", "P85", Kind.DURATION),
            Column("median_active_ms", "in progress", Kind.DURATION),
            Column("median_working_ms", "working time", Kind.HOURS, is_wide=True),
            Column("inferred_tasks", "inferred", Kind.NUMBER, is_wide=True),
        ),
        "no task was created or closed",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
        reads_closed_tasks=True,
    ),
    Section(
        "ages",
        "Work in progress, the oldest first",
        "tasks that were started and are not closed",
        (
            TASK,
            Column("name", "title"),
            Column("status", "status", max_width=14),
            Column("assignees", "assignees", max_width=18, is_wide=True),
            Column("list_name", "list", max_width=16, is_wide=True),
            Column("age_ms", "age", Kind.AGE),
            Column("status_age_ms", "in status", Kind.AGE),
        ),
        "no task is in progress",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
        reads_closed_tasks=True,
        note=_describe_p85,
    ),
    Section(
        "status_times",
        "Time in status of closed tasks",
        "how long closed tasks were in each status",
        (
            Column("status", "status"),
            Column("status_group", "group", Kind.ID),
            Column("tasks", "tasks", Kind.NUMBER),
            Column("median_ms", "median", Kind.DURATION),
            Column("p85_ms", "P85", Kind.DURATION),
            Column("total_ms", "total", Kind.DURATION),
            Column("median_working_ms", "working time", Kind.HOURS, is_wide=True),
            Column("tasks_now", "now in it", Kind.NUMBER),
        ),
        "no status before the closing of a task is known; webhooks report them: pandev connect",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
        reads_closed_tasks=True,
    ),
    Section(
        "sprints",
        "Sprints, in tasks",
        "committed, added, removed, done, carried over",
        (
            Column("name", "sprint"),
            Column("phase", "phase", Kind.ID),
            Column("ends_at", "ends", Kind.DAY),
            Column("committed_tasks", "committed", Kind.NUMBER),
            Column("added_tasks", "added", Kind.NUMBER),
            Column("removed_tasks", "removed", Kind.NUMBER),
            Column("done_tasks", "done", Kind.NUMBER),
            Column("carried_over_tasks", "carried", Kind.NUMBER),
            Column("committed_points", "points", Kind.NUMBER, is_wide=True),
            Column("done_points", "points done", Kind.NUMBER, is_wide=True),
        ),
        "there are no sprints",
        needs=(
            Need(
                ("sprints",),
                "no sprints are loaded; they are lists in folders of the sprint_folder_pattern",
            ),
        ),
        scopes=EVERY_SCOPE,
        has_period=True,
    ),
    Section(
        "task_time",
        "Tasks with the most time",
        "estimate, tracked time and time in editors by task",
        (
            TASK,
            Column("name", "title"),
            Column("status", "status", max_width=14, is_wide=True),
            Column("estimate_ms", "estimate", Kind.HOURS),
            Column("worklog_ms", "tracked", Kind.HOURS),
            Column("ide_ms", "in editors", Kind.HOURS),
        ),
        "there is no time of a task",
        needs=(
            Need(
                ("time_entries", "ide_intervals"),
                "no time is loaded; people track time in ClickUp, or run: meltano run tap-ide "
                "target-pandev",
            ),
        ),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=TWO_WEEKS,
    ),
    Section(
        "allocation",
        "Where tracked time goes",
        "tracked time by list and type of task",
        (
            Column("space_name", "space", max_width=16),
            Column("list_name", "list"),
            Column("task_type", "type", max_width=14),
            Column("people", "people", Kind.NUMBER, is_wide=True),
            Column("entries", "entries", Kind.NUMBER, is_wide=True),
            Column("booked_ms", "tracked", Kind.HOURS),
            Column("share", "share", Kind.SHARE),
        ),
        "there are no finished time entries",
        needs=(TIME_ENTRIES,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    Section(
        "pull_requests",
        "Pull requests, the latest first",
        "time from the first commit to the merge",
        (
            Column("repository", "repository", max_width=16),
            Column("number", "number", Kind.ID),
            Column("title", "title"),
            Column("author_login", "author", max_width=14, is_wide=True),
            Column("merged_at", "merged", Kind.DAY),
            Column("coding_ms", "coding", Kind.DURATION, is_wide=True),
            Column("review_ms", "review", Kind.DURATION, is_wide=True),
            Column("lead_ms", "lead time", Kind.DURATION),
        ),
        "there are no pull requests",
        needs=(
            Need(
                ("pull_requests",),
                "no pull requests are loaded; run: meltano run tap-github target-pandev (or "
                "tap-gitlab)",
            ),
        ),
        has_period=True,
    ),
    Section(
        "links",
        "Commits that are linked with a task",
        "share of commits that are linked with a task, by repository",
        (
            Column("repository", "repository"),
            Column("commits", "commits", Kind.NUMBER),
            Column("linked", "name a task", Kind.NUMBER),
            Column("linked_by_history", "by history", Kind.NUMBER),
            Column("unknown_only", "unknown id", Kind.NUMBER, is_wide=True),
            Column("without_reference", "without id", Kind.NUMBER, is_wide=True),
            Column("share", "share", Kind.SHARE),
        ),
        "there are no commits",
        needs=(COMMITS,),
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    Section(
        "unlinked",
        "Closed tasks without commits",
        "closed tasks without a commit, branch or pull request",
        (
            TASK,
            Column("name", "title"),
            Column("space_name", "space", max_width=16, is_wide=True),
            Column("list_name", "list", max_width=16),
            Column("closed_at", "closed", Kind.DAY),
        ),
        "every closed task is linked with a commit, branch or pull request",
        needs=(TASKS,),
        scopes=EVERY_SCOPE,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    Section(
        "references",
        "Task references in commits, branches and pull requests",
        "ids that match a task of the store, several, or none",
        (
            Column("source", "source", Kind.WORD),
            Column("kind", "kind", Kind.WORD),
            Column("matched", "matched", Kind.NUMBER),
            Column("ambiguous", "ambiguous", Kind.NUMBER),
            Column("unmatched", "unmatched", Kind.NUMBER),
        ),
        "no commit, branch or pull request has the id of a task; write CU-<task id> in them",
        needs=(COMMITS,),
        is_limited=False,
    ),
    Section(
        "people",
        "Unmatched people",
        "users and authors without an employee, and the reverse",
        (
            Column("source", "source", Kind.ID),
            Column("name", "name", max_width=24),
            Column("email", "address"),
            Column("reason", "reason"),
            Column("commit_count", "commits", Kind.NUMBER, is_wide=True),
        ),
        "every user and author is matched with an employee",
        needs=(
            Need(
                ("employees",),
                "no employees are loaded; run: pandev employees load FILE",
            ),
        ),
        scopes=WORKSPACE,
    ),
    Section(
        "runs",
        "Last runs",
        "runs of the tap with their duration and requests",
        (
            Column("workspace_id", "workspace", Kind.ID, is_wide=True),
            Column("started_at", "started", Kind.TIME),
            Column("source", "source", Kind.ID),
            Column("duration_ms", "took", Kind.DURATION),
            Column("requests", "requests", Kind.NUMBER),
            Column("retries", "retries", Kind.NUMBER, is_wide=True),
            Column("complete", "complete"),
            Column("records", "records", is_wide=True),
        ),
        "there was no run",
        needs=(Need(("sync_runs",), "nothing has run; run: pandev sync"),),
        scopes=WORKSPACE,
        has_period=True,
    ),
    Section(
        "tables",
        "Rows per table",
        "number of rows of each table",
        (Column("table", "table", Kind.ID), Column("rows", "rows", Kind.NUMBER)),
        "there are no tables",
        is_limited=False,
        is_count_of_rows=True,
    ),
)
BY_NAME: Final = {section.name: section for section in SECTIONS}
