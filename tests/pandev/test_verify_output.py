"""What `pandev verify` prints at 80 columns, and to where it connects."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pandev.verification import output
from pandev.verification.causes import Difference, ObjectKey
from pandev.verification.result import Verification
from tests.pandev.command import assert_golden, run_process
from tests.pandev.verify_store import VerifyRuns, load_store
from tests.support.connections import WatchedConnections, address_of
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import MINUTE

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp

TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\d(?=\s)"), "2026-01-01"),
    (re.compile(r"(?<= )\d\d:\d\d(?=\s)"), "00:00"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{12}(?=\+)"), "2026-01-01T00:00:00.000"),
)
LIST = accounts.LISTS["in_folder"]


@pytest.fixture
def account() -> Account:
    account = accounts.shop()
    for number in range(1, 5):
        at = datetime(2026, 3, number, tzinfo=UTC)
        task = account.create_task(LIST, name=f"Task {number}", at=at)
        account.add_time_entry(task.id, start=at, duration=MINUTE, at=at)
    return account


@pytest.fixture
def runs(clickup: FakeClickUp, database: str, tmp_path: Path) -> VerifyRuns:
    load_store(clickup, database, sweep=True, start_date="2026-01-01")
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_START_DATE"] = "2026-01-01"
    return runs


def test_output_at_80_columns(runs: VerifyRuns, account: Account) -> None:
    """Text of people is not shown: neither names of tasks nor tags."""
    ids = [task_id for task_id in account.workspaces[0].tasks if task_id.startswith("86new")]
    missing, marked, deleted, edited = ids
    runs.execute(
        "UPDATE tasks SET name = 'Other', tags = '[\"other\"]', points = 7.5, due_date = NULL, "
        "assignee_ids = '[\"101\", \"102\"]', secondary_list_ids = '[]' WHERE id = %s",
        accounts.TASK_ID,
    )
    runs.execute("DELETE FROM tasks WHERE id = %s", missing)
    runs.execute("UPDATE tasks SET _sdc_deleted_at = now() WHERE id = %s", marked)
    account.delete_task(deleted)
    account.update_task(edited, priority=1)
    first, second, _, fourth = account.workspaces[0].time_entries
    runs.execute("UPDATE time_entries SET duration_ms = 1 WHERE id = %s", second)
    runs.execute("DELETE FROM time_entries WHERE id = %s", first)
    account.delete_time_entry(fourth)
    done = runs.run("--ids", "--seed", "7")
    assert (done.exit_code, done.stderr) == (1, "")
    shown = done.stdout
    for pattern, replacement in TIMES:
        shown = pattern.sub(replacement, shown)
    assert_golden("verify", shown)
    printed_json = runs.run("--ids", "--format", "json").stdout
    assert "Count the coins" not in printed_json
    assert "urgent" not in printed_json


def test_only_the_first_differences_are_printed() -> None:
    result = Verification(seed=7)
    result.differences = [
        Difference(ObjectKey("1", f"t{number:02}"), "hidden", "gone") for number in range(52)
    ]
    assert len(output.list_differences(result)) == 50
    assert output.list_problems(result) == [
        "2 differences are not shown; --format json has all of them"
    ]
    assert len(output.as_json(result, 0)["differences"]) == 52


def test_only_clickup_is_requested(runs: VerifyRuns, clickup: FakeClickUp) -> None:
    """R8: an audit hook in the process records its connections; the store is at a socket."""
    watched = WatchedConnections(runs.folder)
    done = run_process(
        runs.folder,
        *("verify", "--ids", "--format", "json", "--store-url", runs.database),
        TAP_CLICKUP_API_TOKEN=clickup.token,
        TAP_CLICKUP_API_URL=clickup.api_url,
        **watched.settings,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["streams"]["tasks"]["compared"] == 6
    assert watched.commands == {"pandev verify"}
    assert watched.connections == {("pandev verify", address_of(clickup.api_url))}
