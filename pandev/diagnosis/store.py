"""Checks of the store: whether it can be read, its versions, and what was not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pandev.diagnosis.check import RUN_CONNECT, SYNC, Finding, ok, problem, skipped, warning
from tap_clickup.wording import format_count
from target_pandev.sql import read_migrations, read_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.diagnosis.examination import Examination

MAX_NAMED: Final = 5
REJECTED: Final = """
SELECT j.stream, pg_catalog.count(*), pg_catalog.min(j.reason)
FROM rejected_records AS j GROUP BY j.stream ORDER BY j.stream
"""


def check_store(examination: Examination) -> Sequence[Finding]:
    """Look whether the store can be read, and whether its schema is known."""
    if examination.store_error:
        text, _, remedy = examination.store_error.partition("; ")
        return [problem(text, remedy or "check the settings store_url and store_dir")]
    if examination.reader is None:
        return [problem(examination.why_no_store, RUN_CONNECT)]
    version, newest = examination.reader.schema_version() or 0, read_migrations()[-1][0]
    server = f"PostgreSQL {examination.reader.server_version}"
    if version > newest:
        text = f"schema version {version}, and this pandev-clickup knows {newest}"
        return [problem(text, "install the version that wrote it, or a newer one")]
    if version < newest:
        text = f"{server}, schema version {version} of {newest}"
        return [warning(text, "the next sync updates it; back up before")]
    return ok(f"{server}, schema version {version}")


def check_statuses(examination: Examination) -> Sequence[Finding]:
    """Look for statuses whose type has no group (R106, R107)."""
    if examination.reader is None:
        return skipped(examination.why_no_store)
    rows = examination.reader.query(read_statement("doctor_undefined_statuses", "pandev.sql"))
    if not rows:
        return ok("all types have a group")
    named = [f"{status!r} of {place} (type {type_})" for status, type_, place in rows[:MAX_NAMED]]
    more = f" and {len(rows) - MAX_NAMED:,} more" if len(rows) > MAX_NAMED else ""
    return [
        problem(
            f"the group is UNDEFINED of status {', '.join(named)}{more}",
            "set the Type of each custom status to In Progress or Closed in its space, then run "
            f"{SYNC}",
        )
    ]


def check_rejected_records(examination: Examination) -> Sequence[Finding]:
    """Look for records that could not be loaded."""
    if examination.reader is None:
        return skipped(examination.why_no_store)
    return [
        problem(
            f"{format_count(count, 'record')} of {stream}: {reason}",
            "pandev rejected list shows why, pandev rejected retry reads them again",
        )
        for stream, count, reason in examination.reader.query(REJECTED)
    ] or ok("none")
