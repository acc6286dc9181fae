"""The shop with another space, the annex, in which time was tracked too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_clickup.model import Folder, Space, TaskList
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import LISTS, SPACE
from tests.tap_clickup.runner import Run
from tests.tap_clickup.time_tracking import ago, text, track

if TYPE_CHECKING:
    from fake_clickup import Account
    from tests.tap_clickup.runner import Row

ANNEX, ATTIC, BOX = "90000000013", "90000000025", "90000000035"
BOTH = [SPACE, ANNEX]
START = text(ago(100))
OLD, NEW = "Old in the annex", "New in the annex"


def shop_with_annex() -> Account:
    """Return the shop; the annex has a task of long ago, with time of then, and a new one.

    The youngest task is the shop's, so that the cursors of a run pass by those of the annex.
    """
    account = accounts.shop()
    workspace = account.workspaces[0]
    workspace.spaces[ANNEX] = Space(ANNEX, "Annex", (accounts.status(56, "sorting", "open"),))
    workspace.folders[ATTIC] = Folder(ATTIC, "Attic", ANNEX)
    workspace.lists[BOX] = TaskList(BOX, "Box", ANNEX, ATTIC)
    old = account.create_task(BOX, name=OLD, at=ago(90))
    account.create_task(BOX, name=NEW, at=ago(2))
    account.create_task(LISTS["in_folder"], name="Youngest", at=ago(1))
    track(account, ago(80), task_id=old.id)
    return account


def of_annex(run: Run, stream: str, column: str) -> list[str]:
    """Return what the records of the annex have in a column, sorted."""
    return sorted(row[column] for row in run.rows(stream) if row["space_id"] == ANNEX)


def cut_before(run: Run, stream: str) -> Run:
    """Return a run as it was cut in front of the first record of a stream."""
    lines = run.stdout.splitlines(keepends=True)
    named = [m["type"] == "RECORD" and m["stream"] == stream for m in run.messages]
    return Run("".join(lines[: named.index(True)]), "", None)


def bookmark(state: Row, stream: str) -> Row:
    """Return what a state holds of the shop in a stream."""
    (partition,) = state["bookmarks"][stream]["partitions"]
    found: Row = partition
    return found
