"""What all tests of cuts compare with: the rows of a run that nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.crash.scenario import story
from tests.target_pandev.crash.store_state import Stored, copied
from tests.target_pandev.crash.target_process import run_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target_pandev.crash.store_state import Everything


@pytest.fixture
def uncut(database: str, tmp_path: Path) -> Everything:
    """Return all rows after a run that nothing cut."""
    with copied(database) as conninfo:
        run_whole(tmp_path, story().sent(after=None), store_url=conninfo, batch_size_rows=5)
        with Stored(conninfo) as stored:
            return stored.everything()
