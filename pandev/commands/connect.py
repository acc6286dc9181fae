"""The command `pandev connect`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from clickup_receiver.audit_log import AuditLog
from clickup_receiver.meltano_project import TAP
from clickup_receiver.project_options import ProjectCommand, find_project
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.registrar import WebhookRegistrar
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev.receiver_options import data_dir_option
from tap_clickup.errors import ConfigurationError
from tap_clickup.tap import TapClickUp
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from pathlib import Path

POLLING_ONLY = 3
"""Exit code if the token's user may not create webhooks."""
NOT_REMOVED = (
    "no longer accepted, but not removed at ClickUp; the user who created it can delete it under "
    "Settings > Integrations > Webhooks, unless that was done already"
)


@click.command(cls=ProjectCommand)
@click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    show_envvar=True,
    required=True,
    help="Public https URL at which ClickUp reaches clickup-receiver.",
)
@data_dir_option
@click.option(
    "--replace-user",
    is_flag=True,
    help="Replace the webhooks that another user's token registered.",
)
@click.option(
    "--off",
    is_flag=True,
    help="Remove all webhooks with our URL or a stored secret; loaded data stays.",
)
@click.pass_context
def connect(
    context: click.Context, webhook_url: str, data_dir: Path, *, replace_user: bool, off: bool
) -> None:
    """Register the webhooks of the selected workspaces and spaces, or repair them.

    Running it again does not register a webhook twice. The token and the selection are the settings
    of tap-clickup: TAP_CLICKUP_* in the environment or .env, or those in meltano.yml.

    The exit code is 3 if the token's user may not create webhooks: changes come by polling only.
    """
    project = find_project(context)
    settings = project.read_settings(TAP) if project else None
    config = TapClickUp(config=settings, parse_env_config=settings is None).config
    if not off and not config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on, or use --off")
    sync_context = receiver_context(config)
    sync_context.validate()
    audit_log = AuditLog(data_dir)
    audit_log.prepare()
    registrar = WebhookRegistrar(
        sync_context,
        FileSecretStore(data_dir / SECRETS_FILE_NAME),
        partial(audit_log.write, "connect"),
        endpoint=webhook_url,
    )
    if replace_user:
        for webhook_id in registrar.forget_other_users():
            click.echo(f"pandev: webhook {webhook_id}: {NOT_REMOVED}", err=True)
    if off:
        click.echo(f"{format_count(len(registrar.remove_all()), 'webhook')} removed")
        return
    webhooks = registrar.reconcile()
    for webhook in webhooks:
        if webhook.error:
            click.echo(f"pandev: {webhook.scope}: {webhook.error}", err=True)
            continue
        state = ", ".join(webhook.changes) or webhook.health
        click.echo(f"{webhook.scope}: webhook {webhook.webhook_id} at {webhook_url} ({state})")
    failures = [webhook for webhook in webhooks if webhook.error]
    if failures:
        sys.exit(POLLING_ONLY if all(webhook.is_denied for webhook in failures) else 1)
