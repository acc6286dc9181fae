"""Deliveries of the shapes that ClickUp sends, with texts in them that must not be kept."""

from __future__ import annotations

import json
from typing import Any

PRIVATE = "a secret plan"
"""Stands wherever people's text stands in a delivery."""
WEBHOOK_ID = "4b67ac88-e506-4a29-9d42-26e504e3435e"
SECRETS = ("FIRST0SECRET", "SECOND0SECRET")
OTHER_ID = "7fa3ec74-69a8-4530-a251-8a13730bd204"
KEYS = {WEBHOOK_ID: SECRETS, OTHER_ID: ("OTHER0SECRET",)}
"""The secrets of two webhooks on one address."""


def history(field: str, *, number: str = "2800787326392370170", **changes: Any) -> dict[str, Any]:
    """Return one history item, as the real one carries it."""
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


def status(name: str | None, kind: str) -> dict[str, Any]:
    """Return a status as a history item shows it: without an id."""
    return {"status": name, "color": "#f9d900", "orderindex": 0, "type": kind}


def delivery(event: str, *items: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Return a delivery about task 86a1, unless `keys` say otherwise."""
    return {
        "event": event,
        "history_items": list(items),
        "task_id": "86a1",
        "team_id": "9001",
        "webhook_id": WEBHOOK_ID,
        **keys,
    }


def body(event: str, *items: dict[str, Any], **keys: Any) -> bytes:
    """Return a delivery as it is sent: compact."""
    return json.dumps(delivery(event, *items, **keys), separators=(",", ":")).encode()
