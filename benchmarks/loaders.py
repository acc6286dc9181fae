"""The loaders that are measured beside each other, and how each is called.

All take `--config FILE` and messages on standard input, with the settings they come with.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.inputs import FRESH, INPUTS
from benchmarks.peer import Package
from benchmarks.task_table import COLUMNS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from benchmarks.load_store import Address

Command = tuple["str | Path", ...]


@dataclass(frozen=True)
class Loader:
    """A loader into PostgreSQL.

    `columns` are those whose values it stores as they are, and its types are the store's if these
    are all; `gives_state` is whether the last state must be the last thing it writes.
    """

    name: str
    command: Command
    settings: Callable[[Address], dict[str, Any]]
    table: str
    inputs: Collection[str] = INPUTS
    columns: Collection[str] = tuple(COLUMNS)
    gives_state: bool = False
    package: Package | None = None


def _store_url(address: Address) -> dict[str, Any]:
    return {"store_url": address.url}


def _meltanolabs(address: Address) -> dict[str, Any]:
    url = address.url.replace("postgresql:", "postgresql+psycopg:", 1)
    return {"sqlalchemy_url": url, "default_target_schema": "public"}


def _pipelinewise(address: Address) -> dict[str, Any]:
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        "default_target_schema": "public",
    }


def _peer(name: str, package: Package, settings: Callable[[Address], dict[str, Any]]) -> Loader:
    """Return a peer: loaded once, into nothing, since that takes minutes."""
    return Loader(
        name,
        (package.program("target-postgres"),),
        settings,
        table="public.tasks",
        inputs=(FRESH,),
        columns=PLAIN,
        package=package,
    )


OURS = Loader(
    "ours",
    (Path(sys.executable).with_name("target-pandev"),),
    _store_url,
    table="pandev.tasks",
    gives_state=True,
)
MINIMAL = Loader(
    "minimal",
    (sys.executable, "-m", "benchmarks.minimal_load"),
    _store_url,
    table="public.tasks",
)
MELTANOLABS = _peer(
    "meltanolabs",
    Package(
        "meltanolabs-target-postgres",
        "0.8.1",
        pythons=("python3.11", "python3.12", "python3.13", "python3.10"),
    ),
    _meltanolabs,
)
PIPELINEWISE = _peer(
    "pipelinewise",
    Package("pipelinewise-target-postgres", "2.1.2", pythons=("python3.11", "python3.10")),
    _pipelinewise,
)
LOADERS = (OURS, MINIMAL, PIPELINEWISE, MELTANOLABS)
