"""The tab Trust: how fresh and how complete the data is, and what is not linked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pandev.page.cells import visible
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.legend import draw_legend
from pandev.page.drawing import element, join
from pandev.page.figures import Drawing, Figure, figure_of, page_section, time_to_exceed
from pandev.page.filters import NOTHING, Filters
from pandev.report.facts import STALE_AFTER_MS, describe_workspace
from pandev.report.section import Column
from pandev.report.sections import BY_NAME, EIGHT_WEEKS, WORKSPACE
from pandev.report.selection import FIRST_YEAR
from pandev.report.values import Kind, format_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandev.page.figures import Frame, Lead
    from pandev.report.reading import Result


def draw_trust(result: Result, frame: Frame) -> Drawing:
    """Return the facts of each workspace."""
    lists = [
        element(
            "dl",
            *(
                element("div", element("dt", label), element("dd", value))
                for label, value in describe_workspace(row, frame.zone, has_age=False)
            ),
            class_="facts",
        )
        for row in result.rows
    ]
    stored = sum(int(row["stored_tasks"]) for row in result.rows)
    ages = [row["last_complete_run_age_ms"] for row in result.rows]
    until_stale = time_to_exceed(STALE_AFTER_MS, ages)
    return Drawing(join(lists), f"{stored:,} tasks are stored.", until_stale)


def draw_links(result: Result, frame: Frame) -> Drawing:
    """Return a bar for each repository: commits that name a task, by history, and the others."""
    bars = [
        Bar(
            visible(row["repository"] or row["repository_id"]),
            f"{format_value(row['share'], Kind.SHARE, frame.zone)} of {row['commits']:,}, "
            f"{row['without_task']:,} without a task",
            [
                (row["linked"], "fill-closed"),
                (row["linked_by_history"], "fill-in_progress"),
                (row["without_task"], "fill-rest"),
            ],
            lead_to_unlinked(row, frame.filters) if row["without_task"] else None,
        )
        for row in result.rows
    ]
    commits = sum(row["commits"] for row in result.rows)
    linked = sum(row["linked"] + row["linked_by_history"] for row in result.rows)
    names = {
        "fill-closed": "name a task",
        "fill-in_progress": "by history",
        "fill-rest": "without a task",
    }
    words = f"{linked:,} of {commits:,} commits are linked with a task."
    return Drawing(join((draw_legend(names), draw_bars(bars))), words)


def lead_to(path: str) -> Lead:
    """Return a function that leads to the rows of a figure in the workspace of a row."""
    return lambda row, _: f"{path}{Filters(workspace=row['workspace_id']).query()}"


def lead_to_unlinked(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the commits of a repository that have no task."""
    return f"/trust/unlinked_commits{filters.query(repository=row['repository_id'])}"


def lead_to_commits(kind: str = "") -> Lead:
    """Return a function that leads to the commits that a column of link coverage counts."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        query = filters.query(repository=row["repository_id"], kind=kind)
        return f"/trust/counted_commits{query}"

    return lead


def lead_to_references(match: str) -> Lead:
    """Return a function that leads to the references of a row that match as they should."""

    def lead(row: Mapping[str, Any], filters: Filters) -> str:
        query = filters.query(source=row["source"], kind=row["kind"], match=match)
        return f"/trust/named_tasks{query}"

    return lead


def lead_to_author(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the commits of a person's address."""
    return f"/trust/author_commits{filters.query(author=row['email'] or NOTHING)}"


