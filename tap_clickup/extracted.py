"""A record on its way from a reading to its message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class ExtractedRecord:
    """A record and the moment its request was sent: what it tells was true then or later."""

    record: dict[str, Any]
    extracted_at: datetime
