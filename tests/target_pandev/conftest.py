"""The store of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.loading import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(database: str) -> Iterator[Loader]:
    """Yield a store with our schema, and a target to load it."""
    loader = Loader(database)
    yield loader
    loader.connection.close()