COLUMNS: Final = (
    Column("workspace_name", "workspace"),
    Column("last_complete_run_at", "last complete run", Kind.TIME),
    Column("last_complete_sweep_at", "last sweep", Kind.TIME),
    Column("stored_tasks", "tasks", Kind.NUMBER),
    Column("live_tasks", "in ClickUp", Kind.NUMBER),
    Column("rejected_records", "rejected", Kind.NUMBER),
    Column("unhealthy_webhooks", "failing webhooks", Kind.NUMBER),
    Column("inferred_share", "inferred changes", Kind.SHARE),
    Column("users_without_employee", "unmatched users", Kind.NUMBER),
    Column("commits_without_task", "commits without a task", Kind.NUMBER),
)
KINDS_OF_COMMITS: Final = ("linked", "linked_by_history", "unknown_only", "without_reference")
"""Columns of link coverage that count some of the commits."""
WITHOUT_TASK: Final = Column("without_task", "without a task", Kind.NUMBER)
UNLINKED_COMMITS: Final = Figure(
    page_section(
        "unlinked_commits",
        "Commits without a task",
        (
            Column("repository", "repository"),
            Column("title", "title"),
            Column("author_name", "author"),
            Column("committed_at", "made", Kind.TIME),
            Column("names_unknown_task", "unknown id"),
        ),
        "every commit is linked with a task",
        needs=BY_NAME["links"].needs,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "The newest commits that name no task which exists, and that no branch, merge or pull request "
    "links with one.",
    links={"title": "url"},
    limits=frozenset({"repository"}),
)
COUNTED_COMMITS: Final = Figure(
    page_section(
        "counted_commits",
        "Commits that count",
        (
            Column("repository", "repository"),
            Column("title", "title"),
            Column("author_name", "author"),
            Column("committed_at", "made", Kind.TIME),
            Column("names_task", "names a task"),
            Column("is_linked_by_history", "by history"),
            Column("names_unknown_task", "unknown id"),
        ),
        "no commit was made",
        needs=BY_NAME["links"].needs,
        has_period=True,
        default_days=EIGHT_WEEKS,
    ),
    "The newest commits, without merges and without those of bots, and whether each is linked "
    "with a task.",
    links={"title": "url"},
    limits=frozenset({"repository", "kind"}),
)
REJECTED: Final = Figure(
    page_section(
        "rejected",
        "Rejected records",
        (
            Column("stream", "stream", Kind.ID),
            Column("key", "key", Kind.ID),
            Column("field", "field", Kind.ID),
            Column("reason", "reason"),
            Column("rejected_at", "rejected", Kind.TIME),
        ),
        "every record was loaded",
        scopes=WORKSPACE,
    ),
    "Records that could not be loaded, the latest first. To read them again, run: pandev rejected "
    "retry.",
    limits=WORKSPACE,
)
UNMATCHED_USERS: Final = Figure(
    page_section(
        "unmatched_users",
        "Users without an employee",
        (
            Column("user_id", "user", Kind.ID),
            Column("name", "name"),
            Column("email", "address"),
            Column("reason", "reason"),
        ),
        "every user is an employee, or no employees are loaded",
        scopes=WORKSPACE,
    ),
    "Members of the workspace whose address is that of no employee, or of several.",
    limits=WORKSPACE,
)
NAMED_TASKS: Final = Figure(
    page_section(
        "named_tasks",
        "References to tasks",
        (
            Column("reference", "reference", Kind.ID),
            Column("source", "found in", Kind.WORD),
            Column("title", "title"),
            Column("repository", "repository"),
            Column("match", "match", Kind.WORD),
            Column("tasks", "task", Kind.ID),
        ),
        "no commit, branch or pull request has such a reference",
    ),
    "Of an unmatched one, the task is deleted or not loaded, or the id is misspelt. An ambiguous "
    "one is the custom id of several tasks.",
    links={"title": "url"},
    limits=frozenset({"source", "kind", "match"}),
)
AUTHOR_COMMITS: Final = Figure(
    page_section(
        "author_commits",
        "Commits by author",
        (
            Column("repository", "repository"),
            Column("title", "title"),
            Column("name", "author"),
            Column("role", "role"),
            Column("committed_at", "made", Kind.TIME),
        ),
        "no commit has this address",
        needs=BY_NAME["links"].needs,
    ),
    "All commits of an address, merges too, also those that it is a co-author of; the newest come "
    "first.",
    links={"title": "url"},
    limits=frozenset({"author"}),
)
ROWS: Final = (COUNTED_COMMITS, REJECTED, UNMATCHED_USERS, NAMED_TASKS, AUTHOR_COMMITS)
FIGURES: Final = (
    figure_of(
        replace(BY_NAME["trust"], columns=COLUMNS),
        "What the figures of this page stand on: how fresh the data is, and what is missing.",
        draw=draw_trust,
        leads={
            "stored_tasks": lead_to("/tasks/recent_tasks"),
            "rejected_records": lead_to("/trust/rejected"),
            "unhealthy_webhooks": lead_to("/integration/webhooks"),
            "users_without_employee": lead_to("/trust/unmatched_users"),
            "commits_without_task": lambda *_: f"/trust/unlinked_commits?since={FIRST_YEAR}-01-01",
        },
    ),
    figure_of(
        replace(BY_NAME["links"], columns=(*BY_NAME["links"].columns, WITHOUT_TASK)),
        "Commits without merges and without those of bots. A commit is linked by its message, or "
        "by a branch, merge or pull request that names the task.",
        draw=draw_links,
        leads={
            "commits": lead_to_commits(),
            **{kind: lead_to_commits(kind) for kind in KINDS_OF_COMMITS},
            "without_task": lead_to_unlinked,
            "share": lead_to_commits(),
        },
    ),
    UNLINKED_COMMITS,
    figure_of(
        BY_NAME["unlinked"],
        "Work without code, or a reference that was forgotten: write CU- and the id of the task in "
        "the commit, the branch or the pull request.",
        also_by={"team"},
        links={"task_id": "url", "name": "url"},
    ),
    figure_of(
        BY_NAME["references"],
        "Ids that were found in commits, branches and pull requests. An unmatched one names a task "
        "that is deleted, not loaded, or misspelt.",
        leads={match: lead_to_references(match) for match in ("matched", "ambiguous", "unmatched")},
    ),
    figure_of(
        BY_NAME["people"],
        "Their work is counted, but under the name that ClickUp or git has. Add addresses to the "
        "file of employees, and load it again: pandev employees load.",
        leads={"commit_count": lead_to_author},
    ),
    figure_of(
        BY_NAME["pull_requests"],
        "Coding: from the first commit until it was opened. Review: from then until the merge. "
        "Lead time: both.",
        links={"number": "url", "title": "url"},
    ),
)
