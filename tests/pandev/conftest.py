"""The page of a store in which every figure has rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pandev.page_server import RunningPage, serve_database
from tests.pandev.page_store import fill_page

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def page(database: str) -> Iterator[RunningPage]:
    """Yield the page of a store in which every figure has rows."""
    fill_page(database)
    with serve_database(database) as running:
        yield running
