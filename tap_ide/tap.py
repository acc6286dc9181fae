"""The Singer tap of editor activity: its command line, its stream, how a run ends."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from plugin_settings.input_files import validate_catalog_file, validate_state_file
from plugin_settings.plugin import StrictPlugin
from tap_ide.errors import ConfigurationError, TapIdeError
from tap_ide.sdk_patches import print_about, validation_errors
from tap_ide.settings import CONFIG_SCHEMA, describe_invalid_setting, validate_flattening
from tap_ide.streams import IdeEventsStream
from tap_ide.sync import Interruption, SyncContext
from tap_ide.writer import MessageWriter, TargetEnded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput


class TapIde(StrictPlugin, Tap):
    """Reads when employees worked in their editors and on which branch, but not in which files."""

    name = "tap-ide"
    package_name = "pandev-clickup"
    message_writer_class = MessageWriter
    error_type = ConfigurationError
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create the tap without opening any source."""
        self._interruption = Interruption()  # used by the signal handler that the SDK installs
        super().__init__(*args, **kwargs)
        self.sync_context = SyncContext(self.config, self._interruption)

    def discover_streams(self) -> Sequence[Stream]:
        """Return the stream; it does not depend on the settings."""
        return [IdeEventsStream(self)]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Return what is wrong with the settings, without their values, unless it is raised.

        Raises `ConfigurationError` in one line.
        """
        self.append_builtin_config(self.config_jsonschema)
        errors = [
            describe_invalid_setting(error)
            for error in validation_errors(self.config_jsonschema, self._config)
        ]
        if errors and raise_errors:
            raise ConfigurationError("; ".join(errors))
        return errors

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 the SDK's signature
        self._interruption.request(signum)
        signal.signal(signum, signal.SIG_DFL)  # a second signal ends the process at once

    @classmethod
    def invoke(  # type: ignore[override] # as the SDK's own override of it
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap. Exit code 1: something could not be read; 128 + n: ended by signal n."""
        print_about(cls, about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls._configured(
            config,
            state=_load_json(validate_state_file(state, ConfigurationError)),
            catalog=_load_json(validate_catalog_file(catalog, ConfigurationError)),
        )
        with tap.report_failures():
            tap.sync_all()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Read one record and report what could not be read."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        tap = cls._configured(ctx.params.get("config"))
        with tap.report_failures():
            tap.run_connection_test()
        ctx.exit()

    @classmethod
    def _configured(cls, config: _ConfigInput | None, **files: Any) -> TapIde:
        if config is None:
            return cls(config={}, parse_env_config=False, **files)
        return cls(config=config.config, parse_env_config=config.parse_env, **files)

    @contextmanager
    def report_failures(self) -> Iterator[None]:
        """Validate the settings, run the block, then log what failed.

        Exits with 1 if a file or an account could not be read. If a signal ends the block, the
        state is written first.
        """
        try:
            validate_flattening(self.config.get("flattening_enabled"))
            self.sync_context.validate()
            yield
        except TargetEnded:
            raise
        except SystemExit:
            self.logger.warning("interrupted by a signal; the next run resumes from the last state")
            if self.state:
                self.state_writer.write_state(self.state)
            raise
        for failure in self.sync_context.failures:
            self.logger.error("%s", failure)
        if self.sync_context.failures:
            sys.exit(1)


def _load_json(file: IO[str] | None) -> Any:
    return json.load(file) if file else None


def main() -> None:
    """Run the command line; log an error as one line."""
    try:
        TapIde.cli()
    except TapIdeError as error:
        TapIde.logger.critical("%s", error)
        sys.exit(1)
