"""Generate repositories with branches, commits and pull requests as their taps write them.

In each repository the history repeats: five commits on the main branch, a branch of four, and its
merge by a pull request. A third of the merges are squashes, and a tenth of the pull requests are
open. The commits are those that people made while their editors sent events, and others with all
kinds of messages; one in twenty has a co-author, one in thirty an address that `.mailmap` replaces.
"""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.ide_events import REPOSITORIES
from benchmarks.join_clickup import DAYS, FIRST, READ_AT
from benchmarks.join_messages import MessageGenerator, name_task
from benchmarks.join_tasks import PEOPLE, Record, iso
from tap_git.commits import CommitsStream
from tap_git.streams import BranchesStream, RepositoriesStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.ide_events import PersonDay
    from benchmarks.singer_file import SingerFile

SEED = 18
ON_MAIN, ON_BRANCH = 5, 4
COMMITS_PER_PULL_REQUEST = ON_MAIN + ON_BRANCH + 1
BRANCHES_SHARE = 2
"""Every second branch of a pull request still exists."""
TEXT = {"type": ["string", "null"]}
TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
PULL_REQUESTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "repository_id": {"type": "string"},
        "number": {"type": "integer"},
        **dict.fromkeys(("title", "state", "head_branch", "base_branch", "head_sha"), TEXT),
        **dict.fromkeys(("merge_commit_sha", "author_id", "author_login", "url"), TEXT),
        **dict.fromkeys(("created_at", "merged_at", "closed_at", "updated_at"), TIMESTAMP),
    },
}


class Work(NamedTuple):
    """A commit that is not in a history yet."""

    at: datetime
    email: str
    message: str


