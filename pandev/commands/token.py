"""The command `pandev token`."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from clickup_receiver.meltano_project import RECEIVER, TAP, settings_folder
from clickup_receiver.project_options import find_project
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev.connection import check_connection, require_access
from pandev.console import format_option, print_result
from pandev.env_settings import describe_env_file, save_settings
from pandev.project_settings import AllSettingsCommand, read_tap_settings
from pandev.receiver_options import data_dir_option
from pandev.report.values import printable
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pandev.console import OutputFormat

VARIABLE: Final = "TAP_CLICKUP_API_TOKEN"
MAX_LENGTH: Final = 1_000
USER_OF_TOKEN: Final = re.compile(r"\s*pk_(\d+)_")
"""A personal token contains the id of its user."""
FIRST_STEP: Final = "pandev check, pandev scopes, then pandev connect"
NEXT_STEP: Final = "nothing: a running clickup-receiver and later runs use it"
NEXT_USER: Final = "pandev connect --replace-user, as webhooks belong to the user who created them"


class TokenCommand(AllSettingsCommand):
    """A command that needs no store."""

    plugins = (TAP, RECEIVER)


@click.command("token", cls=TokenCommand)
@data_dir_option
@click.option(
    "--replace-user", is_flag=True, help="Accept a token of another user than the current one."
)
@format_option
@click.pass_context
def set_token(
    context: click.Context, data_dir: Path, *, replace_user: bool, output_format: OutputFormat
) -> None:
    """Set or replace the API token of ClickUp: paste it at the prompt, or pipe it in.

    It is saved in .env, readable by its owner only, once a check of the connection has passed. It
    is never shown, and no option takes it, because other users of the machine see those.

    A token of another user is refused, since webhooks belong to the user who created them. With one
    of the same user, such as a regenerated one, webhooks and their secrets stay as they are.

    Exit codes: 0 saved, 1 refused, nothing is saved.
    """
    project = find_project(context)
    settings = read_tap_settings(context)
    token = _read_token()
    connection = check_connection(receiver_context({**settings, "api_token": token}))
    user = connection.user
    if not replace_user:
        _refuse_another_user(user.id, settings, data_dir)
    require_access(connection)
    folder = settings_folder(project)
    save_settings(folder, {VARIABLE: token})
    file = describe_env_file(folder)
    next_step = NEXT_USER if replace_user else NEXT_STEP
    if not settings.get("api_token"):
        next_step = FIRST_STEP
    print_result(
        output_format,
        {"user": asdict(user), "saved_in": file, "next": next_step},
        {"user": printable(str(user)), "saved in": file, "next": next_step},
    )


def _read_token() -> str:
    """Return what is pasted at a prompt that does not show it, or the first line of the input."""
    if sys.stdin.isatty():
        text: str = click.prompt("API token of ClickUp", hide_input=True)
    else:
        text = sys.stdin.readline(MAX_LENGTH)
    if not text.strip():
        raise ConfigurationError("no token was given: paste it at the prompt, or pipe it in")
    return text.strip()


def _refuse_another_user(user_id: str, settings: Mapping[str, Any], data_dir: Path) -> None:
    """Raise `ConfigurationError` if our webhooks or the current token are of another user."""
    advice = "use a token of that user, or --replace-user"
    for webhook_id, webhook in FileSecretStore(data_dir / SECRETS_FILE_NAME).get_all().items():
        if webhook.user_id not in {None, user_id}:
            raise ConfigurationError(
                f"the token belongs to ClickUp user {user_id}, but user {webhook.user_id} created "
                f"webhook {webhook_id}; {advice}"
            )
    current = USER_OF_TOKEN.match(settings.get("api_token") or "")
    if current and current[1] != user_id:
        raise ConfigurationError(
            f"the token belongs to ClickUp user {user_id}, but the current one to user "
            f"{current[1]}; {advice}"
        )
