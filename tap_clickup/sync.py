"""What the streams of one run share. Knows neither the streams nor the tap."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from tap_clickup.client import Client
from tap_clickup.conversions import format_timestamp, parse_timestamp
from tap_clickup.errors import (
    AccessDeniedError,
    ClickUpError,
    ConfigurationError,
    OddFieldError,
    UnexpectedResponseError,
)
from tap_clickup.fields import Fields
from tap_clickup.hierarchy import Hierarchy
from tap_clickup.prefetch import Prefetcher
from tap_clickup.rate_limit import RateLimit
from tap_clickup.readers.task_reader import TaskReader
from tap_clickup.selection import Selection
from tap_clickup.sync_report import SyncReport
from tap_clickup.time_in_status_backlog import TimeInStatusBacklog
from tap_clickup.validation import partitions, validate_config
from tap_clickup.walks import saved_walks
from tap_clickup.webhook_coverage import WebhookCoverage
from tap_clickup.wording import format_stream_count
from tap_clickup.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_clickup.client import ApiResponse
    from tap_clickup.fields import Json

T = TypeVar("T")
TAP_SHARE = 0.8
"""The tap's share of ClickUp's rate limit; the rest is left to clickup-receiver."""
DEFAULT_LOOKBACK = timedelta(days=90)
"""How far back the first run reads if `start_date` is not set."""
BOOKMARK_OVERLAP = timedelta(minutes=10)
"""How much before its bookmark a run starts to read: ClickUp's index may lag behind an edit."""

logger = logging.getLogger("tap-clickup")


