"""What `pandev doctor` prints, whole, at 80 columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fake_clickup import generate
from tests.pandev.command import assert_golden
from tests.pandev.doctor_store import Doctor, add_inbox, add_status
from tests.pandev.status_store import add_places, add_run

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace

ORIGIN = "http://127.0.0.1:1"
VARYING = (
    (re.compile(r"\d+(\.\d+)? [kMGTP]B"), "00.0 GB"),
    (re.compile(r"(?<=[A-Za-z] )\d+(\.\d+)+"), "0.0"),
    (re.compile(r"schema version \d+"), "schema version 0"),
)
"""What depends on the machine, without a change of where lines are broken."""


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=5)


def normalise(output: str) -> str:
    """Return an output without what depends on the machine."""
    for pattern, replacement in VARYING:
        output = pattern.sub(replacement, output)
    return output


def test_the_output_fits_eighty_columns(
    clickup: FakeClickUp,
    workspace: Workspace,
    database: str,
    tmp_path: Path,
) -> None:
    """A suspended webhook, an address at which nothing listens, and a status without a group."""
    add_places(database, workspace.id, spaces=1)
    add_run(database, workspace.id, finished="5 min", complete=True)
    url = f"{ORIGIN}/v1/clickup/webhook"
    clickup.account.add_webhook(
        endpoint=url, events=["*"], id="h1", health="suspended", fail_count=7
    )
    add_status(database, workspace.id, f"{workspace.id}0", "in review", "review")
    add_inbox(tmp_path)
    (tmp_path / ".env").touch(mode=0o600)
    settings = {"TAP_CLICKUP_API_TOKEN": clickup.token, "TAP_CLICKUP_API_URL": clickup.api_url}
    printed = Doctor(database, tmp_path, settings).run("--webhook-url", url).stdout
    assert_golden("doctor", normalise(printed))
