"""Keep `inherited_references`: commits that the history links with the tasks of a carrier.

A carrier is a merge commit, a pull request or a branch that names a task. Its commits are those
that came in by it, or that stand on the branch and neither on the default branch nor on another one
that branches begin from, such as `develop`. They are derived in the transaction of a load, and
again once a commit arrives that the result awaits. So the order of arrival does not matter.

Branches of a repository are derived together, in one walk. While the newest commit of the default
branch is not stored, as between the branches and the commits of a run, their links stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.ancestry import walk_branch, walk_branches
from target_pandev.database.pull_requests import LOCK, find_merged_commits
from target_pandev.database.references import CREATE_TOUCHED, touching
from target_pandev.database.resolved_links import touch_commits
from target_pandev.database.table import FORCE_KEY_LOOKUP
from target_pandev.database.walks import COMMIT_COLUMNS, run_walks
from target_pandev.merge_messages import brings_work_of
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_pandev.ancestry import BranchCommits
    from target_pandev.database.connection import Connection
    from target_pandev.database.pull_requests import MergedPullRequests
    from target_pandev.database.table import Table
    from target_pandev.database.tombstones import Deletion

BRANCH_COLUMNS = {"repository_id", "name", "head_sha"}
"""The columns of `branches` that links need."""
COMMIT_KEY = {"repository_id", "sha"}
LINKED_TABLES = {"branches", "commits", "pull_requests"}
CHANGED_REPOSITORIES = """
SELECT DISTINCT s.repository_id
FROM (SELECT * FROM pg_temp.stage) AS s
LEFT JOIN LATERAL (
    SELECT * FROM branches AS t WHERE t.repository_id = s.repository_id AND t.name = s.name
) AS t ON true
WHERE t._sdc_hash IS DISTINCT FROM s._sdc_hash OR t._sdc_deleted_at IS NOT NULL
"""
STAGED_BRANCHES = "SELECT DISTINCT s.repository_id, s.name FROM pg_temp.stage AS s"
BRANCHES_WITHOUT_TIME = """
SELECT r.repository_id, r.object_key AS name
FROM (SELECT DISTINCT s.repository_id FROM pg_temp.stage AS s) AS s
INNER JOIN task_references AS r ON r.repository_id = s.repository_id
WHERE r.source = 'branch' AND r.occurred_at IS NULL
"""
ALL_BRANCHES = "SELECT b.repository_id, b.name FROM branches AS b"
NAMED_PULL_REQUESTS = """
SELECT DISTINCT i.repository_id, i.object_key::bigint AS number
FROM task_references AS i
WHERE {in_scope} AND i.source = 'pull_request'
"""
AWAITING_PULL_REQUESTS = """
SELECT DISTINCT i.repository_id, i.carrier_key::bigint AS number
FROM awaited_commits AS i
INNER JOIN commits AS c
    ON c.repository_id = i.repository_id AND c.sha = i.sha AND c._sdc_deleted_at IS NULL