class SyncContext:
    """The settings, the client, the selection, the workspaces and the prefetchers of one run.

    `state` is the state of the tap, which is only read here. `backlog_state` returns a workspace's
    part of the state of time_in_status, by workspace id; without it that stream is not read. If
    `logs_failures` is false, the caller shows what could not be read. The workspaces are requested
    when they are first used. Leaving it as a context manager stops what is still being read.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        state: Mapping[str, Any] | None = None,
        backlog_state: Callable[[str], dict[str, Any]] | None = None,
        rate_limit_share: float = TAP_SHARE,
        logs_failures: bool = True,
    ) -> None:
        self.config = config
        self.selection = Selection.from_config(config)
        self._state: Mapping[str, Any] = {} if state is None else state
        self._backlog_state = backlog_state
        self._rate_limit_share = rate_limit_share
        self._logs_failures = logs_failures
        self._prefetchers = ExitStack()
        self.on_record: Callable[[], None] = lambda: None
        """Called after each record that a run has written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._prefetchers.close()

    @property
    def is_sweep(self) -> bool:
        """Whether this run reads everything, so that deletions can be derived from it."""
        return bool(self.config["sweep"])

    @cached_property
    def client(self) -> Client:
        """The only client of this run."""
        return Client(
            self.config["api_url"],
            api_token=self.config["api_token"],
            limit=self._new_rate_limit(),
        )

    def _new_rate_limit(self) -> RateLimit:
        """Return a new budget of requests. `requests_per_minute` is the budget of the tap."""
        share = self._rate_limit_share
        per_minute = self.config.get("requests_per_minute")
        budget = per_minute and max(1, int(per_minute * (share / TAP_SHARE)))
        return RateLimit(budget, share=share)

    @cached_property
    def teams(self) -> ApiResponse:
        """All workspaces that the token sees, as ClickUp sends them: it calls them teams."""
        return self.client.get("/team", required_key="teams")

    @cached_property
    def missing_workspaces(self) -> list[SyncReport]:
        """Reports on the workspaces that earlier runs read and that the token no longer sees.

        Nothing in them is marked as deleted: their user may only have lost access. If the setting
        names the workspaces, the others are not expected.
        """
        if self.selection.workspace_ids:
            return []
        visible = {Fields.of(team).id for team in self.teams.body["teams"]}
        reports = []
        for workspace_id in sorted(self._known_workspace_ids - visible):
            report = SyncReport(workspace_id)
            reason = (
                "not in the response of GET /team any longer; its rows are kept: make the token's "
                "user a member again, or set workspace_ids to the workspaces to read"
            )
            report.record_failure(f"workspace {workspace_id}", AccessDeniedError(reason))
            reports.append(report)
        return reports

    @property
    def deselected_workspace_ids(self) -> list[str]:
        """The workspaces that earlier runs read and that the setting does not name any longer."""
        return sorted(
            workspace_id
            for workspace_id in self._known_workspace_ids
            if not self.selection.includes_workspace(workspace_id)
        )

    @property
    def _known_workspace_ids(self) -> set[str]:
        saved = partitions(self._state, "tasks") + partitions(self._state, "time_entries")
        return {partition["context"]["workspace_id"] for partition in saved}

    @property
    def reports(self) -> list[SyncReport]:
        """The reports on the workspaces, or new ones on those expected if none is known yet."""
        if "workspaces" in self.__dict__:
            return [workspace.report for workspace in self.workspaces]
        expected = self.selection.workspace_ids or sorted(self._known_workspace_ids)
        return [SyncReport(workspace_id) for workspace_id in dict.fromkeys(expected)]

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """The selected workspaces.

        Raises `ConfigurationError` if one is not visible to the token.
        """
        response = self.teams
        teams = [Fields(team) for team in response.body["teams"]]
        visible = {team.id: team.payload for team in teams if team.id}
        if teams and not visible:
            raise UnexpectedResponseError("GET /team: no workspace has a readable id")
        selected = list(dict.fromkeys(self.selection.workspace_ids or visible))
        if hidden := [workspace_id for workspace_id in selected if workspace_id not in visible]:
            raise ConfigurationError(
                f"workspace_ids: {', '.join(hidden)} not visible to the token, "
                f"which sees {', '.join(visible) or 'none'}"
            )
        workspaces = [
            self._new_workspace(visible[workspace_id], response.requested_at)
            for workspace_id in selected
        ]
        if workspaces and not all(team.id for team in teams):
            error = OddFieldError("id")
            workspaces[0].report.leave_out("workspaces", "without id in GET /team", error)
        return workspaces

    def _new_workspace(self, payload: Json, requested_at: datetime) -> Workspace:
        workspace_id = Fields(payload).required_id
        report = SyncReport(workspace_id, logs_failures=self._logs_failures)
        coverage = WebhookCoverage(self.client, workspace_id, report)
        saved = {} if self.is_sweep else self._saved_tasks_state(workspace_id)
        hierarchy = Hierarchy(
            self.client,
            workspace_id,
            report,
            self.selection.space_ids,
            previous_walks=saved_walks(saved),
            coverage=coverage,
            walks_all_spaces=self.config["walk_all"],
            is_thorough=self.is_sweep,
        )
        backlog = None
        if self._backlog_state:
            backlog = TimeInStatusBacklog(self._backlog_state(workspace_id))
        return Workspace(payload, requested_at, hierarchy, report, coverage, time_in_status=backlog)

    def _saved_tasks_state(self, workspace_id: str) -> Mapping[str, Any]:
        """Return a workspace's part of the state of tasks."""
        for partition in partitions(self._state, "tasks"):
            if partition["context"]["workspace_id"] == workspace_id:
                return partition
        return {}

    def new_hierarchy(self, workspace: Workspace) -> Hierarchy:
        """Return the hierarchy of a workspace to be walked again, archived lists included."""
        return Hierarchy(
            self.client,
            workspace.id,
            workspace.report,
            self.selection.space_ids,
            is_thorough=True,
        )

    @cached_property
    def default_start_date(self) -> str:
        """Where a first run starts: the setting `start_date`, or 90 days ago."""
        default = format_timestamp(datetime.now(UTC) - DEFAULT_LOOKBACK)
        return str(self.config.get("start_date") or default)

    def start_date(self, workspace: Workspace) -> str:
        """Return where reading a workspace starts, as its first run of tasks has fixed it."""
        start_date: str = self._saved_tasks_state(workspace.id).get(
            "start_date", self.default_start_date
        )
        return start_date

    def task_reader(self, workspace: Workspace, cursors: Mapping[str, str]) -> TaskReader:
        """Return the reader of a workspace's tasks, from the bookmarks of its passes if any."""
        start_date = parse_timestamp(self.start_date(workspace))
        return TaskReader(
            client=self.client,
            workspace=workspace,
            space_ids=workspace.selection.space_ids or (),
            custom_fields=tuple(self.config["custom_fields"]),
            start_date=start_date,
            bookmarks={
                pass_name: max(start_date, parse_timestamp(cursor) - BOOKMARK_OVERLAP)
                for pass_name, cursor in cursors.items()
            },
            is_sweep=self.is_sweep,
        )

    def prefetch(self, iterables: Iterable[Iterable[T]]) -> Prefetcher[T]:
        """Iterate concurrently, until the run ends at the latest."""
        prefetcher = Prefetcher(iterables)
        self._prefetchers.callback(prefetcher.close)
        return prefetcher

    def validate(self) -> None:
        """Raise what would keep the run from reading anything, before its first message."""
        validate_config(self.config)
        if self.missing_workspaces and not self.workspaces:
            raise ConfigurationError(
                "the token sees none of the workspaces that were read before: "
                + ", ".join(report.workspace_id for report in self.missing_workspaces)
            )
        if self.workspaces and self.selection.space_ids:
            self._validate_space_ids()

    def _validate_space_ids(self) -> None:
        """Report selected spaces that are in none of the workspaces.

        Raises `ConfigurationError` if none of them is in any.
        """
        visible = {
            space_id
            for workspace in self.workspaces
            for space_id in workspace.hierarchy.space_ids_found
        }
        hidden = sorted(self.selection.space_ids - visible)
        has_failed = any(workspace.report.retryable_failures for workspace in self.workspaces)
        if not hidden or has_failed:
            return
        reason = (
            f"space_ids: {', '.join(hidden)} not visible to the token in the selected "
            "workspaces; make its user a member of the space, or correct the setting"
        )
        if not visible:
            raise ConfigurationError(reason)
        self.workspaces[0].report.record_failure("selected spaces", AccessDeniedError(reason))

    def log_summary(self) -> None:
        """Log what the run did. Raises `ClickUpError` if a stream failed."""
        for workspace in self.workspaces:
            counts = ", ".join(
                format_stream_count(count, stream)
                for stream, count in workspace.report.records.items()
            )
            logger.info("workspace %s: %s", workspace.id, counts)
            workspace.report.log_odd_objects()
        logger.info("%s", self.client.stats)
        failures = [
            failure
            for workspace in self.workspaces
            for failure in workspace.report.retryable_failures
        ]
        if failures:
            raise ClickUpError(
                "not everything was read: "
                + "; ".join(f"{failure.subject}: {failure.reason}" for failure in failures)
            )


class HasSyncContext(Protocol):
    """A tap whose streams share a `SyncContext`."""

    @property
    def sync_context(self) -> SyncContext:
        """What its streams share."""
