"""Settings and the list of streams; what one run shares between its streams."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_clickup.client import Client
from tap_clickup.errors import AccessDeniedError, ClickUpError, ConfigurationError
from tap_clickup.hierarchy import Hierarchy
from tap_clickup.prefetch import Prefetcher
from tap_clickup.rate_limit import RateLimit
from tap_clickup.settings import CONFIG_SCHEMA
from tap_clickup.streams.hierarchy import Folders, Lists, Spaces, Sprints, Statuses, Workspaces
from tap_clickup.streams.runs import CompletedReads, SyncRuns
from tap_clickup.streams.tasks import Tasks
from tap_clickup.streams.time_entries import TimeEntries
from tap_clickup.streams.time_in_status import TimeInStatus
from tap_clickup.streams.users import Users
from tap_clickup.streams.webhooks import Webhooks
from tap_clickup.sync_report import SyncReport
from tap_clickup.validation import partitions, validate_config, validate_state
from tap_clickup.workspace import Workspace
from tap_clickup.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.workspace import ScopeConditions

STREAMS: tuple[type[ClickUpStream], ...] = (
    Workspaces,
    Webhooks,
    Tasks,
    TimeInStatus,
    TimeEntries,
    Spaces,
    Folders,
    Lists,
    Statuses,
    Sprints,
    Users,
    CompletedReads,
    SyncRuns,
)
"""In the order they are read: the walk over spaces and lists runs beside the tasks, tasks and time
entries name people who have left, and what the run has to tell of itself is last."""
Item = TypeVar("Item")
BACKFILL = timedelta(days=90)
"""How far the first run reads back where no start_date is set."""


class TapClickUp(Tap):
    """Reads ClickUp: places, people, tasks, time entries, sprints and webhooks."""

    name = "tap-clickup"
    package_name = "pandev-clickup"
    message_writer_class = BufferedWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    stream_types: ClassVar[tuple[type[ClickUpStream], ...]] = STREAMS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._running = ExitStack()
        if isinstance(options.get("state"), list):
            validate_state(options["state"])
        super().__init__(*arguments, **options)

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state. Raises `ConfigurationError` if it is none of this tap's."""
        validate_state(state)
        super().load_state(state)

    def discover_streams(self) -> list[Stream]:
        """Return all streams. Asks nobody, so it works without a token."""
        return [stream(tap=self) for stream in self.stream_types]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `stream_types`; the SDK sorts them by name."""
        rank: dict[type[Stream], int] = {stream: n for n, stream in enumerate(self.stream_types)}
        return dict(sorted(super().streams.items(), key=lambda item: rank[type(item[1])]))

    @cached_property
    def client(self) -> Client:
        """The one client of this run."""
        return Client(
            self.config["api_url"],
            api_token=self.config["api_token"],
            limit=self.rate_limit,
        )

    @property
    def rate_limit(self) -> RateLimit:
        """A new budget of requests; it leaves a part of ClickUp's limit to the receiver."""
        return RateLimit(self.config.get("requests_per_minute"))

    @property
    def space_ids(self) -> frozenset[str]:
        """The spaces named by the settings; none means all."""
        return frozenset(map(str, self.config.get("space_ids") or ()))

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """The selected workspaces.

        Raises `ConfigurationError` if one is not visible to the token.
        """
        answer = self.client.get("/team", required_key="teams")
        teams = {str(team["id"]): team for team in answer.body["teams"]}
        wanted = list(dict.fromkeys(self.config.get("workspace_ids") or teams))
        if unknown := [one for one in wanted if one not in teams]:
            raise ConfigurationError(
                f"workspace_ids: {', '.join(unknown)} not visible to the token, "
                f"which sees {', '.join(teams) or 'none'}"
            )
        return [self._workspace(teams[one], answer.requested_at) for one in wanted]

    def _workspace(self, team: Mapping[str, Any], requested_at: datetime) -> Workspace:
        workspace_id, report = str(team["id"]), SyncReport(str(team["id"]))
        known = None if self.sweeps else self._lists_before(workspace_id)
        hierarchy = Hierarchy(
            self.client,
            workspace_id,
            report,
            self.space_ids,
            previous_lists_digest=known,
            include_archived_lists=self.sweeps,
        )
        return Workspace(team, requested_at, hierarchy, report)

    def _lists_before(self, workspace_id: str) -> str | None:
        """Return from the state the mark of the lists that were found by a run before."""
        for partition in partitions(self.state, Tasks.name):
            if partition["context"]["workspace_id"] == workspace_id:
                return partition.get("lists")
        return None

    def hierarchy_of(self, workspace: Workspace) -> Hierarchy:
        """Return the hierarchy of a workspace to be walked once more, thoroughly."""
        return Hierarchy(
            self.client, workspace.id, workspace.report, self.space_ids, include_archived_lists=True
        )

    def reads_spaces_of(self, workspace: Workspace) -> bool:
        """Whether a workspace holds selected spaces; all are if none is named."""
        return not self.space_ids or bool(workspace.hierarchy.space_ids_found)

    def selection_grew(self, workspace: Workspace, state: dict[str, Any]) -> bool:
        """Keep in a state which spaces are read; return whether it knows less. [] stands for all.

        What counts are the spaces that the token sees: one that is shown again is new, too.
        """
        now = sorted(workspace.hierarchy.space_ids_found) if self.space_ids else []
        before, state["spaces"] = state.get("spaces"), now
        return bool(before) and not (now and set(now) <= set(before or ()))

    def placed(self, workspace: Workspace) -> ScopeConditions:
        """Return the condition that something lies in the selected spaces; none if all are."""
        if not self.space_ids:
            return {}
        return {"space_id": {"in": workspace.hierarchy.space_ids_found}}

    @property
    def sweeps(self) -> bool:
        """Whether this run reads everything there is, to tell what is gone."""
        return bool(self.config["sweep"])

    @cached_property
    def tasks(self) -> Tasks:
        """Return the stream of tasks."""
        stream = self.streams[Tasks.name]
        assert isinstance(stream, Tasks)  # noqa: S101 - our own list of streams
        return stream

    @cached_property
    def follower(self) -> TimeInStatus | None:
        """Return the stream that follows the tasks of this run, if it is wanted."""
        stream = self.streams[TimeInStatus.name]
        assert isinstance(stream, TimeInStatus)  # noqa: S101 - our own list of streams
        return stream if self.config["time_in_status"] and stream.selected else None

    @cached_property
    def default_start(self) -> str:
        """Return where a first run begins: the start date, else 90 days ago."""
        default = (datetime.now(UTC) - BACKFILL).isoformat(timespec="milliseconds")
        return str(self.config.get("start_date") or default)

    def beside(self, readings: Iterable[Iterable[Item]]) -> Prefetcher[Item]:
        """Run readings beside each other, until the run ends at the latest."""
        beside = Prefetcher(readings)
        self._running.callback(beside.close)
        return beside

    def sync_all(self) -> None:  # type: ignore[misc] # final in the SDK, which offers no other place
        """Check what would stop every stream, sync all, then tell what was not read."""
        if not self._is_enabled():
            return
        with self._running:
            self.check()
            self._start()
            super().sync_all()
        self.conclude()

    def _start(self) -> None:
        """Begin what takes longest, so that other streams are read beside it.

        That fixes the start date in the state, which the SDK then writes before all else.
        """
        if self.tasks.selected:
            self.tasks.start()

    def run_connection_test(self) -> bool:  # type: ignore[misc] # final in the SDK, as above
        """Read one record of each stream (`--test`). Raises `ClickUpError` if that fails."""
        if not self._is_enabled():
            return True
        with self._running:
            self.check()
            super().run_connection_test()
        self.conclude()
        return True

    def _is_enabled(self) -> bool:
        if not self.config["enabled"]:
            self.logger.warning("enabled is false: nothing is asked and nothing written")
        return bool(self.config["enabled"])

    def check(self) -> None:
        """Raise what would keep the run from reading anything, before its first message."""
        validate_config(self.config)
        if self.workspaces and self.space_ids:
            self._check_space_ids()

    def _check_space_ids(self) -> None:
        """Report selected spaces that are in no workspace.

        Raises `ConfigurationError` if none is in any.
        """
        found = {
            one for workspace in self.workspaces for one in workspace.hierarchy.space_ids_found
        }
        failed = any(workspace.report.retryable_failures for workspace in self.workspaces)
        if not (unknown := sorted(self.space_ids - found)) or failed:
            return
        why = (
            f"space_ids: {', '.join(unknown)} not visible to the token in the selected "
            "workspaces; make its user a member of the space, or correct the setting"
        )
        if not found:
            raise ConfigurationError(why)
        self.workspaces[0].report.record_failure("selected spaces", AccessDeniedError(why))

    def conclude(self) -> None:
        """Log what the run did. Raises `ClickUpError` if a stream failed."""
        for workspace in self.workspaces:
            counts = ", ".join(f"{n:,} {name}" for name, n in workspace.report.records.items())
            self.logger.info("workspace %s: %s", workspace.id, counts)
        self.logger.info("%s", self.client.stats)
        failed = [
            gap for workspace in self.workspaces for gap in workspace.report.retryable_failures
        ]
        if failed:
            raise ClickUpError(
                "not everything was read: "
                + "; ".join(f"{gap.subject}: {gap.reason}" for gap in failed)
            )

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; what the schema refuses becomes one line without its value."""
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            raise ConfigurationError(
                "; ".join(re.sub(r"^.* (is not )", r"a value \1", line) for line in error.errors)
                + "; settings come from --config or, with --config=ENV, from TAP_CLICKUP_<SETTING>"
            ) from None

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End as a failed run: the STATE messages already written are true."""
        sys.exit(128 + signum)


def main() -> None:
    """Run the command line; what stops it is told in one line."""
    try:
        TapClickUp.cli()
    except ClickUpError as error:
        TapClickUp.logger.critical("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
