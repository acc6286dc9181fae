"""The streams of tap-git: they turn what `repository` reads into records."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import Stream
from singer_sdk import typing as th
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_git.errors import RepositoryError
from tap_git.history import History
from tap_git.repository import build_commit_record

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pygit2
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import RecordMessage

    from tap_git.repository import Repository
    from tap_git.sync import HasSyncContext, SyncContext

SHA = re.compile("[0-9a-f]{40}")


def _column(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    return th.Property(name, kind, required=True, nullable=False, description=description)


def _nullable(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    return th.Property(name, kind, description=description)


class GitStream(Stream):
    """A stream over all repositories; a record is as of the time its repository was opened."""

    # records are built as their schemas declare, so the SDK need not convert each value
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _opened_at: datetime

    @property
    def sync_context(self) -> SyncContext:
        """The state that the streams of this run share."""
        return cast("HasSyncContext", self._tap).sync_context

    def repositories(self) -> Iterator[Repository]:
        """Yield the repositories of this run; the next records are dated by their opening."""
        for repository in self.sync_context.repositories:
            self.sync_context.raise_if_interrupted()
            self._opened_at = repository.opened_at
            yield repository

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log, except in `--test`, where the SDK would log its own abort as an error."""
        if self.ABORT_AT_RECORD_COUNT is None:
            super().log(message, *args, level=level, **kwargs)

    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            message.time_extracted = self._opened_at
            yield message


class RepositoriesStream(GitStream):
    """The configured repositories."""

    name = "repositories"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        _column("id", "Address of remote origin without user and port: host/group/repository"),
        _column("host", "Host of remote origin in lower case; `local` without a remote"),
        _column("path", "Group, subgroups and name; gitPath in IDE events"),
        _column("name", "Last part of the path"),
        _nullable("default_branch", "Default branch of origin, else main, master or HEAD's branch"),
        _nullable(
            "mailmap",
            "Entries of .mailmap: names and addresses to show instead of recorded ones",
            th.ArrayType(
                th.ObjectType(
                    th.Property("email", th.StringType, required=True, nullable=False),
                    th.Property("name", th.StringType),
                    th.Property("new_email", th.StringType),
                    th.Property("new_name", th.StringType),
                )
            ),
        ),
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
                "mailmap": repository.mailmap,
            }


class BranchesStream(GitStream):
    """Local branches and those of origin; if both exist, origin's head is used."""

    name = "branches"
    primary_keys = ("repository_id", "name")
    schema = th.PropertiesList(
        _column("repository_id", "Id in `repositories`"),
        _column("name", "Name of the branch without the remote"),
        _column("head_sha", "Commit that it points to"),
        _column("is_default", "Whether it is the default branch", th.BooleanType),
    ).to_dict()

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield each branch, per repository sorted by name."""
        for repository in self.repositories():
            for name, sha in repository.branches.items():
                yield {
                    "repository_id": repository.address.id,
                    "name": name,
                    "head_sha": sha,
                    "is_default": name == repository.default_branch,
                }


class CommitsStream(GitStream):
    """Commits reachable from the branches, parents first; a later run reads only new ones.

    The state contains, per repository, the heads whose commits have all been written:
    `{"heads": {"host/group/repository": ["<sha>", …]}}`, and the start date of these reads.
    """

    # after a crash at most this many commits of a repository are read again
    STATE_MSG_FREQUENCY = 1_000

    name = "commits"
    primary_keys = ("repository_id", "sha")
    schema = th.PropertiesList(
        _column("repository_id", "Id in `repositories`"),
        _column("sha", "Id of the commit"),
        _column("author_name", "Author of the change"),
        _column("author_email", "E-mail of the author"),
        _nullable("authored_at", "Author's time, with its UTC offset", th.DateTimeType),
        _column("committer_name", "Committer"),
        _column("committer_email", "E-mail of the committer"),
        _nullable(
            "committed_at",
            "Committer's time, with its UTC offset",
            th.DateTimeType,
        ),
        _column("message", "Whole message without trailing line breaks"),
        _column("parents", "Ids of the parents in their order", th.ArrayType(th.StringType)),
    ).to_dict()

    @property
    def replication_method(self) -> str:
        """LOG_BASED, as the bookmark is a set of heads; FULL_TABLE if the catalog requests it."""
        return "FULL_TABLE" if self.forced_replication_method == "FULL_TABLE" else "LOG_BASED"

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield the commits that no earlier run has read."""
        heads_by_repository = self._load_heads()
        for repository in self.repositories():
            known_heads = heads_by_repository.get(repository.address.id, ())
            history = History(repository, known_heads=known_heads)
            try:
                for commit in history.read_new_commits():
                    yield from self._records(repository, commit)
            except RepositoryError as error:
                self.sync_context.failures.append(str(error))
                continue
            self._save_heads(repository)

    def _records(self, repository: Repository, commit: pygit2.Commit) -> Iterator[Record]:
        """Yield the record of a commit, unless it is older than the start date."""
        self.sync_context.raise_if_interrupted()
        start_date = self.sync_context.start_date
        if start_date and commit.commit_time < start_date.timestamp():
            return
        record = {
            "repository_id": repository.address.id,
            **build_commit_record(commit, shallow=repository.shallow),
        }
        if record["authored_at"] is None or record["committed_at"] is None:
            self.sync_context.warn_invalid_time(repository.address.id, str(commit.id))
        yield record

    def _load_heads(self) -> dict[str, list[str]]:
        """Return the heads of the last complete reads, or none if all commits are to be read again.

        Also stores the start date in the state.
        """
        self._update_start_date()
        if self.replication_method == "FULL_TABLE":
            return {}
        return {
            repository_id: [sha for sha in heads if SHA.fullmatch(sha)]
            for repository_id, heads in self.stream_state.get("heads", {}).items()
        }

    def _update_start_date(self) -> None:
        """Store the start date in the state; if it is earlier than before, discard the heads."""
        state = self.stream_state
        start_date = self.sync_context.start_date
        previous = state.get("start_date")
        if previous and (start_date is None or start_date < datetime.fromisoformat(previous)):
            self.log("start_date is earlier than before: reading all commits again")
            # emptied instead of removed: Meltano may merge this state into the previous one
            state["heads"] = {repository_id: [] for repository_id in state.get("heads", {})}
        if start_date or previous:
            state["start_date"] = start_date and start_date.astimezone(UTC).isoformat()

    def _save_heads(self, repository: Repository) -> None:
        """Store the heads in the state, now that all their commits have been written."""
        if repository.shallow:
            return  # commits beyond its boundary may arrive later: it is read whole in each run
        heads = {**self.stream_state.get("heads", {}), repository.address.id: [*repository.heads]}
        self.stream_state["heads"] = dict(sorted(heads.items()))

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Write nothing: the heads in the state are the starting value."""
