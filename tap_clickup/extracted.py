"""A record together with the time it was extracted, as Singer's `time_extracted` needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class ExtractedRecord:
    """A record, and when its request was sent: ClickUp read the data at that time or later."""

    record: dict[str, Any]
    extracted_at: datetime
