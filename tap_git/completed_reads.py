"""What was read completely, as records of the stream completed_reads. Pure.

The target derives deletions from these records: docs/explained/completed-reads.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_git.repository import Repository

NO_WORKSPACE = ""
"""`workspace_id` of a stream without workspaces."""


@dataclass(frozen=True)
class ReadRows:
    """Which rows of a stream exist in a repository.

    They are exactly the `existing` ones, or if these are not known, all but those that are `gone`.
    """

    stream: str
    key_property: str
    existing: Iterable[str] | None
    gone: Iterable[str] = ()


def build_completed_read(
    repository: Repository, rows: ReadRows, *, finished_at: datetime
) -> dict[str, Any]:
    """Return the record which says which rows of a repository exist."""
    conditions: dict[str, Any] = {"repository_id": {"in": [repository.address.id]}}
    if rows.existing is None:
        conditions[rows.key_property] = {"in": list(rows.gone)}
    keys = [[key] for key in rows.existing or ()]
    return {
        "workspace_id": NO_WORKSPACE,
        "stream": rows.stream,
        "scope": repository.address.id,
        "started_at": repository.opened_at.isoformat(),
        "finished_at": finished_at.isoformat(),
        "conditions": conditions,
        "key_properties": [rows.key_property],
        "count": len(keys),
        "keys": keys,
    }
