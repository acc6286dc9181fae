"""The receiver's use of the tap's settings: the same account and selection, fewer requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clickup.sync import SyncContext

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVER_SHARE = 0.2
"""The receiver's share of ClickUp's rate limit; the rest is left to polls with the same token."""


def receiver_context(config: Mapping[str, Any]) -> SyncContext:
    """Return a context for requests of the receiver, from the validated settings of the tap."""
    return SyncContext(config, rate_limit_share=RECEIVER_SHARE)
