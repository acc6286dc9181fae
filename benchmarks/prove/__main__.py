"""`make prove`: what two chains from ClickUp to PostgreSQL lose in one story, in a few minutes.

Both go through the same story on the fake ClickUp, then their stores are compared with it. The
table is kept in docs/explained/proof.md and proof.svg. The exit code is 1 if our own chain has
lost, missed, doubled or falsified anything.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import positive
from benchmarks.load_store import LoadStore
from benchmarks.processes import FailedRunError
from benchmarks.prove.chains import OURS, PEER, install_peer, our_chain, peer_chain
from benchmarks.prove.page import describe_machine, write_page
from benchmarks.prove.results import build_rows, summarize
from benchmarks.prove.steps import Steps
from benchmarks.prove.story import Sizes
from benchmarks.prove.table import format_table
from benchmarks.prove.world import World, WorldSizes

if TYPE_CHECKING:
    from benchmarks.prove.page import Machine
    from benchmarks.prove.results import Figures

TASKS = 20_000
KILL_PAGE = 120
"""By then the peer's target has loaded its first batch of 10,000 rows."""


def main() -> None:
    """Run the story with the options of the command line."""
    options = _parse_options()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        ours, peer, machine = measure(options.tasks)
    except (FailedRunError, RuntimeError) as error:
        sys.exit(f"prove: {error}")
    rows = build_rows(ours, peer)
    print(f"\n{format_table(rows)}\n")
    if peer and options.tasks == TASKS:
        print(f"written: {' and '.join(write_page(rows, ours, peer, machine))}")
    if ours.losses:
        sys.exit(f"prove: our own chain has {ours.losses} losses; see the first five lines")


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description=__doc__)
    tasks = "number of tasks; with another than the default nothing is written to the docs"
    parser.add_argument("--tasks", type=positive, default=TASKS, help=tasks)
    return parser.parse_args()


def measure(tasks: int) -> tuple[Figures, Figures | None, Machine]:
    """Take both chains through the story; the other one is None if it cannot be installed."""
    install_error = install_peer()
    if install_error:
        print(f"without the other chain: {install_error}")
    with LoadStore() as store:
        ours = _measure(OURS, store, tasks)
        peer = None if install_error else _measure(PEER, store, tasks)
        return ours, peer, describe_machine(store)


def _measure(name: str, store: LoadStore, tasks: int) -> Figures:
    """Take one chain through the story, in a database and a folder of its own."""
    sizes = WorldSizes(tasks, kill_page=max(3, KILL_PAGE * tasks // TASKS), edits=Sizes())
    with (
        tempfile.TemporaryDirectory(prefix="prove-") as folder,
        World(sizes, peer=name == PEER) as world,
    ):
        store.recreate_database(name)
        address = store.address(name)
        new_chain = our_chain if name == OURS else peer_chain
        chain = new_chain(world, address, Path(folder))
        return summarize(Steps(world, chain, address.url).run())


if __name__ == "__main__":
    main()
