"""The table into which tasks are loaded, with the columns and types of the store's table. Pure."""

from __future__ import annotations

COLUMNS = {
    "workspace_id": "text",
    "id": "text",
    "custom_id": "text",
    "name": "text",
    "status": "text",
    "status_id": "text",
    "status_type": "text",
    "priority": "integer",
    "assignee_ids": "jsonb",
    "creator_id": "text",
    "list_id": "text",
    "folder_id": "text",
    "space_id": "text",
    "secondary_list_ids": "jsonb",
    "parent_id": "text",
    "top_level_parent_id": "text",
    "tags": "jsonb",
    "points": "numeric",
    "time_estimate_ms": "numeric",
    "date_created": "timestamp with time zone",
    "date_updated": "timestamp with time zone",
    "start_date": "timestamp with time zone",
    "due_date": "timestamp with time zone",
    "date_done": "timestamp with time zone",
    "date_closed": "timestamp with time zone",
    "archived": "boolean",
    "url": "text",
    "custom_fields": "jsonb",
}
"""Columns by name, each with PostgreSQL's name for its type."""
KEY = ("workspace_id", "id")
UNCHANGED_COLUMNS = ("workspace_id", "id", "status", "list_id", "priority", "archived")
"""Columns whose values every loader stores unchanged."""
NAMES = ", ".join(COLUMNS)
DEFINITIONS = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
