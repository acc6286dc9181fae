"""What all tests of cuts compare with: the rows of a run that nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.crash.scenario import scenario
from tests.target_pandev.crash.store_state import StoreState, copied
from tests.target_pandev.crash.target_process import run_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target_pandev.crash.store_state import AllRows


@pytest.fixture
def uninterrupted(database: str, tmp_path: Path) -> AllRows:
    """Return all rows after a run that nothing cut."""
    with copied(database) as conninfo:
        run_whole(tmp_path, scenario().sent(after=None), store_url=conninfo, batch_size_rows=5)
        with StoreState(conninfo) as stored:
            return stored.all_rows()
