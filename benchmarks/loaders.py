"""The measured loaders and their command lines.

All take `--config FILE` and messages on standard input, with their default settings.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.inputs import FRESH, INPUTS
from benchmarks.peer import Package
from benchmarks.task_table import COLUMNS, UNCHANGED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from benchmarks.load_store import Address

Command = tuple["str | Path", ...]


@dataclass(frozen=True)
class Loader:
    """A loader into PostgreSQL.

    It stores the values of `columns` unchanged, and if these are all columns, its types are the
    store's. With `emits_state` its last line of output must be the last state.
    """

    name: str
    command: Command
    settings: Callable[[Address], dict[str, Any]]
    table: str
    inputs: Collection[str] = INPUTS
    columns: Collection[str] = tuple(COLUMNS)
    emits_state: bool = False
    package: Package | None = None


def _store_settings(address: Address) -> dict[str, Any]:
    return {"store_url": address.url}


def _meltanolabs_settings(address: Address) -> dict[str, Any]:
    url = address.url.replace("postgresql:", "postgresql+psycopg:", 1)
    return {"sqlalchemy_url": url, "default_target_schema": "public"}


def _pipelinewise_settings(address: Address) -> dict[str, Any]:
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        "default_target_schema": "public",
    }


def _peer(name: str, package: Package, settings: Callable[[Address], dict[str, Any]]) -> Loader:
    """Return a peer: it loads once, into an empty table, because that takes minutes."""
    return Loader(
        name,
        (package.program("target-postgres"),),
        settings,
        table="public.tasks",
        inputs=(FRESH,),
        columns=UNCHANGED_COLUMNS,
        package=package,
    )


OURS = Loader(
    "ours",
    (Path(sys.executable).with_name("target-pandev"),),
    _store_settings,
    table="pandev.tasks",
    emits_state=True,
)
MINIMAL = Loader(
    "minimal",
    (sys.executable, "-m", "benchmarks.minimal_load"),
    _store_settings,
    table="public.tasks",
)
MELTANOLABS = _peer(
    "meltanolabs",
    Package(
        "meltanolabs-target-postgres",
        "0.8.1",
        pythons=("python3.11", "python3.12", "python3.13", "python3.10"),
    ),
    _meltanolabs_settings,
)
PIPELINEWISE = _peer(
    "pipelinewise",
    Package("pipelinewise-target-postgres", "2.1.2", pythons=("python3.11", "python3.10")),
    _pipelinewise_settings,
)
LOADERS = (OURS, MINIMAL, PIPELINEWISE, MELTANOLABS)
