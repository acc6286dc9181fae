"""Check of the webhooks, as ClickUp lists them: one of ours for each selected scope, and healthy.

ClickUp lists a webhook only to the user who created it.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from clickup_receiver.inbox.inbox import Inbox
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev.diagnosis.check import ok, problem, skipped
from pandev.diagnosis.clickup import NO_ANSWER, read_connection
from pandev.diagnosis.delivery import NO_ADDRESS
from pandev.status.surroundings import origin_of
from tap_clickup.errors import ClickUpError
from tap_clickup.webhook_coverage import LOCATIONS_BELOW_SPACE
from tap_clickup.wording import format_count, format_ids
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clickup_receiver.webhooks.secret_store import SecretsByWebhook
    from pandev.connection import ConnectionCheck
    from pandev.diagnosis.check import Finding
    from pandev.diagnosis.examination import Examination
    from tap_clickup.workspace import Workspace

NOT_ALLOWED: Final = "polling only, see the check role"
SILENT_AFTER: Final = timedelta(hours=1)


def check_webhooks(examination: Examination) -> Sequence[Finding]:
    """Look for webhooks that are missing, fail or are silent, or are another user's (R95, R98)."""
    connection = read_connection(examination)
    if connection is None or isinstance(connection, ClickUpError):
        return skipped(NO_ANSWER)
    stored = FileSecretStore(examination.data_dir / SECRETS_FILE_NAME).get_all()
    if findings := list(_other_users(connection.user.id, stored)):
        return findings
    workspaces = _workspaces_with_webhooks(examination, connection)
    webhooks = [
        webhook for workspace in workspaces for webhook in _read(workspace, examination, stored)
    ]
    if examination.webhook_url:
        for workspace in workspaces:
            findings += _missing(workspace, webhooks, stored)
        findings += _misdirected(webhooks, origin_of(examination.webhook_url))
    findings += _unhealthy(webhooks, examination.webhook_url or "<webhook_url>")
    findings += _silent(examination, webhooks)
    if findings or webhooks:
        return findings or ok(f"{format_count(len(webhooks), 'webhook')} active")
    return skipped(NOT_ALLOWED if examination.webhook_url else NO_ADDRESS)


def _other_users(user_id: str, stored: SecretsByWebhook) -> Iterator[Finding]:
    """Yield the other users who created our webhooks: the token's user can neither see them."""
    others = {webhook.user_id for webhook in stored.values()} - {user_id}
    for other_id in sorted(filter(None, others)):
        ids = sorted(key for key, webhook in stored.items() if webhook.user_id == other_id)
        yield problem(
            f"the token belongs to ClickUp user {user_id}, but user {other_id} created "
            f"{format_ids('webhook', ids)}",
            f"use a token of user {other_id}, or run pandev connect --replace-user once",
        )


def _workspaces_with_webhooks(
    examination: Examination, connection: ConnectionCheck
) -> list[Workspace]:
    """Return the selected workspaces in which the token's user may create webhooks."""
    denied = {access.id for access in connection.workspaces if not access.can_create_webhooks}
    try:
        selected = examination.sync_context.workspaces
    except ClickUpError:  # the check access has it
        return []
    return [workspace for workspace in selected if workspace.id not in denied]


def _read(
    workspace: Workspace, examination: Examination, stored: SecretsByWebhook
) -> list[dict[str, Any]]:
    """Return our webhooks of a workspace: those with our address or a stored secret.

    If the address is not known, these are all of the token's user.
    """
    origin = origin_of(examination.webhook_url)
    return [
        webhook
        for webhook in workspace.webhooks.read().converted.values
        if (webhook["id"] in stored or origin in {None, webhook["endpoint"]})
        and not any(webhook[name] for name in LOCATIONS_BELOW_SPACE)
    ]


def _missing(
    workspace: Workspace, webhooks: Iterable[Mapping[str, Any]], stored: SecretsByWebhook
) -> Iterator[Finding]:
    """Yield the selected scopes of a workspace of which no webhook delivers the changes."""
    covered = {
        webhook["space_id"] for webhook in webhooks if webhook["workspace_id"] == workspace.id
    }
    scopes: Sequence[str | None] = [None]
    if workspace.hierarchy.space_ids:
        scopes = workspace.hierarchy.space_ids_found
    for space_id in scopes:
        if not covered.isdisjoint({None, space_id}):
            continue
        scope = f"space {space_id} of workspace {workspace.id}"
        if space_id is None:
            scope = f"workspace {workspace.id}"
        text = f"{scope} has no webhook of ours: its changes come by polling only"
        for webhook_id, webhook in stored.items():
            if (webhook.workspace_id, webhook.space_id) == (workspace.id, space_id):
                text = f"webhook {webhook_id} of {scope} was deleted in ClickUp"
        yield problem(text, "run pandev connect, which registers it")


def _misdirected(webhooks: Iterable[Mapping[str, Any]], origin: str | None) -> Iterator[Finding]:
    """Yield the webhooks of an earlier public address."""
    for webhook in webhooks:
        if webhook["endpoint"] != origin:
            text = f"webhook {webhook['id']} delivers to {webhook['endpoint']}, not to {origin}"
            yield problem(text, "run pandev connect, which corrects it")


def _unhealthy(webhooks: Iterable[Mapping[str, Any]], url: str) -> Iterator[Finding]:
    remedy = f"ClickUp cannot reach it: from any host on the internet, try curl -I {url}"
    for webhook in webhooks:
        health = webhook["health_status"] or "active"
        if health != "active":
            count = format_count(webhook["fail_count"] or 0, "failed delivery", "failed deliveries")
            yield problem(
                f"webhook {webhook['id']} of workspace {webhook['workspace_id']} is {health} "
                f"after {count}",
                remedy,
            )


def _silent(examination: Examination, webhooks: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield webhooks that have delivered before, but not what was edited since."""
    path = examination.data_dir / "inbox.sqlite"
    if examination.reader is None or not path.exists():
        return
    with closing(Inbox(path)) as inbox:
        last_deliveries = inbox.last_delivery_times()
    statement = read_statement("doctor_last_edit", "pandev.sql")
    edits = dict(examination.reader.query(statement))
    for webhook in webhooks:
        workspace_id = webhook["workspace_id"]
        last, edited_at = last_deliveries.get(webhook["id"]), edits.get(workspace_id)
        if last and edited_at and edited_at - last > SILENT_AFTER:
            yield problem(
                f"webhook {webhook['id']}: no delivery since {last:%Y-%m-%d %H:%M} UTC, although "
                f"tasks of workspace {workspace_id} were edited",
                "check that the user who created it is active; pandev connect repairs it",
            )
