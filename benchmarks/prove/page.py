"""Keep the figures of a run in the docs: a page and a picture, in the same form every time."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from benchmarks.peer import PROJECT
from benchmarks.prove.chains import NAMES, OURS, PEER
from benchmarks.prove.comparison import KnownTransitions
from benchmarks.prove.picture import draw
from benchmarks.prove.story import Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.load_store import LoadStore
    from benchmarks.prove.results import FigureRow, Figures

FOLDER = PROJECT / "docs" / "explained"
TEMPLATE = Path(__file__).with_name("page_template.md")
OUR_REQUESTS_PER_MINUTE = 80
"""The default of tap-clickup at ClickUp's limit of 100."""
TITLE = "What two pipelines from ClickUp to PostgreSQL lose, and what they cost"


@dataclass(frozen=True)
class Machine:
    """Where a run was made: never its name, and no path."""

    system: str
    cpus: int
    python: str
    postgresql: str
    day: str

    def __str__(self) -> str:
        """Return the machine in one line."""
        return (
            f"{self.system}, {self.cpus} CPUs, Python {self.python}, "
            f"PostgreSQL {self.postgresql}, {self.day}"
        )


def describe_machine(store: LoadStore) -> Machine:
    """Return the present machine, with the version of the store's server."""
    return Machine(
        system=f"{platform.system()} on {platform.machine()}",
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        postgresql=store.run_sql("postgres", "SHOW server_version").split()[0],
        day=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def write_page(
    rows: Sequence[FigureRow],
    ours: Figures,
    peer: Figures,
    machine: Machine,
    *,
    folder: Path = FOLDER,
) -> list[str]:
    """Write `proof.md` and `proof.svg`; return their paths in the project."""
    names = (" + ".join(NAMES[OURS]), " + ".join(NAMES[PEER]))
    files = {
        "proof.md": format_page(rows, ours, peer, machine),
        "proof.svg": draw(rows, title=TITLE, names=names),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [f"docs/explained/{name}" for name in files]


def format_page(rows: Sequence[FigureRow], ours: Figures, peer: Figures, machine: Machine) -> str:
    """Return the page in Markdown."""
    sizes = Sizes()
    transitions = ours.transitions or KnownTransitions(0, 0, 0, 0)
    values = {
        "title": TITLE,
        "our_names": _format_names(OURS),
        "peer_names": _format_names(PEER),
        "rows": "\n".join(f"| {row.title} | {row.ours} | {row.peer} |" for row in rows),
        "machine": machine,
        "tasks": f"{ours.tasks_at_first:,}",
        "time_entries": f"{ours.time_entries_at_first:,}",
        "users": ours.users,
        "read_edits": sizes.read_edits,
        "our_resumed": ours.resumed_requests,
        "peer_resumed": peer.resumed_requests,
        "morning_statuses": sizes.morning_statuses,
        "morning_edits": sizes.morning_edits,
        "webhook_statuses": sizes.webhook_statuses,
        "webhook_edits": 3 * sizes.webhook_edits,
        "deletions": sizes.deletions,
        "entry_edits": sizes.deletions // 2,
        "archived_lists": sizes.archived_lists,
        "archived_edits": sizes.edits_in_archived_lists,
        "peer_lost": f"{peer.tasks_lost:,}",
        "peer_archived": f"{peer.tasks_lost_in_archived_lists:,}",
        "peer_shifted": f"{peer.tasks_lost - peer.tasks_lost_in_archived_lists:,}",
        "exact": transitions.exact,
        "bounded": transitions.bounded,
        "unknown": transitions.unknown,
        "minutes_at_80": f"{ours.requests / OUR_REQUESTS_PER_MINUTE:.1f}",
        "receiver_mb": ours.receiver_peak_mb,
        "peer_failed": peer.failed_runs,
        "peer_runs": peer.runs,
        "our_runs": ours.runs,
        "our_failed": ours.failed_runs,
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def _format_names(chain: str) -> str:
    return ", ".join(f"`{name}`" for name in NAMES[chain])
