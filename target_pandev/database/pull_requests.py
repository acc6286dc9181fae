"""Keep `merged_commits`: the commits that each merged pull request brought.

Derived in the transaction of a load. A pull request and its commits come from two taps, in any
order, so a load of either derives the rows of the pull requests that it completes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.ancestry import BranchCommits, walk_branch
from target_pandev.database.walks import COMMIT_COLUMNS, run_walks
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable

    from target_pandev.ancestry import CommitWalk
    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

LOCK_KEY = 0x70756C6C73
"""Key of an advisory lock: "pulls" in ASCII. Of two loads the later one sees the other's rows."""
LOCK = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(LOCK_KEY)
STAGED_PULL_REQUESTS = "SELECT DISTINCT s.repository_id, s.number FROM pg_temp.stage AS s"
NOTHING = BranchCommits(frozenset(), frozenset())


@dataclass(frozen=True)
class PullRequest:
    """What determines the commits of a pull request; `merge_parents` is None if not stored."""

    repository_id: str
    number: int
    is_merged: bool
    head_sha: str | None
    merge_sha: str | None
    merge_parents: Sequence[str] | None


MergedPullRequests = list[tuple[PullRequest, BranchCommits]]
"""Pull requests and their commits; those that are not merged have none."""


def derive_merged_commits(connection: Connection, table: Table) -> MergedPullRequests:
    """Derive the commits of those pull requests that the staged rows affect, and return them."""
    if table.name == "pull_requests":
        keys = STAGED_PULL_REQUESTS
    elif table.name == "commits" and COMMIT_COLUMNS.issubset(
        column.name for column in table.columns
    ):
        keys = read_statement("awaiting_pull_requests")
    else:
        return []
    connection.execute(LOCK)
    return find_merged_commits(connection, sql.SQL(keys))


def find_merged_commits(connection: Connection, keys: Composable) -> MergedPullRequests:
    """Derive the commits of pull requests whose keys a query returns, and return them."""
    if not connection.execute("SELECT 1 FROM pull_requests LIMIT 1").rowcount:
        return []
    query = sql.SQL(read_statement("pull_request_merges")).format(keys=keys)
    pull_requests = [PullRequest(*row) for row in connection.execute(query)]
    results: dict[tuple[str, int], BranchCommits] = {}
    walks: dict[tuple[str, int], CommitWalk] = {}
    for pull_request in pull_requests:
        key = (pull_request.repository_id, pull_request.number)
        start = _start(pull_request)
        if isinstance(start, BranchCommits):
            results[key] = start
        else:
            walks[key] = start
    for key, result in run_walks(connection, walks).items():
        results[key] = result or NOTHING
    if results:
        _replace_rows(connection, results)
    return [
        (pull_request, results[pull_request.repository_id, pull_request.number])
        for pull_request in pull_requests
    ]


def _start(pull_request: PullRequest) -> BranchCommits | CommitWalk:
    """Return the walk for a pull request, or its result if that is known without one.

    A merge commit has the head as a later parent. A squash or rebase leaves a commit with one
    parent; the commits of the branch are then those of the head, if they are stored. After a
    fast-forward nothing marks where the branch began.
    """
    head, merge = pull_request.head_sha, pull_request.merge_sha
    if not pull_request.is_merged or merge is None:
        return NOTHING
    if pull_request.merge_parents is None:
        return BranchCommits(frozenset(), frozenset({merge}))
    heads = list(pull_request.merge_parents[1:])
    if not heads and head is not None and head != merge:
        heads = [head]
    if not heads or not pull_request.merge_parents:
        return NOTHING
    return walk_branch(heads, pull_request.merge_parents[0])


def _replace_rows(connection: Connection, results: Mapping[tuple[str, int], BranchCommits]) -> None:
    keys: dict[str, list[Any]] = {
        "repository_ids": [repository_id for repository_id, _ in results],
        "numbers": [number for _, number in results],
    }
    connection.execute(read_statement("delete_merged_commits").encode(), keys)
    rows = [
        (repository_id, number, sha, sha in result.loaded)
        for (repository_id, number), result in results.items()
        for sha in sorted(result.loaded | result.missing)
    ]
    if rows:
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY merged_commits (repository_id, number, sha, is_loaded) FROM STDIN"
            ) as copy,
        ):
            for row in rows:
                copy.write_row(row)
