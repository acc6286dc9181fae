"""The streams of tap-git: they turn what `repository` reads into records."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import typing as th

from tap_base.streams import BaseStream
from tap_git.completed_reads import ReadRows, build_completed_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_git.repository import Repository
    from tap_git.sync import HasSyncContext, SyncContext

CONDITIONS = th.CustomType({"type": "object", "additionalProperties": {"type": "object"}})


def required(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    """Return a property that is never null."""
    return th.Property(name, kind, required=True, nullable=False, description=description)


def nullable(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    """Return a property that may be null."""
    return th.Property(name, kind, description=description)


class GitStream(BaseStream):
    """A stream over all repositories; a record is as of the time its repository was opened."""

    @property
    def sync_context(self) -> SyncContext:
        """The state that the streams of this run share."""
        return cast("HasSyncContext", self._tap).sync_context

    def repositories(self) -> Iterator[Repository]:
        """Yield the repositories of this run; the next records are dated by their opening."""
        for repository in self.sync_context.repositories:
            self.sync_context.raise_if_interrupted()
            self._extracted_at = repository.opened_at
            yield repository

    def report_read(
        self,
        repository: Repository,
        key_property: str,
        *,
        existing: Iterable[str] | None,
        gone: Iterable[str] = (),
    ) -> None:
        """Write a completed read of a repository, unless the run only tests the connection."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            return
        rows = ReadRows(self.name, key_property, existing, gone)
        record = build_completed_read(repository, rows, finished_at=datetime.now(UTC))
        completed_reads = cast("CompletedReadsStream", self._tap.streams["completed_reads"])
        completed_reads.write(self, record, opened_at=repository.opened_at)


class RepositoriesStream(GitStream):
    """The configured repositories."""

    name = "repositories"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        required("id", "Address of remote origin without user and port: host/group/repository"),
        required("host", "Host of remote origin in lower case; `local` without a remote"),
        required("path", "Group, subgroups and name; gitPath in IDE events"),
        required("name", "Last part of the path"),
        nullable("default_branch", "Default branch of origin, else main, master or HEAD's branch"),
        nullable(
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


class CompletedReadsStream(GitStream):
    """What was read completely: docs/explained/completed-reads.md.

    The streams after it write its records, each as soon as all records of its scope are written.
    """

    name = "completed_reads"
    primary_keys = ("workspace_id", "stream", "scope")
    schema = th.PropertiesList(
        required("workspace_id", "Empty, as git has no workspaces"),
        required("stream", "The stream that was read"),
        required("scope", "Id in `repositories`"),
        required("started_at", "When the repository was opened", th.DateTimeType),
        required("finished_at", "When it had been read", th.DateTimeType),
        required("conditions", "Which rows belong to the scope", CONDITIONS),
        required(
            "key_properties",
            "Properties that identify a row within the scope",
            th.ArrayType(th.StringType),
        ),
        required("count", "Number of rows that exist", th.IntegerType),
        required(
            "keys",
            "Values of key_properties of these rows",
            th.ArrayType(th.ArrayType(th.StringType)),
        ),
    ).to_dict()

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        self._notes: set[str] = set()

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield nothing: other streams write the records."""
        yield from ()

    def write(self, stream: GitStream, read: Record, *, opened_at: datetime) -> None:
        """Write a completed read under the names of its stream that the target receives.

        It is left out and noted where the rows in the target lack the properties that identify
        them: either all of them would be marked as deleted, or none.
        """
        if not self.selected:
            return
        if self.name not in self.obstacles(()):
            self._note("deletions are not marked: stream_maps removes or renames completed_reads")
            return
        self._extracted_at = opened_at
        for name, obstacle in stream.obstacles(stream.primary_keys or ()).items():
            if obstacle:
                self._note(f"deletions of {name} are not marked: {obstacle}")
            else:
                self._write_record_message({**read, "stream": name})

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.add(note)
            self.log(note, level=logging.WARNING)


class BranchesStream(GitStream):
    """Local branches and those of origin; if both exist, origin's head is used."""

    name = "branches"
    primary_keys = ("repository_id", "name")
    schema = th.PropertiesList(
        required("repository_id", "Id in `repositories`"),
        required("name", "Name of the branch without the remote"),
        required("head_sha", "Commit that it points to"),
        required("is_default", "Whether it is the default branch", th.BooleanType),
    ).to_dict()

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield each branch, per repository sorted by name, and report that these are all."""
        for repository in self.repositories():
            self._note_incomplete(repository)
            for name, sha in repository.branches.items():
                yield {
                    "repository_id": repository.address.id,
                    "name": name,
                    "head_sha": sha,
                    "is_default": name == repository.default_branch,
                }
            if repository.incomplete_reason is None:
                self.report_read(repository, "name", existing=repository.branches)

    def _note_incomplete(self, repository: Repository) -> None:
        if repository.incomplete_reason:
            self.log(
                "%s: deletions are not marked: %s",
                repository.address.id,
                repository.incomplete_reason,
            )
