"""One ClickUp account that can be edited as people do."""

from __future__ import annotations

from .hierarchy_edits import PlaceEdits
from .task_edits import TaskEdits
from .time_edits import TimeEdits
from .webhook_edits import WebhookEdits


class Account(TaskEdits, PlaceEdits, TimeEdits, WebhookEdits):
    """What one personal token sees; every edit is one method, and thread-safe."""
