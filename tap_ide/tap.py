"""The Singer tap of editor activity: its settings and its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_base.sources_tap import SourcesTap
from tap_ide.errors import ConfigurationError, TapIdeError
from tap_ide.settings import CONFIG_SCHEMA, describe_invalid_setting
from tap_ide.streams import IdeEventsStream
from tap_ide.sync import SyncContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream


class TapIde(SourcesTap):
    """Reads when employees worked in their editors and on which branch, but not in which files."""

    name = "tap-ide"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    error_type = ConfigurationError
    reported_errors = (TapIdeError,)
    context_class = SyncContext
    sync_context: SyncContext

    def discover_streams(self) -> Sequence[Stream]:
        """Return the stream; it does not depend on the settings."""
        return [IdeEventsStream(self)]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Return what is wrong with the settings, without their values, unless it is raised.

        Raises `ConfigurationError` in one line.
        """
        errors = [describe_invalid_setting(error) for error in self.find_invalid_settings()]
        if errors and raise_errors:
            raise ConfigurationError("; ".join(errors))
        return errors


def main() -> None:
    """Run the command line."""
    TapIde.run_command_line()
