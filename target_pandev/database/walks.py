"""Run walks over the stored commits side by side, so that each query reads for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from target_pandev.ancestry import Commit
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from target_pandev.database.connection import Connection

Key = TypeVar("Key")
Result = TypeVar("Result")
COMMIT_COLUMNS = {"repository_id", "sha", "parents"}
"""The columns of `commits` that a walk needs."""
PLAIN_ROUNDS = 8
"""Most walks end within so many queries. For the others each query reads ahead."""
MAX_READ_AHEAD_STARTS = 64
"""Nothing is read ahead for more commits at once."""
ENOUGH_READ_AHEAD = 500
"""If fewer commits were read ahead, the next time those of twice as many days are."""
MAX_DAYS = 10_000


class _Commits:
    """The commits of a repository that were read."""

    def __init__(self, connection: Connection, repository_id: str) -> None:
        self._connection = connection
        self._repository_id = repository_id
        self._absent: set[str] = set()
        self._rounds = 0
        self._days = 1
        self.stored: dict[str, Commit] = {}

    def read(self, shas: set[str]) -> None:
        """Read those that were not read before."""
        wanted = [sha for sha in shas if sha not in self.stored and sha not in self._absent]
        if not wanted:
            return
        self._rounds += 1
        reads_ahead = self._rounds > PLAIN_ROUNDS and len(wanted) <= MAX_READ_AHEAD_STARTS
        rows = self._connection.execute(
            read_statement("read_commits").encode(),
            {
                "repository_id": self._repository_id,
                "shas": wanted,
                "days": self._days if reads_ahead else None,
            },
        ).fetchall()
        if reads_ahead and len(rows) < ENOUGH_READ_AHEAD:
            self._days = min(2 * self._days, MAX_DAYS)
        self.stored |= {sha: Commit(tuple(parents), time) for sha, parents, time in rows}
        self._absent.update(sha for sha in wanted if sha not in self.stored)


def run_walks(
    connection: Connection,
    walks: Mapping[tuple[str, Key], Generator[frozenset[str], Mapping[str, Commit], Result]],
) -> dict[tuple[str, Key], Result]:
    """Return the results of walks, whose keys begin with the id of their repository."""
    results: dict[tuple[str, Key], Result] = {}
    repositories: dict[str, _Commits] = {}
    requests: dict[tuple[str, Key], frozenset[str]] = {}

    def resume(key: tuple[str, Key], answer: Any) -> None:
        try:
            requests[key] = walks[key].send(answer)
        except StopIteration as end:
            results[key] = end.value

    for key in walks:
        resume(key, None)
    while requests:
        wanted: dict[str, set[str]] = {}
        for (repository_id, _), shas in requests.items():
            wanted.setdefault(repository_id, set()).update(shas)
        for repository_id, shas_of_repository in wanted.items():
            if repository_id not in repositories:
                repositories[repository_id] = _Commits(connection, repository_id)
            repositories[repository_id].read(shas_of_repository)
        answered, requests = requests, {}
        for key, shas in answered.items():
            stored = repositories[key[0]].stored
            resume(key, {sha: stored[sha] for sha in shas if sha in stored})
    return results