class GitGenerator:
    """Generates the records of tap-git and of the pull requests of its repositories."""

    def __init__(self, *, tasks: int, commits: int, days: Iterable[PersonDay]) -> None:
        self._source = random.Random(SEED)  # noqa: S311 - made-up data
        self._tasks = tasks
        names = [name_task(number) for number in range(tasks)]
        self._messages = MessageGenerator(self._source, names)
        self._pull_requests = max(1, commits // COMMITS_PER_PULL_REQUEST // len(REPOSITORIES))
        self._works: dict[str, list[Work]] = {path: [] for path in REPOSITORIES}
        for day in days:
            for path, at, message in day.commits:
                self._works[path].append(Work(at, day.email, message))

    def write(self, git: SingerFile, hosts: SingerFile) -> None:
        """Write repositories, branches and commits into a file, pull requests into another one."""
        for stream in (RepositoriesStream, BranchesStream, CommitsStream):
            git.write_schema(stream.name, stream.schema, stream.primary_keys)
        hosts.write_schema("pull_requests", PULL_REQUESTS, ["repository_id", "number"])
        for path in REPOSITORIES:
            git.write_record("repositories", _repository(path), read_at=iso(READ_AT))
        for path in REPOSITORIES:
            history = RepositoryHistory(self._source, path, self._all_works(path), self._tasks)
            for _ in range(self._pull_requests):
                history.repeat()
            history.end()
            for name in ("branches", "commits"):
                for record in history.records[name]:
                    git.write_record(name, record, read_at=iso(READ_AT))
            for record in history.records["pull_requests"]:
                hosts.write_record("pull_requests", record, read_at=iso(READ_AT))
            git.write_state({"bookmarks": {"commits": {"heads": {path: [history.head]}}}})

    def _all_works(self, path: str) -> Iterator[Work]:
        """Yield the works of a repository in order, filled up with others."""
        count = self._pull_requests * (COMMITS_PER_PULL_REQUEST - 1)
        works = self._works[path][:count]
        while len(works) < count:
            at = FIRST + timedelta(seconds=self._source.randrange(DAYS * 86_400))
            message = self._messages.generate().text
            works.append(Work(at, f"user{self._source.randrange(PEOPLE)}@example.com", message))
        yield from sorted(works)


class RepositoryHistory:
    """The commits of a repository as they are made, and their branches and pull requests."""

    def __init__(self, source: random.Random, path: str, works: Iterator[Work], tasks: int) -> None:
        self._source = source
        self._id = f"github.com/{path}"
        self._works = works
        self._tasks = tasks
        self._count = 0
        self._number = 0
        self.head = ""
        self.records: dict[str, list[Record]] = {"branches": [], "commits": [], "pull_requests": []}

    def repeat(self) -> None:
        """Add commits on the main branch, and a branch with its pull request."""
        for _ in range(ON_MAIN):
            self.head, _ = self._commit(next(self._works), [self.head] if self.head else [])
        branch_head = self.head
        opened_at = None
        for _ in range(ON_BRANCH):
            branch_head, at = self._commit(next(self._works), [branch_head])
            opened_at = opened_at or at
        self._number += 1
        task = name_task(self._source.randrange(self._tasks))
        branch = f"feature/CU-{task.id}-{self._number}"
        title = f"{task.custom_id} Fix the export" if self._number % 2 else "Tidy the export"
        is_merged = self._number % 10 != 0
        if is_merged:
            is_squash = self._number % 3 == 0
            parents = [self.head] if is_squash else [self.head, branch_head]
            merge = Work(at, self._author(), f"{title} (#{self._number})")
            self.head, _ = self._commit(merge, parents)
        times = (opened_at or at, at if is_merged else None)
        self._add_pull_request(title, branch, branch_head, times)
        if self._number % BRANCHES_SHARE == 0:
            self._add_branch(branch, branch_head, is_default=False)

    def end(self) -> None:
        """Add the main branch, which the tap reads after everything has happened."""
        self._add_branch("main", self.head, is_default=True)

    def _commit(self, work: Work, parents: list[str]) -> tuple[str, datetime]:
        """Add a commit and return its sha and time."""
        name = f"{self._id} {self._count}"
        sha = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        self._count += 1
        author = work.email.partition("@")[0].replace("user", "User ")
        email, message = work.email, work.message
        if self._count % 30 == 0:
            email = f"old-{email}"
        if self._count % 20 == 0:
            person = self._source.randrange(PEOPLE)
            message += f"\n\nCo-authored-by: User {person} <user{person}@example.com>"
        self.records["commits"].append(
            {
                "repository_id": self._id,
                "sha": sha,
                "author_name": author,
                "author_email": email,
                "authored_at": iso(work.at),
                "committer_name": author,
                "committer_email": email,
                "committed_at": iso(work.at),
                "message": message,
                "parents": parents,
            }
        )
        return sha, work.at

    def _author(self) -> str:
        return f"user{self._source.randrange(PEOPLE)}@example.com"

    def _add_pull_request(
        self, title: str, branch: str, branch_head: str, times: tuple[datetime, datetime | None]
    ) -> None:
        opened_at, merged_at = times
        closed = iso(merged_at) if merged_at else None
        self.records["pull_requests"].append(
            {
                "repository_id": self._id,
                "number": self._number,
                "title": title,
                "state": "merged" if merged_at else "open",
                "head_branch": branch,
                "base_branch": "main",
                "head_sha": branch_head,
                "merge_commit_sha": self.head if merged_at else None,
                "author_login": f"user{self._number % PEOPLE}",
                "created_at": iso(opened_at),
                "merged_at": closed,
                "closed_at": closed,
                "updated_at": iso(merged_at or opened_at),
                "url": f"https://{self._id}/pull/{self._number}",
            }
        )

    def _add_branch(self, name: str, sha: str, *, is_default: bool) -> None:
        record = {"repository_id": self._id, "name": name, "head_sha": sha}
        self.records["branches"].append({**record, "is_default": is_default})


def _repository(path: str) -> Record:
    """Return a repository whose `.mailmap` replaces the former addresses of all people."""
    addresses = [f"user{number}@example.com" for number in range(PEOPLE)]
    mailmap = [{"email": f"old-{address}", "new_email": address} for address in addresses]
    return {
        "id": f"github.com/{path}",
        "host": "github.com",
        "path": path,
        "name": path.rpartition("/")[2],
        "default_branch": "main",
        "mailmap": mailmap,
    }
