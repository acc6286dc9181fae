"""The tabs of the page, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pandev.page import flow, integration, sprints, time_spent, trust, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.page.figures import Figure


@dataclass(frozen=True)
class Tab:
    """A tab: the first part of its address, its name, and its figures."""

    key: str
    title: str
    figures: Sequence[Figure]
    rows: Sequence[Figure] = ()
    """Figures that are not on the tab itself: the rows that its numbers lead to."""
    template: str = "tab.html"
    is_always_read: bool = False
    """Whether it is never shown as it was read last: it depends on more than the store."""

    def find(self, name: str) -> Figure | None:
        """Return the figure of a name."""
        return next((item for item in (*self.figures, *self.rows) if item.name == name), None)


TABS: Final = (
    Tab(
        "integration",
        "Integration",
        integration.FIGURES,
        template="integration.html",
        is_always_read=True,
    ),
    Tab("tasks", "Work", work.FIGURES, work.ROWS),
    Tab("flow", "Flow", flow.FIGURES, flow.ROWS),
    Tab("sprints", "Sprints", sprints.FIGURES),
    Tab("time", "Time", time_spent.FIGURES, time_spent.ROWS),
    Tab("trust", "Trust", trust.FIGURES, trust.ROWS),
)
BY_KEY: Final = {tab.key: tab for tab in TABS}
