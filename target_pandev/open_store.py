"""Open the store that the settings name: the one at an address, or else the embedded one."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from target_pandev.database import Store, StoreReader, WriteCheck, check_writable
from target_pandev.embedded import NAME, EmbeddedError, EmbeddedServer, default_data_dir
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("target-pandev")


@dataclass(frozen=True)
class StoreSettings:
    """The location of the store; without `url` it is the embedded one in `dir`."""

    url: str | None = None
    dir: str | None = None
    schema: str = "pandev"

    @property
    def exists(self) -> bool:
        """Whether there is a server: the embedded one is created by the first load."""
        return bool(self.url) or EmbeddedServer(self.path).exists()

    @property
    def path(self) -> Path:
        """The absolute path of the embedded store."""
        chosen = Path(self.dir).expanduser() if self.dir else default_data_dir(NAME, os.environ)
        return chosen.absolute()


@dataclass(frozen=True)
class RunningServer:
    """The PostgreSQL of a store: its address, and where its own programs are if it is embedded."""

    conninfo: str
    program_folder: Path | None = None


@contextmanager
def open_store(settings: StoreSettings) -> Iterator[Store]:
    """Yield the store; the server of the embedded one is started. Raises `StoreError`."""
    with open_server(settings) as server, Store(server.conninfo, schema=settings.schema) as store:
        yield store


@contextmanager
def open_existing_store(settings: StoreSettings) -> Iterator[StoreReader | None]:
    """Yield a reader of the store; None if there is no embedded one, or no schema. Changes nothing.

    The server of an embedded store is started if it does not run. Raises `StoreError`.
    """
    if not settings.url and not _embedded_exists(settings):
        yield None
        return
    with (
        open_server(settings) as server,
        StoreReader(server.conninfo, schema=settings.schema) as reader,
    ):
        yield None if reader.schema_version() is None else reader


def _embedded_exists(settings: StoreSettings) -> bool:
    try:
        return EmbeddedServer(settings.path).exists()
    except EmbeddedError as error:
        raise StoreError(str(error)) from error


@contextmanager
def open_server(settings: StoreSettings) -> Iterator[RunningServer]:
    """Yield the server of the store; the embedded one is started. Raises `StoreError`."""
    if settings.url:
        yield RunningServer(settings.url)
        return
    try:
        embedded = EmbeddedServer(settings.path).open()
    except EmbeddedError as error:
        raise StoreError(str(error)) from error
    try:
        logger.info("store: embedded PostgreSQL in %s", settings.path)
        yield RunningServer(embedded.conninfo, embedded.program_folder)
    finally:
        embedded.close()


def check_store(settings: StoreSettings) -> WriteCheck | None:
    """Return what a load would find; None if it would first create the embedded store.

    Nothing is created. Raises `StoreError` if a load could not write.
    """
    if settings.exists:
        with open_server(settings) as server:
            return check_writable(server.conninfo, settings.schema)
    folder = next(path for path in (settings.path, *settings.path.parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(
            f"store_dir {settings.path}: cannot be created, as {folder} is not writable; choose "
            "another directory, or set store_url"
        )
    return None
