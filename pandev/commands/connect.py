"""The command `pandev connect`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from clickup_receiver.audit_log import AuditLog
from clickup_receiver.meltano_project import settings_folder
from clickup_receiver.project_options import find_project
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.registrar import WebhookRegistrar
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev.connect_report import ConnectReport
from pandev.connection import check_connection
from pandev.console import format_option
from pandev.env_settings import describe_env_file, save_settings
from pandev.project_settings import AllSettingsCommand
from pandev.receiver_options import data_dir_option
from pandev.store_options import store_options, store_settings
from pandev.sync.outcome import ALREADY_RUNNING, FAILED
from pandev.tap_config import read_tap_config
from plugin_settings.env_file import is_inherited
from plugin_settings.guides import GUIDES
from tap_clickup.errors import ConfigurationError
from target_pandev.open_store import check_store

if TYPE_CHECKING:
    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.connection import ConnectionCheck
    from pandev.console import OutputFormat
    from tap_clickup.sync import SyncContext

POLLING_ONLY: Final = 3
"""Exit code if changes come by polling only."""
NOT_REMOVED: Final = (
    "no longer accepted, but not removed at ClickUp; the user who created it can delete it under "
    "Settings > Integrations > Webhooks, unless that was done already"
)
NO_ADDRESS: Final = (
    "webhook_url is not set, so changes come by polling only, up to 15 minutes later; "
    f"{GUIDES}/webhooks.md shows how to receive them within seconds"
)
NO_PROJECT: Final = (
    "no meltano.yml in this folder or above, so nothing was loaded; run the tap into the target as "
    f"{GUIDES}/without-meltano.md shows"
)
NEXT_STEP: Final = "keep clickup-receiver running, so that changes are loaded"
SAVED_VARIABLES: Final = (
    "TAP_CLICKUP_API_TOKEN",
    "TAP_CLICKUP_WORKSPACE_IDS",
    "TAP_CLICKUP_SPACE_IDS",
)
"""What all processes need. Of the receiver, its address and directory are saved too if given."""
HELP: Final = """Check the connection, save its settings, register webhooks, and load everything.

Nothing is changed before the check has passed. A token and a selection that only the environment
has are saved in .env of the Meltano project, readable by its owner only, so that they are those of
every process. One webhook is registered for each selected space, or for a workspace that is
selected as a whole; without --webhook-url there is none, and changes come by polling. Then the data
is loaded, as by pandev sync; Ctrl-C stops that, and pandev sync continues it.

Running it again repairs webhooks, registers none twice, and loads what has changed. Afterwards,
keep clickup-receiver running.

