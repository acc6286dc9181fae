"""The settings of target-pandev. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from plugin_settings.plugin import SHARE
from target_pandev.schema_errors import describe_violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import ValidationError

DEFAULT_MAX_DELETED_SHARE = 0.2

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "store_url",
        th.StringType(nullable=False),
        secret=True,
        title="Store address",
        description="PostgreSQL 15 or newer: postgresql://user:password@host:5432/database; "
        "if not set, an embedded PostgreSQL is started in store_dir",
    ),
    th.Property(
        "store_dir",
        th.StringType(nullable=False),
        title="Embedded store directory",
        description="Directory of the embedded store's data; the user's data directory if not "
        "set (~/.local/share/pandev-clickup, for root /var/lib/pandev-clickup)",
    ),
    th.Property(
        "store_schema",
        th.StringType(nullable=False),
        default="pandev",
        title="Schema",
        description="PostgreSQL schema of all tables and views, one per organisation",
    ),
    th.Property(
        "task_id_prefix",
        th.StringType(nullable=False, min_length=1),
        title="Task ID prefix",
        description="Prefix of task ids in branch names and commit messages, in upper or lower "
        "case; after a change all of them are searched again; default: as the store has it, CU- "
        "in a new one",
    ),
    th.Property(
        "hash_task_ids",
        th.BooleanType(nullable=False),
        title="Match #id references",
        description="Whether #86abc1d2e also counts as a task id, as in ClickUp's own syntax; "
        "default: as the store has it, true in a new one",
    ),
    th.Property(
        "repository_workspaces",
        th.ObjectType(additional_properties=th.StringType(nullable=False, min_length=1)),
        title="Workspaces of repositories",
        description="The workspace whose tasks a repository names, by the repository's id or a "
        'prefix of ids followed by *, such as {"github.com/acme/*": "9001"}; without it, custom '
        "ids such as DEV-1 are ambiguous if several workspaces have them; default: as the store "
        "has it, none in a new one",
    ),
    th.Property(
        "fail_on_rejected_records",
        th.BooleanType(nullable=False),
        default=True,
        title="Fail on rejected records",
        description="Whether a run with rejected records ends with a non-zero exit code; either "
        "way they are stored in rejected_records and all others are loaded",
    ),
    th.Property(
        "max_deleted_share",
        th.CustomType(SHARE),
        default=DEFAULT_MAX_DELETED_SHARE,
        title="Maximum share of rows deleted in 24 hours",
        description="Maximum share of the rows, 0 to 1, that completed reads may mark as deleted "
        "in 24 hours, of a scope and of a workspace; for spaces, folders and lists, of the tasks. "
        "Up to 10 more rows per stream are always allowed",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType(nullable=False),
        default=False,
        title="Delete rows",
        description="Whether deleted rows are removed instead of being marked by _sdc_deleted_at",
    ),
    th.Property(
        "validate_records",
        th.BooleanType(nullable=False),
        default=True,
        title="Validate records",
        description="Whether records are validated against the schema of their stream",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(nullable=False, minimum=1),
        default=10_000,
        title="Batch size (rows)",
        description="Maximum number of rows per transaction; a batch of 16 MiB is loaded earlier",
    ),
    additional_properties=False,
).to_dict()

EXPECTATIONS = {
    "minimum": "expected at least {}",
    "maximum": "expected at most {}",
    "minLength": "expected text that is not empty",
    "pattern": "expected text that matches {}",
}
"""Descriptions of the rules that the settings use, by the name of the rule."""


def describe_invalid_setting(error: ValidationError) -> str:
    """Return the name of an invalid setting and what was expected, without its value."""
    if error.validator == "additionalProperties":
        settings: Any = error.instance
        schema: Any = error.schema
        unknown = sorted(settings.keys() - schema["properties"].keys())
        return "; ".join(f"unknown setting {name}" for name in unknown)
    name = ".".join(map(str, error.absolute_path))
    rule = str(error.validator)
    if rule in EXPECTATIONS:
        return f"{name}: {EXPECTATIONS[rule].format(error.validator_value)}"
    return f"{name}: {describe_violation(error)}"


def max_deleted_share(config: Mapping[str, Any]) -> float:
    """Return `max_deleted_share`; null, which the SDK accepts, means the default."""
    share = config["max_deleted_share"]
    return DEFAULT_MAX_DELETED_SHARE if share is None else float(share)
