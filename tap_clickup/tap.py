"""Settings and the list of streams; what one run shares between its streams."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_clickup import records, streams
from tap_clickup.client import API_URL, ClickUpError, Client, SettingError
from tap_clickup.hierarchy import Hierarchy
from tap_clickup.ratelimit import RateLimit
from tap_clickup.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_clickup.records import Json

STREAMS: tuple[type[streams.ClickUpStream], ...] = (
    streams.Workspaces,
    streams.Spaces,
    streams.Folders,
    streams.Lists,
    streams.Statuses,
    streams.Tasks,
    streams.Users,
    streams.SyncRuns,
)
"""In the order they are read: tasks name people who left, and the run's report is last."""


@dataclass
class Workspace:
    """One selected workspace during one run."""

    team: Json
    sent_at: datetime
    client: Client
    space_ids: frozenset[str]
    thorough: bool
    report: Report
    people: dict[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The workspace's id."""
        return str(self.team["id"])

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """Its spaces, folders, lists and statuses, read at the first use."""
        hierarchy = Hierarchy(
            self.client, self.id, self.report, self.space_ids, thorough=self.thorough
        )
        hierarchy.walk()
        return hierarchy


class TapClickUp(Tap):
    """Reads ClickUp: workspaces, users, spaces, folders, lists, statuses and tasks."""

    name = "tap-clickup"
    package_name = "pandev-clickup"
    message_writer_class = MsgSpecWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "api_token",
            th.StringType(nullable=False),
            required=True,
            secret=True,
            title="API token",
            description="Personal API token of the service user, begins with pk_. "
            "ClickUp shows it once: avatar > Settings > My Settings > Apps > API Token",
        ),
        th.Property(
            "workspace_ids",
            th.ArrayType(th.StringType(nullable=False)),
            title="Workspaces",
            description="Ids of the workspaces to read; all that the token sees if none is named",
        ),
        th.Property(
            "space_ids",
            th.ArrayType(th.StringType(nullable=False)),
            title="Spaces",
            description="Ids of the spaces to read; all spaces of the workspaces if none is named",
        ),
        th.Property(
            "start_date",
            th.DateTimeType(nullable=False),
            title="Start date",
            description="Tasks updated before this moment are left out; "
            "90 days before the first run if not set",
        ),
        th.Property(
            "requests_per_minute",
            th.IntegerType(nullable=False, minimum=1),
            title="Requests a minute",
            description="Most requests in any 60 seconds; "
            "80 percent of what ClickUp's headers allow if not set",
        ),
        th.Property(
            "api_url",
            th.StringType(nullable=False),
            default=API_URL,
            title="API address",
            description="Where ClickUp's API v2 answers; another address is for tests",
        ),
        additional_properties=False,
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Return all streams. Asks nobody, so it works without a token."""
        return [stream(tap=self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `STREAMS`; the SDK sorts them by name."""
        rank: dict[type[Stream], int] = {stream: n for n, stream in enumerate(STREAMS)}
        return dict(sorted(super().streams.items(), key=lambda item: rank[type(item[1])]))

    @cached_property
    def client(self) -> Client:
        """The one client of this run."""
        return Client(
            self.config["api_url"],
            api_token=self.config["api_token"],
            limit=RateLimit(self.config.get("requests_per_minute")),
        )

    @property
    def space_ids(self) -> frozenset[str]:
        """The spaces named by the settings; none means all."""
        return frozenset(map(str, self.config.get("space_ids") or ()))

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """The selected workspaces. Raises `SettingError` if one is not visible to the token."""
        answer = self.client.get("/team", expect="teams")
        teams = {str(team["id"]): team for team in answer.body["teams"]}
        wanted = list(dict.fromkeys(self.config.get("workspace_ids") or teams))
        if unknown := [one for one in wanted if one not in teams]:
            raise SettingError(
                f"workspace_ids: {', '.join(unknown)} not visible to the token, "
                f"which sees {', '.join(teams) or 'none'}"
            )
        return [self._workspace(teams[one], answer.sent_at) for one in wanted]

    def _workspace(self, team: Mapping[str, Any], sent_at: datetime) -> Workspace:
        workspace_id = str(team["id"])
        report = Report(workspace_id)
        thorough = not self._archives_were_read(workspace_id)
        return Workspace(team, sent_at, self.client, self.space_ids, thorough, report)

    def _archives_were_read(self, workspace_id: str) -> bool:
        """Tell from the state whether a run before read the archived lists of a workspace."""
        tasks = self.state.get("bookmarks", {}).get(streams.Tasks.name, {})
        return any(
            "archives" in partition and partition["context"]["workspace_id"] == workspace_id
            for partition in tasks.get("partitions", ())
        )

    def sync_all(self) -> None:  # type: ignore[misc] # final in the SDK, which offers no other place
        """Check what would stop every stream, sync all, then tell what was not read."""
        self.check()
        super().sync_all()
        self.conclude()

    def run_connection_test(self) -> bool:  # type: ignore[misc] # final in the SDK, as above
        """Read one record of each stream (`--test`). Raises `ClickUpError` if that fails."""
        self.check()
        super().run_connection_test()
        self.conclude()
        return True

    def check(self) -> None:
        """Raise what would keep the run from reading anything, before its first message."""
        self._check_moments()
        found = {
            one for workspace in self.workspaces for one in workspace.hierarchy.found_space_ids
        }
        failed = any(workspace.report.failures for workspace in self.workspaces)
        if (unknown := sorted(self.space_ids - found)) and not failed:
            raise SettingError(
                f"space_ids: {', '.join(unknown)} not visible to the token in the selected "
                "workspaces; make its user a member of the space, or correct the setting"
            )

    def _check_moments(self) -> None:
        """Raise `SettingError` if the start date, or a bookmark of the state, is no moment."""
        moments = {"start_date": self.config.get("start_date")}
        tasks = self.state.get("bookmarks", {}).get(streams.Tasks.name, {})
        for partition in tasks.get("partitions", ()):
            where = f"state of tasks in {partition['context']}"
            moments[f"{where}, start_date"] = partition.get("start_date")
            for name, cursor in partition.get("cursors", {}).items():
                moments[f"{where}, cursor {name}"] = cursor
        for name, value in moments.items():
            try:
                records.parsed(value or "1970-01-01")
            except (TypeError, ValueError):
                raise SettingError(f"{name}: expected a moment such as 2026-01-31") from None

    def conclude(self) -> None:
        """Log what the run did. Raises `ClickUpError` if a stream failed."""
        for workspace in self.workspaces:
            counts = ", ".join(f"{n:,} {name}" for name, n in workspace.report.records.items())
            self.logger.info("workspace %s: %s", workspace.id, counts)
        self.logger.info("%s", self.client.traffic)
        failed = [gap for workspace in self.workspaces for gap in workspace.report.failures]
        if failed:
            raise ClickUpError(
                "not everything was read: " + "; ".join(f"{gap.what}: {gap.why}" for gap in failed)
            )

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; what the schema refuses becomes one line without its value."""
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            raise SettingError(
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
