"""The streams of tap-git. What a repository holds, `repository` reads; here it becomes records."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk import typing as th
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_git.repository import RepositoryError, commit_record, commits

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pygit2
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import RecordMessage

    from tap_git.repository import Repository
    from tap_git.tap import TapGit

SHA = re.compile("[0-9a-f]{40}")


def _column(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    return th.Property(name, kind, required=True, nullable=False, description=description)


def _nullable(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    return th.Property(name, kind, description=description)


class GitStream(Stream):
    """What the streams share: one repository after the other, and when it was opened."""

    # records come as their schemas say, so the SDK need not look at each value again
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _tap: TapGit
    _opened_at: datetime

    def repositories(self) -> Iterator[Repository]:
        """Yield the repositories of this run; what follows was seen when they were opened."""
        for repository in self._tap.repositories:
            self._tap.stop_if_asked()
            self._opened_at = repository.opened_at
            yield repository

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log, but for `--test`, which stops each stream and reports that as an error."""
        if self.ABORT_AT_RECORD_COUNT is None:
            super().log(message, *args, level=level, **kwargs)

    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            message.time_extracted = self._opened_at
            yield message


class RepositoriesStream(GitStream):
    """The repositories that the settings name."""

    name = "repositories"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        _column("id", "Address of remote origin without user and port: host/group/repository"),
        _column("host", "Host of remote origin in lower case; `local` where there is none"),
        _column("path", "Group, subgroups and name, as IDE events call it in gitPath"),
        _column("name", "Last part of the path"),
        _nullable("default_branch", "Branch that origin checks out, else main, master or HEAD's"),
    ).to_dict()

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield each repository."""
        for repository in self.repositories():
            yield {
                "id": repository.address.id,
                "host": repository.address.host,
                "path": repository.address.path,
                "name": repository.address.name,
                "default_branch": repository.default_branch,
            }


class BranchesStream(GitStream):
    """Local branches and those of origin; where both exist, origin's head wins."""

    name = "branches"
    primary_keys = ("repository_id", "name")
    schema = th.PropertiesList(
        _column("repository_id", "Id in `repositories`"),
        _column("name", "Name of the branch without the remote"),
        _column("head_sha", "Commit that it points to"),
        _column("is_default", "Whether it is the default branch", th.BooleanType),
    ).to_dict()

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield each branch, sorted by name in its repository."""
        for repository in self.repositories():
            for name, sha in repository.branches.items():
                yield {
                    "repository_id": repository.address.id,
                    "name": name,
                    "head_sha": sha,
                    "is_default": name == repository.default_branch,
                }


class CommitsStream(GitStream):
    """Commits that the branches reach, parents first; a later run brings only new ones.

    The state holds, per repository, the heads whose commits have all been written:
    `{"heads": {"host/group/repository": ["<sha>", …]}}`, and the start date they were read from.
    """

    # a crash reads so many again, and a repository's own; unchanged state is not written
    STATE_MSG_FREQUENCY = 1_000

    name = "commits"
    primary_keys = ("repository_id", "sha")
    schema = th.PropertiesList(
        _column("repository_id", "Id in `repositories`"),
        _column("sha", "Id of the commit"),
        _column("author_name", "Who wrote the change"),
        _column("author_email", "E-mail of the author"),
        _nullable("authored_at", "When, with the author's own offset", th.DateTimeType),
        _column("committer_name", "Who made the commit"),
        _column("committer_email", "E-mail of the committer"),
        _nullable("committed_at", "When, with the committer's own offset", th.DateTimeType),
        _column("message", "Whole message without the line ends that close it"),
        _column("parents", "Ids of the parents, first parent first", th.ArrayType(th.StringType)),
    ).to_dict()

    @property
    def replication_method(self) -> str:
        """LOG_BASED: the position is a set of heads, no column; FULL_TABLE if the catalog asks."""
        asked = self.forced_replication_method
        return "FULL_TABLE" if asked == "FULL_TABLE" else "LOG_BASED"

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield the commits that earlier runs have not brought."""
        remembered = self._remembered()
        for repository in self.repositories():
            known = frozenset(remembered.get(repository.address.id, ()))
            try:
                for commit in commits(repository, known=known):
                    yield from self._record(repository, commit)
            except RepositoryError as error:
                self._tap.failures.append(str(error))
                continue
            self._remember(repository)

    def _record(self, repository: Repository, commit: pygit2.Commit) -> Iterator[Record]:
        self._tap.stop_if_asked()
        start = self._tap.start_date
        if start and commit.commit_time < start.timestamp():
            return
        record = {"repository_id": repository.address.id}
        record |= commit_record(commit, shallow=repository.shallow)
        if None in (record["authored_at"], record["committed_at"]):
            self._tap.warn_of_time(repository.address.id, str(commit.id))
        yield record

    def _remembered(self) -> dict[str, list[str]]:
        """Return the heads of the last complete reads, or none if all is to be read again."""
        state, start = self.stream_state, self._tap.start_date
        before = state.get("start_date")
        if before and (start is None or start < datetime.fromisoformat(before)):
            self.log("start_date is earlier than it was: all commits are read again")
            # emptied rather than left out: Meltano may merge this state into the one before
            state["heads"] = {repository_id: [] for repository_id in state.get("heads", {})}
        if start or before:
            state["start_date"] = start and start.astimezone(UTC).isoformat()
        if self.replication_method == "FULL_TABLE":
            return {}
        return {
            repository_id: [sha for sha in heads if SHA.fullmatch(sha)]
            for repository_id, heads in state.get("heads", {}).items()
        }

    def _remember(self, repository: Repository) -> None:
        if repository.shallow:
            return  # what lies below its border may arrive later: it is read whole each time
        heads = {**self.stream_state.get("heads", {}), repository.address.id: [*repository.heads]}
        self.stream_state["heads"] = dict(sorted(heads.items()))

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Write nothing: the heads in the state are the starting value."""
