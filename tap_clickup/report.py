"""What a run read and what it was refused, for the last record of the run and for the log."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tap_clickup.client import ClickUpError, RefusedError, TokenError

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class Gap:
    """Something that was not read. `failed`: another run may heal it; else ClickUp refuses it."""

    what: str
    why: str
    failed: bool


@dataclass
class Report:
    """One run over one workspace."""

    workspace_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    records: Counter[str] = field(default_factory=Counter)
    gaps: list[Gap] = field(default_factory=list)

    def missed(self, what: str, error: ClickUpError) -> None:
        """Note and log what could not be read; the run goes on, unless the token is dead."""
        if isinstance(error, TokenError):
            raise error
        gap = Gap(what, str(error), failed=not isinstance(error, RefusedError))
        self.gaps.append(gap)
        level = logging.ERROR if gap.failed else logging.WARNING
        logger.log(level, "workspace %s: %s not read: %s", self.workspace_id, gap.what, gap.why)

    @property
    def failures(self) -> list[Gap]:
        """What was not read and another run may heal."""
        return [gap for gap in self.gaps if gap.failed]
