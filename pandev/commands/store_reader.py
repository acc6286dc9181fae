"""The command `pandev store reader`."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectCommand
from pandev.console import format_option, print_result
from pandev.store_options import embedded_store, store_options, store_settings
from target_pandev.database.private_tables import PRIVATE_TABLES
from target_pandev.database.readers import (
    CONNECTION_LIMIT,
    Reader,
    drop_reader,
    reader_exists,
    save_reader,
)
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings, open_server

if TYPE_CHECKING:
    from pandev.console import OutputFormat

PASSWORD_BYTES = 24
MIN_PASSWORD_LENGTH = 12
SESSIONS_CONTINUE = "its open sessions continue without rights: only an administrator may end them"
LIMITS = f"read-only transactions, 5 minutes per statement, {CONNECTION_LIMIT} connections"


@click.command("reader", cls=ProjectCommand)
@store_options
@click.option(
    "--role", metavar="NAME", help="Name of the login; by default the schema's name and _reader."
)
@click.option("--rotate", is_flag=True, help="Give an existing login a new password.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)
@click.option("--drop", is_flag=True, help="Drop the login and end its sessions.")
@format_option
def save_reader_command(
    role: str | None,
    output_format: OutputFormat,
    *,
    rotate: bool,
    password_stdin: bool,
    drop: bool,
    **store: str | None,
) -> None:
    """Create a read-only login for BI tools and print its password.

    It is printed only once. The login reads every table and view of the schema, also those of
    later versions, but not the raw values in rejected_records. If it exists already, it gets its
    rights again and keeps its password. The embedded store is reached through "pandev store start
    --stay --port". The exit code is 1 if the store's user may not create logins.
    """
    if drop and (rotate or password_stdin):
        raise click.UsageError("--drop cannot be combined with --rotate or --password-stdin")
    settings = store_settings(store)
    if not settings.url and not embedded_store(store).exists():
        raise StoreError(f"store_dir {settings.path}: there is no store; load it once before")
    name = role or f"{settings.schema}_reader"
    if drop:
        _drop(settings, name, output_format)
        return
    given = _read_password() if password_stdin else None
    with open_server(settings) as server:
        is_new = not reader_exists(server.conninfo, settings.schema, name)
        password = given
        if password is None and (is_new or rotate):
            password = secrets.token_urlsafe(PASSWORD_BYTES)
        reader = save_reader(
            server.conninfo,
            settings.schema,
            name,
            password=password,
            is_embedded=not settings.url,
        )
    shown = None if given else password
    print_result(
        output_format,
        _as_json(settings, name, reader, shown),
        _as_facts(settings, name, reader, shown, is_given=given is not None),
    )


def _drop(settings: StoreSettings, role: str, output_format: OutputFormat) -> None:
    with open_server(settings) as server:
        ended = drop_reader(server.conninfo, settings.schema, role)
    text = f"role {role} dropped"
    if not ended:
        text += f"\n{SESSIONS_CONTINUE}"
    print_result(output_format, {"role": role, "keeps_sessions": not ended}, text)


def _read_password() -> str:
    """Return the first line of stdin; it is never an argument, which others can list."""
    password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < MIN_PASSWORD_LENGTH:
        raise StoreError(
            f"the password from stdin has {len(password)} characters, expected at least "
            f"{MIN_PASSWORD_LENGTH}"
        )
    return password


def _as_facts(
    settings: StoreSettings, role: str, reader: Reader, password: str | None, *, is_given: bool
) -> dict[str, str]:
    unchanged = "as given on stdin" if is_given else "unchanged; --rotate makes a new one"
    facts = {
        "role": f"{role}, {'created' if reader.is_new else 'rights set again'}",
        "password": f"{password} (shown only now)" if password else unchanged,
        "reads": (
            f"{reader.relation_count} tables and views of schema {settings.schema}, and later "
            f"ones; not {', '.join(PRIVATE_TABLES)}"
        ),
        "limits": LIMITS,
        "address": _describe_address(settings, reader),
    }
    if reader.keeps_sessions:
        facts["sessions"] = "open ones continue: only an administrator may end them"
    return facts


def _describe_address(settings: StoreSettings, reader: Reader) -> str:
    if settings.url:
        return f"{reader.address}, database {reader.database}"
    return f"127.0.0.1, by pandev store start --stay --port PORT; database {reader.database}"


def _as_json(
    settings: StoreSettings, role: str, reader: Reader, password: str | None
) -> dict[str, object]:
    return {
        "role": role,
        "is_new": reader.is_new,
        "password": password,
        "schema": settings.schema,
        "relation_count": reader.relation_count,
        "private_tables": [*PRIVATE_TABLES],
        "address": reader.address if settings.url else None,
        "database": reader.database,
        "keeps_sessions": reader.keeps_sessions,
    }
