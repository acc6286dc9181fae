"""The settings of tap-clickup as a JSON schema: types, defaults, titles and descriptions."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_clickup.sprints import FOLDER_PATTERN
from tap_clickup.urls import API_URL

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_token",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="API token",
        description="Personal API token of the service user; begins with pk_. "
        "Create it in ClickUp under avatar > Settings > My Settings > Apps > API Token",
    ),
    th.Property(
        "enabled",
        th.BooleanType(nullable=False),
        default=True,
        title="Enable integration with ClickUp",
        description="If false, a run sends no requests and writes nothing",
    ),
    th.Property(
        "workspace_ids",
        th.ArrayType(th.StringType(nullable=False)),
        title="Workspaces",
        description="Ids of the workspaces to read; default: all workspaces visible to the token",
    ),
    th.Property(
        "space_ids",
        th.ArrayType(th.StringType(nullable=False)),
        title="Spaces",
        description="Ids of the spaces to read; default: all spaces of the workspaces",
    ),
    th.Property(
        "start_date",
        th.DateTimeType(nullable=False),
        title="Start date",
        description="Skip tasks updated and time entries started before this date or timestamp; "
        "default: 90 days before the first run",
    ),
    th.Property(
        "sprints",
        th.BooleanType(nullable=False),
        default=True,
        title="Read sprints",
        description="Read the lists in sprint folders as sprints",
    ),
    th.Property(
        "sprint_folder_pattern",
        th.StringType(nullable=False),
        default=FOLDER_PATTERN,
        title="Sprint folder pattern",
        description="Regular expression found in the names of sprint folders; case-insensitive",
    ),
    th.Property(
        "sprint_names_day_first",
        th.BooleanType(nullable=False),
        default=False,
        title="Day-first dates in sprint names",
        description="Read 2/5 in a sprint name as May 2 instead of February 5",
    ),
    th.Property(
        "time_tracking",
        th.BooleanType(nullable=False),
        default=True,
        title="Read time entries",
        description="Read the tracked time of all users",
    ),
    th.Property(
        "time_entries_window_days",
        th.IntegerType(nullable=False, minimum=0),
        default=30,
        title="Time entry lookback (days)",
        description="How many days back each run looks for edited and deleted time entries",
    ),
    th.Property(
        "time_in_status",
        th.BooleanType(nullable=False),
        default=False,
        title="Read time in status",
        description="Read the time in status of changed tasks; requires ClickUp's ClickApp "
        "Total time in Status",
    ),
    th.Property(
        "custom_fields",
        th.ArrayType(th.StringType(nullable=False)),
        default=[],
        title="Custom fields",
        description="Names or ids of the custom fields to read; default: none",
    ),
    th.Property(
        "sweep",
        th.BooleanType(nullable=False),
        default=False,
        title="Sweep",
        description="Read the ids of all tasks, and all time entries since the start date, so that "
        "the target can find deletions; for a nightly run",
    ),
    th.Property(
        "walk_all",
        th.BooleanType(nullable=False),
        default=False,
        title="Walk all spaces",
        description="Read the folders and lists of all spaces, also of those that a webhook covers",
    ),
    th.Property(
        "requests_per_minute",
        th.IntegerType(nullable=False, minimum=1),
        title="Requests per minute",
        description="Maximum number of requests per minute; "
        "default: 80 percent of the limit that ClickUp reports",
    ),
    th.Property(
        "api_url",
        th.StringType(nullable=False),
        default=API_URL,
        title="API URL",
        description="Base URL of ClickUp API v2; change it only for tests",
    ),
    th.Property(
        "flattening_enabled",
        th.BooleanType(nullable=False, allowed_values=[False]),
        title="Flattening",
        description="Not supported: use the setting of the same name of the target",
    ),
    additional_properties=False,
).to_dict()
