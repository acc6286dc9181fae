"""The stream of commits, and its state: which commits earlier runs have read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import Meta, Struct
from singer_sdk import typing as th

from tap_git.errors import RepositoryError
from tap_git.history import History
from tap_git.repository import build_commit_record
from tap_git.streams import GitStream, nullable, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pygit2
    from singer_sdk.helpers.types import Context, Record

    from tap_git.history import Deletions
    from tap_git.repository import Repository

SHA = re.compile("[0-9a-f]{40}")
REPORTED_FOR = timedelta(days=7)
"""How long deletions are reported again: a target may refuse many until they are confirmed."""


Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]


class SavedCommits(Struct):
    """What `CommitsStream` saves in the state."""

    heads: dict[str, list[str]] = {}
    lost_heads: dict[str, list[tuple[str, Timestamp]]] = {}
    start_date: Timestamp | None = None


class CommitsStream(GitStream):
    """Commits reachable from the branches, parents first; a later run reads only new ones.

    The state contains, per repository, the heads whose commits have all been written:
    `{"heads": {"host/group/repository": ["<sha>", …]}}`, the start date of these reads, and as
    `lost_heads` earlier heads that no branch reaches any more, with the time when this was noticed.
    """

    # after a crash at most this many commits of a repository are read again
    STATE_MSG_FREQUENCY = 1_000

    name = "commits"
    primary_keys = ("repository_id", "sha")
    schema = th.PropertiesList(
        required("repository_id", "Id in `repositories`"),
        required("sha", "Id of the commit"),
        required("author_name", "Author of the change"),
        required("author_email", "E-mail of the author"),
        nullable("authored_at", "Author's time, with its UTC offset", th.DateTimeType),
        required("committer_name", "Committer"),
        required("committer_email", "E-mail of the committer"),
        nullable(
            "committed_at",
            "Committer's time, with its UTC offset",
            th.DateTimeType,
        ),
        required("message", "Whole message without trailing line breaks"),
        required("parents", "Ids of the parents in their order", th.ArrayType(th.StringType)),
    ).to_dict()

    @property
    def replication_method(self) -> str:
        """LOG_BASED, as the bookmark is a set of heads; FULL_TABLE if the catalog requests it."""
        return "FULL_TABLE" if self.forced_replication_method == "FULL_TABLE" else "LOG_BASED"

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield the commits that no earlier run has read, and report those that are gone."""
        heads_by_repository = self._load_heads()
        for repository in self.repositories():
            history = History(
                repository,
                known_heads=heads_by_repository.get(repository.address.id, ()),
                lost_heads=self._load_lost_heads(repository),
            )
            try:
                for commit in history.read_new_commits():
                    yield from self._records(repository, commit)
                deletions = history.find_deletions()
            except RepositoryError as error:
                self.sync_context.failures.append(str(error))
                continue
            if deletions.existing is not None or deletions.gone:
                self.report_read(
                    repository, "sha", existing=deletions.existing, gone=deletions.gone
                )
            self._save_heads(repository, deletions)

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

    def _load_lost_heads(self, repository: Repository) -> dict[str, str]:
        """Return the lost heads that are still to be reported, and since when they are lost."""
        entries = self.stream_state.get("lost_heads", {}).get(repository.address.id, [])
        reported_since = repository.opened_at - REPORTED_FOR
        return {
            sha: since
            for sha, since in entries
            if SHA.fullmatch(sha) and datetime.fromisoformat(since) >= reported_since
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

    def _save_heads(self, repository: Repository, deletions: Deletions) -> None:
        """Store the heads in the state, now that all their commits have been written."""
        if repository.shallow:
            return  # commits beyond its boundary may arrive later: it is read whole in each run
        repository_id = repository.address.id
        heads = {**self.stream_state.get("heads", {}), repository_id: [*repository.heads]}
        self.stream_state["heads"] = dict(sorted(heads.items()))
        lost_since = self._load_lost_heads(repository)
        now = repository.opened_at.isoformat()
        lost_heads = [[sha, lost_since.get(sha, now)] for sha in deletions.lost_heads]
        stored = self.stream_state.get("lost_heads", {})
        if lost_heads or repository_id in stored:
            # lists, because Meltano may merge objects, so that no sha would ever be removed
            self.stream_state["lost_heads"] = {**stored, repository_id: lost_heads}

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Write nothing: the heads in the state are the starting value."""
