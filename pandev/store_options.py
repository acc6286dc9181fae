"""The options that locate the store, which most commands of `pandev` have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from target_pandev.embedded import EmbeddedServer
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def embedded_store(store: Mapping[str, str | None]) -> EmbeddedServer:
    """Return the embedded store that the options locate. Raises if they name another."""
    settings = store_settings(store)
    if settings.url:
        raise StoreError("store_url is set, so there is no embedded store; use that URL")
    return EmbeddedServer(settings.path)
