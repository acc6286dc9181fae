"""The settings of tap-git: their JSON schema, and how their values are parsed. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from singer_sdk import typing as th

from tap_git.errors import ConfigurationError

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "repositories",
        th.CustomType({"type": ["array", "string"], "items": {"type": "string"}}),
        required=True,
        title="Repositories",
        description=(
            "Local paths of git repositories: working trees, bare repositories or .git "
            "folders; name=path gives a repository the id local/name; as text a JSON array, or "
            "paths separated by commas"
        ),
        examples=[["~/src/shop", "/srv/git/shop.git"]],
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Skip commits committed before this date; default: the whole history",
        examples=["2024-01-01T00:00:00Z"],
    ),
    th.Property(
        "fetch",
        th.BooleanType,
        default=False,
        title="Fetch",
        description=(
            "Run `git fetch --prune` in each repository with a remote origin before it is read"
        ),
    ),
    th.Property(
        "flattening_enabled",
        th.BooleanType,
        title="Flattening",
        description="Not supported: use the setting of the same name of the target",
    ),
    additional_properties=False,
).to_dict()

NAMED_PATH = re.compile(r"(?P<name>[^/=~]+)=(?P<path>.+)")
"""`name=path`; a path that has a `=` in its first part can be written as `./a=b`."""


@dataclass(frozen=True)
class ConfiguredRepository:
    """A path in `repositories`, and the name that the setting gives the repository, if any."""

    path: str
    name: str | None = None


def validate_flattening(setting: object) -> None:
    """Raise `ConfigurationError` if `flattening_enabled` is set."""
    if setting:
        raise ConfigurationError(
            "flattening_enabled: tap-git does not flatten, as that turns arrays into text; "
            "set flattening_enabled of target-pandev instead"
        )


def parse_repositories(setting: list[str] | str | None) -> list[ConfiguredRepository]:
    """Return the paths and names in `repositories`, a list or the text of one.

    Raises `ConfigurationError` if it is not valid or has no path.
    """
    if isinstance(setting, str):
        setting = _split_text(setting)
    entries = [entry.strip() for entry in setting or []]
    if not any(entries):
        raise ConfigurationError(
            "repositories: no repository is configured; expected at least one local path"
        )
    return [_parse_entry(entry) for entry in entries if entry]


def _parse_entry(entry: str) -> ConfiguredRepository:
    match = NAMED_PATH.fullmatch(entry)
    if match is None:
        return ConfiguredRepository(entry)
    return ConfiguredRepository(match["path"].strip(), match["name"].strip())


def _split_text(setting: str) -> list[str]:
    if not setting.lstrip().startswith("["):
        return setting.split(",")
    try:
        paths: list[str] = json.loads(setting)
    except ValueError as error:
        raise ConfigurationError("repositories: expected a JSON array of paths") from error
    return paths
