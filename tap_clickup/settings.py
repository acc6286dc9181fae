"""The settings of the tap."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_clickup.client import API_URL
from tap_clickup.sprints import FOLDER_PATTERN

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
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
        "enabled",
        th.BooleanType(nullable=False),
        default=True,
        title="Enable integration with ClickUp",
        description="If off, a run asks ClickUp nothing and writes nothing",
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
        description="Tasks updated and time entries begun before this moment are left out; "
        "90 days before the first run if not set",
    ),
    th.Property(
        "sprints",
        th.BooleanType(nullable=False),
        default=True,
        title="Read sprints",
        description="Whether lists in sprint folders are read as sprints",
    ),
    th.Property(
        "sprint_folder_pattern",
        th.StringType(nullable=False),
        default=FOLDER_PATTERN,
        title="Pattern of sprint folders",
        description="Regular expression that the name of a sprint folder holds, in any case",
    ),
    th.Property(
        "sprint_names_day_first",
        th.BooleanType(nullable=False),
        default=False,
        title="Day first in names of sprints",
        description="Whether 2/5 in the name of a sprint is May 2 rather than February 5",
    ),
    th.Property(
        "time_tracking",
        th.BooleanType(nullable=False),
        default=True,
        title="Read time entries",
        description="Whether time entries are read",
    ),
    th.Property(
        "time_entries_window_days",
        th.IntegerType(nullable=False, minimum=0),
        default=30,
        title="Days of time entries read again",
        description="How far back each run looks for time entries that were edited or deleted",
    ),
    th.Property(
        "time_in_status",
        th.BooleanType(nullable=False),
        default=False,
        title="Read time in status",
        description="Whether time in status is read for changed tasks; needs ClickUp's ClickApp",
    ),
    th.Property(
        "custom_fields",
        th.ArrayType(th.StringType(nullable=False)),
        default=[],
        title="Custom fields",
        description="Names or ids of the custom fields whose values are read; none by default",
    ),
    th.Property(
        "sweep",
        th.BooleanType(nullable=False),
        default=False,
        title="Sweep",
        description="Whether the run reads the ids of all tasks and all time entries since the "
        "start date, so that the target learns what is gone; for a nightly run",
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
