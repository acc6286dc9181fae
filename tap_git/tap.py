"""The Singer tap over local git repositories: its settings and its streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

from tap_base.sources_tap import SourcesTap
from tap_git.commits import CommitsStream, SavedCommits
from tap_git.errors import ConfigurationError, TapGitError
from tap_git.repository import disable_object_cache
from tap_git.settings import CONFIG_SCHEMA
from tap_git.streams import BranchesStream, CompletedReadsStream, RepositoriesStream
from tap_git.sync import SyncContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

STREAMS = (RepositoriesStream, CompletedReadsStream, BranchesStream, CommitsStream)
"""In the order in which they are read: a row follows the rows that it references, and the streams
that write completed reads follow the SCHEMA of these."""


class _Bookmarks(Struct):
    commits: SavedCommits | UnsetType = UNSET


class _State(Struct):
    bookmarks: _Bookmarks | UnsetType = UNSET


class TapGit(SourcesTap):
    """Reads repositories, branches and commits of local git repositories, but no file contents."""

    name = "tap-git"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    error_type = ConfigurationError
    reported_errors = (TapGitError,)
    context_class = SyncContext
    state_type = _State
    sync_context: SyncContext

    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams; they do not depend on the settings."""
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `STREAMS`; the SDK sorts them by name."""
        by_name = super().streams
        return {stream.name: by_name[stream.name] for stream in STREAMS}


def main() -> None:
    """Run the command line."""
    disable_object_cache()
    TapGit.run_command_line()
