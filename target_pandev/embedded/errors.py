"""Errors of the embedded store."""

from __future__ import annotations

from target_pandev.errors import TargetError


class EmbeddedError(TargetError):
    """The embedded store cannot be used; one line with the cause, the place and the remedy."""
