"""What a check found out about the webhook of a scope."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WebhookStatus:
    """The state of the webhook of a space, or of a workspace if `space_id` is None.

    `changes` names what was changed. `health` and `fail_count` are the values before that. Without
    a webhook, `error` says why, and the scope is only polled; `is_denied` if the token's user may
    not create webhooks.
    """

    workspace_id: str
    space_id: str | None
    webhook_id: str | None = None
    changes: tuple[str, ...] = ()
    health: str = "active"
    fail_count: int = 0
    error: str | None = None
    is_denied: bool = False

    @property
    def scope(self) -> str:
        """The scope in words."""
        return f"space {self.space_id}" if self.space_id else f"workspace {self.workspace_id}"

    @property
    def is_healthy(self) -> bool:
        """Whether ClickUp reports no failed deliveries."""
        return not self.error and self.health == "active" and not self.fail_count
