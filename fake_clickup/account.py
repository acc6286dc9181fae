"""One ClickUp account that can be edited as people do."""

from __future__ import annotations

from .hierarchy_edits import HierarchyEdits
from .task_edits import TaskEdits
from .time_entry_edits import TimeEdits
from .webhook_edits import WebhookEdits


class Account(TaskEdits, HierarchyEdits, TimeEdits, WebhookEdits):
    """What one personal token sees; every edit is one method, and thread-safe."""
