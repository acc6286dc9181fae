"""The store of a test: empty, or with 3,000 tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.target_pandev import large_store
from tests.target_pandev.loading import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Clone


@pytest.fixture
def store(database: str) -> Iterator[Loader]:
    """Yield a store with our schema, and a target to load it."""
    loader = Loader(database)
    yield loader
    loader.connection.close()


@pytest.fixture(scope="session")
def large_template(clone: Clone) -> Iterator[str]:
    """Yield the name of a database to clone, with the rows of `large_store`."""
    with clone() as conninfo:
        large_store.fill(conninfo)
        yield str(conninfo_to_dict(conninfo)["dbname"])


@pytest.fixture
def large(clone: Clone, large_template: str) -> Iterator[Loader]:
    """Yield a store with the rows of `large_store`, and a target to load it."""
    with clone(large_template) as conninfo:
        loader = Loader(conninfo)
        yield loader
        loader.connection.close()