WHERE {in_scope} AND i.carrier_source = 'pull_request'
"""
ALL_MERGES = """
SELECT DISTINCT r.repository_id, r.object_key
FROM task_references AS r
INNER JOIN commits AS c ON c.repository_id = r.repository_id AND c.sha = r.object_key
WHERE r.source = 'commit' AND c.parents -> 1 IS NOT NULL
"""
COMMIT_ARRAYS = ("repository_ids", "sources", "keys", "shas")
"""Parameters of statements: arrays with the carriers of commits, and the commits."""
MERGES_AT_ONCE = 2_000
"""How many walks run side by side when all links are derived, to limit the memory."""


@dataclass(frozen=True)
class Carriers:
    """The carriers whose commits are derived."""

    merges: Collection[tuple[str, str]] = ()
    """Repositories and shas of merge commits."""
    repositories: Collection[str] = ()
    """Repositories whose branches are derived."""
    pull_requests: MergedPullRequests = field(default_factory=list)


@dataclass
class _Links:
    """Rows to store: (repository, source, key, sha) and what belongs to each."""

    carriers: set[tuple[str, str, str]] = field(default_factory=set)
    commits: list[tuple[str, str, str, str, str, str | None]] = field(default_factory=list)
    """With `via`, and the only reference that counts, or None for all of the carrier."""
    awaited: set[tuple[str, str, str, str, bool]] = field(default_factory=set)
    """With whether the commit is stored, although it may be deleted."""
    kept: list[str] = field(default_factory=list)
    """Repositories whose branches stay as they are."""

    def add_awaited(self, carrier: tuple[str, str, str], commits: BranchCommits) -> None:
        """Note which commits may change the result."""
        self.awaited |= {(*carrier, sha, False) for sha in commits.missing | commits.awaited}
        self.awaited |= {(*carrier, sha, True) for sha in commits.loaded}


def find_changed_repositories(connection: Connection, table: Table) -> list[str]:
    """Return the repositories whose staged branches differ from the stored ones."""
    if table.name != "branches" or not {column.name for column in table.columns} >= BRANCH_COLUMNS:
        return []
    return [repository_id for (repository_id,) in connection.execute(CHANGED_REPOSITORIES)]


def derive_links(
    connection: Connection,
    table: Table,
    changed_repositories: Sequence[str],
    pull_requests: MergedPullRequests,
) -> None:
    """Derive the links that the staged rows of a table affect."""
    columns = {column.name for column in table.columns}
    if table.name in LINKED_TABLES:
        connection.execute(CREATE_TOUCHED)
    if changed_repositories:
        connection.execute(LOCK)
        _update_branch_times(connection, STAGED_BRANCHES)
        _derive(connection, Carriers(repositories=changed_repositories))
    if table.name == "commits" and columns >= COMMIT_KEY:
        _update_branch_times(connection, BRANCHES_WITHOUT_TIME)
    if table.name == "commits" and columns >= COMMIT_COLUMNS:
        merges = set(connection.execute(read_statement("staged_merges").encode()).fetchall())
        awaited = connection.execute(read_statement("staged_awaited").encode()).fetchall()
        _derive(connection, _collect(awaited, merges=merges, pull_requests=pull_requests))
    elif pull_requests:
        _derive(connection, Carriers(pull_requests=pull_requests))


def derive_all_links(connection: Connection) -> None:
    """Derive all links again, after the references have changed; all have to be resolved then."""
    connection.execute(LOCK)
    connection.execute(CREATE_TOUCHED)
    connection.execute(FORCE_KEY_LOOKUP)
    connection.execute("DELETE FROM inherited_references")
    connection.execute("DELETE FROM awaited_commits")
    _update_branch_times(connection, ALL_BRANCHES)
    _derive(connection, Carriers(repositories=_read_repositories(connection)))
    merges = connection.execute(ALL_MERGES).fetchall()
    for start in range(0, len(merges), MERGES_AT_ONCE):
        _derive(connection, Carriers(merges=merges[start : start + MERGES_AT_ONCE]))
    keys = sql.SQL(NAMED_PULL_REQUESTS).format(in_scope=sql.SQL("true"))
    _derive(connection, Carriers(pull_requests=find_merged_commits(connection, keys)))


def deleted_repositories(table: Table, deletions: Sequence[Deletion]) -> list[str] | None:
    """Return the repositories of deleted rows, or None if that is not part of their key."""
    if "repository_id" not in table.key:
        return None
    position = table.key.index("repository_id")
    return sorted({deletion.key[position] for deletion in deletions})


def settle_links(
    connection: Connection, table_name: str, repositories: Sequence[str] | None
) -> None:
    """Derive the links of some or all repositories, after rows were deleted or restored."""
    if table_name not in LINKED_TABLES:
        return
    connection.execute(LOCK)
    connection.execute(CREATE_TOUCHED)
    if table_name == "branches":
        if repositories is None:
            repositories = _read_repositories(connection)
        _derive(connection, Carriers(repositories=repositories))
        return
    in_scope = sql.SQL("true" if repositories is None else "i.repository_id = ANY ({})").format(
        sql.Literal(repositories)
    )

    def rows(name: str) -> list[tuple[str, str, str]]:
        return connection.execute(
            sql.SQL(read_statement(name)).format(in_scope=in_scope)
        ).fetchall()

    if table_name == "commits":
        connection.execute(
            sql.SQL(read_statement("links_of_deleted_commits")).format(in_scope=in_scope)
        )
    links = _Links(carriers=set(rows("deleted_carriers")))
    restored: list[tuple[str, str, str]] = []
    keys = NAMED_PULL_REQUESTS
    if table_name == "commits":
        restored = rows("restored_carriers")
        keys = AWAITING_PULL_REQUESTS
    connection.execute(FORCE_KEY_LOOKUP)
    pull_requests = find_merged_commits(connection, sql.SQL(keys).format(in_scope=in_scope))
    _derive(connection, _collect(restored, pull_requests=pull_requests), links)


def _read_repositories(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT repository_id FROM branches "
        "UNION SELECT repository_id FROM inherited_references WHERE carrier_source = 'branch'"
    )
    return [str(repository_id) for (repository_id,) in rows]


def _collect(
    carriers: Iterable[tuple[str, str, str]],
    *,
    merges: Collection[tuple[str, str]] = (),
    pull_requests: MergedPullRequests,
) -> Carriers:
    """Return the carriers of rows (repository, source, key), with others."""
    rows = list(carriers)
    return Carriers(
        merges={(repository, key) for repository, source, key in rows if source == "commit"}
        | set(merges),
        repositories={repository for repository, source, _ in rows if source == "branch"},
        pull_requests=pull_requests,
    )


def _update_branch_times(connection: Connection, branches: str) -> None:
    statement = sql.SQL(read_statement("branch_times")).format(branches=sql.SQL(branches))
    connection.execute(touching(statement, "r"))


def _derive(connection: Connection, carriers: Carriers, links: _Links | None = None) -> None:
    """Derive the commits of carriers, and store them in place of their former links."""
    links = links or _Links()
    _add_pull_requests(links, carriers.pull_requests)
    if carriers.merges:
        _add_merges(connection, links, carriers.merges)
    if carriers.repositories:
        _add_branches(connection, links, carriers.repositories)
    _store(connection, links, carriers.repositories)


def _add_pull_requests(links: _Links, pull_requests: MergedPullRequests) -> None:
    """Add what pull requests brought, and the commit that each of them made, as by a squash."""
    for pull_request, commits in pull_requests:
        carrier = (pull_request.repository_id, "pull_request", str(pull_request.number))
        links.carriers.add(carrier)
        merge = pull_request.merge_sha
        if not pull_request.is_merged or merge is None:
            continue
        links.commits.append((*carrier, merge, "pull_request", None))
        links.commits += [(*carrier, sha, "merge", None) for sha in commits.loaded if sha != merge]
        links.awaited.add((*carrier, merge, True))
        links.add_awaited(carrier, commits)


def _add_merges(connection: Connection, links: _Links, merges: Collection[tuple[str, str]]) -> None:
    links.carriers |= {(repository_id, "commit", sha) for repository_id, sha in merges}
    rows = connection.execute(
        read_statement("named_merges").encode(),
        {
            "repository_ids": [repository_id for repository_id, _ in merges],
            "shas": [sha for _, sha in merges],
        },
    )
    references: dict[tuple[str, str], list[str]] = {}
    walks = {}
    for repository_id, sha, parents, message, named in rows:
        brought = [reference for reference in named if brings_work_of(message or "", reference)]
        if brought:
            references[repository_id, sha] = brought
            walks[repository_id, sha] = walk_branch(parents[1:], parents[0])
    for (repository_id, sha), commits in run_walks(connection, walks).items():
        carrier = (repository_id, "commit", sha)
        if commits is None:
            continue
        links.add_awaited(carrier, commits)
        links.commits += [
            (*carrier, commit, "merge", reference)
            for reference in references[repository_id, sha]
            for commit in commits.loaded
        ]


def _add_branches(connection: Connection, links: _Links, repositories: Collection[str]) -> None:
    rows = connection.execute(
        read_statement("named_branches").encode(), {"repository_ids": [*repositories]}
    )
    heads: dict[str, list[tuple[str, str]]] = {}
    walks = {}
    for repository_id, base, base_is_stored, names, shas, shared in rows:
        if base_is_stored:
            heads[repository_id] = list(zip(names, shas, strict=True))
            walks[repository_id, None] = walk_branches(shas, [base, *shared])
        else:
            links.kept.append(repository_id)
            links.awaited.add((repository_id, "branch", "", base, False))
    for (repository_id, _), commits_of in run_walks(connection, walks).items():
        for name, head in heads[repository_id]:
            commits = commits_of[head]
            links.add_awaited((repository_id, "branch", ""), commits)
            links.commits += [
                (repository_id, "branch", name, sha, "branch_graph", None) for sha in commits.loaded
            ]


def _store(connection: Connection, links: _Links, repositories: Collection[str]) -> None:
    affected: set[tuple[str, str]] = set()

    def change(name: str, parameters: dict[str, list[Any]]) -> None:
        affected.update(connection.execute(read_statement(name).encode(), parameters).fetchall())

    if links.carriers:
        change("delete_links", _columns(links.carriers, *COMMIT_ARRAYS[:3]))
    if repositories:
        change("delete_branch_links", {"repository_ids": [*repositories], "kept": links.kept})
    if links.awaited:
        columns = _columns(links.awaited, *COMMIT_ARRAYS, "are_stored")
        connection.execute(read_statement("insert_awaited").encode(), columns)
    if links.commits:
        change("insert_links", _columns(links.commits, *COMMIT_ARRAYS, "vias", "references"))
    if affected:
        touch_commits(connection, affected)
        connection.execute(
            read_statement("nearest_links").encode(), _columns(affected, "repository_ids", "shas")
        )


def _columns(rows: Iterable[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    """Return the values of rows by column."""
    columns = zip(*rows, strict=True)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
