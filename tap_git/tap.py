"""The tap over local git repositories: its settings, its streams, how a run ends."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_git import repository, streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput

# in the order of a run: a row comes after the rows that it names
STREAMS = (streams.RepositoriesStream, streams.BranchesStream, streams.CommitsStream)


class SettingError(ValueError):
    """A setting or a file of the command line that does not say what is needed."""


class TapGit(Tap):
    """Repositories, branches and commits of local git repositories: metadata, never contents."""

    name = "tap-git"
    package_name = "pandev-clickup"
    message_writer_class = MsgSpecWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "repositories",
            th.CustomType({"type": ["array", "string"], "items": {"type": "string"}}),
            required=True,
            title="Repositories",
            description=(
                "Local paths of git repositories: working trees, bare repositories or .git "
                "folders; as text a JSON array, or paths with commas between them"
            ),
            examples=[["~/src/shop", "/srv/git/shop.git"]],
        ),
        th.Property(
            "start_date",
            th.DateTimeType,
            title="Start date",
            description=(
                "Commits committed before it are left out; the whole history if it is not set"
            ),
            examples=["2024-01-01T00:00:00Z"],
        ),
        additional_properties=False,
    ).to_dict()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the tap; no repository is opened before the first is asked for."""
        self.failures: list[str] = []
        self._signal: int | None = None
        self._warned_of_time = False
        super().__init__(*args, **kwargs)

    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams; they are the same for every setting."""
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of a run; the SDK would sort them by name."""
        found = super().streams
        return {stream.name: found[stream.name] for stream in STREAMS}

    @cached_property
    def start_date(self) -> datetime | None:
        """The moment before which commits are left out."""
        value = self.config.get("start_date")
        if not value:
            return None
        try:
            start = datetime.fromisoformat(value)
        except ValueError as error:
            raise SettingError(
                f"start_date: expected a date such as 2024-01-01T00:00:00Z, not '{value}'"
            ) from error
        return start if start.tzinfo else start.replace(tzinfo=UTC)

    @cached_property
    def repositories(self) -> list[repository.Repository]:
        """What the configured repositories hold now; what cannot be opened is in `failures`."""
        found: dict[str, tuple[str, repository.Repository]] = {}
        for path in paths(self.config.get("repositories")):
            self.stop_if_asked()
            try:
                one = repository.read(path)
            except repository.RepositoryError as error:
                self.failures.append(str(error))
                continue
            if one.address.id in found:
                raise SettingError(
                    f"repositories: '{found[one.address.id][0]}' and '{path}' are both "
                    f"{one.address.id}; expected each repository once"
                )
            found[one.address.id] = (path, one)
        return [one for _, one in found.values()]

    def warn_of_time(self, repository_id: str, sha: str) -> None:
        """Say once a run that a commit carries a time that no calendar holds."""
        if not self._warned_of_time:
            self._warned_of_time = True
            self.logger.warning(
                "%s: commit %s has a time beyond any calendar: null; more of them are not named",
                repository_id,
                sha,
            )

    def stop_if_asked(self) -> None:
        """Raise SystemExit if a signal asked for it: between two records, so lines stay whole."""
        if self._signal is not None:
            raise SystemExit(128 + self._signal)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 the SDK's signature
        self._signal = signum
        signal.signal(signum, signal.SIG_DFL)  # a second one ends the process at once

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
        """Run the tap. Exit 1 names what could not be read, 128 + n is signal n."""
        # past Tap.invoke, which keeps the tap that it makes to itself
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        with _one_line_errors(cls):
            files = {"state": _content(state, "--state"), "catalog": _content(catalog, "--catalog")}
            tap = cls._configured(config, **files)
            with tap.ending():
                tap.sync_all()

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the files of `--config`."""
        with _one_line_errors(cls):
            try:
                return super().cb_config(ctx, param, value)
            except (OSError, ValueError) as error:
                raise SettingError("--config: expected ENV, or a file of JSON") from error

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Read one record of each stream, and name what could not be read."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        with _one_line_errors(cls):
            tap = cls._configured(ctx.params.get("config"))
            with tap.ending():
                tap.run_connection_test()
        ctx.exit()

    @classmethod
    def _configured(cls, config: _ConfigInput | None, **files: Any) -> TapGit:
        values, from_env = (config.config, config.parse_env) if config else ({}, False)
        return cls(config=values, parse_env_config=from_env, **files)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Check every setting and open every repository, then run, then name what failed."""
        try:
            _ = self.start_date, self.repositories
            yield
        except SystemExit:
            self.logger.warning("stopped by a signal: the next run goes on from the last state")
            if self.state:
                self.state_writer.write_state(self.state)
            raise
        for failure in self.failures:
            self.logger.error("%s", failure)
        if self.failures:
            sys.exit(1)


def paths(setting: list[str] | str | None) -> list[str]:
    """Return the paths of `repositories`, which comes as a list, or as the text of one."""
    if isinstance(setting, str):
        try:
            setting = (
                json.loads(setting) if setting.lstrip().startswith("[") else setting.split(",")
            )
        except ValueError as error:
            raise SettingError("repositories: expected a JSON array of paths") from error
    found = [path.strip() for path in setting or []]
    if not any(found):
        raise SettingError("repositories: none is configured; expected at least one local path")
    return [path for path in found if path]


def _content(file: IO[str] | None, option: str) -> Any:
    try:
        return json.load(file) if file else None
    except ValueError as error:
        raise SettingError(f"{option}: expected a file of JSON") from error


@contextmanager
def _one_line_errors(tap: type[Tap]) -> Iterator[None]:
    try:
        yield
    except SettingError as error:
        tap.logger.error("%s", error)  # noqa: TRY400 the line says what to do, a traceback would not
        sys.exit(1)


def main() -> None:
    """Run `tap-git`."""
    repository.keep_memory_flat()
    TapGit.cli()
