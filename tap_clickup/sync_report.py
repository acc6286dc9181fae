"""What a run read and what it was refused, for the last record of the run and for the log."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.errors import ClickUpError, ProtocolError, RefusedError, TokenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def guard(self, what: str, gaps: list[Gap] | None = None) -> Iterator[None]:
        """Report what keeps the block from its end: ClickUp, or an object of an unknown shape.

        The gap is added to `gaps` too: those of one reading, which decide whether it is complete.
        """
        try:
            yield
        except ClickUpError as error:
            self.missed(what, error, gaps)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            unknown = (
                f"ClickUp sent an object of a shape that is not known ({type(error).__name__})"
            )
            self.missed(what, ProtocolError(unknown), gaps)

    def missed(self, what: str, error: ClickUpError, gaps: list[Gap] | None = None) -> None:
        """Note and log what could not be read; the run goes on, unless the token is dead."""
        if isinstance(error, TokenError):
            raise error
        gap = Gap(what, str(error), failed=not isinstance(error, RefusedError))
        self.gaps.append(gap)
        if gaps is not None:
            gaps.append(gap)
        level = logging.ERROR if gap.failed else logging.WARNING
        logger.log(level, "workspace %s: %s not read: %s", self.workspace_id, gap.what, gap.why)

    def note(self, note: str, *, level: int = logging.WARNING) -> None:
        """Note and log, once, what limits the result and is nobody's failure."""
        if note not in self.notes:
            self.notes.append(note)
            logger.log(level, "workspace %s: %s", self.workspace_id, note)

    def note_off(self, clickapp: str, space_ids: Sequence[str]) -> None:
        """Note that a ClickApp is off in spaces, if it is."""
        if space_ids:
            self.note(
                f"the {clickapp} ClickApp is off in {_spaces(space_ids)}; an owner or admin "
                f"switches it on in ClickUp under Workspace settings > ClickApps > {clickapp}",
                level=logging.INFO,
            )

    @property
    def failures(self) -> list[Gap]:
        """What was not read and another run may heal."""
        return [gap for gap in self.gaps if gap.failed]


def _spaces(space_ids: Sequence[str]) -> str:
    shown, rest = ", ".join(space_ids[:5]), len(space_ids) - 5
    word = "space" if len(space_ids) == 1 else "spaces"
    return f"{word} {shown}" + (f" and {rest} more" if rest > 0 else "")
