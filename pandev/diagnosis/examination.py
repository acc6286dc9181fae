"""What the checks share: the settings, the store's rows and ClickUp's answers, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pandev.connection import ConnectionCheck, check_connection
from pandev.status.evaluation import Status, evaluate
from pandev.status.rows import StoreRows, read_rows
from pandev.status.surroundings import origin_of
from pandev.tap_config import quiet_context
from tap_clickup.errors import ClickUpError
from tap_clickup.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tap_clickup.sync import SyncContext
    from target_pandev.database import StoreReader
    from target_pandev.open_store import StoreSettings


@dataclass(frozen=True)
class Examination:
    """The settings, and what was read with them.

    `reader` is None without a store; `store_error` is why it cannot be read. `folder` is that of
    `.env`.
    """

    settings: Mapping[str, Any]
    store_settings: StoreSettings
    folder: Path
    data_dir: Path
    receiver_port: int
    webhook_url: str | None = None
    reader: StoreReader | None = None
    store_error: str | None = None
    has_project: bool = False

    @property
    def is_enabled(self) -> bool:
        """Whether the integration is on."""
        return bool(self.settings["enabled"])

    @property
    def why_no_store(self) -> str:
        """Why a check of the store is skipped."""
        return "the store cannot be read" if self.store_error else "there is no store yet"

    @cached_property
    def sync_context(self) -> SyncContext:
        """Requests to ClickUp with these settings."""
        return quiet_context(self.settings)

    @cached_property
    def connection(self) -> ConnectionCheck | ClickUpError:
        """What ClickUp answers, or why it does not."""
        try:
            return check_connection(self.sync_context)
        except ClickUpError as error:
            return error

    @cached_property
    def rows(self) -> StoreRows | None:
        """The rows of the store; None without a store."""
        return read_rows(self.reader) if self.reader else None

    @cached_property
    def status(self) -> Status | None:
        """The status as `pandev status` shows it; None without a store."""
        if self.rows is None:
            return None
        return evaluate(
            self.rows,
            Selection.from_config(self.settings),
            is_enabled=self.is_enabled,
            origin=origin_of(self.webhook_url),
        )
