"""The settings of tap-ide: their JSON schema, and how their values are parsed. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from tap_ide.errors import ConfigurationError

if TYPE_CHECKING:
    from jsonschema import ValidationError

WAKATIME_URL = "https://api.wakatime.com/api/v1"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+")
TOKEN = re.compile(r"[\x21-\x7e]+")

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "event_files",
        th.CustomType({"type": ["array", "string"], "items": {"type": "object"}}),
        title="Event files",
        description=(
            "PanDev's event files: a JSON array of objects with path (a file, a folder or a "
            "pattern such as /srv/ide/*.json) and email, the employee; without email, the folder "
            "in which a file is must be named by the e-mail address"
        ),
        examples=[[{"path": "/srv/ide"}, {"path": "~/ide/*.json", "email": "user1@example.com"}]],
    ),
    th.Property(
        "wakatime_accounts",
        th.CustomType({"type": ["array", "string"], "items": {"type": "object"}}),
        secret=True,
        title="WakaTime accounts",
        description=(
            "Accounts of a WakaTime-compatible server: a JSON array of objects with email, the "
            "employee, and token, the API key; url, if it is not wakatime_url"
        ),
        examples=[[{"email": "user1@example.com", "token": "waka_..."}]],
    ),
    th.Property(
        "wakatime_url",
        th.StringType,
        default=WAKATIME_URL,
        title="WakaTime address",
        description=(
            "Base URL of the WakaTime-compatible server; of Wakapi: "
            "https://<host>/api/compat/wakatime/v1"
        ),
    ),
    th.Property(
        "heartbeats_window_days",
        th.IntegerType(minimum=0, maximum=366),
        default=3,
        title="Heartbeat lookback (days)",
        description=(
            "How many days before the last one each run reads again, because editors send "
            "heartbeats late"
        ),
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "Skip events before this date; default: all events in files, and heartbeats from 90 "
            "days before the first run"
        ),
        examples=["2024-01-01T00:00:00Z"],
    ),
    th.Property(
        "flattening_enabled",
        th.BooleanType,
        title="Flattening",
        description="Not supported: records are flat",
    ),
    additional_properties=False,
).to_dict()


@dataclass(frozen=True)
class EventFiles:
    """Where event files are, and whose they are, unless the names of folders say it."""

    path: str
    email: str | None


@dataclass(frozen=True)
class Account:
    """An employee's account at a WakaTime-compatible server."""

    email: str
    url: str
    token: str = field(repr=False)


def describe_invalid_setting(error: ValidationError) -> str:
    """Return the name of an invalid setting and what was expected, without its value."""
    schema: Any = error.schema
    settings: Any = error.instance
    if error.validator == "additionalProperties":
        unknown = sorted(settings.keys() - schema["properties"].keys())
        return "; ".join(f"unknown setting {name}" for name in unknown)
    name = ".".join(map(str, error.absolute_path))
    return f"{name}: expected {error.validator} {error.validator_value}"


def validate_flattening(setting: object) -> None:
    """Raise `ConfigurationError` if `flattening_enabled` is set."""
    if setting:
        raise ConfigurationError("flattening_enabled: the records of tap-ide are flat already")


def parse_event_files(setting: object) -> list[EventFiles]:
    """Return the entries of `event_files`. Raises `ConfigurationError`."""
    entries = []
    for entry in _objects("event_files", setting):
        path = entry.get("path")
        if not isinstance(path, str) or not path.strip() or entry.keys() - {"path", "email"}:
            raise ConfigurationError(
                "event_files: expected objects with path and, unless folders are named by it, email"
            )
        email = _email("event_files", entry) if "email" in entry else None
        entries.append(EventFiles(path.strip(), email))
    return entries


def parse_accounts(setting: object, default_url: str) -> list[Account]:
    """Return the entries of `wakatime_accounts`. Raises `ConfigurationError`, without a token."""
    accounts = []
    for entry in _objects("wakatime_accounts", setting):
        email = _email("wakatime_accounts", entry)
        token = entry.get("token")
        if not isinstance(token, str) or not TOKEN.fullmatch(token.strip()):
            raise ConfigurationError(
                f"wakatime_accounts: {email}: expected token, the API key of the account"
            )
        if entry.keys() - {"email", "token", "url"}:
            raise ConfigurationError(
                f"wakatime_accounts: {email}: expected email, token and optionally url only"
            )
        url = validate_url(entry.get("url") or default_url)
        accounts.append(Account(email, url, token.strip()))
    return accounts


def validate_url(url: object) -> str:
    """Return a base URL without a trailing slash.

    Raises `ConfigurationError` unless it is an https URL, or http on this machine.
    """
    text = url if isinstance(url, str) else ""
    try:
        parts = parse_url(text)  # as requests does, so that both see the same host
    except LocationParseError:
        parts = parse_url("")
    is_plain = not (
        parts.auth or parts.query or parts.fragment or re.search(r"[\\\s\x00-\x1f]", text)
    )
    if not parts.host or parts.scheme not in {"https", "http"} or not is_plain:
        raise ConfigurationError(f"wakatime_url: expected a URL such as {WAKATIME_URL}")
    if parts.scheme == "http" and parts.host.strip("[]") not in LOOPBACK:
        raise ConfigurationError("wakatime_url: http is allowed for this machine only, use https")
    return text.rstrip("/")


def is_email(text: str) -> bool:
    """Return whether a text looks like an e-mail address."""
    return EMAIL.fullmatch(text) is not None


def normalise_email(text: str) -> str:
    """Return an e-mail address in lower case: by it all sources of a person are merged."""
    return text.strip().lower()


def _email(setting: str, entry: dict[str, Any]) -> str:
    email = entry.get("email")
    if not isinstance(email, str) or not is_email(email.strip()):
        raise ConfigurationError(f"{setting}: expected email, the employee's e-mail address")
    return normalise_email(email)


def _objects(name: str, setting: object) -> list[dict[str, Any]]:
    """Return a list of objects, given as such or as JSON. Raises `ConfigurationError`."""
    if isinstance(setting, str):
        try:
            setting = json.loads(setting) if setting.strip() else []
        except ValueError:  # its text quotes the setting
            setting = None
    elif setting is None:
        setting = []
    if not isinstance(setting, list) or not all(isinstance(entry, dict) for entry in setting):
        raise ConfigurationError(f"{name}: expected a JSON array of objects")
    return setting
