"""The Singer tap: settings, streams and the order of a run."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from singer_sdk.exceptions import MappingError

from tap_base.tap import BaseTap
from tap_clickup.access import fetch_token_user, role_name
from tap_clickup.errors import ClickUpError, ConfigurationError, FatalError
from tap_clickup.fields import Fields
from tap_clickup.memory import limit_heap
from tap_clickup.open_files import describe_open_files
from tap_clickup.settings import CONFIG_SCHEMA
from tap_clickup.streams.completed_reads import CompletedReads
from tap_clickup.streams.folders import Folders
from tap_clickup.streams.groups import Groups
from tap_clickup.streams.lists import Lists
from tap_clickup.streams.spaces import Spaces
from tap_clickup.streams.sprints import Sprints
from tap_clickup.streams.statuses import Statuses
from tap_clickup.streams.sync_runs import SyncRuns
from tap_clickup.streams.task_changes import TaskChanges
from tap_clickup.streams.task_types import TaskTypes
from tap_clickup.streams.tasks import Tasks
from tap_clickup.streams.time_entries import TimeEntries
from tap_clickup.streams.time_in_status import TimeInStatus
from tap_clickup.streams.users import Users
from tap_clickup.streams.webhooks import Webhooks
from tap_clickup.streams.workspaces import Workspaces
from tap_clickup.sync import SyncContext
from tap_clickup.validation import describe_invalid_setting, validate_state
from tap_clickup.writer import BufferedWriter

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk import Stream

    from tap_clickup.streams.base import ClickUpStream

STREAMS: tuple[type[ClickUpStream], ...] = (
    Workspaces,
    Webhooks,
    TaskTypes,
    Groups,
    Tasks,
    TimeInStatus,
    TimeEntries,
    Spaces,
    Folders,
    Lists,
    Statuses,
    Sprints,
    TaskChanges,
    Users,
    CompletedReads,
    SyncRuns,
)
"""In the order in which they are read. Spaces and lists are walked while the tasks are read, tasks
and time entries name users who have left, and the last two report on the streams before them."""
StreamT = TypeVar("StreamT", bound="ClickUpStream")
SOURCES = "settings come from --config or, with --config=ENV, from TAP_CLICKUP_<SETTING>"
"""What an error says about invalid settings; other commands that read them have no --config."""


class TapClickUp(BaseTap):
    """Reads ClickUp: hierarchy, users, groups, tasks, time entries, sprints and webhooks."""

    name = "tap-clickup"
    message_writer_class = BufferedWriter
    error_type = ConfigurationError
    reported_errors = (ClickUpError, MappingError)
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    stream_types: ClassVar[tuple[type[ClickUpStream], ...]] = STREAMS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if isinstance(options.get("state"), list):
            validate_state(options["state"])
        super().__init__(*arguments, **options)

    def load_state(self, state: dict[str, Any]) -> None:
        """Load a state. Raises `ConfigurationError` if tap-clickup did not write it."""
        validate_state(state)
        super().load_state(state)

    def discover_streams(self) -> list[Stream]:
        """Return all streams. Sends no request, so it works without a token."""
        return [stream(tap=self) for stream in self.stream_types]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `stream_types`; the SDK sorts them by name."""
        rank: dict[type[Stream], int] = {stream: n for n, stream in enumerate(self.stream_types)}
        return dict(sorted(super().streams.items(), key=lambda item: rank[type(item[1])]))

    @cached_property
    def sync_context(self) -> SyncContext:
        """What the streams of this run share."""
        backlog_state = None
        time_in_status = self._selected(TimeInStatus)
        if time_in_status and self.config["time_in_status"]:
            backlog_state = time_in_status.workspace_state
        return SyncContext(self.config, state=self.state, backlog_state=backlog_state)

    def sync_all(self) -> None:  # type: ignore[misc] # final in the SDK, which has no other hook
        """Validate, sync all streams, then log the summary. Raises `ClickUpError` if one failed."""
        if not self._is_enabled():
            return
        for line in describe_open_files(Path(os.environ.get("MELTANO_PROJECT_ROOT", ""))):
            self.logger.warning("%s", line)
        sync_runs = self._selected(SyncRuns)
        try:
            with self.sync_context:
                self._sync_all(sync_runs)
        except FatalError as error:
            if sync_runs:
                sync_runs.write_failure(error)
            raise
        self.sync_context.log_summary()

    def _sync_all(self, sync_runs: SyncRuns | None) -> None:
        self.sync_context.validate()
        if sync_runs:
            self.sync_context.on_record = sync_runs.write_due
        tasks = self._selected(Tasks)
        if tasks:  # they take longest; this also fixes the start date in the first STATE
            tasks.start()
        super().sync_all()
        if tasks:
            tasks.save_walks()
            self.state_writer.write_state(self.state)

    def run_connection_test(self) -> bool:  # type: ignore[misc] # final in the SDK, as above
        """Read one record of each stream (`--test`). Raises `ClickUpError` if that fails."""
        if not self._is_enabled():
            return True
        with self.sync_context:
            self.sync_context.validate()
            self._log_access()
            super().run_connection_test()
        self.sync_context.log_summary()
        return True

    def _log_access(self) -> None:
        """Log whose token it is, and that user's role in each selected workspace."""
        user = fetch_token_user(self.sync_context.client)
        self.logger.info("user: %s", user)
        for workspace in self.sync_context.workspaces:
            team = Fields(workspace.payload)
            role = role_name(team, user.id) or "role not reported"
            self.logger.info("workspace %s (%s): %s", workspace.id, team.text("name"), role)

    def _is_enabled(self) -> bool:
        if not self.config["enabled"]:
            self.logger.warning("enabled is false: skipping the run")
        return bool(self.config["enabled"])

    def _selected(self, stream_type: type[StreamT]) -> StreamT | None:
        """Return the stream of a type, or None if it is deselected."""
        for stream in self.streams.values():
            if isinstance(stream, stream_type) and stream.selected:
                return stream
        return None

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Return what is wrong with the settings, without their values, unless it is raised.

        Raises `ConfigurationError` in one line.
        """
        errors = [describe_invalid_setting(error) for error in self.find_invalid_settings()]
        summary = "; ".join(dict.fromkeys(errors))
        if errors and raise_errors:
            raise ConfigurationError(f"{summary}; {SOURCES}")
        if errors:
            self.logger.warning("invalid settings: %s", summary)
        return errors

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Exit as a failed run. The STATE messages already written are valid."""
        sys.exit(128 + signum)


def main() -> None:
    """Run the command line."""
    limit_heap()
    TapClickUp.run_command_line()


if __name__ == "__main__":
    main()
