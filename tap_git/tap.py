"""The Singer tap over local git repositories: its command line, its streams, how a run ends."""

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
from tap_git.commits import CommitsStream
from tap_git.errors import ConfigurationError, TapGitError
from tap_git.repository import disable_object_cache
from tap_git.sdk_patches import print_about
from tap_git.settings import CONFIG_SCHEMA, validate_flattening
from tap_git.streams import BranchesStream, CompletedReadsStream, RepositoriesStream
from tap_git.sync import Interruption, SyncContext
from tap_git.writer import MessageWriter, TargetEnded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput

STREAMS = (RepositoriesStream, CompletedReadsStream, BranchesStream, CommitsStream)
"""In the order in which they are read: a row follows the rows that it references, and the streams
that write completed reads follow the SCHEMA of these."""


class TapGit(StrictPlugin, Tap):
    """Reads repositories, branches and commits of local git repositories, but no file contents."""

    name = "tap-git"
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
        """Create the tap without opening any repository."""
        self._interruption = Interruption()  # used by the signal handler that the SDK installs
        super().__init__(*args, **kwargs)
        self.sync_context = SyncContext(self.config, self._interruption)

    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams; they do not depend on the settings."""
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `STREAMS`; the SDK sorts them by name."""
        by_name = super().streams
        return {stream.name: by_name[stream.name] for stream in STREAMS}

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
        """Read one record of each stream and report what could not be read."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        tap = cls._configured(ctx.params.get("config"))
        with tap.report_failures():
            tap.run_connection_test()
        ctx.exit()

    @classmethod
    def _configured(cls, config: _ConfigInput | None, **files: Any) -> TapGit:
        if config is None:
            return cls(config={}, parse_env_config=False, **files)
        return cls(config=config.config, parse_env_config=config.parse_env, **files)

    @contextmanager
    def report_failures(self) -> Iterator[None]:
        """Validate the settings, open the repositories, run the block, then log what failed.

        Exits with 1 if a repository could not be read. If a signal ends the block, the state is
        written first.
        """
        try:
            validate_flattening(self.config.get("flattening_enabled"))
            _ = self.sync_context.start_date
            _ = self.sync_context.repositories
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
    disable_object_cache()
    try:
        TapGit.cli()
    except TapGitError as error:
        TapGit.logger.critical("%s", error)
        sys.exit(1)