Exit codes: 0 connected, 1 something failed, 3 connected, but changes come by polling only: there is
no public URL, or the token's user may not create webhooks.
"""


@click.command("connect", cls=AllSettingsCommand, help=HELP)
@click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    show_envvar=True,
    metavar="URL",
    help="Public https URL at which ClickUp reaches clickup-receiver.",
)
@data_dir_option
@click.option(
    "--replace-user",
    is_flag=True,
    help="Replace the webhooks that another user's token registered.",
)
@click.option("--no-save", is_flag=True, help="Save nothing in .env.")
@click.option("--no-sync", is_flag=True, help="Load nothing.")
@click.option(
    "--off",
    is_flag=True,
    help="Remove all webhooks with our URL or a stored secret; loaded data stays.",
)
@store_options
@format_option
@click.pass_context
def connect(  # noqa: PLR0913 - an argument per option
    context: click.Context,
    /,
    *,
    webhook_url: str | None,
    data_dir: Path,
    replace_user: bool,
    no_save: bool,
    no_sync: bool,
    off: bool,
    output_format: OutputFormat,
    **store: str | None,
) -> None:
    """Connect, or remove the webhooks."""
    project = find_project(context)
    config = read_tap_config(project)
    if not off and not config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on, or use --off")
    report = ConnectReport(output_format)
    sync_context = receiver_context(config)
    if off:
        webhook_ids = _remove(report, sync_context, data_dir, webhook_url, replace_user)
        report.add_removed(webhook_ids, is_enabled=config["enabled"])
        report.end(0)
    registrar = _make_registrar(sync_context, data_dir, webhook_url) if webhook_url else None
    connection = _check(report, sync_context)
    if registrar and replace_user:
        _forget_other_users(report, registrar)
    elif registrar:
        registrar.require_same_user()
    if project and not no_sync:
        check_store(store_settings(store))
    saved = _save(context, project) if project and not no_save else []
    file = describe_env_file(settings_folder(project))
    report.add_check(connection, webhook_url, saved, file)
    exit_code = _register(report, registrar)
    if exit_code != FAILED and not no_sync:
        exit_code = _load(report, project) or exit_code
    if exit_code != FAILED and (project or no_sync):
        report.say(NEXT_STEP)
    report.end(exit_code)


def _remove(
    report: ConnectReport,
    sync_context: SyncContext,
    data_dir: Path,
    webhook_url: str | None,
    replace_user: bool,  # noqa: FBT001 - the option
) -> list[str]:
    """Remove the webhooks with our address or a stored secret; return their ids."""
    if not webhook_url:
        raise ConfigurationError(
            "webhook_url is not set: our webhooks are found by that address; give --webhook-url"
        )
    sync_context.validate()
    registrar = _make_registrar(sync_context, data_dir, webhook_url)
    if replace_user:
        _forget_other_users(report, registrar)
    return registrar.remove_all()


def _make_registrar(
    sync_context: SyncContext, data_dir: Path, webhook_url: str
) -> WebhookRegistrar:
    audit_log = AuditLog(data_dir)
    audit_log.prepare()
    return WebhookRegistrar(
        sync_context,
        FileSecretStore(data_dir / SECRETS_FILE_NAME),
        partial(audit_log.write, "connect"),
        endpoint=webhook_url,
    )


def _forget_other_users(report: ConnectReport, registrar: WebhookRegistrar) -> None:
    for webhook_id in registrar.forget_other_users():
        report.add_problem(f"webhook {webhook_id}: {NOT_REMOVED}")


def _check(report: ConnectReport, sync_context: SyncContext) -> ConnectionCheck:
    """Return the result of a check that has passed; else exit with 1."""
    connection = check_connection(sync_context)
    for problem in connection.errors:
        report.add_problem(str(problem))
    if connection.errors:
        report.add_problem("the check has not passed, so nothing is changed")
        report.end(FAILED)
    return connection


def _save(context: click.Context, project: MeltanoProject) -> list[str]:
    """Save what only this command has in `.env`; return the variables."""
    values = {name: os.environ[name] for name in SAVED_VARIABLES if is_inherited(name)}
    for option, variable in (
        ("webhook_url", "CLICKUP_RECEIVER_WEBHOOK_URL"),
        ("data_dir", "CLICKUP_RECEIVER_DATA_DIR"),
    ):
        value = context.params[option]
        is_given = context.get_parameter_source(option) is ParameterSource.COMMANDLINE
        if value and (is_given or is_inherited(variable)):
            values[variable] = str(value.absolute() if isinstance(value, Path) else value)
    if values:
        save_settings(project.folder, values)
    return list(values)


def _register(report: ConnectReport, registrar: WebhookRegistrar | None) -> int:
    """Register or repair the webhooks, and return the exit code."""
    if registrar is None:
        report.add_problem(NO_ADDRESS)
        return POLLING_ONLY
    webhooks = registrar.reconcile()
    for webhook in webhooks:
        report.add_webhook(webhook)
    failures = [webhook for webhook in webhooks if webhook.error]
    if failures:
        return POLLING_ONLY if all(webhook.is_denied for webhook in failures) else FAILED
    return 0


def _load(report: ConnectReport, project: MeltanoProject | None) -> int:
    """Load what has changed, or everything; return the exit code.

    Another run that is in progress loads it as well.
    """
    if project is None:
        report.add_problem(NO_PROJECT)
        return 0
    exit_code = report.load(project)
    return 0 if exit_code == ALREADY_RUNNING else exit_code
