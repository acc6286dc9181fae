"""The base of every tap: what it supports, the files that it is passed, how its command ends."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from plugin_settings.plugin import StrictPlugin
from tap_base.input_files import validate_catalog_file, validate_state_file
from tap_base.writer import TargetEnded

if TYPE_CHECKING:
    from singer_sdk.helpers.capabilities import CapabilitiesEnum


class State(msgspec.Struct):
    """The shape of every tap's state."""

    bookmarks: dict[str, dict[str, Any]] = {}


class BaseTap(StrictPlugin, Tap):
    """A tap that neither flattens nor writes batches, and whose errors are one line each."""

    package_name = "pandev-clickup"
    reported_errors: ClassVar[tuple[type[Exception], ...]]
    """The errors that end the command with one line; others do so with a traceback."""
    state_type: ClassVar[type[msgspec.Struct]] = State
    """The shape of what the streams of the tap save in the state."""
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @classmethod
    def invoke(
        cls, *, state: IO[str] | None = None, catalog: IO[str] | None = None, **options: Any
    ) -> None:
        """Run the tap. Raises an `error_type` if a file cannot be read."""
        super().invoke(
            state=validate_state_file(state, cls.error_type),
            catalog=validate_catalog_file(catalog, cls.error_type),
            **options,
        )

    def load_state(self, state: dict[str, Any]) -> None:
        """Load a state. Raises an `error_type` if the tap did not write it."""
        try:
            msgspec.convert(state, State)
            msgspec.convert(state, self.state_type)
        except msgspec.ValidationError:
            raise self.error_type(
                f"state: not a state of {self.name}; pass the last STATE of a run, or no state"
            ) from None
        super().load_state(state)

    @classmethod
    def run_command_line(cls) -> None:
        """Run the command line; log an error as one line."""
        try:
            cls.cli()
        except TargetEnded:
            cls.logger.critical("the target has ended, its log says why; nothing more is read")
            raise
        except cls.reported_errors as error:
            cls.logger.critical("%s", error)
            sys.exit(1)
