"""The settings of target-pandev. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARE = {
    "type": ["number", "string"],  # as text it comes from the environment
    "minimum": 0,
    "maximum": 1,
    "pattern": r"^(0|1|1\.0+|0?\.[0-9]+)$",
}

MAX_DELETED_SHARE = 0.2

SETTINGS: dict[str, Any] = th.PropertiesList(
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
        title="Directory of the embedded store",
        description="Where the embedded store keeps its data; the user's data directory if not "
        "set (~/.local/share/pandev-clickup, for root /var/lib/pandev-clickup)",
    ),
    th.Property(
        "store_schema",
        th.StringType(nullable=False),
        default="pandev",
        title="Schema",
        description="The PostgreSQL schema that holds everything, one an organisation",
    ),
    th.Property(
        "task_id_prefix",
        th.StringType(nullable=False, min_length=1),
        default="CU-",
        title="Prefix of task ids",
        description="What stands before a task id in branches and commits, in any case; "
        "after a change all of them are looked through again",
    ),
    th.Property(
        "hash_task_ids",
        th.BooleanType(nullable=False),
        default=False,
        title="Take #id for a task id",
        description="Whether #86abc1d2e counts as a task id too, as in ClickUp's own syntax",
    ),
    th.Property(
        "fail_on_rejected_records",
        th.BooleanType(nullable=False),
        default=True,
        title="Fail on rejected records",
        description="Whether the run ends non-zero if records were rejected; "
        "they are kept in rejected_records and all others are loaded either way",
    ),
    th.Property(
        "max_deleted_share",
        th.CustomType(SHARE),
        default=MAX_DELETED_SHARE,
        title="Most rows marked as gone",
        description="The share of a workspace's rows, 0 to 1, that one completed read may mark as "
        "gone; for spaces, folders and lists, of its tasks. What exceeds it passes up to 10 rows "
        "of a stream and run",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType(nullable=False),
        default=False,
        title="Delete rows",
        description="Whether rows that are gone are deleted, rather than marked by _sdc_deleted_at",
    ),
    th.Property(
        "validate_records",
        th.BooleanType(nullable=False),
        default=True,
        title="Validate records",
        description="Whether records are checked against their stream's schema",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(nullable=False, minimum=1),
        default=10_000,
        title="Rows a batch",
        description="Most rows of one transaction; it ends earlier at 16 MiB",
    ),
    additional_properties=False,
).to_dict()


def max_deleted_share(config: Mapping[str, Any]) -> float:
    """Return the setting of that name; null, which the SDK lets through, means the default."""
    share = config["max_deleted_share"]
    return MAX_DELETED_SHARE if share is None else float(share)
