"""The options that locate the store, which most commands of `pandev` have."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import click

from pandev.console import CommandError
from target_pandev.embedded import EmbeddedServer
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings, open_existing_store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_pandev.database import Store

NOTHING_LOADED: Final = 5
"""Exit code if there is no store, or nothing in it."""
LOAD_FIRST: Final = "nothing loaded yet: run pandev connect"
Command = TypeVar("Command", bound="Callable[..., object]")


def store_options(command: Command) -> Command:
    """Add the options that locate the store."""
    for name, variable, help_text in (
        ("--store-schema", "SCHEMA", "Schema of the store's tables and views."),
        ("--store-dir", "DIR", "Directory of the embedded store."),
        ("--store-url", "URL", "URL of a PostgreSQL 15 or newer; if not set, the embedded store."),
    ):
        command = click.option(
            name,
            envvar=f"TARGET_PANDEV_STORE_{variable}",
            metavar=variable,
            show_envvar=True,
            default="pandev" if variable == "SCHEMA" else None,
            help=help_text,
        )(command)
    return command


def store_settings(store: Mapping[str, str | None]) -> StoreSettings:
    """Return the location of the store that the options give."""
    return StoreSettings(store["store_url"], store["store_dir"], store["store_schema"] or "pandev")


@contextmanager
def open_loaded_store(store: Mapping[str, str | None]) -> Iterator[Store]:
    """Yield the store that the options give; only a load creates one.

    Raises `CommandError` if there is none, and `StoreError`.
    """
    settings = store_settings(store)
    with open_existing_store(settings) as reader:
        exists = reader is not None
    if not exists:
        raise CommandError(LOAD_FIRST, NOTHING_LOADED)
    with open_store(settings) as opened_store:
        yield opened_store


def embedded_store(store: Mapping[str, str | None]) -> EmbeddedServer:
    """Return the embedded store that the options locate. Raises if they name another."""
    settings = store_settings(store)
    if settings.url:
        raise StoreError("store_url is set, so there is no embedded store; use that URL")
    return EmbeddedServer(settings.path)
