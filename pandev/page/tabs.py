"""The tabs of the page, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pandev.page import flow, integration, sprints, time_spent, trust, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.page.figures import Figure
    from pandev.page.filters import Limit


@dataclass(frozen=True)
class Tab:
    """A tab: the first part of its address, its name, and its figures."""

    key: str
    title: str
    figures: Sequence[Figure]
    template: str = "tab.html"

    @property
    def limits(self) -> set[Limit]:
        """The filters that it offers: those that limit any of its figures."""
        return {limit for figure in self.figures for limit in figure.limited_by}

    def find(self, name: str) -> Figure | None:
        """Return the figure of a name."""
        return next((figure for figure in self.figures if figure.name == name), None)


TABS: Final = (
    Tab("integration", "Integration", integration.FIGURES, "integration.html"),
    Tab("tasks", "Work", work.FIGURES),
    Tab("flow", "Flow", flow.FIGURES),
    Tab("sprints", "Sprints", sprints.FIGURES),
    Tab("time", "Time", time_spent.FIGURES),
    Tab("trust", "Trust", trust.FIGURES),
)
BY_KEY: Final = {tab.key: tab for tab in TABS}
