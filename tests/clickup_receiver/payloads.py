"""Deliveries of the shapes that ClickUp sends, with private texts that must not be stored."""

from __future__ import annotations

import json
from typing import Any

PRIVATE = "a secret plan"
"""The value of every free text in a delivery."""
WEBHOOK_ID = "4b67ac88-e506-4a29-9d42-26e504e3435e"
SECRETS = ("FIRST0SECRET", "SECOND0SECRET")
OTHER_ID = "7fa3ec74-69a8-4530-a251-8a13730bd204"
SECRETS_BY_WEBHOOK = {WEBHOOK_ID: SECRETS, OTHER_ID: ("OTHER0SECRET",)}
"""Two webhooks with the same endpoint."""


def history(field: str, *, number: str = "2800787326392370170", **changes: Any) -> dict[str, Any]:
    """Return a history item with the id `number`, of the shape that ClickUp sends."""
    return {
        "id": number,
        "type": 1,
        "date": "1642736073330",
        "field": field,
        "parent_id": "162641062",
        "data": {"note": PRIVATE},
        "source": None,
        "user": {"id": 183, "username": PRIVATE, "email": "user1@example.com"},
        "before": None,
        "after": None,
        **changes,
    }


def status(name: str | None, status_type: str) -> dict[str, Any]:
    """Return a status of the shape that a history item contains: without an id."""
    return {"status": name, "color": "#f9d900", "orderindex": 0, "type": status_type}


def delivery(event: str, *items: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Return a delivery; it is about task 86a1 unless `keys` name another object."""
    return {
        "event": event,
        "history_items": list(items),
        "task_id": "86a1",
        "team_id": "9001",
        "webhook_id": WEBHOOK_ID,
        **keys,
    }


def body(event: str, *items: dict[str, Any], **keys: Any) -> bytes:
    """Return a delivery as ClickUp sends it: JSON without spaces."""
    return json.dumps(delivery(event, *items, **keys), separators=(",", ":")).encode()
